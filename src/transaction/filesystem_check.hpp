// Whether a filesystem can keep the promise, found out before anything is staged on it.
#pragma once

#include <mos/transaction/site.hpp>

namespace mos::transaction {

// Tries in `stage`, an empty folder, what everything rests on, and leaves it empty. FILESYSTEM_UNSUITABLE for FAT and
// exFAT, whose exchange and whose flush are not what they are elsewhere, and where two entries can't be exchanged. What
// is doubtful is told to the observer.
[[nodiscard]] Result<void> check_filesystem(base::Directory &stage, base::Observer &observer);

}  // namespace mos::transaction
