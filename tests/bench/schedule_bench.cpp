// A year of ten thousand devices, event by event: zones, nights in which they are off, load, blackouts, clocks that
// jump, power that fails while an update runs. And how many decisions a second the pure function makes.
#include <mos/schedule/decision.hpp>

#include "simulated_devices.hpp"

#include <algorithm>
#include <ctime>
#include <fmt/format.h>

using namespace mos;
using namespace mos::test;
using schedule::Circumstances;
using schedule::Decision;
using schedule::Entry;
using schedule::Priority;
using schedule::Rule;
using schedule::Verdict;

namespace {

constexpr int updates_of_one = 24;
constexpr double decisions_wanted = 1'000'000;  // a second

struct Year : Judged {
    std::int64_t decisions = 0;
    std::int64_t ran = 0;
    std::int64_t lost = 0;
    std::int64_t again_after_power_cut = 0;
};

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
    const std::array sites = all_sites();
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

}  // namespace

TEST_CASE("a year of ten thousand devices") {
    const std::uint64_t seed = fresh_seed();
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
