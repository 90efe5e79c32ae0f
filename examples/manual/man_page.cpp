#include "pages.hpp"

#include "frame/reference.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <multiosupdate/multiosupdate.h>

#include <algorithm>

using namespace frame;

namespace manual {

namespace {

// One code point of well-formed UTF-8, taken from the front of `text`.
std::uint32_t take_code_point(std::string_view &text) {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t length = first < 0x80U ? 1 : first < 0xe0U ? 2 : first < 0xf0U ? 3 : 4;
    std::uint32_t code = length == 1 ? first : first & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i)
        code = code << 6U | (static_cast<unsigned char>(text[i]) & 0x3fU);
    text.remove_prefix(length);
    return code;
}

// `text` as roff prints it unchanged: in ASCII, with signs that can be copied to a shell.
std::string escaped(std::string_view text) {
    std::string safe;
    while (!text.empty()) {
        const std::uint32_t code = take_code_point(text);
        switch (code) {
        case '\\':
            safe += "\\e";
            break;
        case '|':
            safe += "|\\:";  // a line may be broken here
            break;
        case '-':
            safe += "\\-";
            break;
        case '\'':
            safe += "\\(aq";
            break;
        case '`':
            safe += "\\(ga";
            break;
        case '^':
            safe += "\\(ha";
            break;
        case '~':
            safe += "\\(ti";
            break;
        default:
            if (code < 0x80U)
                safe += static_cast<char>(code);
            else
                safe += fmt::format("\\[u{:04X}]", code);
        }
    }
    return safe;
}

constexpr std::size_t line_width = 76;

// `text` in lines as the conventions want them; one that begins with a dot would be a request.
std::vector<std::string> source_lines(std::string_view text) {
    std::vector<std::string> lines = wrapped(escaped(text), line_width);
    for (std::string &line : lines)
        if (line.starts_with('.'))
            line.insert(0, "\\&");
    return lines;
}

std::string lines_of(std::string_view text) { return fmt::format("{}\n", fmt::join(source_lines(text), "\n")); }

// One line that is shown as one, however long: a backslash at the end of a line goes on in the next.
std::string unbroken(std::string_view text) { return fmt::format("{}", fmt::join(source_lines(text), " \\\n")); }

std::string bold(std::string_view text) { return fmt::format("\\fB{}\\fR", escaped(text)); }
std::string italic(std::string_view text) { return fmt::format("\\fI{}\\fR", escaped(text)); }

void put_section(std::string &page, std::string_view title) { page += fmt::format(".SH {}\n", title); }

// A term, and what it means, as the tables write it: many begin with a word of the command line.
void put_entry(std::string &page, std::string_view term, std::string_view meaning) {
    page += fmt::format(".TP\n{}\n{}", term, lines_of(meaning));
}

void put_paragraph(std::string &page, std::string_view text) { page += fmt::format(".PP\n{}\n", text); }

std::string term_of(const Option &option) {
    std::string name = bold(fmt::format("--{}", option.name));
    if (option.kind == Kind::flag)
        return name;
    // What stands for a value is slanted, words that are given as they are not.
    const std::string value = option.kind == Kind::choice ? bold(option.value) : italic(option.value);
    return fmt::format("{}={}", name, value);
}

void put_options(std::string &page, const std::vector<Option> &options, Standing standing, std::string_view title) {
    bool first = true;
    for (const Option &option : options) {
        if (option.standing != standing)
            continue;
        if (first && !title.empty())
            put_paragraph(page, title);
        first = false;
        const std::string_view must = option.need == Need::required ? " (required)" : "";
        put_entry(page, term_of(option), fmt::format("{}{}", option.help, must));
    }
}

void put_csv(std::string &page, const Command &command) {
    for (const CsvList &list : command.csv)
        page += ".PP\n" + lines_of(fmt::format("CSV{}{}: {}.", list.when.empty() ? "" : " ", list.when,
                                               fmt::join(list.names, ", ")));
}

void put_command(std::string &page, const Tool &tool, const Command &command) {
    page += fmt::format(".SS \"{}\"\n{}", escaped(command.name), lines_of(as_sentence(command.summary)));
    put_paragraph(page, fmt::format("\\fB{}\\fR", unbroken(usage_of(tool, command))));
    put_options(page, command.options, Standing::works, "");
    put_options(page, command.options, Standing::always_on, "Always on; these may be given:");
    put_options(page, command.options, Standing::not_built, "In the guide, not in this build (exit status 5):");
    put_csv(page, command);
}

void put_commands(std::string &page, const Tool &tool) {
    put_section(page, "COMMANDS");
    for (const Command &command : tool.commands)
        put_command(page, tool, command);
    if (tool.missing.empty())
        return;
    page += ".SS \"Not in this build\"\nThese commands of the guide end with exit status 5.\n";
    for (const MissingCommand &command : tool.missing)
        put_entry(page, bold(command.name), command.missing);
}

void put_common_options(std::string &page, const Tool &tool) {
    put_section(page, "OPTIONS");
    page += "Every command has these.\n";
    put_options(page, common_options(tool), Standing::works, "");
    put_options(page, common_options(tool), Standing::always_on, "Always on; these may be given:");
    page += ".PP\n" + lines_of(csv_rules());
}

void put_facts(std::string &page, std::string_view title, const std::vector<Fact> &facts) {
    put_section(page, title);
    for (const Fact &fact : facts)
        put_entry(page, bold(fact.name), fact.text);
}

void put_examples(std::string &page, const Tool &tool) {
    put_section(page, "EXAMPLES");
    std::string_view between;
    for (const Command &command : tool.commands) {
        page += fmt::format("{}{}.PP\n.RS 4\n.nf\n{}\n.fi\n.RE\n", between, lines_of(as_sentence(command.summary)),
                            unbroken(command.example));
        between = ".PP\n";
    }
}

void put_see_also(std::string &page, const Tool &tool, const Tools &all) {
    put_section(page, "SEE ALSO");
    std::string names;
    for (const Tool &other : all)
        if (other.name != tool.name)
            names += fmt::format("{}{}(1)", names.empty() ? "" : ", ", bold(other.name));
    page += names + "\n";
}

}  // namespace

std::string man_page(const Tool &tool, const Tools &all, std::string_view date) {
    std::string name{tool.name};
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    std::string summary{tool.summary};
    summary.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(summary.front())));
    summary.pop_back();  // the full stop

    std::string page = fmt::format(".\\\" Written by multios-manual from the tool's table of commands.\n"
                                   ".TH {} 1 \"{}\" \"libmultiosupdate {}\" \"User Commands\"\n.ad l\n.nh\n",
                                   escaped(name), date, mos_version());
    put_section(page, "NAME");
    page += lines_of(fmt::format("{} - {}", tool.name, summary));
    put_section(page, "SYNOPSIS");
    page += fmt::format("{} {} [{}...]\n", bold(tool.name), italic("COMMAND"), italic("OPTION"));
    put_section(page, "DESCRIPTION");
    page += lines_of(tool.description);
    put_commands(page, tool);
    put_common_options(page, tool);
    put_facts(page, "\"EXIT STATUS\"", exit_codes());
    put_facts(page, "ENVIRONMENT", environment_variables());
    put_facts(page, "FILES", files_of_root());
    put_examples(page, tool);
    put_see_also(page, tool, all);
    return page;
}

}  // namespace manual
