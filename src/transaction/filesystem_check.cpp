#include "filesystem_check.hpp"

#include <mos/transaction/volumes.hpp>

#include <fmt/format.h>

#include <cerrno>

namespace mos::transaction {

namespace {

constexpr std::string_view fast_commit_notice =
    "the filesystem uses ext4's fast_commit, with which a power cut was seen to leave it unmountable; "
    "'tune2fs -O ^fast_commit' on the unmounted device switches it off";

Error can_not_exchange(Error cause) {
    // A full or broken disk says nothing about what the filesystem can do.
    if (cause.code() != Code::UNSUPPORTED && cause.code() != Code::CROSS_MOUNT && cause.system_errno() != EINVAL)
        return cause;
    return Error{Code::FILESYSTEM_UNSUITABLE, "the filesystem can't exchange two entries"}.caused_by(std::move(cause));
}

// Nothing may fail after the decision, so the system call that everything rests on is tried before.
Result<void> try_exchange(base::Directory &stage, const std::string &top) {
    MOS_TRY(const base::FileStatus home, stage.own_status());
    for (const char *name : {"try-a", "try-b"}) {
        MOS_TRY(const auto file, stage.open_file(name, base::OpenMode::create_new));
        MOS_CHECK(stage.make_directory(std::string{name} + ".d", 0700));
    }
    MOS_TRY(const auto fresh, stage.find("try-a"));
    if (fresh && fresh->device != home.device)
        return unstable_inodes(top);
    if (auto tried = stage.rename("try-a", stage, "try-b", base::RenameMode::exchange); !tried)
        return can_not_exchange(std::move(tried).error());
    if (auto tried = stage.rename("try-a.d", stage, "try-b", base::RenameMode::exchange); !tried)
        return can_not_exchange(std::move(tried).error());
    // The last exchange swapped a directory with a file.
    MOS_CHECK(stage.remove_file("try-a"));
    MOS_CHECK(stage.remove_file("try-a.d"));
    MOS_CHECK(stage.remove_directory("try-b"));
    return stage.remove_directory("try-b.d");
}

}  // namespace

Result<void> check_filesystem_type(const base::FilesystemUsage &usage, const std::string &top) {
    // Linux 6.0 and later exchange names on FAT, but a cut may leave both names on one file.
    if (usage.type == "vfat" || usage.type == "exfat")
        return Error{Code::FILESYSTEM_UNSUITABLE,
                     fmt::format("{} is on {}, where a power cut can leave neither the old nor the new state",
                                 volume_in_words(top), usage.type)}
            .about(top);
    return {};
}

Error unstable_inodes(const std::string &top) {
    return Error{Code::FILESYSTEM_UNSUITABLE,
                 fmt::format("{} is on an overlay over several filesystems that gives its directories new inode "
                             "numbers at each mount: mount it with 'xino=on' and try again",
                             volume_in_words(top))}
        .about(top);
}

Result<void> check_filesystem(base::Directory &stage, const std::string &top, base::Observer &observer) {
    MOS_TRY(const base::FilesystemUsage usage, stage.usage());
    MOS_CHECK(check_filesystem_type(usage, top));
    if (usage.fast_commit)
        observer.notice(top.empty() ? std::string{fast_commit_notice}
                                    : fmt::format("{}: {}", base::in_quotes(top), fast_commit_notice));
    return try_exchange(stage, top);
}

}  // namespace mos::transaction
