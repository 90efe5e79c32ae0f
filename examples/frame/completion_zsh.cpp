#include "completion.hpp"

#include "text.hpp"

#include <fmt/format.h>

namespace frame {

namespace {

constexpr std::string_view head = R"zsh(#compdef @tool@
# Completion of @tool@ in zsh, written by '@tool@ completion zsh'.

@function@() {
    local command=
    local -a next options
    local -i at=2 ended=1

    # The words that name the command stand together; options may stand before them.
    while (( at < CURRENT )); do
        if @function@_is_command "$command${command:+ }$words[at]"; then
            command+="${command:+ }$words[at]"
        elif [[ -n $command || $words[at] != (-*|help) ]]; then
            break
        elif [[ $words[at] == --format ]]; then
            (( at++ ))
        fi
        (( at++ ))
    done
    @function@_behind "$command"

    # _arguments counts from the command on.
    words=("$command" "${(@)words[at,-1]}")
    (( CURRENT -= at - 2 ))
    if (( $#next && CURRENT == 2 )); then
        _describe -t commands command next && ended=0
    fi
    _arguments -S : "$options[@]" && ended=0
    return ended
}

)zsh";

// Read from a file that compinit has found, the script is the function's body: it is called here. Sourced, it says what
// it completes.
constexpr std::string_view tail = R"zsh(
if [[ $funcstack[1] == _@tool@ ]]; then
    @function@ "$@"
else
    compdef @function@ @tool@
fi
)zsh";

// `text` with a backslash before each character of `special`.
std::string escaped(std::string_view text, std::string_view special) {
    std::string safe;
    for (const char c : text) {
        if (special.find(c) != std::string_view::npos)
            safe += '\\';
        safe += c;
    }
    return safe;
}

// What _arguments runs to complete a value: "(text json)", "_files -/".
std::string action(const Offered &offered) {
    switch (offered.offer) {
    case Offer::files:
        return "_files";
    case Offer::folders:
        return "_files -/";
    case Offer::words:
        return fmt::format("({})", escaped(fmt::format("{}", fmt::join(offered.words, " ")), ":\\"));
    case Offer::nothing:
        break;
    }
    return " ";
}

// "--trust=[folder of …]:DIR:_files -/" as _arguments reads it.
std::string option_spec(const Option &option) {
    std::string spec = option.times == Times::often ? "*" : "";
    spec += fmt::format("--{}{}[{}]", option.name, option.kind == Kind::flag ? "" : "=", escaped(option.help, "[]:\\"));
    if (option.kind == Kind::flag)
        return spec;
    // A choice's words are offered; its message would only repeat them.
    const std::string_view message = option.kind == Kind::choice ? option.name : option.value;
    return spec + fmt::format(":{}:{}", escaped(message, ":\\"), action(offered(option)));
}

std::string operand_spec(const Operands &operands) {
    const Offered offer = offered(operands);
    const std::string_view message = offer.offer == Offer::words ? "word" : operands.name;
    const std::string_view which = operands.most > 1 ? "*" : operands.least > 0 ? "1" : "1:";
    return fmt::format("{}:{}:{}", which, escaped(message, ":\\"), action(offer));
}

std::string options_of(const CommandNode &node) {
    std::string text = "            options=(\n";
    for (const Option *option : node.options)
        text += fmt::format("                {}\n", shell_word(option_spec(*option)));
    if (node.operands.most > 0)
        text += fmt::format("                {}\n", shell_word(operand_spec(node.operands)));
    return text + "            )\n";
}

std::string next_of(const CommandNode &node) {
    if (node.next.empty())
        return {};
    std::string text = "            next=(\n";
    for (const CommandNode::Next &next : node.next)
        text += fmt::format("                {}\n",
                            shell_word(fmt::format("{}:{}", escaped(next.word, ":\\"), escaped(next.summary, "\\"))));
    return text + "            )\n";
}

std::string is_command_function(const std::vector<CommandNode> &nodes) {
    std::string names;
    for (const CommandNode &node : nodes)
        if (!node.name.empty())
            names += fmt::format("{}{}", names.empty() ? "" : "|", shell_word(node.name));
    return fmt::format("# Whether $1 is a command, or the first words of one.\n"
                       "@function@_is_command() {{\n    [[ $1 == ({}) ]]\n}}\n",
                       names);
}

std::string behind_function(const std::vector<CommandNode> &nodes) {
    std::string text = R"zsh(
# Sets what can stand behind the command $1.
@function@_behind() {
    next=() options=()
    case $1 in
)zsh";
    for (const CommandNode &node : nodes)
        text +=
            fmt::format("        ({})\n{}{}            ;;\n", shell_word(node.name), next_of(node), options_of(node));
    return text + "    esac\n}\n";
}

}  // namespace

std::string zsh_completion(const Tool &tool) {
    const std::vector<CommandNode> nodes = command_tree(tool);
    return for_tool(std::string{head} + is_command_function(nodes) + behind_function(nodes) + std::string{tail}, tool);
}

}  // namespace frame
