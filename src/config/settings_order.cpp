#include "settings_order.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <tuple>
#include <utility>

namespace mos::config {

namespace {

// One key of a path: where its pattern first stands in the table, and what the user called it.
using Step = std::tuple<std::size_t, std::size_t, std::string_view>;  // row, index in a list, name
using Rank = std::vector<Step>;

std::size_t first_row(std::string_view pattern) {
    const auto rows = declarations();
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const Declaration &row) {
        return row.path.starts_with(pattern) && (row.path.size() == pattern.size() || row.path[pattern.size()] == '.' ||
                                                 row.path[pattern.size()] == '[');
    });
    return static_cast<std::size_t>(found - rows.begin());
}

Rank rank_of(const Setting &setting) {
    Rank rank;
    std::string_view path = setting.path;
    const std::string_view pattern = setting.declaration->path;
    for (std::size_t at = 0; at <= pattern.size();) {
        const std::size_t end = std::min(pattern.find_first_of(".[", at), pattern.size());
        const std::size_t key_end = std::min(path.find_first_of(".["), path.size());
        rank.emplace_back(first_row(pattern.substr(0, end)), 0, path.substr(0, key_end));
        path.remove_prefix(key_end);
        at = end + 1;
        if (path.starts_with('[')) {
            std::size_t index = 0;
            const std::size_t close = path.find(']');
            std::from_chars(path.data() + 1, path.data() + close, index);
            rank.emplace_back(0, index, std::string_view{});
            path.remove_prefix(close + 1);
            at = end + std::string_view{"[]."}.size();
        }
        path.remove_prefix(path.starts_with('.') ? 1 : 0);
    }
    return rank;
}

}  // namespace

void sort_as_table(std::vector<Setting> &settings) {
    std::vector<std::pair<Rank, Setting>> ranked;
    ranked.reserve(settings.size());
    for (Setting &setting : settings) {
        Rank rank = rank_of(setting);
        ranked.emplace_back(std::move(rank), Setting{});
        ranked.back().second = setting;  // the rank's names look into the setting that it was made of
    }
    std::stable_sort(ranked.begin(), ranked.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
    std::vector<Setting> sorted;
    sorted.reserve(ranked.size());
    for (auto &entry : ranked)
        sorted.push_back(std::move(entry.second));
    settings = std::move(sorted);
}

}  // namespace mos::config
