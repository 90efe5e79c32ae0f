// Simulated people and machines, whose use of a device nobody has told the scheduler. Includes nothing of the schedule
// layer: what it learns, it learns by watching.
#pragma once

#include "seed.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace mos::test {

// Whether a device is in use, in steps of a quarter of an hour from a Monday at 00:00 UTC on.
struct Person {
    std::string name;
    std::vector<bool> busy;
};

inline constexpr int quarters_a_day = 96;

class People {
  public:
    People(Dice &dice, int days_long) : m_dice(dice), m_days(days_long) {}

    std::vector<Person> all() {
        return {make("office", [&](int day) { work(day, is_weekend(day) ? 5 : 97, 8, 17); }),
                make("night shift", [&](int day) { work(day, day % 7 < 5 ? 95 : 10, 21, 30); }),
                make("holidays", [&](int day) { work(day, day % 42 < 10 || is_weekend(day) ? 5 : 95, 8, 18); }),
                make("drift",
                     [&](int day) {
                         const int fortnights = day / 14;
                         work(day, 90, 14 + fortnights, 22 + fortnights);
                     }),
                make("server with a nightly batch", [&](int day) {
                    occupy(day, 1.5, 5.5, 97);
                    occupy(day, 9, 12, is_weekend(day) ? 10 : 60);
                })};
    }

  private:
    static bool is_weekend(int day) { return day % 7 >= 5; }

    template <class Day>
    Person make(std::string name, Day &&live) {
        m_busy.assign(static_cast<std::size_t>(m_days + 3) * quarters_a_day, false);
        for (int day = 0; day < m_days; ++day)
            live(day);
        return {std::move(name), m_busy};
    }

    // Comes and goes within an hour or so, and is away for some quarters in between.
    void work(int day, int percent, double from, double to) {
        if (!m_dice.chance(percent))
            return;
        const double jitter = static_cast<double>(m_dice.between(-4, 4)) / 4;
        occupy(day, from + jitter, to + jitter, 88);
        if (m_dice.chance(15))
            occupy(day, to + 2, to + 3, 80);
    }

    void occupy(int day, double from, double to, int percent) {
        for (int quarter = static_cast<int>(from * 4); quarter < static_cast<int>(to * 4); ++quarter)
            if (m_dice.chance(percent))
                m_busy[static_cast<std::size_t>(day) * quarters_a_day + static_cast<std::size_t>(quarter)] = true;
    }

    Dice &m_dice;
    int m_days;
    std::vector<bool> m_busy;
};

}  // namespace mos::test
