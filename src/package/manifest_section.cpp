#include "manifest_section.hpp"

#include <mos/base/nearest.hpp>
#include <mos/base/path.hpp>
#include <mos/base/timestamp.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::package {

using base::JsonTree;
using nlohmann::json;

namespace {

constexpr std::size_t max_text_bytes = 4096;
constexpr std::size_t max_list_items = 4096;

}  // namespace

Error malformed(std::string_view key, std::string_view what) {
    return Error{Code::FORMAT, fmt::format("manifest: {} {}", base::in_quotes(key), what)}.about(std::string{key});
}

void add_unknown(std::vector<UnknownKey> &unknown, const std::string &within, const std::string &key,
                 std::span<const std::string_view> known) {
    const std::string prefix = within.empty() ? within : within + ".";
    const std::string_view nearest = base::nearest_word(known, key);
    if (unknown.size() < max_unknown_keys)
        unknown.push_back({prefix + key, nearest.empty() ? std::string{} : prefix + std::string{nearest}});
}

Section::Section(json &tree, std::string_view name, std::string_view within)
    : m_name(name), m_path(within.empty() ? std::string{name} : fmt::format("{}.{}", within, name)) {
    if (const auto found = tree.find(name); found != tree.end()) {
        *m_object = std::move(*found);
        tree.erase(found);
    }
}

Result<void> Section::check_shape() const {
    if (!m_object->is_object())
        return malformed(m_path, "is no object");
    return {};
}

Result<std::string> Section::text(std::string_view key, std::string fallback) {
    MOS_TRY(const JsonTree value, take(key));
    if (value->is_null())
        return fallback;
    return clean(key, *value);
}

Result<bool> Section::boolean(std::string_view key, bool fallback) {
    MOS_TRY(const JsonTree value, take(key));
    if (value->is_null())
        return fallback;
    if (!value->is_boolean())
        return malformed(full(key), "is neither true nor false");
    return value->get<bool>();
}

Result<std::int64_t> Section::integer(std::string_view key, std::int64_t fallback, std::int64_t limit) {
    MOS_TRY(const JsonTree value, take(key));
    if (value->is_null())
        return fallback;
    if (!value->is_number_integer() || *value < 0 || *value > limit)
        return malformed(full(key), fmt::format("is no integer from 0 to {}", limit));
    return value->get<std::int64_t>();
}

Result<std::vector<std::string>> Section::list(std::string_view key) {
    MOS_TRY(const JsonTree value, take(key));
    std::vector<std::string> items;
    if (value->is_null())
        return items;
    if (!value->is_array() || value->size() > max_list_items)
        return malformed(full(key), fmt::format("is no list of at most {} texts", max_list_items));
    for (const json &item : *value) {
        MOS_TRY(std::string text, clean(key, item));
        items.push_back(std::move(text));
    }
    return items;
}

Result<std::vector<std::string>> Section::paths(std::string_view key) {
    MOS_TRY(std::vector<std::string> paths, list(key));
    for (std::string &path : paths) {
        if (path.starts_with('/'))
            path.erase(0, 1);
        if (auto checked = base::check_entry_path(path); !checked)
            return malformed(full(key),
                             fmt::format("holds {}, which is no path beneath a root", base::in_quotes(path)));
    }
    std::sort(paths.begin(), paths.end());
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
    return paths;
}

Result<std::optional<std::int64_t>> Section::time(std::string_view key) {
    MOS_TRY(const std::string value, text(key, ""));
    if (value.empty())
        return std::optional<std::int64_t>{};
    auto time = base::parse_timestamp(value);
    if (!time)
        return malformed(full(key), "is no time like 2024-01-31T23:59:59Z");
    return std::optional<std::int64_t>{*time};
}

Section Section::nested(std::string_view name) {
    m_known.push_back(name);
    return Section{*m_object, name, m_path};
}

void Section::take_back(Section nested) { nested.return_rest(*m_object, m_unknown); }

void Section::return_rest(json &tree, std::vector<UnknownKey> &unknown) {
    for (const auto &left : m_object->items())
        if (std::ranges::find(m_known, left.key()) == m_known.end())
            add_unknown(unknown, m_path, left.key(), m_known);
    for (UnknownKey &key : m_unknown)
        unknown.push_back(std::move(key));
    if (!m_object->empty())
        tree[m_name].swap(*m_object);
}

std::string Section::full(std::string_view key) const { return fmt::format("{}.{}", m_path, key); }

Result<JsonTree> Section::take(std::string_view key) {
    JsonTree value = base::json_null();
    m_known.push_back(key);
    const auto found = m_object->find(key);
    if (found == m_object->end())
        return value;
    if (found->is_null())
        return malformed(full(key), "is null");
    *value = std::move(*found);
    m_object->erase(found);
    return value;
}

Result<std::string> Section::clean(std::string_view key, const json &value) const {
    if (!value.is_string())
        return malformed(full(key), "is no text");
    const auto &text = value.get_ref<const std::string &>();
    // A description may have lines; nothing else that moves a cursor.
    std::string joined = text;
    std::replace(joined.begin(), joined.end(), '\n', ' ');
    if (text.size() > max_text_bytes || !base::is_clean_text(joined))
        return malformed(full(key), fmt::format("is longer than {} bytes or holds control characters", max_text_bytes));
    return text;
}

}  // namespace mos::package
