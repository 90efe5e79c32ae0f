#include <mos/config/yaml_edit.hpp>

#include "assignment.hpp"
#include "words.hpp"

#include <mos/base/bytes.hpp>
#include <mos/config/values.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace mos::config {

namespace {

constexpr std::size_t usual_indent = 2;

std::size_t indent_of(std::string_view line) { return std::min(line.find_first_not_of(' '), line.size()); }

// Neither blank nor a comment.
bool says_something(std::string_view line) {
    const std::size_t begin = line.find_first_not_of(" \t\r");
    return begin != std::string_view::npos && line[begin] != '#';
}

bool has_key(std::string_view line, std::string_view key) {
    const std::string_view rest = line.substr(indent_of(line));
    const std::array spellings = {fmt::format("{}:", key), fmt::format("\"{}\":", key), fmt::format("'{}':", key)};
    return std::any_of(spellings.begin(), spellings.end(),
                       [rest](const std::string &spelling) { return rest.starts_with(spelling); });
}

// Where a comment behind a value begins; the end of the line where there is none.
std::size_t comment_begin(std::string_view line, std::size_t value_begin) {
    char quote = 0;
    for (std::size_t i = value_begin; i < line.size(); ++i) {
        if (quote != 0) {
            quote = line[i] == quote ? '\0' : quote;
        } else if (line[i] == '"' || line[i] == '\'') {
            quote = line[i];
        } else if (line[i] == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t')) {
            return i;
        }
    }
    return line.size();
}

class Editor {
  public:
    explicit Editor(std::string_view text) : m_lines(lines_of(text)) {}

    void assign(const Assignment &assignment) {
        const std::vector<std::string_view> keys = split(assignment.path, '.');
        Section section{0, m_lines.size(), 0, false};
        for (std::size_t depth = 0; depth < keys.size(); ++depth) {
            const std::optional<std::size_t> line = find(section, keys[depth]);
            if (!line)
                return insert(section, {keys.begin() + static_cast<std::ptrdiff_t>(depth), keys.end()},
                              assignment.value);
            const Section below = below_of(*line, section.end);
            if (depth + 1 == keys.size())
                return replace(*line, below, assignment.value);
            section = below;
        }
    }

    [[nodiscard]] const std::vector<std::string> &lines() const noexcept { return m_lines; }

  private:
    // Lines that are children of one key, or of the document.
    struct Section {
        std::size_t begin;
        std::size_t end;
        std::size_t parent_indent;
        bool has_parent;
    };

    // How far the section's own keys are indented.
    [[nodiscard]] std::size_t child_indent(const Section &section) const {
        for (std::size_t i = section.begin; i < section.end; ++i)
            if (says_something(m_lines[i]) && m_lines[i] != "---")
                return indent_of(m_lines[i]);
        return section.has_parent ? section.parent_indent + usual_indent : 0;
    }

    [[nodiscard]] std::optional<std::size_t> find(const Section &section, std::string_view key) const {
        const std::size_t indent = child_indent(section);
        for (std::size_t i = section.begin; i < section.end; ++i)
            if (says_something(m_lines[i]) && indent_of(m_lines[i]) == indent && has_key(m_lines[i], key))
                return i;
        return std::nullopt;
    }

    // Up to the next line that is indented as little as the key; elements of a list may stand below it without more.
    [[nodiscard]] Section below_of(std::size_t key_line, std::size_t limit) const {
        const std::size_t indent = indent_of(m_lines[key_line]);
        std::size_t end = key_line + 1;
        std::size_t last = end;  // behind the last line that says something: what follows belongs to what follows
        for (; end < limit; ++end) {
            if (!says_something(m_lines[end]))
                continue;
            const std::size_t own = indent_of(m_lines[end]);
            if (own < indent || (own == indent && m_lines[end][own] != '-'))
                break;
            last = end + 1;
        }
        return {key_line + 1, last, indent, true};
    }

    void replace(std::size_t line, const Section &below, const std::string &value) {
        std::string &text = m_lines[line];
        const std::size_t colon = text.find(':', indent_of(text));
        const std::size_t comment = comment_begin(text, colon + 1);
        const std::string behind = comment < text.size() ? "  " + text.substr(comment) : "";
        const bool was_on_line =
            text.substr(colon + 1, comment - colon - 1).find_first_not_of(" \t\r") != std::string::npos;
        text = fmt::format("{}: {}{}", text.substr(0, colon), value, behind);
        if (!was_on_line)  // a list in lines of its own
            m_lines.erase(at(below.begin), at(below.end));
    }

    void insert(const Section &section, const std::vector<std::string_view> &keys, const std::string &value) {
        std::size_t indent = child_indent(section);
        std::vector<std::string> added;
        for (std::size_t i = 0; i < keys.size(); ++i, indent += usual_indent)
            added.push_back(fmt::format("{}{}:{}", std::string(indent, ' '), keys[i],
                                        i + 1 == keys.size() ? " " + value : std::string{}));
        m_lines.insert(at(section.end), added.begin(), added.end());
    }

    std::vector<std::string>::iterator at(std::size_t line) {
        return m_lines.begin() + static_cast<std::ptrdiff_t>(line);
    }

    std::vector<std::string> m_lines;
};

// What the edited text must say.
Result<base::JsonTree> expected_tree(std::string_view text, std::span<const Assignment> assignments,
                                     std::string_view name) {
    MOS_TRY(base::JsonTree tree, read_values(text, Format::yaml, name));
    for (const Assignment &assignment : assignments) {
        MOS_CHECK(check_assignment(assignment));
        MOS_TRY(const base::JsonTree value,
                read_values(fmt::format("value: {}\nend: 1\n", assignment.value), Format::yaml, assignment.path));
        if (value->size() != 2 || !value->contains("end"))  // as behind a quote that is not closed
            return Error{Code::INVALID_ARGUMENT,
                         fmt::format("{} is no value on one line", base::in_quotes(assignment.value))};
        MOS_CHECK(put_value(*tree, assignment.path, value->at("value"), name));
    }
    return tree;
}

}  // namespace

Result<std::string> edit_yaml(std::string_view text, std::span<const Assignment> assignments, std::string_view name) {
    MOS_TRY(const base::JsonTree expected, expected_tree(text, assignments, name));
    Editor editor{text};
    for (const Assignment &assignment : assignments)
        editor.assign(assignment);
    return checked_text(editor.lines(), Format::yaml, *expected, name);
}

}  // namespace mos::config
