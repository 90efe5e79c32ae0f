#include "completion.hpp"

#include "text.hpp"

#include <fmt/format.h>

namespace frame {

namespace {

// Behind it follow the two functions that are made from the table.
constexpr std::string_view head = R"bash(# Completion of @tool@ in bash, written by '@tool@ completion bash'.

@function@() {
    local -a words=() next=() options=() again=() given=() offered=() operand_words=()
    local i word current typed head value option='' prefix='' command='' pending='' behind=''
    local operand='' offer='' operands=0 most=0 joins=''
    COMPREPLY=()

    # bash cuts a line at '=' and ':' too; here '--trust=DIR' is one word again.
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((${#words[@]} > 0)) && [[ -n $joins || $word == [=:]* ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        joins=
        [[ $word == [=:]* ]] && joins=yes
    done
    ((${#words[@]} > 0)) || words=('')
    current=${words[${#words[@]} - 1]}
    unset 'words[${#words[@]}-1]'
    # What stands before the word that readline replaces.
    typed=${COMP_WORDS[COMP_CWORD]}
    [[ $typed == [=:]* ]] && typed=''
    head=${current%"$typed"}

    @function@_behind ''
    for word in "${words[@]}"; do
        if [[ -n $pending ]]; then
            pending=
        elif [[ -z $behind && $word == -- ]]; then
            behind=yes
        elif [[ -z $behind && $word == -?* ]]; then
            given+=("${word%%=*}")
            [[ -n $command ]] && next=() # the words of a command stand together
            @function@_has "$word=" "${options[@]}" && pending=$word
        elif [[ -z $command && $word == help ]]; then
            continue
        elif ((operands == 0)) && @function@_has "$word" "${next[@]}"; then
            command+=${command:+ }$word
            @function@_behind "$command"
        else
            operands=$((operands + 1))
        fi
    done

    value=$current
    if [[ -n $pending ]]; then
        option=$pending
    elif [[ -z $behind && $current == --*=* ]]; then
        option=${current%%=*}
        prefix=$option=
        value=${current#*=}
    elif [[ -z $behind && $current == -* ]]; then
        @function@_offer_options
        return
    fi

    if [[ -n $option ]]; then
        @function@_value "$command" "$option"
    else
        ((operands == 0)) && [[ -z $behind ]] && @function@_add "${next[@]}"
        offer=
        if ((operands < most)); then
            offer=$operand
            offered=("${operand_words[@]}")
        fi
    fi
    @function@_add "${offered[@]}"
    case $offer in
        files) @function@_add_files -f ;;
        folders) @function@_add_files -d ;;
    esac
    # A command that has nothing but options.
    if [[ -z $option && -z $behind && -z $current ]] && ((most == 0 && ${#next[@]} == 0)); then
        @function@_offer_options
    fi
}

# Whether $1 is one of the others.
@function@_has() {
    local wanted=$1 one
    shift
    for one; do
        [[ $one == "$wanted" ]] && return 0
    done
    return 1
}

# Those of the words that begin as what was typed.
@function@_add() {
    local one full
    for one; do
        full=$prefix$one
        [[ $one == "$value"* ]] && COMPREPLY+=("${full#"$head"}")
    done
}

@function@_add_files() {
    local -a found
    local one full
    mapfile -t found < <(compgen "$1" -- "$value")
    # Only readline knows the option: a script that looks at COMPREPLY does without.
    compopt -o filenames 2>/dev/null
    for one in "${found[@]}"; do
        full=$prefix$one
        COMPREPLY+=("${full#"$head"}")
    done
}

# The options that are not given yet.
@function@_offer_options() {
    local one
    for one in "${options[@]}"; do
        [[ $one == "$current"* ]] || continue
        @function@_has "${one%=}" "${given[@]}" && ! @function@_has "${one%=}" "${again[@]}" && continue
        COMPREPLY+=("$one")
    done
    ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
    return 0
}
)bash";

constexpr std::string_view tail = R"bash(
complete -F @function@ @tool@
)bash";

std::string name_of(Offer offer) {
    switch (offer) {
    case Offer::files:
        return "files";
    case Offer::folders:
        return "folders";
    default:
        return "''";
    }
}

std::string word_list(const std::vector<std::string_view> &words) {
    std::string list;
    for (const std::string_view word : words)
        list += (list.empty() ? "" : " ") + shell_word(word);
    return list;
}

// "next=(add-ca add-key)", "options=(--root= --yes)", "operand=files most=1".
std::string lines_of(const CommandNode &node) {
    std::string next;
    for (const CommandNode::Next &word : node.next)
        next += (next.empty() ? "" : " ") + shell_word(word.word);
    std::string lines;
    if (!next.empty())
        lines += fmt::format("            next=({})\n", next);
    std::string options;
    std::string again;
    for (const Option *option : node.options) {
        options +=
            fmt::format("{}--{}{}", options.empty() ? "" : " ", option->name, option->kind == Kind::flag ? "" : "=");
        if (option->times == Times::often)
            again += fmt::format("{}--{}", again.empty() ? "" : " ", option->name);
    }
    lines += fmt::format("            options=({})\n", options);
    if (!again.empty())
        lines += fmt::format("            again=({})\n", again);
    const Offered operand = offered(node.operands);
    if (node.operands.most > 0)
        lines += fmt::format("            operand={} most={}\n", name_of(operand.offer), node.operands.most);
    if (!operand.words.empty())
        lines += fmt::format("            operand_words=({})\n", word_list(operand.words));
    return lines;
}

std::string behind_function(const std::vector<CommandNode> &nodes) {
    std::string text = R"bash(
# Sets what can stand behind the command $1.
@function@_behind() {
    next=() options=() again=() operand='' operand_words=() most=0
    case $1 in
)bash";
    for (const CommandNode &node : nodes)
        text += fmt::format("        {})\n{}            ;;\n", shell_word(node.name), lines_of(node));
    return text + "    esac\n}\n";
}

std::string value_function(const std::vector<CommandNode> &nodes) {
    std::string text = R"bash(
# Sets what the option $2 of the command $1 takes.
@function@_value() {
    offer='' offered=()
    case "$1 $2" in
)bash";
    for (const CommandNode &node : nodes) {
        for (const Option *option : node.options) {
            const Offered value = offered(*option);
            const std::string pattern = shell_word(fmt::format("{} --{}", node.name, option->name));
            if (value.offer == Offer::words)
                text += fmt::format("        {}) offered=({}) ;;\n", pattern, word_list(value.words));
            else if (value.offer != Offer::nothing)
                text += fmt::format("        {}) offer={} ;;\n", pattern, name_of(value.offer));
        }
    }
    return text + "    esac\n}\n";
}

}  // namespace

std::string bash_completion(const Tool &tool) {
    const std::vector<CommandNode> nodes = command_tree(tool);
    return for_tool(std::string{head} + behind_function(nodes) + value_function(nodes) + std::string{tail}, tool);
}

}  // namespace frame
