#include "pages.hpp"

#include "frame/reference.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <algorithm>

using namespace frame;

namespace manual {

namespace {

constexpr std::size_t page_width = 120;

// Markdown's own signs in running text.
std::string escaped(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        if (c == '<')
            safe += "&lt;";
        else if (std::string_view{"\\`*_|[]"}.find(c) != std::string_view::npos)
            safe += std::string{'\\', c};
        else
            safe += c;
    }
    return safe;
}

// In a table's cell a bar is escaped even in code.
std::string code(std::string_view text) {
    std::string safe = "`";
    for (const char c : text) {
        if (c == '|')
            safe += '\\';
        safe += c;
    }
    return safe + '`';
}

void put_line(std::string &page, std::string_view line = {}) { page.append(line).append("\n"); }

void put_paragraph(std::string &page, std::string_view text) {
    for (const std::string &line : wrapped(text, page_width))
        put_line(page, line);
    put_line(page);
}

void put_rows(std::string &page, std::string_view headings, const std::vector<Fact> &facts) {
    put_line(page, headings);
    put_line(page, "| --- | --- |");
    for (const Fact &fact : facts)
        put_line(page, fmt::format("| {} | {} |", code(fact.name), escaped(fact.text)));
    put_line(page);
}

void put_options(std::string &page, const std::vector<Option> &options, Standing standing, std::string_view heading) {
    if (std::none_of(options.begin(), options.end(), [&](const Option &option) { return option.standing == standing; }))
        return;
    put_line(page, fmt::format("| {} | |", heading));
    put_line(page, "| --- | --- |");
    for (const Option &option : options) {
        if (option.standing != standing)
            continue;
        const std::string_view must = option.need == Need::required ? " (required)" : "";
        put_line(page, fmt::format("| {}{} | {} |", code(shown_name(option)), must, escaped(option.help)));
    }
    put_line(page);
}

void put_csv(std::string &page, const Command &command) {
    for (const CsvList &list : command.csv) {
        std::string names;
        for (const std::string &name : list.names)
            names += fmt::format("{}`{}`", names.empty() ? "" : ", ", name);
        put_paragraph(page, fmt::format("CSV{}{}: {}", list.when.empty() ? "" : " ", list.when, names));
    }
}

void put_command(std::string &page, const Tool &tool, const Command &command) {
    put_line(page, fmt::format("### {} {}\n", tool.name, command.name));
    put_paragraph(page, escaped(as_sentence(command.summary)));
    put_line(page, fmt::format("```sh\n{}\n```\n", usage_of(tool, command)));
    put_options(page, command.options, Standing::works, "option");
    put_options(page, command.options, Standing::always_on, "always on");
    put_options(page, command.options, Standing::not_built, "in the guide, not in this build");
    put_csv(page, command);
    put_line(page, fmt::format("Example: `{}`\n", command.example));
}

std::string anchor(const Tool &tool, const Command &command) {
    std::string name = fmt::format("{}-{}", tool.name, command.name);
    std::replace(name.begin(), name.end(), ' ', '-');
    return name;
}

void put_tool(std::string &page, const Tool &tool) {
    put_line(page, fmt::format("## {}\n", tool.name));
    put_paragraph(page, escaped(tool.description));
    put_line(page, "| command | |");
    put_line(page, "| --- | --- |");
    for (const Command &command : tool.commands)
        put_line(page,
                 fmt::format("| [{}](#{}) | {} |", command.name, anchor(tool, command), escaped(command.summary)));
    put_line(page);
    for (const Command &command : tool.commands)
        put_command(page, tool, command);
    if (tool.missing.empty())
        return;
    put_line(page, fmt::format("### Commands of the guide that {} does not have\n", tool.name));
    put_line(page, "They end with exit code 5 and say why.\n");
    std::vector<Fact> missing;
    for (const MissingCommand &command : tool.missing)
        missing.push_back({command.name, command.missing});
    put_rows(page, "| command | |", missing);
}

void put_formats(std::string &page, const Tools &tools) {
    put_line(page, "## Formats of the output\n");
    put_paragraph(page,
                  "`--format=text`, as without it, is for people, and may change with any release; `table` is "
                  "another word for it. `--format=json` is one document on standard output, in ASCII; a failure is "
                  "a document with the object `error`. Keys stay as they are; new ones are added.");
    put_paragraph(page, escaped(csv_rules()));
    put_line(page, "| prints rows | CSV |");
    put_line(page, "| --- | --- |");
    for (const Tool &tool : tools)
        for (const Command &command : tool.commands)
            for (const CsvList &list : command.csv)
                put_line(page, fmt::format("| {} {} {} | {} columns |", tool.name, command.name, list.when,
                                           list.names.size()));
    put_line(page);
    put_paragraph(page,
                  "Every other command refuses `--format=csv`. A field is never altered: a spreadsheet that takes "
                  "what begins with `=` for a formula must be told to import text.");
}

}  // namespace

std::string commands_page(const Tools &tools) {
    std::string page = "# Commands\n\n";
    put_paragraph(page,
                  "Written by `tools/generate_commands.py` from the tables that the tools themselves are made of; "
                  "`TOOL COMMAND --help` and `man TOOL` say the same.");
    for (const Tool &tool : tools)
        put_tool(page, tool);
    put_line(page, "## Options of every command\n");
    put_options(page, common_options(tools.front()), Standing::works, "option");
    put_options(page, common_options(tools.front()), Standing::always_on, "always on");
    put_formats(page, tools);
    put_line(page, "## Exit codes\n");
    put_rows(page, "| code | |", exit_codes());
    put_line(page, "## Environment\n");
    put_rows(page, "| variable | |", environment_variables());
    put_line(page, "## Files\n");
    put_rows(page, "| path | |", files_of_root());
    page.pop_back();  // one line break at the end
    return page;
}

}  // namespace manual
