#include <mos/config/ini_edit.hpp>

#include "assignment.hpp"
#include "scalar.hpp"
#include "words.hpp"

#include <mos/config/values.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace mos::config {

namespace {

bool is_comment(std::string_view line) { return line.starts_with(';') || line.starts_with('#'); }

// "a.b" of "[a.b]".
std::optional<std::string_view> section_of(std::string_view line) {
    line = trimmed(line);
    const std::size_t end = line.find(']');
    return line.starts_with('[') && end != std::string_view::npos ? std::optional{line.substr(1, end - 1)}
                                                                  : std::nullopt;
}

std::optional<std::string_view> key_of(std::string_view line) {
    line = trimmed(line);
    const std::size_t end = line.find_first_of("=:");
    if (is_comment(line) || line.starts_with('[') || end == std::string_view::npos)
        return std::nullopt;
    return trimmed(line.substr(0, end));
}

std::string joined(std::string_view section, std::string_view key) {
    return section.empty() ? std::string{key} : fmt::format("{}.{}", section, key);
}

class Editor {
  public:
    explicit Editor(std::string_view text) : m_lines(lines_of(text)) {}

    void assign(const Assignment &assignment) {
        std::string section;
        for (std::string &line : m_lines) {
            if (const auto begun = section_of(line))
                section = *begun;
            else if (const auto key = key_of(line); key && joined(section, *key) == assignment.path)
                return replace(line, assignment.value);
        }
        insert(assignment);
    }

    [[nodiscard]] const std::vector<std::string> &lines() const noexcept { return m_lines; }

  private:
    // The comment behind the value, which begins with " ;", stays.
    static void replace(std::string &line, const std::string &value) {
        const std::size_t equals = line.find_first_of("=:");
        const std::size_t comment = std::min(line.find(" ;", equals), line.size());
        const std::string behind = line.substr(comment);
        line = fmt::format("{}{} {}{}", line.substr(0, equals), line[equals], value, behind);
    }

    // Behind the last line that says something in the section.
    void insert(const Assignment &assignment) {
        const std::size_t dot = assignment.path.rfind('.');
        const std::string wanted = dot == std::string::npos ? std::string{} : assignment.path.substr(0, dot);
        const std::string line =
            fmt::format("{} = {}", assignment.path.substr(dot == std::string::npos ? 0 : dot + 1), assignment.value);
        bool is_inside = wanted.empty();
        std::optional<std::size_t> place = is_inside ? std::optional<std::size_t>{0} : std::nullopt;
        for (std::size_t i = 0; i < m_lines.size(); ++i) {
            if (const auto begun = section_of(m_lines[i]))
                is_inside = *begun == wanted;
            if (is_inside && (section_of(m_lines[i]) || key_of(m_lines[i])))
                place = i + 1;
        }
        if (place) {
            m_lines.insert(m_lines.begin() + static_cast<std::ptrdiff_t>(*place), line);
            return;
        }
        if (!m_lines.empty() && !m_lines.back().empty())
            m_lines.emplace_back();
        m_lines.push_back(fmt::format("[{}]", wanted));
        m_lines.push_back(line);
    }

    std::vector<std::string> m_lines;
};

Result<base::JsonTree> expected_tree(std::string_view text, std::span<const Assignment> assignments,
                                     std::string_view name) {
    MOS_TRY(base::JsonTree tree, read_values(text, Format::ini, name));
    for (const Assignment &assignment : assignments) {
        MOS_CHECK(check_assignment(assignment));
        nlohmann::json value = scalar(assignment.value);
        MOS_CHECK(put_value(*tree, assignment.path, value, name));
    }
    return tree;
}

}  // namespace

Result<std::string> edit_ini(std::string_view text, std::span<const Assignment> assignments, std::string_view name) {
    MOS_TRY(const base::JsonTree expected, expected_tree(text, assignments, name));
    Editor editor{text};
    for (const Assignment &assignment : assignments)
        editor.assign(assignment);
    return checked_text(editor.lines(), Format::ini, *expected, name);
}

}  // namespace mos::config
