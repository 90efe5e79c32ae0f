// What --help and the manual say of every tool.
#pragma once

#include "command.hpp"

namespace frame {

struct Fact {
    std::string_view name, text;
};

[[nodiscard]] const std::vector<Fact> &exit_codes();

// What the tools read of their environment; the library reads none of it.
[[nodiscard]] const std::vector<Fact> &environment_variables();

// Below the root that a command works on.
[[nodiscard]] const std::vector<Fact> &files_of_root();

// What --format=csv writes.
[[nodiscard]] std::string_view csv_rules() noexcept;

// "--reason=TEXT"
[[nodiscard]] std::string shown_name(const Option &option);

// "multios-update rollback [OPTION...]"
[[nodiscard]] std::string usage_of(const Tool &tool, const Command &command);

}  // namespace frame
