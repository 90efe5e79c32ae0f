#include "suggest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace frame {

namespace {

// What is longer is no mistyped name.
constexpr std::size_t longest_name = 64;
// So many letters are enough of a beginning.
constexpr std::size_t shortest_beginning = 3;

// The only name that begins so, "" where several do.
std::string_view only_continuation(std::string_view typed, const std::vector<std::string_view> &names) {
    std::string_view found;
    for (const std::string_view name : names) {
        if (typed.size() < shortest_beginning || !name.starts_with(typed))
            continue;
        if (!found.empty())
            return {};
        found = name;
    }
    return found;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> steps(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i)
        steps[i][0] = i;
    for (std::size_t k = 0; k <= b.size(); ++k)
        steps[0][k] = k;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t k = 1; k <= b.size(); ++k) {
            const std::size_t change = a[i - 1] == b[k - 1] ? 0 : 1;
            steps[i][k] = std::min({steps[i - 1][k] + 1, steps[i][k - 1] + 1, steps[i - 1][k - 1] + change});
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                steps[i][k] = std::min(steps[i][k], steps[i - 2][k - 2] + 1);
        }
    }
    return steps[a.size()][b.size()];
}

std::string_view nearest(std::string_view typed, const std::vector<std::string_view> &names) {
    if (typed.empty() || typed.size() > longest_name)
        return {};
    if (const std::string_view whole = only_continuation(typed, names); !whole.empty())
        return whole;
    std::string_view best;
    std::size_t best_distance = std::numeric_limits<std::size_t>::max();
    for (const std::string_view name : names) {
        const std::size_t distance = edit_distance(typed, name);
        if (distance < best_distance) {
            best = name;
            best_distance = distance;
        }
    }
    // A third of the letters may be wrong; a short word may have one wrong.
    const std::size_t allowed = std::max<std::size_t>(1, std::max(typed.size(), best.size()) / 3);
    return best_distance <= allowed ? best : std::string_view{};
}

std::string suggestion(std::string_view typed, const std::vector<std::string_view> &names, std::string_view prefix) {
    const std::string_view meant = nearest(typed, names);
    return meant.empty() ? std::string{} : fmt::format(": did you mean '{}{}'?", prefix, meant);
}

}  // namespace frame
