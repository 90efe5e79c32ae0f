// Between those who read the database while it is in use, and the one who changes it.
//
// Commits only append to the log, and a reader takes the log as long as it was when it began: neither sees the other.
// What changes the database file itself, its creation and the emptying of the log, would pull it from under the
// readers, so it waits for them, and they for it. Who may change anything at all is the root's lock's affair.
#pragma once

#include <mos/base/filesystem.hpp>

#include <chrono>
#include <memory>

namespace mos::state {

inline constexpr std::chrono::milliseconds no_patience{0};
// Readers stay for milliseconds; who takes longer than this is stuck.
inline constexpr std::chrono::milliseconds usual_patience{10'000};

// Locks file `name`, for as long as the File lives; nullptr where there is no such file. LOCKED when `patience` ends.
[[nodiscard]] Result<std::unique_ptr<base::File>>
lock_database(base::Directory &directory, const char *name, base::LockMode mode, std::chrono::milliseconds patience);

}  // namespace mos::state
