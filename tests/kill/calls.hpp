// The system calls that change files, and how to tell them from the rest.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <sys/types.h>

namespace kill_at {

// A system call as a traced task enters it.
struct Entered {
    pid_t task = 0;
    std::uint64_t number = 0;
    std::span<const std::uint64_t, 6> arguments;
};

// What a person reads of a call that changes files: "renameat2 'usr/bin/tool'". Nothing for every other call.
[[nodiscard]] std::optional<std::string> mutation(const Entered &call);

}  // namespace kill_at
