// Devices of a fleet over a year: their zones and windows, nights in which they are off, their load.
#pragma once

#include "expect.hpp"
#include "seed.hpp"

#include <mos/schedule/decision.hpp>

#include <array>
#include <string>

namespace mos::test {

inline constexpr std::int64_t an_hour = 3600;
inline constexpr std::int64_t a_day = 24 * an_hour;
inline constexpr std::int64_t year_begins = 1704067200;  // 2024, which has a leap day
inline constexpr std::int64_t year_ends = year_begins + 366 * a_day;
inline constexpr int devices = 10'000;

struct Site {
    schedule::TimeZone zone;
    schedule::Policy policy;
};

inline Site make_site(const char *zone_name, bool with_freeze) {
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

inline std::array<Site, 5> all_sites() {
    return {make_site("Europe/Berlin", true), make_site("America/New_York", false), make_site("Asia/Kolkata", true),
            make_site("Australia/Lord_Howe", false), make_site("UTC", true)};
}

inline schedule::Circumstances circumstances_of(const Device &device, std::int64_t now, Dice &dice) {
    schedule::Circumstances circumstances;
    const std::int64_t hour = device.site->zone.local(now) / an_hour % 24;
    circumstances.device = device.name;
    circumstances.facts.cpu_usage = hour >= 8 && hour < 18 ? dice.between(20, 100) : dice.between(0, 60);
    circumstances.facts.active_sessions = dice.between(0, 55);
    circumstances.facts.free_bytes = dice.between(0, 100'000'000'000);
    return circumstances;
}

// What a year has shown of when updates ran.
struct Judged {
    std::int64_t security = 0;
    std::int64_t security_late = 0;      // the device was on, no blackout, no power cut, and yet after 24 hours
    std::int64_t security_late_off = 0;  // it was off at night, or lost its power
    std::int64_t outside_without_reason = 0;
    std::int64_t in_blackout = 0;
};

// Whether blackouts left an update any time to start in.
inline bool could_run(const Device &device, const schedule::Need &need, std::int64_t from, std::int64_t until) {
    for (std::int64_t t = from; t < until; t += an_hour / 4)
        if (device.site->policy.windows.blackout_met(need, t) == nullptr)
            return true;
    return false;
}

inline void judge(const Device &device, const schedule::Entry &entry, const schedule::Decision &decision,
                  std::int64_t now, Judged &judged) {
    const bool was_on = !device.sleeps && !entry.retry_s;
    const schedule::Policy &policy = device.site->policy;
    const auto urgency = schedule::urgency_of(entry, policy.rule(entry.priority), now);
    const schedule::Need need{entry.estimated_s, entry.priority, device.name};
    if (entry.priority == schedule::Priority::security) {
        ++judged.security;
        if (now > urgency->latest_start_s && could_run(device, need, entry.submitted_s, urgency->latest_start_s))
            ++(was_on ? judged.security_late : judged.security_late_off);
    }
    if (policy.windows.blackout_met(need, now) != nullptr)
        ++judged.in_blackout;
    const bool in_window = policy.windows.windows[0].open_at(now).has_value();
    const bool has_reason = decision.rule == schedule::Rule::immediate || decision.rule == schedule::Rule::deadline ||
                            decision.rule == schedule::Rule::no_window_in_time;
    if (!in_window && !has_reason)
        ++judged.outside_without_reason;
}

}  // namespace mos::test
