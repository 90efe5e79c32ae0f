// A year of ten thousand devices, event by event: zones, nights in which they are off, load, blackouts, clocks that
// jump, power that fails while an update runs. And how many decisions a second the pure function makes.
#include <mos/schedule/decision.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <random>

using namespace mos;
using schedule::Circumstances;
using schedule::Decision;
using schedule::Entry;
using schedule::Policy;
using schedule::Priority;
using schedule::Rule;
using schedule::Verdict;

namespace {

constexpr std::int64_t an_hour = 3600;
constexpr std::int64_t a_day = 24 * an_hour;
constexpr std::int64_t year_begins = 1704067200;  // 2024, which has a leap day
constexpr std::int64_t year_ends = year_begins + 366 * a_day;
constexpr int devices = 10'000;
constexpr int updates_of_one = 24;
constexpr double decisions_wanted = 1'000'000;  // a second

class Dice {
  public:
    explicit Dice(std::uint64_t seed) : m_engine(seed) {}
    std::int64_t between(std::int64_t least, std::int64_t most) {
        return std::uniform_int_distribution<std::int64_t>{least, most}(m_engine);
    }
    bool chance(int percent) { return between(1, 100) <= percent; }

  private:
    std::mt19937_64 m_engine;
};

template <class T>
T must(Result<T> result) {
    if (!result)
        FAIL(result.error().full_message());
    return std::move(result).value();
}

struct Site {
    schedule::TimeZone zone;
    Policy policy;
};

Site make_site(const char *zone_name, bool with_freeze) {
    Site site{must(schedule::TimeZone::find(zone_name)), schedule::default_policy()};
    site.policy.check_interval_s = an_hour;
    auto window = must(schedule::daily_period("primary", {22 * an_hour, 4 * an_hour, 0x24}, site.zone));
    window.splay_s = 2 * an_hour;
    site.policy.windows.windows.push_back(std::move(window));
    if (with_freeze) {
        schedule::Period freeze;
        freeze.name = "end of the quarter";
        freeze.openings.push_back(must(schedule::Timetable::read("*-03,06,09,12~3 00:00", site.zone)));
        freeze.length_s = 3 * a_day;
        site.policy.windows.blackouts.push_back(std::move(freeze));
    }
    REQUIRE(schedule::check_policy(site.policy).ok());
    return site;
}

struct Device {
    std::string name;
    const Site *site = nullptr;
    bool sleeps = false;  // off from 20:00 to 07:00, and on Sundays

    [[nodiscard]] bool is_on(std::int64_t unix_s) const {
        const std::int64_t local = site->zone.local(unix_s);
        const std::int64_t hour = local / an_hour % 24;
        const bool is_sunday = (local / a_day + 3) % 7 == 6;
        return !sleeps || (hour >= 7 && hour < 20 && !is_sunday);
    }
    [[nodiscard]] std::int64_t next_on(std::int64_t unix_s) const {
        while (!is_on(unix_s))
            unix_s += an_hour - unix_s % an_hour;
        return unix_s;
    }
};

struct Year {
    std::int64_t decisions = 0;
    std::int64_t ran = 0;
    std::int64_t security = 0;
    std::int64_t security_late = 0;      // the device was on, no blackout, no power cut, and yet after 24 hours
    std::int64_t security_late_off = 0;  // it was off at night, or lost its power
    std::int64_t outside_without_reason = 0;
    std::int64_t in_blackout = 0;
    std::int64_t lost = 0;
    std::int64_t again_after_power_cut = 0;
};

Circumstances circumstances_of(const Device &device, std::int64_t now, Dice &dice) {
    Circumstances circumstances;
    const std::int64_t hour = device.site->zone.local(now) / an_hour % 24;
    circumstances.device = device.name;
    circumstances.facts.cpu_usage = hour >= 8 && hour < 18 ? dice.between(20, 100) : dice.between(0, 60);
    circumstances.facts.active_sessions = dice.between(0, 55);
    circumstances.facts.free_bytes = dice.between(0, 100'000'000'000);
    return circumstances;
}

// Whether blackouts left an update any time to start in.
bool could_run(const Device &device, const schedule::Need &need, std::int64_t from, std::int64_t until) {
    for (std::int64_t t = from; t < until; t += an_hour / 4)
        if (device.site->policy.windows.blackout_met(need, t) == nullptr)
            return true;
    return false;
}

void judge(const Device &device, const Entry &entry, const Decision &decision, std::int64_t now, Year &year) {
    const bool was_on = !device.sleeps && !entry.retry_s;
    const Policy &policy = device.site->policy;
    const auto urgency = schedule::urgency_of(entry, policy.rule(entry.priority), now);
    const schedule::Need need{entry.estimated_s, entry.priority, device.name};
    if (entry.priority == Priority::security) {
        ++year.security;
        if (now > urgency->latest_start_s && could_run(device, need, entry.submitted_s, urgency->latest_start_s))
            ++(was_on ? year.security_late : year.security_late_off);
    }
    if (policy.windows.blackout_met(need, now) != nullptr)
        ++year.in_blackout;
    const bool in_window = policy.windows.windows[0].open_at(now).has_value();
    const bool has_reason =
        decision.rule == Rule::immediate || decision.rule == Rule::deadline || decision.rule == Rule::no_window_in_time;
    if (!in_window && !has_reason)
        ++year.outside_without_reason;
}

// One update, from when it is scheduled to its end.
void follow(const Device &device, Entry entry, Dice &dice, Year &year) {
    std::int64_t now = device.next_on(entry.submitted_s);
    for (int asked = 0; asked < 10'000 && now < year_ends + 60 * a_day; ++asked) {
        const std::int64_t shown =
            dice.chance(1) ? now - dice.between(0, 2 * an_hour) : now;  // a clock behind its time
        const Circumstances circumstances = circumstances_of(device, now, dice);
        const Decision decision = decide(entry, device.site->policy, circumstances, shown);
        ++year.decisions;
        if (decision.verdict == Verdict::run && shown == now) {
            if (dice.chance(2)) {  // the power fails: it is tried again
                ++year.again_after_power_cut;
                now = device.next_on(now + dice.between(60, an_hour));
                entry.retry_s = now;
                continue;
            }
            ++year.ran;
            judge(device, entry, decision, now, year);
            return;
        }
        if (decision.rule == Rule::approval)
            entry.approved = schedule::Approval::supervisor;
        const std::int64_t next = decision.verdict == Verdict::wait && decision.at_s ? *decision.at_s : now + 60;
        now = device.next_on(std::max(next, now + 1));
    }
    ++year.lost;
}

Year live(std::uint64_t seed) {
    const std::array sites = {make_site("Europe/Berlin", true), make_site("America/New_York", false),
                              make_site("Asia/Kolkata", true), make_site("Australia/Lord_Howe", false),
                              make_site("UTC", true)};
    Dice dice{seed};
    Year year;
    for (int i = 0; i < devices; ++i) {
        const Device device{fmt::format("device-{}", i), &sites[static_cast<std::size_t>(i) % sites.size()],
                            dice.chance(40)};
        for (int k = 0; k < updates_of_one; ++k) {
            Entry entry;
            entry.id = fmt::format("update-{}", k);
            entry.priority = static_cast<Priority>(dice.between(0, 4));
            entry.submitted_s = dice.between(year_begins, year_ends);
            entry.estimated_s = dice.between(60, 2 * an_hour);
            entry.needed_bytes = 1'000'000;
            // What runs at best effort needs a window, and a device that is off at night has none: its owner asks for
            // an hour of the day.
            if (device.sleeps && entry.priority == Priority::low)
                entry.priority = Priority::optional;
            follow(device, std::move(entry), dice, year);
        }
    }
    return year;
}

// Of the processor: what others do on the machine does not count.
double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::uint64_t seed_given() {
    const char *given = std::getenv("MOS_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10)
                            : static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
}

}  // namespace

TEST_CASE("a year of ten thousand devices") {
    const std::uint64_t seed = seed_given();
    CAPTURE(seed);
    const double begun = processor_seconds();
    const Year year = live(seed);
    const double taken = (processor_seconds() - begun);
    fmt::print("seed {}: {} devices, {} updates ran, {} decisions in {:.1f} s ({:.0f} a second, with the simulation)\n",
               seed, devices, year.ran, year.decisions, taken, static_cast<double>(year.decisions) / taken);
    fmt::print("security updates {}, late though the device was on {}, late as it was off {}; outside of a window "
               "without a reason {}; in a "
               "blackout {}; lost {}; tried again after a power cut {}\n",
               year.security, year.security_late, year.security_late_off, year.outside_without_reason, year.in_blackout,
               year.lost, year.again_after_power_cut);
    CHECK(year.security_late == 0);
    CHECK(year.outside_without_reason == 0);
    CHECK(year.in_blackout == 0);
    CHECK(year.lost == 0);
    CHECK(year.ran == std::int64_t{devices} * updates_of_one);
}

TEST_CASE("a million decisions a second") {
    const Site site = make_site("Europe/Berlin", true);
    Dice dice{7};
    std::vector<Entry> entries(4096);
    std::vector<std::int64_t> times(entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        entries[i].priority = static_cast<Priority>(dice.between(0, 4));
        entries[i].submitted_s = dice.between(year_begins, year_ends);
        entries[i].estimated_s = dice.between(60, 2 * an_hour);
        entries[i].approved = schedule::Approval::manager;
        times[i] = entries[i].submitted_s + dice.between(0, a_day);
    }
    Circumstances circumstances;
    circumstances.device = "device-1";
    circumstances.facts.cpu_usage = 50;
    std::int64_t run = 0;
    constexpr int rounds = 500;
    const double begun = processor_seconds();
    for (int round = 0; round < rounds; ++round)
        for (std::size_t i = 0; i < entries.size(); ++i)
            run += decide(entries[i], site.policy, circumstances, times[i]).verdict == Verdict::run ? 1 : 0;
    const double rate = rounds * static_cast<double>(entries.size()) / (processor_seconds() - begun);
    fmt::print("{:.0f} decisions a second, of which {:.0f} % run\n", rate,
               100.0 * static_cast<double>(run) / (rounds * static_cast<double>(entries.size())));
    CHECK(rate >= decisions_wanted);
}
