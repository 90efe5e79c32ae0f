#include <mos/config/settings.hpp>

#include "settings_order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace mos::config {

namespace {

constexpr std::array layer_names = {std::string_view{"built-in"}, std::string_view{"system"},
                                    std::string_view{"environment"}, std::string_view{"user"},
                                    std::string_view{"command line"}};

// "repositories[" of "repositories[2].url"; the path itself of a setting that is in no list.
std::string_view whole_of(std::string_view path) {
    const std::size_t bracket = path.find('[');
    return bracket == std::string_view::npos ? path : path.substr(0, bracket + 1);
}

bool is_below(std::string_view path, std::string_view section) {
    return section.empty() || path == section ||
           (path.starts_with(section) && (path[section.size()] == '.' || path[section.size()] == '['));
}

// Neither a name of the user's nor an element of a list is in its path.
bool is_single(const Declaration &declaration) {
    return declaration.path.find_first_of("*[") == std::string_view::npos;
}

std::optional<Setting> built_in(const Declaration &declaration, std::string_view path) {
    if (declaration.default_value.empty())
        return std::nullopt;
    Result<SettingValue> value = check_text(declaration, declaration.default_value);
    if (!value)
        return std::nullopt;  // a test holds every row to it
    return Setting{std::string{path}, std::move(value).value(), &declaration, {}};
}

}  // namespace

std::string_view layer_name(Layer layer) noexcept { return layer_names[static_cast<std::size_t>(layer)]; }

std::string describe(const Problem &problem) {
    std::string text = problem.file;
    if (problem.place.line != 0)
        text += fmt::format(":{}", problem.place.line);
    if (problem.place.column != 0)
        text += fmt::format(":{}", problem.place.column);
    for (const std::string &part : {problem.path, problem.sentence})
        if (!part.empty())
            text += (text.empty() ? "" : ": ") + part;
    return text;
}

std::vector<Problem> Settings::lay(std::vector<Setting> settings) {
    std::vector<Problem> problems;
    std::set<std::string, std::less<>> decided;  // wholes of this file that replace what is there
    std::set<std::string, std::less<>> refused;
    for (Setting &setting : settings) {
        const std::string whole{whole_of(setting.path)};
        if (refused.contains(whole))
            continue;
        if (decided.insert(whole).second) {
            const auto first = m_settings.lower_bound(whole);
            const bool is_there = first != m_settings.end() && whole_of(first->first) == whole;
            if (is_there && first->second.origin.layer == setting.origin.layer) {
                const Origin &other = first->second.origin;
                problems.push_back({setting.origin.file, setting.origin.place, setting.path,
                                    fmt::format("stands in {} line {} as well, which holds; take one of them away",
                                                other.file, other.place.line)});
                refused.insert(whole);
                continue;
            }
            auto last = first;
            while (last != m_settings.end() && whole_of(last->first) == whole)
                ++last;
            m_settings.erase(first, last);
        }
        std::string path = setting.path;
        m_settings.insert_or_assign(std::move(path), std::move(setting));
    }
    return problems;
}

std::optional<Setting> Settings::find(std::string_view path) const {
    if (const auto found = m_settings.find(path); found != m_settings.end())
        return found->second;
    const std::optional<SchemaNode> node = find_node(path);
    return node && node->declaration != nullptr ? built_in(*node->declaration, path) : std::nullopt;
}

std::vector<Setting> Settings::said(std::string_view section) const {
    std::vector<Setting> all;
    for (const auto &[path, setting] : m_settings)
        if (is_below(path, section))
            all.push_back(setting);
    sort_as_table(all);
    return all;
}

std::vector<Setting> Settings::list(std::string_view section) const {
    std::vector<Setting> all = said(section);
    for (const Declaration &declaration : declarations()) {
        if (!is_single(declaration) || !is_below(declaration.path, section) || m_settings.contains(declaration.path))
            continue;
        if (auto setting = built_in(declaration, declaration.path))
            all.push_back(std::move(*setting));
    }
    sort_as_table(all);
    return all;
}

std::vector<std::string> Settings::names_below(std::string_view section) const {
    std::vector<std::string> names;
    for (const auto &[path, setting] : m_settings) {
        if (path.size() <= section.size() || !is_below(path, section))
            continue;
        const std::string_view rest = std::string_view{path}.substr(section.size() + 1);
        const std::string_view name = rest.substr(0, rest.find('.'));
        if (names.empty() || names.back() != name)  // a map has those of one name beside each other
            names.emplace_back(name);
    }
    return names;
}

}  // namespace mos::config
