// Where a log goes besides files: ports, so that a test sees what is written there.
#pragma once

#include <mos/base/result.hpp>

#include <functional>
#include <string_view>

namespace mos::base {

// Takes a whole text: lines with their ends, or one message to the system's log. May block.
using TextOutput = std::function<Result<void>(std::string_view text)>;

// The process's standard error.
[[nodiscard]] TextOutput standard_error_output();

// The socket of the system's log, "/dev/log", with one datagram a text. It is opened when it is first needed, and again
// when the daemon behind it was started again; IO and others while there is none. Never waits for a daemon that is
// slow.
[[nodiscard]] TextOutput system_log_output();

}  // namespace mos::base
