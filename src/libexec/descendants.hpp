// All that a script started, however it tried to get away: we are the subreaper, so every orphan becomes our child.
#pragma once

#include <mos/base/result.hpp>

#include <cstddef>

namespace mos::libexec {

// Whether /proc is there to find them in.
[[nodiscard]] Result<void> check_descendants_visible();

// Kills and reaps every descendant of this process, which runs before all others from here on; how many there were. IO
// when some could not be ended in time: they wait for a disk, and end when it answers.
[[nodiscard]] Result<std::size_t> kill_descendants();

}  // namespace mos::libexec
