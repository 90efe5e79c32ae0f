#include "parser.hpp"

#include "suggest.hpp"
#include "text.hpp"

#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace frame {

namespace {

using Words = std::vector<std::string>;

bool is_option(std::string_view argument) { return argument.size() > 1 && argument.front() == '-'; }

// "trust add-ca" has two words.
std::size_t word_count(std::string_view name) {
    return 1 + static_cast<std::size_t>(std::count(name.begin(), name.end(), ' '));
}

bool begins_with(const Words &words, std::string_view name) {
    for (std::size_t i = 0;; ++i) {
        const std::size_t end = std::min(name.find(' '), name.size());
        if (i >= words.size() || words[i] != name.substr(0, end))
            return false;
        if (end == name.size())
            return true;
        name.remove_prefix(end + 1);
    }
}

// The entry whose name is the longest that `words` begin with; NULL when there is none.
template <class Entry>
const Entry *longest_match(const std::vector<Entry> &entries, const Words &words) {
    const Entry *best = nullptr;
    for (const Entry &entry : entries)
        if (begins_with(words, entry.name) && (best == nullptr || entry.name.size() > best->name.size()))
            best = &entry;
    return best;
}

// Moves the options before the command behind it: '--format=json info FILE' and 'info FILE --format=json' are one.
Words command_first(const Words &arguments) {
    std::size_t begin = 0;
    while (begin < arguments.size() && is_option(arguments[begin]) && arguments[begin] != "--")
        begin += arguments[begin] == "--format" ? 2U : 1U;
    begin = std::min(begin, arguments.size());
    const auto middle = arguments.begin() + static_cast<std::ptrdiff_t>(begin);
    Words ordered(middle, arguments.end());
    // "help install" is "install --help".
    const bool asks_for_help = !ordered.empty() && ordered.front() == "help";
    if (asks_for_help)
        ordered.erase(ordered.begin());
    // Before a "--", behind which nothing is an option.
    ordered.insert(std::find(ordered.begin(), ordered.end(), "--"), arguments.begin(), middle);
    if (asks_for_help)
        ordered.insert(std::find(ordered.begin(), ordered.end(), "--"), "--help");
    return ordered;
}

Words leading_words(const Words &arguments) {
    return {arguments.begin(), std::find_if(arguments.begin(), arguments.end(), is_option)};
}

std::vector<std::string_view> first_words(const Tool &tool) {
    std::vector<std::string_view> names;
    for (const Command &command : tool.commands)
        names.push_back(command.name.substr(0, command.name.find(' ')));
    for (const MissingCommand &command : tool.missing)
        names.push_back(command.name.substr(0, command.name.find(' ')));
    return names;
}

// What can follow `name` as the next word of a longer command.
std::vector<std::string_view> next_words(const Tool &tool, std::string_view name) {
    std::vector<std::string_view> words;
    const auto add = [&](std::string_view longer) {
        if (longer.size() > name.size() + 1 && longer.starts_with(name) && longer[name.size()] == ' ')
            words.push_back(longer.substr(name.size() + 1));
    };
    for (const Command &command : tool.commands)
        add(command.name);
    for (const MissingCommand &command : tool.missing)
        add(command.name);
    return words;
}

std::string help_hint(const Tool &tool, const Command *command) {
    return command != nullptr ? fmt::format("see '{} {} --help'", tool.name, command->name)
                              : fmt::format("'{} --help' lists the commands", tool.name);
}

std::vector<const Option *> options_of(const Command &command) {
    std::vector<const Option *> options;
    for (const Option &option : command.options)
        if (!option.any_name)
            options.push_back(&option);
    for (const Option &option : common_options(command))
        options.push_back(&option);
    return options;
}

Result<std::string> checked_value(const Option &option, const std::string &given, const std::string &hint) {
    const auto wrong = [&](std::string_view expected) {
        return usage_failure(fmt::format("option '--{}' takes {}, not '{}'", option.name, expected, printable(given)),
                             hint);
    };
    switch (option.kind) {
    case Kind::text:
        return given;
    case Kind::flag:
        if (given == "true" || given == "yes" || given == "1")
            return std::string{"true"};
        if (given == "false" || given == "no" || given == "0")
            return std::string{"false"};
        return wrong("'true' or 'false'");
    case Kind::number: {
        std::int64_t value = 0;
        const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
        if (error != std::errc{} || end != given.data() + given.size() || value < option.lowest ||
            value > option.highest)
            return wrong(fmt::format("a number from {} to {}", option.lowest, option.highest));
        return given;
    }
    case Kind::choice: {
        if (option.name == "format" && given == "table")
            return std::string{"text"};  // as the guide calls it
        const std::vector<std::string_view> words = choices(option);
        if (std::find(words.begin(), words.end(), given) == words.end())
            return wrong(fmt::format("one of {}", fmt::join(words, ", ")));
        return given;
    }
    }
    return given;
}

bool takes_any_name(const Command &command) {
    return std::any_of(command.options.begin(), command.options.end(),
                       [](const Option &option) { return option.any_name; });
}

Result<void> check_surplus(const Tool &tool, const Command &command, const Values &values) {
    if (values.operands().size() <= command.operands.most)
        return {};
    const std::string &extra = values.operands()[command.operands.most];
    return usage_failure(
        fmt::format("unexpected argument '{}'{}", printable(extra), suggestion(extra, next_words(tool, command.name))),
        help_hint(tool, &command));
}

// One command's options behind CLI11, which knows the ways in which an option can be written.
class OptionParser {
  public:
    OptionParser(const Tool &tool, const Command &command)
        : m_tool(tool), m_command(command), m_options(options_of(command)), m_takes_others(takes_any_name(command)),
          m_hint(help_hint(tool, &command)) {
        m_app.set_help_flag();
        // Operands are what is left over: CLI11 would split one that stands in brackets.
        m_app.allow_extras();
        for (const Option *option : m_options) {
            const std::string name = option->name == "help" ? "-h,--help" : fmt::format("--{}", option->name);
            CLI::Option *made = option->kind == Kind::flag ? m_app.add_flag(name) : m_app.add_option(name);
            made->multi_option_policy(option->times == Times::often ? CLI::MultiOptionPolicy::TakeAll
                                                                    : CLI::MultiOptionPolicy::TakeLast);
            made->allow_extra_args(false);
            m_parsed.push_back(made);
        }
    }

    Result<Values> parse(Words arguments) {
        const auto end_of_options = std::find(arguments.begin(), arguments.end(), "--");
        const Words behind(end_of_options == arguments.end() ? end_of_options : end_of_options + 1, arguments.end());
        arguments.erase(end_of_options, arguments.end());
        for (const std::string &argument : arguments)
            if (is_option(argument) && argument.back() == '=')
                return usage_failure(
                    fmt::format("option '{}' has an empty value", printable(argument.substr(0, argument.size() - 1))),
                    m_hint);
        std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
        try {
            m_app.parse(std::move(arguments));
        } catch (const CLI::ParseError &error) {
            const std::string_view what = error.what();
            return usage_failure(fmt::format("option '{}' needs a value", printable(what.substr(0, what.find(':')))),
                                 m_hint);
        }
        Values values;
        FRAME_CHECK(take_operands(values));
        FRAME_CHECK(take_options(values));
        for (const std::string &operand : behind)
            values.add_operand(operand);
        return values;
    }

  private:
    // A word too many first: the options that follow a mistyped word of the command's name are not this command's.
    Result<void> take_operands(Values &values) const {
        const std::vector<std::string> left = m_app.remaining();
        for (const std::string &word : left)
            if (!is_option(word))
                values.add_operand(word);
        FRAME_CHECK(check_surplus(m_tool, m_command, values));
        for (const std::string &word : left)
            if (is_option(word))
                FRAME_CHECK(take_other(word, values));
        return {};
    }

    // "--name=value" of a command that takes options of any name.
    Result<void> take_other(const std::string &given, Values &values) const {
        const std::size_t equals = given.find('=');
        if (!m_takes_others)
            return unknown_option(given);
        if (!given.starts_with("--") || equals == std::string::npos)
            return usage_failure(fmt::format("option '{}' needs a value", printable(given)),
                                 fmt::format("write it as '{}=VALUE'", printable(given)));
        values.add_other(given.substr(2, equals - 2), given.substr(equals + 1));
        return {};
    }

    Failure unknown_option(std::string_view given) const {
        given = given.substr(0, given.find('='));
        std::vector<std::string_view> names;
        for (const Option *option : m_options)
            names.push_back(option->name);
        const std::size_t letter = std::min(given.find_first_not_of('-'), given.size());
        return usage_failure(
            fmt::format("unknown option '{}'{}", printable(given), suggestion(given.substr(letter), names, "--")),
            m_hint);
    }

    Result<void> take_options(Values &values) const {
        for (std::size_t i = 0; i < m_options.size(); ++i) {
            const Option &option = *m_options[i];
            if (m_parsed[i]->count() == 0)
                continue;
            if (m_parsed[i]->count() > 1 && option.times == Times::once)
                return usage_failure(fmt::format("option '--{}' is given more than once", option.name), m_hint);
            for (const std::string &given : m_parsed[i]->results()) {
                FRAME_TRY(const std::string value, checked_value(option, given, m_hint));
                FRAME_CHECK(check_standing(option, value));
                values.add(option.name, value);
            }
        }
        return {};
    }

    Result<void> check_standing(const Option &option, const std::string &value) const {
        if (option.standing == Standing::not_built && value != "false")
            return not_built(fmt::format("option '--{}': {}", option.name, option.help), "leave the option out");
        if (option.standing == Standing::always_on && value == "false")
            return usage_failure(fmt::format("option '--{}' can't be switched off: {}", option.name, option.help),
                                 m_hint);
        return {};
    }

    const Tool &m_tool;
    const Command &m_command;
    std::vector<const Option *> m_options;
    bool m_takes_others;
    std::vector<CLI::Option *> m_parsed;
    std::string m_hint;
    CLI::App m_app;
};

Result<void> check_words(const Tool &tool, const Command &command, const Values &values) {
    const std::vector<std::string_view> words = choices(command.operands);
    for (const std::string &operand : values.operands())
        if (!words.empty() && std::find(words.begin(), words.end(), operand) == words.end())
            return usage_failure(fmt::format("'{} {}' takes one of {}, not '{}'", tool.name, command.name,
                                             fmt::join(words, ", "), printable(operand)),
                                 help_hint(tool, &command));
    return {};
}

Result<void> check_operands(const Tool &tool, const Command &command, const Values &values) {
    const std::size_t count = values.operands().size();
    if (count < command.operands.least)
        return usage_failure(fmt::format("{} is missing", command.operands.name), help_hint(tool, &command));
    FRAME_CHECK(check_surplus(tool, command, values));
    for (const std::string &operand : values.operands())
        if (operand.empty())
            return usage_failure(fmt::format("{} is empty", command.operands.name), help_hint(tool, &command));
    return check_words(tool, command, values);
}

Result<void> check_required(const Tool &tool, const Command &command, const Values &values) {
    for (const Option &option : command.options)
        if (option.need == Need::required && !values.has(option.name))
            return usage_failure(fmt::format("option '--{}' is missing", option.name), help_hint(tool, &command));
    return check_operands(tool, command, values);
}

Format format_named(std::string_view name) noexcept {
    return name == "json" ? Format::json : name == "csv" ? Format::csv : Format::text;
}

// Said before the options are read: that "csv" is none of the words would not tell why.
Result<void> check_format(const Tool &tool, const Command &command, const Words &arguments) {
    if (format_of(arguments) == Format::csv && command.csv.empty())
        return usage_failure(fmt::format("'{} {}' prints no rows, so there is no CSV of it", tool.name, command.name),
                             "take --format=text or --format=json");
    return {};
}

// Asked first: help is wanted most where something else on the line is wrong.
bool asks_for_help(const Words &arguments) {
    const auto end_of_options = std::find(arguments.begin(), arguments.end(), "--");
    return std::any_of(arguments.begin(), end_of_options,
                       [](const std::string &argument) { return argument == "--help" || argument == "-h"; });
}

Verbosity verbosity_of(const Values &values) {
    if (values.flag("debug"))
        return Verbosity::debug;
    return values.flag("verbose") ? Verbosity::verbose : Verbosity::quiet;
}

Result<Invocation> parse_without_command(const Tool &tool, const Words &arguments) {
    Invocation invocation;
    for (const std::string &argument : arguments) {
        if (argument == "--help" || argument == "-h")
            invocation.request = Request::help;
        else if (argument == "--version" && invocation.request == Request::run)
            invocation.request = Request::version;
    }
    if (invocation.request == Request::run)
        return usage_failure("no command is given", help_hint(tool, nullptr));
    return invocation;
}

Failure unknown_command(const Tool &tool, const Words &words) {
    const std::vector<std::string_view> after = next_words(tool, words.front());
    if (after.empty())
        return usage_failure(fmt::format("unknown command '{}'{}", printable(words.front()),
                                         suggestion(words.front(), first_words(tool))),
                             help_hint(tool, nullptr));
    // The first word is a group's.
    if (words.size() == 1)
        return usage_failure(fmt::format("'{}' needs one of: {}", words.front(), fmt::join(after, ", ")),
                             fmt::format("see '{} {} --help'", tool.name, words.front()));
    return usage_failure(fmt::format("unknown command '{} {}'{}", words[0], printable(words[1]),
                                     suggestion(words[1], after, words[0] + " ")),
                         help_hint(tool, nullptr));
}

}  // namespace

Format format_of(const std::vector<std::string> &arguments) noexcept {
    constexpr std::string_view with_value = "--format=";
    for (std::size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
        std::string_view given = arguments[i];
        if (given == "--format" && i + 1 < arguments.size())
            given = arguments[i + 1];
        else if (given.starts_with(with_value))
            given.remove_prefix(with_value.size());
        else
            continue;
        if (const Format format = format_named(given); format != Format::text)
            return format;
    }
    return Format::text;
}

Result<Invocation> parse(const Tool &tool, const std::vector<std::string> &arguments) {
    Words ordered = command_first(arguments);
    const Words words = leading_words(ordered);
    if (words.empty())
        return parse_without_command(tool, ordered);

    const Command *command = longest_match(tool.commands, words);
    const MissingCommand *missing = longest_match(tool.missing, words);
    if (missing != nullptr && (command == nullptr || missing->name.size() > command->name.size()))
        return not_built(fmt::format("'{}': {}", missing->name, missing->missing), help_hint(tool, nullptr));
    Invocation invocation;
    if (command == nullptr && words.size() == 1 && asks_for_help(ordered) && !next_words(tool, words[0]).empty()) {
        invocation.request = Request::help;
        invocation.group = words[0];
        return invocation;
    }
    if (command == nullptr)
        return unknown_command(tool, words);

    ordered.erase(ordered.begin(), ordered.begin() + static_cast<std::ptrdiff_t>(word_count(command->name)));
    invocation.command = command;
    if (asks_for_help(ordered)) {
        invocation.request = Request::help;
        return invocation;
    }
    FRAME_CHECK(check_format(tool, *command, arguments));
    FRAME_TRY(invocation.values, OptionParser(tool, *command).parse(std::move(ordered)));
    FRAME_CHECK(check_required(tool, *command, invocation.values));
    invocation.verbosity = verbosity_of(invocation.values);
    invocation.format = format_named(invocation.values.text_or("format", "text"));
    return invocation;
}

}  // namespace frame
