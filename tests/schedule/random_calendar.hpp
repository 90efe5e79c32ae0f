// Calendar expressions that systemd takes, of every form, at random.
//
// systemd 252 loses runs of steps without an end, "0/9", where a step leads over the end of a month: its next value,
// hour 27, is taken for a time. So it is asked for the same values as "0..23/9".
#pragma once

#include "seed.hpp"

#include <fmt/format.h>

namespace mos::test {

struct Expression {
    std::string open;     // "0/9:00"
    std::string bounded;  // "0..23/9:00", which says the same
};

class RandomCalendar {
  public:
    explicit RandomCalendar(Dice &dice) : m_dice(dice) {}

    Expression expression() {
        Expression out;
        const std::string marked = text();
        for (std::size_t i = 0; i < marked.size(); ++i) {
            if (marked[i] != '{') {
                out.open += marked[i];
                out.bounded += marked[i];
                continue;
            }
            const std::size_t end = marked.find('}', i);
            out.bounded += marked.substr(i + 1, end - i - 1);
            i = end;
        }
        return out;
    }

  private:
    // With what only the bounded one has in braces.
    std::string text() {
        if (m_dice.chance(5))
            return m_dice.one_of<std::string>({"minutely", "hourly", "daily", "weekly", "monthly", "quarterly",
                                               "semiannually", "yearly", "Weekly", "ANNUALLY"});
        std::string out = m_dice.chance(40) ? weekdays() : "";
        const auto add = [&](const std::string &part) { out += (out.empty() ? "" : " ") + part; };
        const bool has_date = m_dice.chance(60);
        if (has_date)
            add(date());
        if (m_dice.chance(75) || out.empty())
            add(time());
        return out;
    }

    std::string weekdays() {
        const std::vector<std::string> names = {"Mon", "Tue", "wed", "Thursday", "FRI", "Sat", "Sunday"};
        const auto first = m_dice.between(0, 5);
        switch (m_dice.between(0, 3)) {
        case 0:
            return m_dice.one_of(names);
        case 1:
            return m_dice.one_of(names) + "," + m_dice.one_of(names);
        case 2:
            return names[static_cast<std::size_t>(first)] + ".." +
                   names[static_cast<std::size_t>(m_dice.between(first, 6))];
        default:
            return names[static_cast<std::size_t>(first)] + "-" +
                   names[static_cast<std::size_t>(m_dice.between(first, 6))] + ",Mon";
        }
    }

    std::string component(int least, int most) {
        const auto first = m_dice.between(least, most - 1);
        switch (m_dice.between(0, 3)) {
        case 2:
            return fmt::format("{}..{}", first, m_dice.between(first + 1, most));
        case 1: {
            const auto last = m_dice.between(first + 1, most);
            return fmt::format("{}..{}/{}", first, last, m_dice.between(1, last - first));
        }
        case 0:
            return fmt::format("{}{{..{}}}/{}", first, most, m_dice.between(1, most - first));
        default:
            return fmt::format("{:02}", first);
        }
    }

    std::string chain(int least, int most, int percent_star) {
        if (m_dice.chance(percent_star))
            return "*";
        std::string out = component(least, most);
        while (m_dice.chance(25))
            out += "," + component(least, most);
        return out;
    }

    std::string last_day() {
        const auto first = m_dice.between(2, 27);
        switch (m_dice.between(0, 2)) {
        case 0:
            return fmt::format("~{:02}", first);
        case 1:
            return fmt::format("~{}..28/{}", first, m_dice.between(1, 28 - first));
        default:
            return fmt::format("~{}..{}", first, m_dice.between(first + 1, 28));
        }
    }

    std::string date() {
        const std::string day = m_dice.chance(25) ? last_day() : "-" + chain(1, 31, 50);
        const std::string month = chain(1, 12, 60);
        if (m_dice.chance(25))
            return month + day;
        const std::string year = m_dice.chance(80) ? "*" : m_dice.chance(50) ? "2020..2199/3" : "24/2";
        return year + "-" + month + day;
    }

    std::string time() {
        std::string out = chain(0, 23, 25) + ":" + chain(0, 59, 15);
        return m_dice.chance(50) ? out : out + ":" + chain(0, 59, 5);
    }

    Dice &m_dice;
};

}  // namespace mos::test
