// A tool's main function.
#pragma once

#include "command.hpp"

namespace frame {

// Parses, runs one command, prints its failure, and returns what the process exits with.
[[nodiscard]] int run(const Tool &tool, int count, char **arguments) noexcept;

// Prints a failure for people, on standard error; `effect` says what can be promised about what it left.
void put_failure(const Session &session, const Failure &failure);

}  // namespace frame
