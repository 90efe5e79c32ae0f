// The command line, checked against a tool's table.
#pragma once

#include "command.hpp"

namespace frame {

enum class Request { run, help, version };

struct Invocation {
    Request request = Request::run;
    const Command *command = nullptr;  // NULL for the tool's own help and version, and a group's
    std::string group;                 // "trust", of whose commands help is asked
    Values values;
    Format format = Format::text;
    Verbosity verbosity = Verbosity::quiet;
};

// Reads `arguments` (without the program's name). A mistyped command or option is a usage failure that names the
// nearest one; an option or command of the guide that is not in this build is a MOS_E_NOT_BUILT failure.
[[nodiscard]] Result<Invocation> parse(const Tool &tool, const std::vector<std::string> &arguments);

// The output format as far as it can be told without parsing, so that a usage failure has it too.
[[nodiscard]] Format format_of(const std::vector<std::string> &arguments) noexcept;

}  // namespace frame
