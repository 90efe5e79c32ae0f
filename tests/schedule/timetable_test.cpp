#include <mos/schedule/timetable.hpp>

#include "expect.hpp"
#include "local_times.hpp"
#include "random_calendar.hpp"

#include <mos/base/timestamp.hpp>

#include <limits>

using namespace mos;
using schedule::Timetable;
using schedule::TimeZone;
using test::must;
using test::refusal;

namespace {

std::int64_t at(std::string_view text) { return must(base::parse_timestamp(text)); }

Timetable timetable(std::string_view text, std::string_view zone = "UTC") {
    return must(Timetable::read(text, must(TimeZone::find(zone))));
}

std::string next(const Timetable &timetable, std::string_view after) {
    const auto found = timetable.next(at(after));
    return found ? base::write_timestamp(*found) : "never";
}
std::string latest(const Timetable &timetable, std::string_view until) {
    const auto found = timetable.latest(at(until));
    return found ? base::write_timestamp(*found) : "never";
}

const std::vector<std::string> zones = {"UTC",          "Europe/Berlin",   "America/New_York", "Australia/Lord_Howe",
                                        "Pacific/Apia", "America/Caracas", "Africa/Casablanca"};

}  // namespace

TEST_CASE("a line of a crontab comes at its times") {
    const Timetable every_six_hours = timetable("0 */6 * * *");
    CHECK(next(every_six_hours, "2024-05-01T05:59:59Z") == "2024-05-01T06:00:00Z");
    CHECK(next(every_six_hours, "2024-05-01T06:00:00Z") == "2024-05-01T12:00:00Z");
    CHECK(next(every_six_hours, "2024-05-01T23:00:00Z") == "2024-05-02T00:00:00Z");
    CHECK(latest(every_six_hours, "2024-05-01T05:59:59Z") == "2024-05-01T00:00:00Z");
    CHECK(latest(every_six_hours, "2024-05-01T06:00:00Z") == "2024-05-01T06:00:00Z");
}

TEST_CASE("a crontab's day of the month and day of the week: one is enough where both are restricted") {
    const Timetable either = timetable("0 0 13 * fri");
    CHECK(next(either, "2024-09-06T00:00:00Z") == "2024-09-13T00:00:00Z");  // Friday the 13th, once
    CHECK(next(either, "2024-09-13T00:00:00Z") == "2024-09-20T00:00:00Z");
    CHECK(next(either, "2024-10-12T00:00:00Z") == "2024-10-13T00:00:00Z");  // a Sunday
    const Timetable both = timetable("0 0 */2 * fri");  // a field that begins with a star is not restricted
    CHECK(next(both, "2024-09-01T00:00:00Z") == "2024-09-13T00:00:00Z");
}

TEST_CASE("Sunday is 0 and 7 in a crontab") {
    for (const char *sunday : {"0 3 * * 0", "0 3 * * 7", "0 3 * * sun", "0 3 * * 7-7", "0 3 * * SUN"})
        CHECK(next(timetable(sunday), "2024-05-01T00:00:00Z") == "2024-05-05T03:00:00Z");
    CHECK(next(timetable("0 3 * * 5-7"), "2024-05-04T12:00:00Z") == "2024-05-05T03:00:00Z");
}

TEST_CASE("an expression's date and day of the week must both fit") {
    CHECK(next(timetable("Fri *-*-13"), "2024-01-01T00:00:00Z") == "2024-09-13T00:00:00Z");
    CHECK(next(timetable("Mon *-05~07/1"), "2024-01-01T00:00:00Z") ==
          "2024-05-27T00:00:00Z");  // the last Monday in May
    CHECK(next(timetable("*-*~01 23:59:59"), "2024-02-01T00:00:00Z") == "2024-02-29T23:59:59Z");
}

TEST_CASE("a time in a gap of the clock comes at the end of the gap, and once") {
    const Timetable at_half_past_two = timetable("02:30", "Europe/Berlin");
    CHECK(next(at_half_past_two, "2024-03-30T12:00:00Z") == "2024-03-31T01:00:00Z");  // 03:00
    CHECK(next(at_half_past_two, "2024-03-31T01:00:00Z") == "2024-04-01T00:30:00Z");
    CHECK(latest(at_half_past_two, "2024-03-31T00:59:59Z") == "2024-03-30T01:30:00Z");
    CHECK(latest(at_half_past_two, "2024-03-31T01:00:00Z") == "2024-03-31T01:00:00Z");
    const Timetable quarters = timetable("*:0/15", "Europe/Berlin");
    CHECK(next(quarters, "2024-03-31T00:45:00Z") == "2024-03-31T01:00:00Z");
    CHECK(next(quarters, "2024-03-31T01:00:00Z") == "2024-03-31T01:15:00Z");
}

TEST_CASE("a time that the clock shows twice comes the first time, and once") {
    const Timetable at_half_past_two = timetable("02:30", "Europe/Berlin");
    CHECK(next(at_half_past_two, "2024-10-26T12:00:00Z") == "2024-10-27T00:30:00Z");
    CHECK(next(at_half_past_two, "2024-10-27T00:30:00Z") == "2024-10-28T01:30:00Z");
    CHECK(next(at_half_past_two, "2024-10-27T01:10:00Z") == "2024-10-28T01:30:00Z");
    CHECK(latest(at_half_past_two, "2024-10-27T01:10:00Z") == "2024-10-27T00:30:00Z");
    const Timetable minutes = timetable("minutely", "Europe/Berlin");
    CHECK(next(minutes, "2024-10-27T00:59:00Z") == "2024-10-27T02:00:00Z");
    CHECK(latest(minutes, "2024-10-27T01:30:00Z") == "2024-10-27T00:59:00Z");
}

TEST_CASE("a zone in the text beats the one that is given") {
    CHECK(next(timetable("12:00 Asia/Tokyo", "Europe/Berlin"), "2024-05-01T00:00:00Z") == "2024-05-01T03:00:00Z");
    CHECK(refusal(Timetable::read("12:00 Mars/Olympus", TimeZone::utc())) == Code::INVALID_ARGUMENT);
    CHECK(refusal(Timetable::read("12:00:00.5", TimeZone::utc())) == Code::INVALID_ARGUMENT);
}

TEST_CASE("what never comes is said to, and soon") {
    CHECK(next(timetable("*-02-31"), "2024-01-01T00:00:00Z") == "never");
    CHECK(latest(timetable("*-02-31"), "2024-01-01T00:00:00Z") == "never");
    CHECK(next(timetable("30 4 30 2 *"), "2024-01-01T00:00:00Z") == "never");
    CHECK(next(timetable("2023-01-01"), "2024-01-01T00:00:00Z") == "never");
    CHECK(next(timetable("@1700000000"), "2023-11-14T22:13:19Z") == "2023-11-14T22:13:20Z");
    CHECK(next(timetable("@1700000000"), "2023-11-14T22:13:20Z") == "never");
}

TEST_CASE("the 29th of February on one day of the week comes after up to forty years") {
    CHECK(next(timetable("Mon *-02-29"), "2072-02-29T00:00:00Z") == "2112-02-29T00:00:00Z");
}

TEST_CASE("years before 1970 and after 2199 have their times as well") {
    const Timetable yearly = timetable("yearly");
    CHECK(yearly.next(-3155673600) == -3124137600);    // 1870 to 1871
    CHECK(yearly.latest(-3124137601) == -3155673600);  // 1870
    CHECK(next(yearly, "2300-06-01T00:00:00Z") == "2301-01-01T00:00:00Z");
    CHECK_FALSE(yearly.next(std::numeric_limits<std::int64_t>::max()).has_value());
    CHECK_FALSE(yearly.latest(std::numeric_limits<std::int64_t>::min()).has_value());
}

TEST_CASE("next and latest are two views of one row of instants") {
    const std::uint64_t seed = test::fresh_seed();
    CAPTURE(seed);
    test::Dice dice{seed};
    for (int i = 0; i < 3000; ++i) {
        const std::string text = test::RandomCalendar{dice}.expression().open;
        const std::string zone = dice.one_of(zones);
        const std::int64_t time = dice.between(-3000000000, 6000000000);
        CAPTURE(text);
        CAPTURE(zone);
        CAPTURE(time);
        const Timetable table = timetable(text, zone);
        const auto after = table.next(time);
        const auto before = table.latest(time);
        if (after) {
            CHECK(*after > time);
            CHECK(table.latest(*after) == after);
            CHECK(table.latest(*after - 1) == before);
        }
        if (before) {
            CHECK(*before <= time);
            CHECK(table.next(*before - 1) == before);
            CHECK(table.next(*before) == after);
        }
    }
}

TEST_CASE("near a change of the clock no second is lost and none comes twice") {
    const Timetable every_second = timetable("*:*:*", "Europe/Berlin");
    std::int64_t now = at("2024-03-31T00:59:50Z");
    for (int i = 0; i < 20; ++i, ++now)
        CHECK(every_second.next(now) == now + 1);
    now = at("2024-10-27T00:59:58Z");
    CHECK(every_second.next(now) == now + 1);
    CHECK(every_second.next(now + 1) == at("2024-10-27T02:00:00Z"));
    CHECK(every_second.next(now + 1000) == at("2024-10-27T02:00:00Z"));
}
