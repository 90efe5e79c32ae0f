#include <mos/base/nearest.hpp>

#include <algorithm>
#include <numeric>
#include <vector>

namespace mos::base {

namespace {

// Letters to insert, delete or change (Levenshtein 1966), in one row of memory.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, changed});
        }
    }
    return row.back();
}

}  // namespace

std::string_view nearest_word(std::span<const std::string_view> words, std::string_view word) {
    constexpr std::size_t longest = 64;  // nobody mistypes more, and the work grows with it
    if (word.size() > longest)
        return {};
    std::string_view best;
    std::size_t bound = (word.size() + 2) / 3 + 1;
    for (const std::string_view candidate : words)
        if (const std::size_t changes = distance(word, candidate); changes < bound) {
            best = candidate;
            bound = changes;
        }
    return best;
}

}  // namespace mos::base
