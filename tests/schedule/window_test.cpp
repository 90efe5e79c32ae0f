#include <mos/schedule/window.hpp>

#include "seed.hpp"
#include "times.hpp"

#include <array>
#include <fmt/format.h>

using namespace mos;
using namespace mos::test;
using schedule::Need;
using schedule::Period;
using schedule::Priority;
using schedule::Windows;

TEST_CASE("a window over midnight is one, and belongs to the day of its start") {
    const Period fridays = window(22 * hours, 6 * hours, "UTC", friday);
    CHECK(text_of(fridays.open_at(at("2024-05-04T05:59:59Z"))) == "2024-05-03T22:00:00Z/2024-05-04T06:00:00Z");
    CHECK(text_of(fridays.open_at(at("2024-05-04T06:00:00Z"))) == "none");
    CHECK(text_of(fridays.open_at(at("2024-05-03T05:00:00Z"))) == "none");  // Thursday's evening is not Friday's
    CHECK(text_of(fridays.opening_after(at("2024-05-04T00:00:00Z"))) == "2024-05-10T22:00:00Z/2024-05-11T06:00:00Z");
}

TEST_CASE("a window ends by the clock when the night is an hour shorter or longer") {
    const Period night = window(2 * hours, 6 * hours, "Europe/Berlin");
    CHECK(text_of(night.opening_after(at("2024-03-31T00:00:00Z"))) == "2024-03-31T01:00:00Z/2024-03-31T04:00:00Z");
    CHECK(text_of(night.opening_after(at("2024-10-27T00:00:00Z") - 1)) == "2024-10-27T00:00:00Z/2024-10-27T05:00:00Z");
    const Period evening = window(22 * hours, 6 * hours, "Europe/Berlin");
    CHECK(text_of(evening.open_at(at("2024-03-31T01:30:00Z"))) == "2024-03-30T21:00:00Z/2024-03-31T04:00:00Z");
}

TEST_CASE("a window that lies in a gap as a whole opens at its end and keeps its length") {
    const Period short_one = window(2 * hours + 15 * minutes, 2 * hours + 45 * minutes, "Europe/Berlin");
    CHECK(text_of(short_one.opening_after(at("2024-03-31T00:00:00Z"))) == "2024-03-31T01:00:00Z/2024-03-31T01:30:00Z");
}

TEST_CASE("a window of a calendar lasts its length, whatever the clock does") {
    const Period night = period("02:00", 4 * hours, "nightly", "Europe/Berlin");
    CHECK(text_of(night.opening_after(at("2024-03-31T00:00:00Z"))) == "2024-03-31T01:00:00Z/2024-03-31T05:00:00Z");
    const Period third_saturday = period("Sat *-*-15..21 20:00", 8 * hours);
    CHECK(text_of(third_saturday.opening_after(at("2024-05-01T00:00:00Z"))) ==
          "2024-05-18T20:00:00Z/2024-05-19T04:00:00Z");
    CHECK(text_of(period("0 */6 * * *", hours).open_at(at("2024-05-01T06:30:00Z"))) ==
          "2024-05-01T06:00:00Z/2024-05-01T07:00:00Z");
}

TEST_CASE("a window of a whole day closes when the next begins") {
    const Period always = window(0, 24 * hours);
    CHECK(text_of(always.open_at(at("2024-05-01T23:59:59Z"))) == "2024-05-01T00:00:00Z/2024-05-02T00:00:00Z");
    CHECK(text_of(always.open_at(at("2024-05-02T00:00:00Z"))) == "2024-05-02T00:00:00Z/2024-05-03T00:00:00Z");
}

TEST_CASE("an update starts only if it ends inside of the window") {
    const Windows windows{{window(2 * hours, 6 * hours)}, {}};
    const Need two_hours{.estimated_s = 2 * hours};
    CHECK(windows.next_chance(two_hours, at("2024-05-01T04:00:00Z"))->start == at("2024-05-01T04:00:00Z"));
    CHECK(windows.next_chance(two_hours, at("2024-05-01T04:00:01Z"))->start == at("2024-05-02T02:00:00Z"));
    CHECK_FALSE(windows.next_chance({.estimated_s = 4 * hours + 1}, at("2024-05-01T02:00:00Z")).has_value());
}

TEST_CASE("a night that is too short for an update lets it wait for the next") {
    const Windows windows{{window(2 * hours, 6 * hours, "Europe/Berlin")}, {}};
    const Need four_hours{.estimated_s = 4 * hours};
    CHECK(windows.next_chance(four_hours, at("2024-03-31T00:30:00Z"))->start == at("2024-04-01T00:00:00Z"));
}

TEST_CASE("nothing starts within the cutoff") {
    Windows windows{{window(2 * hours, 6 * hours)}, {}};
    windows.windows[0].cutoff_s = hours;
    CHECK(windows.next_chance({}, at("2024-05-01T05:00:00Z"))->start == at("2024-05-01T05:00:00Z"));
    CHECK(windows.next_chance({}, at("2024-05-01T05:00:01Z"))->start == at("2024-05-02T02:00:00Z"));
}

TEST_CASE("a blackout beats a window, before it begins as well") {
    const Windows windows{{window(2 * hours, 6 * hours)}, {period("2024-05-01 04:00", 3 * days)}};
    const Need an_hour{.estimated_s = hours};
    CHECK(windows.next_chance(an_hour, at("2024-05-01T03:00:00Z"))->start == at("2024-05-01T03:00:00Z"));
    CHECK(windows.next_chance(an_hour, at("2024-05-01T03:00:01Z"))->start == at("2024-05-04T04:00:00Z"));
    CHECK(windows.next_outside_blackouts(an_hour, at("2024-05-02T00:00:00Z")) == at("2024-05-04T04:00:00Z"));
    CHECK(windows.blackout_met(an_hour, at("2024-05-01T03:00:01Z")) == windows.blackouts.data());
    CHECK(windows.blackout_met(an_hour, at("2024-05-01T03:00:00Z")) == nullptr);
    CHECK(windows.last_outside_blackouts(an_hour, at("2024-05-02T00:00:00Z")) == at("2024-05-01T03:00:00Z"));
    CHECK(windows.last_outside_blackouts(an_hour, at("2024-05-01T02:00:00Z")) == at("2024-05-01T02:00:00Z"));
}

TEST_CASE("blackouts without end leave no chance, and that is found out soon") {
    const Windows windows{{window(2 * hours, 6 * hours)}, {period("*:00", hours)}};
    CHECK_FALSE(windows.next_chance({}, at("2024-05-01T03:00:00Z")).has_value());
    CHECK_FALSE(windows.next_outside_blackouts({}, at("2024-05-01T03:00:00Z")).has_value());
}

TEST_CASE("a window is for the priorities that it names") {
    Windows windows{{window(2 * hours, 6 * hours)}, {}};
    windows.windows[0].priorities = schedule::only(Priority::security);
    const std::int64_t noon = at("2024-05-01T12:00:00Z");
    CHECK(windows.next_chance({.priority = Priority::security}, noon)->start == at("2024-05-02T02:00:00Z"));
    const auto any_time = windows.next_chance({.priority = Priority::low}, noon);
    CHECK(any_time->start == noon);
    CHECK(any_time->window == nullptr);
}

TEST_CASE("splay spreads devices over the window, and each starts at its own time every night") {
    Windows windows{{window(2 * hours, 6 * hours)}, {}};
    windows.windows[0].splay_s = 2 * hours;
    std::array<int, 4> quarters{};
    constexpr int devices = 4000;
    for (int i = 0; i < devices; ++i) {
        const std::string device = fmt::format("device-{}", i);
        const Need need{.estimated_s = hours, .device = device};
        const auto first = windows.next_chance(need, at("2024-05-01T00:00:00Z"));
        const auto second = windows.next_chance(need, at("2024-05-02T00:00:00Z"));
        CHECK(second->start - first->start == days);
        const std::int64_t late = first->start - at("2024-05-01T02:00:00Z");
        CHECK(late >= 0);
        CHECK(late <= 2 * hours);
        ++quarters[static_cast<std::size_t>(std::min<std::int64_t>(late / (30 * minutes), 3))];
    }
    for (const int count : quarters)
        CHECK(std::abs(count - devices / 4) < devices / 20);
    CHECK(schedule::splay_of("device-1", "primary", 7200) == schedule::splay_of("device-1", "primary", 7200));
    CHECK(schedule::splay_of("device-1", "primary", 1'000'000) != schedule::splay_of("device-1", "other", 1'000'000));
    CHECK(schedule::splay_of("device-1", "primary", 0) == 0);
}

TEST_CASE("windows that can't be are refused") {
    const auto refused = [](const Period &period, std::int64_t longest = schedule::longest_window_s) {
        return refusal(schedule::check_period(period, longest)) == Code::INVALID_ARGUMENT;
    };
    must(schedule::check_period(window(2 * hours, 6 * hours), schedule::longest_window_s));
    CHECK(refused(period("02:00", 0)));
    CHECK(refused(period("02:00", -hours)));
    CHECK(refused(period("02:00", 24 * hours + 1)));
    CHECK(refused(period("02:00", 367 * days), schedule::longest_blackout_s));
    CHECK(refused(period("*-02-31", hours)));
    CHECK(refused(Period{.name = "empty", .openings = {}, .length_s = hours, .ends_at_s = {}}));
    Period late = window(2 * hours, 6 * hours);
    late.cutoff_s = 4 * hours;
    CHECK(refused(late));
    Period spread = window(2 * hours, 6 * hours);
    spread.splay_s = 5 * hours;
    CHECK(refused(spread));
    Period nobody = window(2 * hours, 6 * hours);
    nobody.priorities = 0;
    CHECK(refused(nobody));
    const auto daily = [](std::int64_t start, std::int64_t end, std::uint8_t weekdays) {
        return schedule::daily_period("w", {start, end, weekdays}, schedule::TimeZone::utc());
    };
    CHECK(refusal(daily(2 * hours, 2 * hours, 0x7f)) == Code::INVALID_ARGUMENT);
    CHECK(refusal(daily(2 * hours, 6 * hours, 0)) == Code::INVALID_ARGUMENT);
    CHECK(refusal(daily(-1, 6 * hours, 0x7f)) == Code::INVALID_ARGUMENT);
    CHECK(refusal(daily(2 * hours, 25 * hours, 0x7f)) == Code::INVALID_ARGUMENT);
    CHECK(refusal(daily(24 * hours, 6 * hours, 0x7f)) == Code::INVALID_ARGUMENT);
}

TEST_CASE("whatever the windows and blackouts: a chance lies in a window, ends in it, and meets no blackout") {
    const std::uint64_t seed = fresh_seed();
    CAPTURE(seed);
    Dice dice{seed};
    const std::vector<std::string> zones = {"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"};
    int found = 0;
    for (int i = 0; i < 3000; ++i) {
        Windows windows;
        const auto start = dice.between(0, 23) * hours;
        const auto end = (start + dice.between(1, 23) * hours) % (24 * hours);
        windows.windows.push_back(
            window(start, end, dice.one_of(zones), static_cast<std::uint8_t>(dice.between(1, 127))));
        windows.windows[0].splay_s = dice.between(0, hours);
        if (dice.chance(50))
            windows.blackouts.push_back(period(fmt::format("*-{}-* {:02}:00", dice.between(1, 12), dice.between(0, 23)),
                                               dice.between(1, 30) * hours, "b", dice.one_of(zones)));
        const Need need{.estimated_s = dice.between(0, 3 * hours), .device = "d"};
        const std::int64_t now = dice.between(0, 4'000'000'000);
        CAPTURE(now);
        const auto chance = windows.next_chance(need, now);
        if (!chance)
            continue;
        ++found;
        CHECK(chance->start >= now);
        const auto open = windows.windows[0].open_at(chance->start);
        REQUIRE(open.has_value());
        CHECK(chance->start + need.estimated_s <= open->end);
        CHECK(windows.blackout_met(need, chance->start) == nullptr);
        // Asked at that time, and asked a little before, the answer is the same.
        CHECK(windows.next_chance(need, chance->start)->start == chance->start);
        if (chance->start > now)
            CHECK(windows.next_chance(need, (now + chance->start) / 2)->start == chance->start);
    }
    CHECK(found > 1500);
}
