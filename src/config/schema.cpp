#include <mos/config/schema.hpp>

#include <mos/base/bytes.hpp>
#include <mos/base/nearest.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace mos::config {

namespace {

constexpr auto make_table() {
    using enum SettingKind;  // the table's words
    using enum Standing;
    return std::to_array<Declaration>({
#define MOS_SETTING(path_, kind_, default_, allowed_, standing_, since_, meaning_)                                     \
    {path_, kind_, default_, allowed_, standing_, since_, meaning_},
#include <mos/config/settings.def>
#undef MOS_SETTING
    });
}
constexpr auto table = make_table();

constexpr std::array kind_names = {
    std::string_view{"boolean"},     std::string_view{"integer"}, std::string_view{"fraction"},
    std::string_view{"text"},        std::string_view{"secret"},  std::string_view{"texts"},
    std::string_view{"choice"},      std::string_view{"choices"}, std::string_view{"size"},
    std::string_view{"duration"},    std::string_view{"rate"},    std::string_view{"percent"},
    std::string_view{"time_of_day"}, std::string_view{"window"},  std::string_view{"schedule"},
    std::string_view{"url"},         std::string_view{"path"}};

bool is_name(std::string_view key) {
    constexpr std::size_t longest = 64;
    return !key.empty() && key.size() <= longest && std::all_of(key.begin(), key.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

std::string below(std::string_view pattern, std::string_view key) {
    std::string longer{pattern};
    if (!longer.empty())
        longer += '.';
    return longer += key;
}

// What the table has at or below a pattern; nullopt when that is nothing.
std::optional<SchemaNode> node_at(std::string pattern) {
    SchemaNode node{std::move(pattern), nullptr, false};
    bool is_there = false;
    for (const Declaration &row : table) {
        if (!row.path.starts_with(node.pattern))
            continue;
        const std::string_view rest = row.path.substr(node.pattern.size());
        if (rest.empty())
            node.declaration = &row;
        node.is_list = node.is_list || rest.starts_with("[]");
        is_there = is_there || rest.empty() || rest.front() == '.' || rest.front() == '[';
    }
    return is_there ? std::optional{std::move(node)} : std::nullopt;
}

// The keys that the table has right below a node.
std::vector<std::string_view> keys_below(const SchemaNode &parent) {
    std::vector<std::string_view> keys;
    for (const Declaration &row : table) {
        std::string_view rest = row.path;
        if (!parent.pattern.empty()) {
            if (!rest.starts_with(parent.pattern) || rest.substr(parent.pattern.size()).substr(0, 1) != ".")
                continue;
            rest.remove_prefix(parent.pattern.size() + 1);
        }
        const std::string_view key = rest.substr(0, rest.find_first_of(".["));
        if (key != "*" && std::find(keys.begin(), keys.end(), key) == keys.end())
            keys.push_back(key);
    }
    return keys;
}

// "[12]" at the beginning of `rest`: its length; 0 for anything else.
std::size_t index_length(std::string_view rest) {
    const std::size_t end = rest.find(']');
    if (!rest.starts_with('[') || end == std::string_view::npos || end < 2)
        return 0;
    std::size_t index = 0;
    const auto [stop, error] = std::from_chars(rest.data() + 1, rest.data() + end, index);
    return error == std::errc{} && stop == rest.data() + end ? end + 1 : 0;
}

std::string_view first_key(std::string_view path) { return path.substr(0, path.find_first_of(".[")); }

}  // namespace

std::span<const Declaration> declarations() noexcept { return table; }

std::string_view kind_name(SettingKind kind) noexcept { return kind_names[static_cast<std::size_t>(kind)]; }

std::optional<SchemaNode> enter(const SchemaNode &parent, std::string_view key) {
    if (!is_name(key))
        return std::nullopt;
    if (auto literal = node_at(below(parent.pattern, key)))
        return literal;
    return node_at(below(parent.pattern, "*"));
}

SchemaNode enter_element(const SchemaNode &list) { return {list.pattern + "[]", nullptr, false}; }

std::optional<SchemaNode> find_node(std::string_view path) {
    SchemaNode node;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find_first_of(".["), path.size());
        std::optional<SchemaNode> next = enter(node, path.substr(0, end));
        if (!next)
            return std::nullopt;
        path.remove_prefix(end);
        const std::size_t index = index_length(path);
        if (index > 0 && !next->is_list)
            return std::nullopt;
        node = index > 0 ? enter_element(*next) : std::move(*next);
        path.remove_prefix(index);
        if (path.starts_with('.') && path.size() > 1)
            path.remove_prefix(1);
        else if (!path.empty())
            return std::nullopt;
    }
    return node;
}

std::vector<const Declaration *> settings_named(std::string_view name, std::string_view section) {
    std::vector<const Declaration *> found;
    for (const Declaration &row : table) {
        const bool is_below = section.empty() || (row.path.size() > section.size() && row.path.starts_with(section) &&
                                                  row.path[section.size()] == '.');
        const bool ends_so = row.path == name || (row.path.size() > name.size() && row.path.ends_with(name) &&
                                                  row.path[row.path.size() - name.size() - 1] == '.');
        if (is_below && ends_so)
            found.push_back(&row);
    }
    return found;
}

std::string nearest_key(const SchemaNode &parent, std::string_view key) {
    return std::string{base::nearest_word(keys_below(parent), key)};
}

bool may_be_logged(const Declaration &declaration, std::string_view value) noexcept {
    return declaration.kind != SettingKind::secret &&
           (declaration.kind != SettingKind::url || value.find('@') == std::string_view::npos);
}

Error no_setting(std::string_view path) {
    SchemaNode node;
    std::string_view rest = path;
    std::string known;  // the part of the path that leads somewhere
    while (!rest.empty()) {
        const std::string_view key = first_key(rest);
        const std::optional<SchemaNode> next = enter(node, key);
        if (!next)
            break;
        node = *next;
        known += (known.empty() ? "" : ".") + std::string{key};
        rest.remove_prefix(std::min(key.size() + 1, rest.size()));
    }
    const std::string nearest = nearest_key(node, first_key(rest));
    std::string message = fmt::format("{} is no setting", base::in_quotes(path));
    if (rest.empty())
        message = fmt::format("{} is a section; name one of its settings", base::in_quotes(path));
    else if (!nearest.empty())
        message += fmt::format("; did you mean '{}{}{}'?", known, known.empty() ? "" : ".", nearest);
    return Error{Code::INVALID_ARGUMENT, std::move(message)}.about(base::printable(path));
}

}  // namespace mos::config
