// The script's own view of the mounts. Nothing here is seen by any other process.
#pragma once

#include <mos/base/filesystem.hpp>

#include <string>

namespace mos::libexec {

// A mount namespace of our own, from which nothing goes back. The working directory stays where it was. PERMISSION
// where the kernel or a container does not allow it, IO where this process's "/" is no mount (a chroot).
[[nodiscard]] Result<void> separate_mounts();

// Puts `folder`, read-only, over the directory `hidden` beneath `root`, wherever links in there lead.
[[nodiscard]] Result<void> cover(base::Directory &root, const std::string &hidden, base::Directory &folder);

// Makes all that is mounted read-only.
[[nodiscard]] Result<void> make_all_read_only();

// An empty, writable filesystem in memory over the directory `name` beneath the working directory, which is `root`;
// nothing where there is no such directory.
[[nodiscard]] Result<void> mount_scratch(base::Directory &root, const std::string &name);

}  // namespace mos::libexec
