// Whether a filesystem can keep the promise, found out before anything is staged on it.
#pragma once

#include <mos/transaction/site.hpp>

#include <string>

namespace mos::transaction {

// FILESYSTEM_UNSUITABLE for FAT and exFAT, whose exchange and whose flush are not what they are elsewhere. `top` names
// the volume.
[[nodiscard]] Result<void> check_filesystem_type(const base::FilesystemUsage &usage, const std::string &top);

// Of a volume where a file has another device than its directory.
[[nodiscard]] Error unstable_inodes(const std::string &top);

// Tries in `stage`, an empty folder on the volume with that top, what everything rests on, and leaves it empty.
// FILESYSTEM_UNSUITABLE by its type, where two entries can't be exchanged, and where inodes can't be told. What is
// doubtful is told to the observer.
[[nodiscard]] Result<void> check_filesystem(base::Directory &stage, const std::string &top, base::Observer &observer);

}  // namespace mos::transaction
