#include "shared_file.hpp"

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

#include <chrono>
#include <thread>

namespace mos::observe {

using base::Directory;
using base::File;

namespace {

constexpr int lock_attempts = 200;
constexpr auto lock_pause = std::chrono::milliseconds{1};
constexpr int write_attempts = 16;

// Null when somebody else was quicker.
Result<std::unique_ptr<File>> open_or_make(Directory &folder, const std::string &name, std::uint32_t mode) {
    auto opened = folder.open_file(name, base::OpenMode::write);
    if (opened || opened.error().code() != Code::NOT_FOUND)
        return opened;
    auto made = folder.open_file(name, base::OpenMode::create_new);
    if (!made && made.error().code() == Code::EXISTS)
        return std::unique_ptr<File>{};
    MOS_TRY(auto file, std::move(made));
    MOS_CHECK(file->set_mode(mode));
    return file;
}

Result<void> lock_patiently(File &file) {
    for (int attempt = 1;; ++attempt) {
        auto locked = file.lock(base::LockMode::exclusive);
        if (locked || locked.error().code() != Code::LOCKED || attempt == lock_attempts)
            return locked;
        std::this_thread::sleep_for(lock_pause);
    }
}

}  // namespace

Result<std::unique_ptr<LockedFile>> lock_shared_file(Directory &folder, const std::string &name, std::uint32_t mode) {
    MOS_TRY(auto file, open_or_make(folder, name, mode));
    if (file == nullptr)
        return std::unique_ptr<LockedFile>{};
    MOS_CHECK(lock_patiently(*file));
    MOS_TRY(const base::FileStatus status, file->status());
    MOS_TRY(const auto named, folder.find(name));
    if (!named || named->inode != status.inode)
        return std::unique_ptr<LockedFile>{};
    return std::make_unique<LockedFile>(LockedFile{std::move(file), status});
}

Result<void> try_until_done(const std::string &name, const std::function<Result<bool>()> &attempt) {
    for (int tries = 0; tries < write_attempts; ++tries) {
        MOS_TRY(const bool done, attempt());
        if (done)
            return {};
    }
    return Error{Code::LOCKED, fmt::format("other writers don't let go of {}", base::in_quotes(name))};
}

}  // namespace mos::observe
