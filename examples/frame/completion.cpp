#include "completion.hpp"

#include "terminal.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace frame {

namespace {

const Command *find_command(const Tool &tool, std::string_view name) {
    const auto found = std::find_if(tool.commands.begin(), tool.commands.end(),
                                    [&](const Command &command) { return command.name == name; });
    return found != tool.commands.end() ? &*found : nullptr;
}

// The words of `name` behind `beginning`; "" where it begins otherwise, or has no more words.
std::string_view behind(std::string_view name, std::string_view beginning) {
    if (beginning.empty())
        return name;
    const bool goes_on = name.size() > beginning.size() && name.starts_with(beginning) && name[beginning.size()] == ' ';
    return goes_on ? name.substr(beginning.size() + 1) : std::string_view{};
}

void add_word(std::vector<std::string_view> &words, std::string_view word) {
    if (!word.empty() && std::find(words.begin(), words.end(), word) == words.end())
        words.push_back(word);
}

// What can be the next word behind `name`.
std::vector<std::string_view> next_words(const Tool &tool, std::string_view name) {
    std::vector<std::string_view> words;
    for (const Command &command : tool.commands) {
        const std::string_view rest = behind(command.name, name);
        add_word(words, rest.substr(0, rest.find(' ')));
    }
    return words;
}

// Every beginning of a command's name, in the order of the table: "", "trust", "trust add-ca".
std::vector<std::string_view> beginnings(const Tool &tool) {
    std::vector<std::string_view> names{""};
    for (const Command &command : tool.commands)
        for (std::size_t end = 0; end != std::string_view::npos;) {
            end = command.name.find(' ', end + 1);
            add_word(names, command.name.substr(0, end));
        }
    return names;
}

CommandNode::Next next_of(const Tool &tool, std::string_view name, std::string_view word) {
    const std::string full = name.empty() ? std::string{word} : fmt::format("{} {}", name, word);
    if (const Command *command = find_command(tool, full); command != nullptr)
        return {word, std::string{command->summary}};
    return {word, fmt::format("{}", fmt::join(next_words(tool, full), ", "))};
}

void add_built(std::vector<const Option *> &list, const std::vector<Option> &options) {
    for (const Option &option : options)
        if (option.standing != Standing::not_built)
            list.push_back(&option);
}

// Before a command there are those of every command, and the tool's own; a mere group has only help.
std::vector<const Option *> options_of(const Tool &tool, std::string_view name, const Command *command) {
    static const Option version = flag("version", "show the version");
    static const Option help = flag("help", "show what there is");
    std::vector<const Option *> options;
    if (command != nullptr) {
        add_built(options, command->options);
        add_built(options, common_options(*command));
    } else if (name.empty()) {
        add_built(options, common_options(tool));
        options.push_back(&version);
    } else {
        options.push_back(&help);
    }
    return options;
}

std::string script_of(const Tool &tool, std::string_view shell) {
    if (shell == "bash")
        return bash_completion(tool);
    return shell == "zsh" ? zsh_completion(tool) : fish_completion(tool);
}

Result<ExitCode> print_script(Session &session) {
    const std::string &shell = session.values.operands().front();
    const std::string script = script_of(session.tool, shell);
    if (session.json())
        put_json({{"shell", shell}, {"script", script}});
    else
        put_raw(Stream::out, script);
    return ExitCode::done;
}

Offered offered(std::string_view value, std::vector<std::string_view> words) {
    if (!words.empty())
        return {Offer::words, std::move(words)};
    if (value == "DIR")
        return {Offer::folders, {}};
    return {value == "FILE" || value == "PATH" ? Offer::files : Offer::nothing, {}};
}

}  // namespace

std::vector<CommandNode> command_tree(const Tool &tool) {
    std::vector<CommandNode> nodes;
    for (const std::string_view name : beginnings(tool)) {
        const Command *command = find_command(tool, name);
        CommandNode node{name, {}, options_of(tool, name, command), {}};
        if (command != nullptr)
            node.operands = command->operands;
        for (const std::string_view word : next_words(tool, name))
            node.next.push_back(next_of(tool, name, word));
        nodes.push_back(std::move(node));
    }
    return nodes;
}

Offered offered(const Option &option) { return offered(option.value, choices(option)); }
Offered offered(const Operands &operands) { return offered(operands.name, choices(operands)); }

std::string for_tool(std::string_view script, const Tool &tool) {
    std::string function = fmt::format("_{}", tool.name);
    std::replace(function.begin(), function.end(), '-', '_');
    std::string text{script};
    for (const auto &[mark, value] : {std::pair{std::string_view{"@tool@"}, std::string{tool.name}},
                                      std::pair{std::string_view{"@function@"}, function}})
        for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size()))
            text.replace(at, mark.size(), value);
    return text;
}

Command completion_command(std::string_view example) {
    return {
        "completion", "print a script that completes this tool's command lines in a shell",
        example,      Effect::reads,
        print_script, {"bash|zsh|fish", 1, 1},
        {},
    };
}

}  // namespace frame
