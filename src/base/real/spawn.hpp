// Starts a program for the process port: what it inherits, and nothing else.
#pragma once

#include "descriptor.hpp"

#include <mos/base/process.hpp>

#include <sys/types.h>

namespace mos::base::real {

// A program that was started, and our ends of what ties it to us.
struct Spawned {
    pid_t process = -1;
    Descriptor watch;   // a pidfd, readable once the program has ended; closed where the kernel has none
    Descriptor output;  // not blocking
    Descriptor report;  // not blocking; closed where none was asked for
};

[[nodiscard]] Result<Spawned> spawn(const Command &command);

}  // namespace mos::base::real
