#include "help.hpp"

#include "reference.hpp"
#include "terminal.hpp"
#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace frame {

namespace {

constexpr std::size_t widest_help = 100;
constexpr std::size_t narrowest_help = 40;
constexpr std::size_t widest_name = 34;

std::size_t page_width() { return std::clamp(terminal_width(), narrowest_help, widest_help); }

struct Row {
    std::string name;
    std::string_view text;
};

void put_rows(const std::vector<Row> &rows) {
    std::size_t name_width = 0;
    for (const Row &row : rows)
        if (row.name.size() <= widest_name)
            name_width = std::max(name_width, row.name.size());
    const std::size_t width = page_width();
    const std::size_t text_width = std::max<std::size_t>(width > name_width + 5 ? width - name_width - 5 : 0, 30);
    for (const Row &row : rows) {
        const std::vector<std::string> lines = wrapped(row.text, text_width);
        std::size_t next = 0;
        if (row.name.size() > name_width)
            put_line(Stream::out, "  " + row.name);
        else
            put_line(Stream::out, "  " + padded(row.name, name_width) + "  " + lines[next++]);
        for (; next < lines.size(); ++next)
            put_line(Stream::out, std::string(name_width + 4, ' ') + lines[next]);
    }
}

// The guide's commands that end with exit code 5, so that nobody looks for them in vain.
void put_missing(const Tool &tool) {
    std::string names;
    for (const MissingCommand &command : tool.missing)
        names += fmt::format("{}{}", names.empty() ? "" : ", ", command.name);
    if (names.empty())
        return;
    put_line(Stream::out);
    put_line(Stream::out, {{Style::bold, "In the guide, not in this build (exit code 5)"}});
    for (const std::string &line : wrapped(names, page_width() - 2))
        put_line(Stream::out, "  " + line);
}

void put_options(std::string_view title, const std::vector<Option> &options, Standing standing) {
    std::vector<Row> rows;
    for (const Option &option : options)
        if (option.standing == standing)
            rows.push_back({shown_name(option), option.help});
    if (rows.empty())
        return;
    put_line(Stream::out);
    put_line(Stream::out, {{Style::bold, title}});
    put_rows(rows);
}

void put_environment() {
    put_line(Stream::out);
    put_line(Stream::out, {{Style::bold, "Environment"}});
    std::vector<Row> rows;
    for (const Fact &variable : environment_variables())
        rows.push_back({std::string{variable.name}, variable.text});
    put_rows(rows);
}

}  // namespace

void put_tool_help(const Tool &tool) {
    put_line(Stream::out, tool.summary);
    put_line(Stream::out);
    put_line(Stream::out, fmt::format("Usage: {} COMMAND [OPTION...]", tool.name));
    put_line(Stream::out);
    put_line(Stream::out, {{Style::bold, "Commands"}});
    std::vector<Row> rows;
    for (const Command &command : tool.commands)
        rows.push_back({std::string{command.name}, command.summary});
    put_rows(rows);
    put_line(Stream::out);
    put_line(Stream::out, {{Style::bold, "Examples"}});
    for (const Command &command : tool.commands)
        put_line(Stream::out, fmt::format("  {}", command.example));
    put_missing(tool);
    put_environment();
    put_line(Stream::out);
    put_line(Stream::out,
             "Exit codes: 0 done, 1 usage, 2 refused, 3 failed and nothing changed, or something wrong was "
             "found, 4 needs an answer, 5 not built.");
    put_line(Stream::out, fmt::format("'{} COMMAND --help' tells more of one.", tool.name));
}

void put_group_help(const Tool &tool, std::string_view group) {
    const std::string prefix = fmt::format("{} ", group);
    put_line(Stream::out, fmt::format("Usage: {} {} COMMAND [OPTION...]", tool.name, group));
    put_line(Stream::out);
    put_line(Stream::out, {{Style::bold, "Commands"}});
    std::vector<Row> rows;
    for (const Command &command : tool.commands)
        if (command.name.starts_with(prefix))
            rows.push_back({std::string{command.name}, command.summary});
    for (const MissingCommand &command : tool.missing)
        if (command.name.starts_with(prefix))
            rows.push_back({std::string{command.name}, "not in this build (exit code 5)"});
    put_rows(rows);
    put_line(Stream::out);
    put_line(Stream::out, fmt::format("'{} {} COMMAND --help' tells more of one.", tool.name, group));
}

void put_command_help(const Tool &tool, const Command &command) {
    put_line(Stream::out, as_sentence(command.summary));
    put_line(Stream::out);
    put_line(Stream::out, fmt::format("Usage: {}", usage_of(tool, command)));
    put_options("Options", command.options, Standing::works);
    put_options("For every command", common_options(command), Standing::works);
    put_options("Always on", command.options, Standing::always_on);
    put_options("In the guide, not in this build (exit code 5)", command.options, Standing::not_built);
    put_line(Stream::out);
    put_line(Stream::out, {{Style::bold, "Example"}});
    put_line(Stream::out, fmt::format("  {}", command.example));
}

void put_version(const Tool &tool) { put_line(Stream::out, fmt::format("{} {}", tool.name, mos_version())); }

}  // namespace frame
