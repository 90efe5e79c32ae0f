// Calendars, held to `systemd-analyze calendar`: what it takes, what it refuses, and when it says that the times come.
// It needs no running systemd. The one difference is the gap of a clock that is put forward: systemd loses that run,
// and here it comes at the first instant after the gap.
#include <mos/schedule/timetable.hpp>

#include "expect.hpp"
#include "local_times.hpp"
#include "random_calendar.hpp"
#include "shell.hpp"

#include <mos/base/timestamp.hpp>

#include <algorithm>
#include <array>
#include <memory>

using namespace mos;
using schedule::Timetable;
using schedule::TimeZone;
using test::ask_shell;
using test::must;
using test::ShellAnswer;

namespace {

constexpr int iterations = 50;

bool has_systemd() {
    static const bool found = ask_shell("systemd-analyze --version 2>&1").output.starts_with("systemd 252");
    if (!found)
        MESSAGE("systemd 252 is not here; skipped");
    return found;
}

// "Sat 2024-03-30 01:30:00 UTC" behind "Next elapse: " or "Iter. #2: ".
std::optional<std::int64_t> instant_in(const std::string &line) {
    const bool is_instant =
        line.find("Next elapse: ") != std::string::npos || line.find("Iter. #") != std::string::npos;
    const std::size_t end = line.rfind(" UTC");
    constexpr std::size_t length = 19;
    if (!is_instant || end == std::string::npos || end < length)
        return std::nullopt;
    std::string time = line.substr(end - length, length) + "Z";
    time[10] = 'T';
    return must(base::parse_timestamp(time));
}

// What systemd says of several expressions, in their order; nullopt where it gives up, as it does on the ends of months
// in some zones ("Resource deadlock avoided").
using Instants = std::vector<std::int64_t>;
std::vector<std::optional<Instants>> systemd_says(const std::vector<std::string> &expressions, std::int64_t after) {
    std::string base_time = base::write_timestamp(after);
    base_time[10] = ' ';
    base_time.pop_back();
    std::string command =
        fmt::format("TZ=UTC systemd-analyze calendar --iterations={} --base-time='{} UTC'", iterations, base_time);
    for (const std::string &expression : expressions)
        command += " '" + expression + "'";
    const ShellAnswer answer = ask_shell(command + " 2>/dev/null");
    std::vector<std::optional<Instants>> all;
    all.reserve(expressions.size());
    if (answer.status != 0 && expressions.size() == 1)
        return {std::nullopt};
    if (answer.status != 0) {  // which of them it was
        for (const std::string &expression : expressions)
            all.push_back(systemd_says({expression}, after).front());
        return all;
    }
    for (std::size_t begin = 0; begin < answer.output.size();) {
        const std::size_t end = std::min(answer.output.find('\n', begin), answer.output.size());
        const std::string line = answer.output.substr(begin, end - begin);
        if (line.find("Normalized form:") != std::string::npos)
            all.emplace_back(Instants{});
        else if (const auto instant = instant_in(line))
            all.back()->push_back(*instant);
        begin = end + 1;
    }
    REQUIRE(all.size() == expressions.size());
    return all;
}

struct Ours {
    std::vector<std::int64_t> kept;  // those that systemd has as well
    int moved = 0;                   // from a gap to its end
};

void take(Ours &ours, const Timetable &timetable, std::int64_t instant) {
    const schedule::LocalSeconds local = timetable.zone().local(instant);
    if (schedule::first_local(timetable.calendar(), local) == local) {
        ours.kept.push_back(instant);
        return;
    }
    CHECK_MESSAGE(local - timetable.zone().local(instant - 1) > 1, "a time that is no end of a gap");
    ++ours.moved;
}

Ours we_say(const Timetable &timetable, std::int64_t after, std::size_t count) {
    Ours ours;
    while (ours.kept.size() < count) {
        const std::optional<std::int64_t> next = timetable.next(after);
        if (!next)
            break;
        REQUIRE(*next > after);
        after = *next;
        take(ours, timetable, after);
    }
    return ours;
}

// A change of the clock by `shift_s` seconds back shows the time of this instant twice.
bool is_shown_again(const schedule::TimeZone &zone, std::int64_t instant, std::int64_t shift_s) {
    return zone.local(instant + shift_s) == zone.local(instant);
}

constexpr std::array<std::int64_t, 2> shifts_back_s = {1800, 3600};

bool is_first_of_two(const schedule::TimeZone &zone, std::int64_t instant) {
    return std::ranges::any_of(shifts_back_s,
                               [&](std::int64_t shift_s) { return is_shown_again(zone, instant, shift_s); });
}

bool is_second_of_two(const schedule::TimeZone &zone, std::int64_t instant) {
    return std::ranges::any_of(shifts_back_s,
                               [&](std::int64_t shift_s) { return is_shown_again(zone, instant, -shift_s); });
}

// Of a time that the clock shows twice systemd 252 takes the first mostly, and the second as it happens: it asks
// mktime() of the C library without saying which, and that one goes by what it was asked before. Ours are all of the
// first; neither's are compared there.
Instants comparable(Instants instants, const schedule::TimeZone &zone) {
    std::erase_if(instants, [&](std::int64_t instant) {
        return is_first_of_two(zone, instant) || is_second_of_two(zone, instant);
    });
    return instants;
}

const std::vector<std::string> zones = {"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
                                        "America/Sao_Paulo"};

std::int64_t before_a_change_of_the_clock(test::Dice &dice) {
    constexpr std::int64_t day_s = 86400;
    const TimeZone zone = must(TimeZone::find(dice.one_of<std::string>({zones.begin() + 1, zones.end()})));
    const std::int64_t begin = dice.between(500000000, 1500000000);  // 1985 to 2017, when all of them had summer time
    const auto offset = [&](std::int64_t at) { return zone.local(at) - at; };
    std::int64_t day = begin;
    while (offset(day) == offset(begin))
        day += day_s;
    return day - dice.between(0, 3 * day_s);
}

}  // namespace

TEST_CASE("minutes of a half hour that the clock shows twice are those of the first time") {
    const Timetable timetable = must(Timetable::read("*-4/6~22..28/3 *:47..51/1 Australia/Lord_Howe", TimeZone::utc()));
    CHECK(timetable.next(1648910700) == 1648910820);  // 01:45 and 01:47 on 3 April 2022, at UTC+11
    CHECK(timetable.next(1648910820) == 1648910880);
    CHECK(timetable.next(1648911060) == 1648916220);  // 02:47 at UTC+10:30
}

TEST_CASE("a thousand random expressions have the occurrences that systemd gives them") {
    if (!has_systemd())
        return;
    const std::uint64_t seed = test::fresh_seed();
    CAPTURE(seed);
    test::Dice dice{seed};
    int moved = 0;
    int compared = 0;
    int given_up = 0;
    for (int round = 0; round < 40; ++round) {
        const std::int64_t after =
            dice.chance(50) ? before_a_change_of_the_clock(dice) : dice.between(31536000, 5000000000);  // 1971 to 2128
        std::vector<std::string> expressions;
        std::vector<std::string> bounded;
        for (std::size_t i = 0; i < 25; ++i) {
            const test::Expression expression = test::RandomCalendar{dice}.expression();
            expressions.push_back(expression.open + " " + zones[i % zones.size()]);
            bounded.push_back(expression.bounded + " " + zones[i % zones.size()]);
        }
        const auto expected = systemd_says(bounded, after);
        for (std::size_t i = 0; i < expressions.size(); ++i) {
            CAPTURE(expressions[i]);
            CAPTURE(after);
            const Timetable timetable = must(Timetable::read(expressions[i], TimeZone::utc()));
            if (!expected[i]) {
                ++given_up;
                continue;
            }
            const Ours ours = we_say(timetable, after, expected[i]->size());
            CHECK_FALSE(std::ranges::any_of(
                ours.kept, [&](std::int64_t instant) { return is_second_of_two(timetable.zone(), instant); }));
            Instants kept = comparable(ours.kept, timetable.zone());
            Instants theirs = comparable(*expected[i], timetable.zone());
            const std::size_t common = std::min(kept.size(), theirs.size());
            kept.resize(common);
            theirs.resize(common);
            CHECK(kept == theirs);
            moved += ours.moved;
            compared += static_cast<int>(ours.kept.size());
        }
    }
    MESSAGE("seed ", seed, ": ", compared, " occurrences compared; ", moved,
            " more came at the end of a gap; systemd gave up on ", given_up, " of 1000 expressions");
    CHECK(given_up < 100);
}

TEST_CASE("a step without an end goes on over the end of a month; systemd 252 loses that run") {
    const Timetable every_fourth = must(Timetable::read("*-*-1/4", TimeZone::utc()));
    const std::int64_t christmas = must(base::parse_timestamp("2030-12-29T00:00:00Z"));
    CHECK(base::write_timestamp(*every_fourth.next(christmas)) == "2031-01-01T00:00:00Z");
    if (has_systemd())
        CHECK(base::write_timestamp(systemd_says({"*-*-1/4 UTC"}, christmas).front()->front()) ==
              "2031-01-05T00:00:00Z");
}

constexpr const char *taken_and_refused[] = {"",
                                             " ",
                                             "*",
                                             "5",
                                             "2024",
                                             "*:*",
                                             "*:*:*",
                                             "*-*-*",
                                             "*-*",
                                             "00:00",
                                             "24:00",
                                             "00:60",
                                             "00:00:60",
                                             "12:00:",
                                             "12:",
                                             ":12",
                                             "*/2:00",
                                             "0/2:00",
                                             "0/24:00",
                                             "0/23:00",
                                             "5..5:00",
                                             "5..6:00",
                                             "6..5:00",
                                             "1..9/3:00",
                                             "1..2/9:00",
                                             "1,2,3:00",
                                             "1,,3:00",
                                             ",1:00",
                                             "1,:00",
                                             "Mon",
                                             "Mo",
                                             "Monday",
                                             "Mondays",
                                             "mon..fri",
                                             "Fri..Mon",
                                             "Mon..",
                                             "Mon-Fri",
                                             "Mon-",
                                             "Mon,",
                                             "Mon,Tue",
                                             "Mon,,Tue",
                                             "Mon..Wed..Fri",
                                             "Mon.Fri",
                                             "Mon 12:00",
                                             "Mon  12:00",
                                             " Mon",
                                             "Mon ",
                                             "12:00 ",
                                             "12:00  UTC",
                                             "12:00 UTC",
                                             "12:00 utc",
                                             "12:00 Europe/Berlin",
                                             "12:00 Mon",
                                             "12:00 12:00",
                                             "*-*-* *-*-*",
                                             "*-02-30",
                                             "*-02-31 12:00",
                                             "*-13-01",
                                             "*-00-01",
                                             "*-01-00",
                                             "*-01-32",
                                             "1969-01-01",
                                             "69-01-01",
                                             "70-01-01",
                                             "1970-01-01",
                                             "2199-01-01",
                                             "2200-01-01",
                                             "99-01-01",
                                             "100-01-01",
                                             "*-*~01",
                                             "*-*~28",
                                             "*-*~29",
                                             "*-*~00",
                                             "*~01",
                                             "*-*~*",
                                             "*~*-01",
                                             "*-*~7/2",
                                             "*-*~7/7",
                                             "1..2/40:00",
                                             "00:00:5..5",
                                             "00:00:5..6/3",
                                             "00:00:5..5/1",
                                             "2024..2024-01-01",
                                             "*-*~1..5",
                                             "*-*~5..1",
                                             "*-*~1/1",
                                             "-01-01",
                                             "*--01",
                                             "*-*-1-1",
                                             "@0",
                                             "@1700000000",
                                             "@7258118399",
                                             "@7258118400",
                                             "@-1",
                                             "@",
                                             "@x",
                                             "@12 UTC",
                                             "@12 Europe/Berlin",
                                             "daily",
                                             "Daily",
                                             "daily UTC",
                                             "dailyx",
                                             "daily 12:00",
                                             "Mon daily",
                                             "quarterly",
                                             "anually",
                                             "4294967296:00",
                                             "99999999999999999999:00",
                                             "+1:00",
                                             "-1:00",
                                             "0x1:00",
                                             "1 :00",
                                             "1: 00",
                                             "*-*-*T12:00",
                                             "2024-01-01",
                                             "24/2-*-*",
                                             "*-1/12-*",
                                             "*-1/11-*",
                                             "Mon*-*-*",
                                             "Mon,*-*-*"};

TEST_CASE("what systemd takes and refuses is taken and refused") {
    if (!has_systemd())
        return;
    for (const char *const text : taken_and_refused) {
        const bool theirs = ask_shell(fmt::format("systemd-analyze calendar '{}' 2>&1", text)).status == 0;
        const Result<Timetable> ours = Timetable::read(text, TimeZone::utc());
        CAPTURE(text);
        CHECK(ours.ok() == theirs);
    }
}
