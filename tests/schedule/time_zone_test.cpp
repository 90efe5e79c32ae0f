#include <mos/schedule/time_zone.hpp>

#include "expect.hpp"
#include "seed.hpp"

#include <mos/base/timestamp.hpp>

#include <limits>

using namespace mos;
using schedule::TimeZone;
using test::must;
using test::refusal;

namespace {

std::int64_t at(std::string_view text) { return must(base::parse_timestamp(text)); }

}  // namespace

TEST_CASE("a zone's clock shows what people of the place know") {
    const TimeZone berlin = must(TimeZone::find("Europe/Berlin"));
    CHECK(berlin.name() == "Europe/Berlin");
    CHECK(berlin.local(at("2024-01-15T12:00:00Z")) == at("2024-01-15T13:00:00Z"));
    CHECK(berlin.local(at("2024-07-15T12:00:00Z")) == at("2024-07-15T14:00:00Z"));
    CHECK(must(TimeZone::find("Asia/Kolkata")).local(at("2024-07-15T12:00:00Z")) == at("2024-07-15T17:30:00Z"));
}

TEST_CASE("zones go on beyond what their tables list") {
    const TimeZone berlin = must(TimeZone::find("Europe/Berlin"));
    CHECK(berlin.local(at("2100-07-15T12:00:00Z")) == at("2100-07-15T14:00:00Z"));
    CHECK(berlin.local(at("2400-01-15T12:00:00Z")) == at("2400-01-15T13:00:00Z"));
}

TEST_CASE("before zones there was the sun: Berlin was 53 minutes and 28 seconds ahead") {
    const std::int64_t year_1880 = -2840140800;
    CHECK(must(TimeZone::find("Europe/Berlin")).local(year_1880) == year_1880 + 3208);
}

TEST_CASE("a local time that was skipped is the first instant after the gap") {
    const TimeZone berlin = must(TimeZone::find("Europe/Berlin"));
    const auto moment = berlin.moment(at("2024-03-31T02:30:00Z"));
    CHECK(moment.unix_s == at("2024-03-31T01:00:00Z"));
    CHECK(berlin.local(moment.unix_s) == at("2024-03-31T03:00:00Z"));
}

TEST_CASE("a local time that is shown twice is the first of the two") {
    const TimeZone berlin = must(TimeZone::find("Europe/Berlin"));
    const auto moment = berlin.moment(at("2024-10-27T02:30:00Z"));
    CHECK(moment.unix_s == at("2024-10-27T00:30:00Z"));
    CHECK(moment.once_from == at("2024-10-27T03:00:00Z"));
    CHECK(berlin.moment(at("2024-10-27T03:00:00Z")).unix_s == at("2024-10-27T02:00:00Z"));
}

TEST_CASE("an island that leaves out a day has no such day") {
    const TimeZone samoa = must(TimeZone::find("Pacific/Apia"));
    const auto moment = samoa.moment(at("2011-12-30T12:00:00Z"));
    CHECK(samoa.local(moment.unix_s) == at("2011-12-31T00:00:00Z"));
}

TEST_CASE("unknown zones, and names of files, are refused") {
    for (const char *name : {"", "Mars/Olympus", "/etc/localtime", "../etc/localtime", "Europe/../UTC", "file:UTC",
                             "libc:localtime", "Fixed/UTC+01:00:00", "Europe/Berlin ", "europe/berlin\n"})
        CHECK_MESSAGE(refusal(TimeZone::find(name)) == Code::INVALID_ARGUMENT, name);
    CHECK(refusal(TimeZone::find(std::string(5000, 'a'))) == Code::INVALID_ARGUMENT);
}

TEST_CASE("times beyond what is reckoned with count as the last that are") {
    const TimeZone utc = TimeZone::utc();
    CHECK(utc.local(std::numeric_limits<std::int64_t>::max()) == schedule::most_time_s);
    CHECK(utc.local(std::numeric_limits<std::int64_t>::min()) == schedule::least_time_s);
    CHECK(utc.moment(std::numeric_limits<std::int64_t>::max()).unix_s == schedule::most_time_s);
}

TEST_CASE("what a clock shows leads back to the first instant at which it shows it") {
    const std::uint64_t seed = test::fresh_seed();
    CAPTURE(seed);
    test::Dice dice{seed};
    for (const char *name : {"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia",
                             "America/Caracas", "Africa/Casablanca", "Europe/Dublin", "Antarctica/Troll"}) {
        const TimeZone zone = must(TimeZone::find(name));
        CAPTURE(std::string{name});
        for (int i = 0; i < 20000; ++i) {
            const std::int64_t time = dice.between(-3000000000, 6000000000);
            const schedule::LocalSeconds local = zone.local(time);
            const auto moment = zone.moment(local);
            CHECK(zone.local(moment.unix_s) == local);
            CHECK(moment.unix_s <= time);
            CHECK((moment.unix_s == time || moment.once_from > local));
            CHECK(zone.moment(local - 1).unix_s <= moment.unix_s);
        }
    }
}

TEST_CASE("a day's clock is the same on both sides of the end of the table of changes") {
    for (const char *name : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe"}) {
        const TimeZone zone = must(TimeZone::find(name));
        const std::int64_t century = at("2100-01-01T00:00:00Z");
        for (std::int64_t time = century - 10 * 86400; time < century + 10 * 86400; time += 1800) {
            CHECK(zone.local(time) - time == zone.local(century) - century);
            CHECK(zone.moment(zone.local(time)).unix_s == time);
        }
    }
}
