// Completion of command lines in bash, zsh and fish, made from a tool's table.
#pragma once

#include "command.hpp"

namespace frame {

// "completion bash|zsh|fish": prints the script. Every tool has it as its last command.
[[nodiscard]] Command completion_command(std::string_view example);

[[nodiscard]] std::string bash_completion(const Tool &tool);
[[nodiscard]] std::string zsh_completion(const Tool &tool);
[[nodiscard]] std::string fish_completion(const Tool &tool);

// ---- what the three have in common ----

// One place in the tree of command words: the tool itself (""), a group ("trust"), a command, or both.
struct CommandNode {
    struct Next {
        std::string_view word;
        std::string summary;  // of the command; of a mere group the words that follow
    };
    std::string_view name;
    std::vector<Next> next;
    // Those that do something in this build, those of every command last.
    std::vector<const Option *> options;
    Operands operands;
};
// It borrows from the tool.
[[nodiscard]] std::vector<CommandNode> command_tree(const Tool &tool);

// What is offered where a value or an operand stands.
enum class Offer { nothing, files, folders, words };
struct Offered {
    Offer offer;
    std::vector<std::string_view> words;
};
[[nodiscard]] Offered offered(const Option &option);
[[nodiscard]] Offered offered(const Operands &operands);

// A script with the tool's name for @tool@ and "_multios_package" for @function@.
[[nodiscard]] std::string for_tool(std::string_view script, const Tool &tool);

}  // namespace frame
