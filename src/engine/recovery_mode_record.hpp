// The file that says that recovery mode is on; the root's lock is held by whoever changes it.
#pragma once

#include <mos/engine/recovery_mode.hpp>

#include <string>

namespace mos::engine {

inline constexpr const char *recovery_mode_name = "recovery-mode";  // in state_path

// After a crash the old record or the new one is there.
[[nodiscard]] Result<void> keep_recovery_mode(base::Directory &root, const RecoveryMode &mode);
[[nodiscard]] Result<void> forget_recovery_mode(base::Directory &root);

// "recovery mode is on since 2026-11-30T08:00:00Z, begun by uid:0: the disk is failing"
[[nodiscard]] std::string describe(const RecoveryMode &mode);

}  // namespace mos::engine
