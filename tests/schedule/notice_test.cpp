#include <mos/schedule/notice.hpp>

#include "seed.hpp"
#include "updates.hpp"

#include <array>

using namespace mos;
using namespace mos::test;
using schedule::Announced;
using schedule::Circumstances;
using schedule::Entry;
using schedule::Foreseen;
using schedule::Notice;
using schedule::NoticeKind;
using schedule::NoticeLevel;
using schedule::NoticeRules;
using schedule::Policy;
using schedule::Priority;
using schedule::UserNoticeLevel;

namespace {

constexpr std::array<NoticeLevel, 5> all_levels = {NoticeLevel::none, NoticeLevel::info, NoticeLevel::standard,
                                                   NoticeLevel::important, NoticeLevel::urgent};
const std::int64_t friday_at_two = at("2024-05-03T02:00:00Z");

NoticeRules rules_of(std::string_view text) {
    const config::SettingsFile file =
        config::read_settings(text, config::Format::ini, "test.ini", config::FileKind::system);
    REQUIRE(file.problems.empty());
    config::Settings settings;
    settings.lay(file.settings);
    return schedule::read_notice_rules(settings);
}

// What is announced of a start that stays, when it is looked at at these times: the seconds before it.
std::vector<std::int64_t> announced(NoticeLevel level, std::int64_t start_s, const std::vector<std::int64_t> &looks) {
    std::vector<std::int64_t> told;
    std::optional<Announced> before;
    for (const std::int64_t now : looks) {
        const auto times = schedule::announcement_times(level, start_s, before, now);
        if (!times.is_due)
            continue;
        told.push_back(start_s - now);
        before = Announced{start_s, times.lead_s, now};
    }
    return told;
}

std::vector<std::int64_t> each_minute(std::int64_t from_s, std::int64_t until_s) {
    std::vector<std::int64_t> looks;
    for (std::int64_t now = from_s; now <= until_s; now += minutes)
        looks.push_back(now);
    return looks;
}

using Seconds = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("a level tells everything that the one below it tells") {
    for (std::size_t i = 1; i < all_levels.size(); ++i)
        for (std::size_t kind = 0; kind < schedule::notice_kind_count; ++kind) {
            const auto what = static_cast<NoticeKind>(kind);
            CHECK((!is_told(all_levels[i - 1], what) || is_told(all_levels[i], what)));
        }
    for (std::size_t i = 1; i < all_levels.size(); ++i)
        for (const std::int64_t lead : schedule::leads_of(all_levels[i - 1])) {
            const auto above = schedule::leads_of(all_levels[i]);
            CHECK(std::find(above.begin(), above.end(), lead) != above.end());
        }
}

TEST_CASE("what is told at which level") {
    CHECK_FALSE(is_told(NoticeLevel::none, NoticeKind::failed));
    CHECK(is_told(NoticeLevel::info, NoticeKind::failed));
    CHECK(is_told(NoticeLevel::info, NoticeKind::done));
    CHECK_FALSE(is_told(NoticeLevel::info, NoticeKind::begun));
    CHECK(is_told(NoticeLevel::standard, NoticeKind::begun));
    CHECK(is_told(NoticeLevel::standard, NoticeKind::retrying));
    CHECK(is_told(NoticeLevel::standard, NoticeKind::called_off));
    CHECK_FALSE(is_told(NoticeLevel::standard, NoticeKind::announced));
    CHECK(is_told(NoticeLevel::important, NoticeKind::announced));
    CHECK(is_told(UserNoticeLevel::low, NoticeKind::done));
    CHECK_FALSE(is_told(UserNoticeLevel::low, NoticeKind::announced));
    CHECK(is_told(UserNoticeLevel::normal, NoticeKind::announced));
    CHECK_FALSE(is_told(UserNoticeLevel::none, NoticeKind::failed));
    for (const NoticeLevel level : all_levels)
        CHECK(schedule::notice_level_named(name_of(level)) == level);
    CHECK(schedule::user_notice_level_named("low") == UserNoticeLevel::low);
    CHECK_FALSE(schedule::user_notice_level_named("loud"));
}

TEST_CASE("an urgent update is announced an hour, a quarter of an hour and five minutes before its start") {
    const auto looks = each_minute(friday_at_two - 2 * hours, friday_at_two + hours);
    CHECK(announced(NoticeLevel::urgent, friday_at_two, looks) == Seconds{hours, 15 * minutes, 5 * minutes});
    CHECK(announced(NoticeLevel::important, friday_at_two, looks) == Seconds{15 * minutes});
    CHECK(announced(NoticeLevel::standard, friday_at_two, looks).empty());
    const auto before = schedule::announcement_times(NoticeLevel::urgent, friday_at_two, {}, friday_at_two - days);
    CHECK(before.next_s == friday_at_two - hours);
    CHECK_FALSE(before.is_due);
}

TEST_CASE("announcements that are late are one, and say what is true then") {
    CHECK(announced(NoticeLevel::urgent, friday_at_two, {friday_at_two - 10 * minutes, friday_at_two - 9 * minutes}) ==
          Seconds{10 * minutes});
    CHECK(announced(NoticeLevel::urgent, friday_at_two, each_minute(friday_at_two - 10 * minutes, friday_at_two)) ==
          Seconds{10 * minutes, 5 * minutes});
    // What becomes due within two minutes is told with it.
    CHECK(announced(NoticeLevel::urgent, friday_at_two, each_minute(friday_at_two - 7 * minutes, friday_at_two)) ==
          Seconds{7 * minutes});
    CHECK(announced(NoticeLevel::urgent, friday_at_two, {friday_at_two, friday_at_two + minutes}).empty());
}

TEST_CASE("a start that has moved is announced anew, and one that moves to and fro is no heap") {
    const Announced before{friday_at_two, 5 * minutes, friday_at_two - 5 * minutes};
    const std::int64_t later = friday_at_two + 10 * minutes;
    const auto soon = schedule::announcement_times(NoticeLevel::important, later, before, friday_at_two - 4 * minutes);
    CHECK_FALSE(soon.is_due);
    CHECK(soon.next_s == friday_at_two);
    CHECK(schedule::announcement_times(NoticeLevel::important, later, before, friday_at_two).is_due);
    CHECK_FALSE(schedule::announcement_times(NoticeLevel::important, friday_at_two + 30, before, friday_at_two).is_due);
    std::optional<Announced> last;
    int told = 0;
    for (std::int64_t now = friday_at_two - hours; now < friday_at_two; now += minutes) {
        const std::int64_t start_s = friday_at_two + (now / minutes % 2) * 20 * minutes;
        const auto times = schedule::announcement_times(NoticeLevel::urgent, start_s, last, now);
        if (!times.is_due)
            continue;
        ++told;
        last = Announced{start_s, times.lead_s, now};
    }
    CHECK(told <= 12);
}

TEST_CASE("of a start that stays no announcement is made twice, whatever the clock does") {
    const std::uint64_t seed = fresh_seed();
    CAPTURE(seed);
    Dice dice{seed};
    for (int round = 0; round < 500; ++round) {
        const NoticeLevel level = dice.chance(50) ? NoticeLevel::urgent : NoticeLevel::important;
        Seconds looks;
        std::int64_t now = friday_at_two - dice.between(0, 3 * hours);
        for (int i = 0; i < 100; ++i) {
            now += dice.chance(10) ? -dice.between(0, 2 * hours) : dice.between(0, 10 * minutes);
            looks.push_back(now);
        }
        const Seconds told = announced(level, friday_at_two, looks);
        CHECK(told.size() <= schedule::leads_of(level).size());
        for (const std::int64_t before : told)
            CHECK(before > 0);  // none when it has begun
    }
}

TEST_CASE("whoever sleeps until the time that is named misses no announcement") {
    const std::uint64_t seed = fresh_seed();
    CAPTURE(seed);
    Dice dice{seed};
    for (int round = 0; round < 500; ++round) {
        const NoticeLevel level = dice.chance(50) ? NoticeLevel::urgent : NoticeLevel::important;
        std::int64_t now = friday_at_two - dice.between(1, 3 * hours);
        const bool has_room = friday_at_two - now > hours;
        std::optional<Announced> before;
        Seconds told;
        for (int i = 0; i < 20; ++i) {
            const auto times = schedule::announcement_times(level, friday_at_two, before, now);
            if (times.is_due) {
                told.push_back(friday_at_two - now);
                before = Announced{friday_at_two, times.lead_s, now};
            }
            if (!times.next_s)
                break;
            CHECK(*times.next_s > now);
            now = *times.next_s;
        }
        if (has_room)
            CHECK(told == Seconds(schedule::leads_of(level).begin(), schedule::leads_of(level).end()));
    }
}

TEST_CASE("a start is foreseen where a time, a window or a quiet hour is waited for") {
    const Policy policy = weekly_policy();
    CHECK(foresee(entry(Priority::important), policy, {}, monday) == Foreseen{friday_at_two, false});
    Circumstances busy;
    busy.facts.cpu_usage = 100;
    busy.facts.active_sessions = 1000;
    CHECK(foresee(entry(Priority::important), policy, busy, monday) == Foreseen{friday_at_two, false});
    Entry timed = entry(Priority::optional);
    timed.approved = schedule::Approval::manager;
    timed.start_s = monday + 5 * hours;
    CHECK(foresee(timed, policy, busy, monday) == Foreseen{monday + 5 * hours, false});
    Policy frozen = policy;
    frozen.windows.blackouts.push_back(period("2024-04-29", days));
    CHECK(foresee(entry(Priority::critical), frozen, busy, monday) == Foreseen{at("2024-04-30T00:00:00Z"), false});
    Entry retried = entry(Priority::important);  // its retry comes before the window, for which it waits then
    retried.retry_s = monday + hours;
    CHECK(foresee(retried, policy, {}, monday) == Foreseen{friday_at_two, false});
}

TEST_CASE("a turn in a rollout is foreseen, and the window after it") {
    Policy policy = weekly_policy();
    policy.rollout.stages = {{.after_s = 2 * days}};
    Entry update = entry(Priority::important);
    update.made_s = monday;
    CHECK(foresee(update, policy, {}, monday) == Foreseen{friday_at_two, false});
    policy.windows.windows.clear();
    CHECK(foresee(update, policy, {}, monday) == Foreseen{monday + 2 * days, false});
}

TEST_CASE("nobody can tell when an update begins that waits for an approval, for space or for a condition") {
    const Policy policy = weekly_policy();
    CHECK_FALSE(foresee(entry(Priority::optional), policy, {}, monday));
    CHECK_FALSE(foresee(entry(Priority::critical), policy, {}, monday));  // it runs at once
    Circumstances full;
    full.facts.free_bytes = 1;
    Entry large = entry(Priority::critical);
    large.needed_bytes = 2;
    CHECK_FALSE(foresee(large, policy, full, monday));
    Entry conditional = entry(Priority::important);
    conditional.conditions = must(schedule::parse_conditions("feature:tpm2"));
    CHECK_FALSE(foresee(conditional, policy, {}, monday));
    Entry refused = entry(Priority::important);
    refused.rejected = true;
    CHECK_FALSE(foresee(refused, policy, {}, monday));
    Entry short_of_time = entry(Priority::important);  // it is given up before the window opens
    short_of_time.timeout_s = days;
    short_of_time.cancel_on_timeout = true;
    CHECK_FALSE(foresee(short_of_time, policy, {}, monday));
}

TEST_CASE("what waits for a low load begins when its deadline is near, at the latest") {
    const Policy policy = weekly_policy();
    Circumstances busy;
    busy.facts.cpu_usage = 100;
    const Entry update = entry(Priority::security);
    const auto start = foresee(update, policy, busy, monday);
    REQUIRE(start);
    CHECK(start->at_the_latest);
    CHECK(start->start_s == urgency_of(update, policy.rule(Priority::security), monday)->near_s);
    CHECK(decide(update, policy, busy, start->start_s).verdict == schedule::Verdict::run);
    CHECK(decide(update, policy, busy, start->start_s - 1).verdict == schedule::Verdict::wait);
}

TEST_CASE("the levels are the guide's, what the policy says, and none where notices are off") {
    const NoticeRules guide = rules_of("");
    CHECK(guide.level(Priority::critical) == NoticeLevel::urgent);
    CHECK(guide.level(Priority::security) == NoticeLevel::important);
    CHECK(guide.level(Priority::important) == NoticeLevel::standard);
    CHECK(guide.level(Priority::optional) == NoticeLevel::info);
    CHECK(guide.level(Priority::low) == NoticeLevel::info);
    const NoticeRules said = rules_of("[scheduling_policy.priority_handling.low]\nnotification_level = urgent\n"
                                      "[scheduling_policy.priority_handling.critical]\nnotification_level = none\n");
    CHECK(said.level(Priority::low) == NoticeLevel::urgent);
    CHECK(said.level(Priority::critical) == NoticeLevel::none);
    CHECK(said.level(Priority::security) == NoticeLevel::important);
    for (const char *off :
         {"[update_system.features]\nuser_notifications = false\n", "[update_system.notifications]\nenabled = false\n"})
        CHECK(rules_of(off).level(Priority::critical) == NoticeLevel::none);
}

TEST_CASE("what people read") {
    const schedule::TimeZone berlin = zone("Europe/Berlin");
    const std::int64_t now = at("2024-05-02T23:45:00Z");  // a quarter to two in the night of Friday
    Notice notice{.kind = NoticeKind::announced, .packages = "webserver 2.1.0", .time_s = now, .start_s = now + 900};
    const auto told = [&] { return schedule::text_of(notice, berlin); };
    CHECK(told() == "The update of webserver 2.1.0 begins in 15 minutes, at 02:00 (Europe/Berlin).");
    notice.at_the_latest = true;
    notice.start_s = now + 59;
    CHECK(told() ==
          "The update of webserver 2.1.0 begins in less than a minute at the latest, at 01:45 (Europe/Berlin).");
    notice.at_the_latest = false;
    notice.start_s = now + minutes;
    CHECK(told() == "The update of webserver 2.1.0 begins in 1 minute, at 01:46 (Europe/Berlin).");
    notice.kind = NoticeKind::retrying;
    notice.start_s = now + 23 * hours;
    CHECK(told() == "The update of webserver 2.1.0 has failed. It is tried again, not before 2024-05-04 00:45 "
                    "(Europe/Berlin).");
    notice.kind = NoticeKind::done;
    CHECK(told() == "The update of webserver 2.1.0 is done.");
    notice.reboot = true;
    CHECK(told() == "The update of webserver 2.1.0 is done. The system has to be started again.");
    CHECK(schedule::describe_notices(NoticeLevel::none, {}, now) == "users are told nothing");
    CHECK(schedule::describe_notices(NoticeLevel::info, {}, now) == "users are told when it has ended");
    CHECK(schedule::describe_notices(NoticeLevel::standard, Foreseen{friday_at_two}, now) ==
          "users are told when it begins and when it has ended");
    CHECK(schedule::describe_notices(NoticeLevel::urgent, Foreseen{friday_at_two}, friday_at_two - hours) ==
          "users are told at 2024-05-03T01:45:00Z, 2024-05-03T01:55:00Z, when it begins and when it has ended");
}
