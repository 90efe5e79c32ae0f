// A file at whose end several processes write, and which any of them puts aside.
#pragma once

#include <mos/base/filesystem.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace mos::observe {

// A file that is locked, and has its name: nobody else writes to it or puts it aside until it is destroyed.
struct LockedFile {
    std::unique_ptr<base::File> file;
    base::FileStatus status;
};

// Opens and locks the file, which is made with the mode where it is missing. Null when another process was quicker and
// it is a different one by now. LOCKED when it can't be had within a fifth of a second: another writer holds it for
// microseconds, and nobody waits for long because of a log.
[[nodiscard]] Result<std::unique_ptr<LockedFile>> lock_shared_file(base::Directory &folder, const std::string &name,
                                                                   std::uint32_t mode);

// Calls `attempt` until it is done (true), as often as a file may be put aside meanwhile; then LOCKED.
[[nodiscard]] Result<void> try_until_done(const std::string &name, const std::function<Result<bool>()> &attempt);

}  // namespace mos::observe
