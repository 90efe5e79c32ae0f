#include "completion.hpp"

#include <fmt/format.h>

namespace frame {

namespace {

constexpr std::string_view head = R"fish(# Completion of @tool@ in fish, written by '@tool@ completion fish'.

# Succeeds where the command of the line is $argv[1]; with a second argument, only right behind it.
function @function@_at
    set -l tokens (commandline -opc)
    set -l command ''
    set -l operands 0
    set -l skipped no
    for token in $tokens[2..-1]
        if test $skipped = yes
            set skipped no
            continue
        end
        set -l longer (string join ' ' -- $command $token | string trim)
        if test $operands -eq 0; and contains -- $longer $@function@_commands
            set command $longer
        else if contains -- $token --format
            set skipped yes
        else if not string match -q -- '-*' $token; and test "$token" != help
            set operands (math $operands + 1)
        end
    end
    test "$command" = $argv[1]; or return 1
    test (count $argv) -lt 2; or test $operands -lt $argv[2]
end

complete -c @tool@ -f
)fish";

// fish knows two escapes in single quotes.
std::string fish_quoted(std::string_view text) {
    std::string word = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\')
            word += '\\';
        word += c;
    }
    return word + "'";
}

// The condition of a completion; the second form holds while fewer than `most` operands are given.
std::string at(const CommandNode &node) { return fmt::format("@function@_at {}", fish_quoted(node.name)); }
std::string at(const CommandNode &node, std::size_t most) {
    return fmt::format("@function@_at {} {}", fish_quoted(node.name), most);
}

std::string offer_arguments(const Offered &offered) {
    switch (offered.offer) {
    case Offer::files:
        return " -r -F";
    case Offer::folders:
        return " -x -a '(__fish_complete_directories)'";
    case Offer::words:
        return fmt::format(" -x -a {}", fish_quoted(fmt::format("{}", fmt::join(offered.words, " "))));
    case Offer::nothing:
        break;
    }
    return " -x";
}

std::string option_line(const CommandNode &node, const Option &option) {
    return fmt::format("complete -c @tool@ -n {}{} -l {}{} -d {}\n", fish_quoted(at(node)),
                       option.name == "help" ? " -s h" : "", option.name,
                       option.kind == Kind::flag ? "" : offer_arguments(offered(option)), fish_quoted(option.help));
}

std::string operand_line(const CommandNode &node) {
    const Operands &operands = node.command->operands;
    const Offered offer = offered(operands);
    if (operands.most == 0 || offer.offer == Offer::nothing)
        return {};
    const std::string condition = fish_quoted(at(node, operands.most));
    if (offer.offer == Offer::files)
        return fmt::format("complete -c @tool@ -n {} -F\n", condition);
    return fmt::format("complete -c @tool@ -n {}{}\n", condition, offer_arguments(offer));
}

std::string lines_of(const CommandNode &node) {
    std::string text = "\n";
    for (const CommandNode::Next &next : node.next)
        text += fmt::format("complete -c @tool@ -n {} -a {} -d {}\n", fish_quoted(at(node, 1)), fish_quoted(next.word),
                            fish_quoted(next.summary));
    if (node.command == nullptr) {
        text += fmt::format("complete -c @tool@ -n {} -s h -l help -d 'show what there is'\n", fish_quoted(at(node)));
        if (node.name.empty())
            text += fmt::format("complete -c @tool@ -n {} -l version -d 'show the version'\n", fish_quoted(at(node)));
        return text;
    }
    text += operand_line(node);
    for (const Option *option : offered_options(*node.command))
        text += option_line(node, *option);
    return text;
}

}  // namespace

std::string fish_completion(const Tool &tool) {
    const std::vector<CommandNode> nodes = command_tree(tool);
    std::string text{head};
    text += "set -g @function@_commands";
    for (const CommandNode &node : nodes)
        if (!node.name.empty())
            text += " " + fish_quoted(node.name);
    text += "\n";
    for (const CommandNode &node : nodes)
        text += lines_of(node);
    return for_tool(text, tool);
}

}  // namespace frame
