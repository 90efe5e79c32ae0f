#include "completion.hpp"

#include <fmt/format.h>

#include <set>

namespace frame {

namespace {

constexpr std::string_view head = R"fish(# Completion of @tool@ in fish, written by '@tool@ completion fish'.

# Succeeds where the command of the line is $argv[1], and what is to be completed can be its next word ("next"), or one of
# its first $argv[2] operands.
function @function@_at
    set -l tokens (commandline -opc)
    set -l command ''
    set -l operands 0
    set -l closed no
    set -l is_value no
    for token in $tokens[2..-1]
        if test $is_value = yes
            set is_value no
            continue
        end
        if string match -q -- '-*' $token
            contains -- $token $@function@_valued; and set is_value yes
            # The words of a command stand together.
            test -z "$command"; or set closed yes
            continue
        end
        set -l longer (string join ' ' -- $command $token | string trim)
        if test $closed = no; and test $operands -eq 0; and contains -- $longer $@function@_commands
            set command $longer
        else if test -n "$command"; or test $token != help
            set operands (math $operands + 1)
        end
    end
    test "$command" = $argv[1]; or return 1
    switch "$argv[2]"
        case ''
            return 0
        case next
            test $closed = no; and test $operands -eq 0
        case '*'
            test $operands -lt $argv[2]
    end
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

// The condition of a completion; `where` is "next", or a number of operands.
std::string at(const CommandNode &node) { return fmt::format("@function@_at {}", fish_quoted(node.name)); }
template <class Where>
std::string at(const CommandNode &node, Where where) {
    return fmt::format("@function@_at {} {}", fish_quoted(node.name), where);
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
    const Offered offer = offered(node.operands);
    if (node.operands.most == 0 || offer.offer == Offer::nothing)
        return {};
    const std::string condition = fish_quoted(at(node, node.operands.most));
    if (offer.offer == Offer::files)
        return fmt::format("complete -c @tool@ -n {} -F\n", condition);
    return fmt::format("complete -c @tool@ -n {}{}\n", condition, offer_arguments(offer));
}

std::string lines_of(const CommandNode &node) {
    std::string text = "\n";
    for (const CommandNode::Next &next : node.next)
        text += fmt::format("complete -c @tool@ -n {} -a {} -d {}\n", fish_quoted(at(node, "next")),
                            fish_quoted(next.word), fish_quoted(next.summary));
    text += operand_line(node);
    for (const Option *option : node.options)
        text += option_line(node, *option);
    return text;
}

// What the function above looks up: the beginnings of commands, and the options whose value can be the next word.
std::string lists_of(const std::vector<CommandNode> &nodes) {
    std::string commands;
    std::set<std::string_view> valued;
    for (const CommandNode &node : nodes) {
        if (!node.name.empty())
            commands += " " + fish_quoted(node.name);
        for (const Option *option : node.options)
            if (option->kind != Kind::flag)
                valued.insert(option->name);
    }
    return fmt::format("set -g @function@_commands{}\nset -g @function@_valued --{}\n", commands,
                       fmt::join(valued, " --"));
}

}  // namespace

std::string fish_completion(const Tool &tool) {
    const std::vector<CommandNode> nodes = command_tree(tool);
    std::string text = std::string{head} + lists_of(nodes);
    for (const CommandNode &node : nodes)
        text += lines_of(node);
    return for_tool(text, tool);
}

}  // namespace frame
