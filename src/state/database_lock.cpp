#include "database_lock.hpp"

#include <fmt/format.h>

#include <thread>

namespace mos::state {

namespace {

constexpr std::chrono::milliseconds between_attempts{5};

// Whether the name leads to the locked file still: a restored database is another file.
Result<bool> has_name(base::Directory &directory, const char *name, base::File &file) {
    MOS_TRY(const base::FileStatus own, file.status());
    MOS_TRY(const auto named, directory.find(name));
    return named && named->inode == own.inode;
}

Error stuck(const char *name, base::LockMode mode) {
    return Error{Code::LOCKED,
                 fmt::format("the database '{}' is being {} and was not free in time", name,
                             mode == base::LockMode::shared ? "rewritten" : "read by another process or thread")}
        .about(name);
}

}  // namespace

Result<std::unique_ptr<base::File>> lock_database(base::Directory &directory, const char *name, base::LockMode mode,
                                                  std::chrono::milliseconds patience) {
    for (auto waited = no_patience;; waited += between_attempts) {
        auto file = directory.open_file(name, base::OpenMode::read);
        if (!file && file.error().code() == Code::NOT_FOUND)
            return std::unique_ptr<base::File>{};
        MOS_TRY(std::unique_ptr<base::File> opened, std::move(file));
        const Result<void> locked = opened->lock(mode);
        if (!locked && locked.error().code() != Code::LOCKED)
            return locked.error();
        if (locked) {
            MOS_TRY(const bool named, has_name(directory, name, *opened));
            if (named)
                return opened;
        }
        if (waited >= patience)
            return stuck(name, mode);
        std::this_thread::sleep_for(between_attempts);
    }
}

}  // namespace mos::state
