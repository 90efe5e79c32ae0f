#include <mos/schedule/usage.hpp>

#include "people.hpp"
#include "times.hpp"

#include <map>

using namespace mos;
using namespace mos::test;
using schedule::UsagePattern;

namespace {

const std::int64_t a_monday = at("2024-01-01T00:00:00Z");

// In use from 08:00 to 18:00 local time, every day.
UsagePattern daily_pattern(int days_long, std::string_view in = "UTC") {
    UsagePattern pattern{zone(in)};
    const schedule::TimeZone local = zone(in);
    for (std::int64_t now = a_monday; now < a_monday + days_long * days; now += hours) {
        const std::int64_t hour = local.local(now) / hours % 24;
        pattern.observe(now + hours, hours, hour >= 8 && hour < 18 ? 1 : 0);
    }
    return pattern;
}

}  // namespace

TEST_CASE("under two weeks of history nothing is said, and the configured windows hold") {
    CHECK_FALSE(daily_pattern(13).find_optimal_window(a_monday + 13 * days, a_monday + 15 * days, hours).has_value());
    CHECK(daily_pattern(14).find_optimal_window(a_monday + 14 * days, a_monday + 15 * days, hours).has_value());
}

TEST_CASE("two weeks in which hardly an hour was watched are no history") {
    UsagePattern pattern{schedule::TimeZone::utc()};
    for (int day = 0; day < 20; ++day)
        pattern.observe(a_monday + day * days + hours, hours, 0);
    CHECK_FALSE(pattern.is_known(a_monday + 20 * days));
}

TEST_CASE("the quiet time is where the device is not used, with its neighbours") {
    const UsagePattern pattern = daily_pattern(28);
    const std::int64_t now = a_monday + 28 * days + 9 * hours;
    const auto quiet = pattern.find_optimal_window(now, now + days, 2 * hours);
    REQUIRE(quiet.has_value());
    CHECK(quiet->start_s == a_monday + 28 * days + 19 * hours);
    CHECK(quiet->expected_use < 0.01);
    CHECK(pattern.expected_use(now) > 0.95);
}

TEST_CASE("where all hours are busy until the deadline, the first of the least busy is taken") {
    const UsagePattern pattern = daily_pattern(28);
    const std::int64_t now = a_monday + 28 * days + 10 * hours + 1;
    const auto quiet = pattern.find_optimal_window(now, now + 3 * hours, hours);
    REQUIRE(quiet.has_value());
    CHECK(quiet->start_s == now);
    CHECK_FALSE(pattern.find_optimal_window(now, now + hours - 1, hours).has_value());
}

TEST_CASE("hours are those of the clock on the wall, on both sides of a change of it") {
    const UsagePattern pattern = daily_pattern(180, "Europe/Berlin");
    const std::int64_t summer = at("2024-06-17T00:00:00Z");
    CHECK(pattern.expected_use(summer + 8 * hours) > 0.9);   // 10:00
    CHECK(pattern.expected_use(summer + 17 * hours) < 0.1);  // 19:00
    CHECK(pattern.expected_use(summer + 6 * hours) > 0.6);   // 08:00, the first hour of use
}

TEST_CASE("old habits fade") {
    UsagePattern pattern = daily_pattern(60);
    for (std::int64_t now = a_monday + 60 * days; now < a_monday + 150 * days; now += hours)
        pattern.observe(now + hours, hours, now / hours % 24 < 6 ? 1 : 0);
    CHECK(pattern.expected_use(a_monday + 150 * days + 3 * hours) > 0.9);
    CHECK(pattern.expected_use(a_monday + 150 * days + 12 * hours) < 0.1);
}

TEST_CASE("observations that can't be are left out, and no time counts twice") {
    UsagePattern pattern{schedule::TimeZone::utc()};
    pattern.observe(a_monday, hours, 1.5);
    pattern.observe(a_monday, hours, -1);
    pattern.observe(a_monday, 0, 1);
    pattern.observe(a_monday, 2 * days, 1);
    CHECK_FALSE(pattern.first_observation_s().has_value());
    pattern.observe(a_monday + hours, hours, 1);
    pattern.observe(a_monday + hours, hours, 1);
    pattern.observe(a_monday, hours, 1);  // the clock was put back
    CHECK(pattern.bins()[0].observed_h == doctest::Approx(1));
    pattern.observe(a_monday + hours + 30 * minutes, hours, 0);
    CHECK(pattern.bins()[0].observed_h == doctest::Approx(1));
    CHECK(pattern.bins()[1].observed_h == doctest::Approx(0.5));
}

TEST_CASE("peak hours and low windows tell what was seen") {
    const UsagePattern pattern = daily_pattern(28);
    const auto peaks = pattern.peak_hours();
    CHECK(peaks.size() >= 7 * 8);
    for (const std::size_t hour : peaks)
        CHECK((hour % 24 >= 8 && hour % 24 < 18));
    const auto low = pattern.low_usage_windows();
    CHECK(low.size() == 7);
    for (const schedule::HoursOfWeek &window : low) {
        CHECK(window.first % 24 >= 18);
        CHECK(window.count >= 12);
    }
}

namespace {

constexpr int days_learnt = 42;
constexpr int days_lived = 210;

struct Interruptions {
    int by_window = 0;
    int by_usage = 0;
    int updates = 0;
};

bool is_busy(const Person &person, std::int64_t start, std::int64_t length) {
    for (std::int64_t t = start; t < start + length; t += 15 * minutes)
        if (person.busy[static_cast<std::size_t>((t - a_monday) / (15 * minutes))])
            return true;
    return false;
}

void live(const Person &person, Dice &dice, Interruptions &counted) {
    UsagePattern pattern{schedule::TimeZone::utc()};
    std::int64_t learnt = a_monday;
    for (int day = days_learnt; day < days_lived - 10; ++day) {
        const std::int64_t now = a_monday + day * days + dice.between(0, 95) * 15 * minutes;
        for (; learnt + 15 * minutes <= now; learnt += 15 * minutes)
            pattern.observe(learnt + 15 * minutes, 15 * minutes, is_busy(person, learnt, 1) ? 1 : 0);
        const std::int64_t length = dice.between(1, 6) * 15 * minutes;
        const std::int64_t midnight = now - now % days;
        const std::int64_t in_window = midnight + (now % days < 2 * hours ? 0 : days) + 2 * hours;
        const auto quiet = pattern.find_optimal_window(now, now + 2 * days, length);
        REQUIRE(quiet.has_value());
        ++counted.updates;
        counted.by_window += is_busy(person, in_window + dice.between(0, 8) * 15 * minutes, length) ? 1 : 0;
        counted.by_usage += is_busy(person, quiet->start_s - quiet->start_s % (15 * minutes), length) ? 1 : 0;
    }
}

}  // namespace

TEST_CASE("simulated people are interrupted less than by a window from 02:00 to 06:00, and none of them more") {
    const std::uint64_t seed = fresh_seed();
    CAPTURE(seed);
    std::map<std::string, Interruptions> counted;
    for (std::uint64_t i = 0; i < 20; ++i) {
        Dice dice{seed + i};
        for (const Person &person : People{dice, days_lived}.all())
            live(person, dice, counted[person.name]);
    }
    Interruptions total;
    for (const auto &[name, one] : counted) {
        MESSAGE(name, ": of ", one.updates, " updates the window interrupts ", one.by_window, ", usage ", one.by_usage);
        CHECK(one.by_usage * 100 <= one.by_window * 100 + one.updates);  // not worse by more than one of a hundred
        total.by_window += one.by_window;
        total.by_usage += one.by_usage;
    }
    MESSAGE("seed ", seed, ": in total ", total.by_window, " and ", total.by_usage);
    CHECK(total.by_usage * 10 <= total.by_window * 7);
}

TEST_CASE("a pattern is kept as text, and read back as the same") {
    const UsagePattern pattern = daily_pattern(28, "Europe/Berlin");
    const std::string text = pattern.to_text();
    CHECK(text.size() < schedule::max_usage_bytes);
    const UsagePattern again = must(UsagePattern::from_text(text, zone("Europe/Berlin")));
    CHECK(again.to_text() == text);
    CHECK(again.first_observation_s() == pattern.first_observation_s());
    CHECK(again.last_observation_s() == pattern.last_observation_s());
    CHECK(again.low_usage_windows() == pattern.low_usage_windows());
    const UsagePattern empty{schedule::TimeZone::utc()};
    const UsagePattern still_empty = must(UsagePattern::from_text(empty.to_text(), schedule::TimeZone::utc()));
    CHECK_FALSE(still_empty.last_observation_s().has_value());
}

TEST_CASE("a pattern's text that was cut, extended or altered is refused") {
    const std::string text = daily_pattern(28).to_text();
    const auto refused = [](const std::string &altered) {
        const auto read = UsagePattern::from_text(altered, schedule::TimeZone::utc());
        return !read && read.error().code() == Code::FORMAT;
    };
    for (std::size_t length = 0; length < text.size(); length += 7)
        CHECK(refused(text.substr(0, length)));
    CHECK(refused(text + "0 0 0\n"));
    CHECK(refused("multiosupdate usage 2\n" + text.substr(text.find('\n') + 1)));
    const std::size_t bins = text.find('\n', text.find('\n') + 1) + 1;
    const auto with_first_bin = [&](const std::string &bin) {
        return text.substr(0, bins) + bin + text.substr(text.find('\n', bins));
    };
    CHECK_FALSE(refused(with_first_bin("1000 500 1704100000")));
    CHECK(refused(with_first_bin("1000 1001 1704100000")));  // busy for longer than it was watched
    CHECK(refused(with_first_bin("24001 0 1704100000")));
    CHECK(refused(with_first_bin("1000 -1 1704100000")));
    CHECK(refused(with_first_bin("01000 500 1704100000")));
    CHECK(refused(with_first_bin("1000 500 9999999999")));  // after the last observation
    CHECK(refused(with_first_bin("1000  500 1704100000")));
}
