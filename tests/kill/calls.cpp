#include "calls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace kill_at {

namespace {

constexpr std::size_t max_path_bytes = 4096;
constexpr std::uint64_t page_bytes = 4096;  // the smallest; what lies behind it may not be there
constexpr int descriptor = -1;              // the call is about an open file, its first argument

// Which calls of this number change something.
enum class When { always, flags_create, how_creates, it_clones };

struct Call {
    std::uint64_t number;
    std::string_view name;
    int shown = descriptor;  // the argument that is the path to show
    When when = When::always;
    int flags = 0;  // the argument with the flags
};

#define CALL(name, ...)                                                                                                \
    Call { SYS_##name, #name __VA_OPT__(, ) __VA_ARGS__ }

// The older calls without a directory's descriptor do not exist on newer architectures.
constexpr std::array calls = {
#ifdef SYS_open
    CALL(open, 0, When::flags_create, 1),
    CALL(creat, 0),
    CALL(rename, 1),
    CALL(link, 1),
    CALL(symlink, 1),
    CALL(unlink, 0),
    CALL(mkdir, 0),
    CALL(rmdir, 0),
    CALL(mknod, 0),
    CALL(chown, 0),
    CALL(lchown, 0),
    CALL(chmod, 0),
    CALL(utimes, 0),
    CALL(utime, 0),
    CALL(futimesat, 1),
#endif
#ifdef SYS_renameat
    CALL(renameat, 3),
#endif
    CALL(openat, 1, When::flags_create, 2),
    CALL(openat2, 1, When::how_creates, 2),
    CALL(write),
    CALL(writev),
    CALL(pwrite64),
    CALL(pwritev),
    CALL(pwritev2),
    CALL(sendfile),
    CALL(copy_file_range, descriptor),
    CALL(truncate, 0),
    CALL(ftruncate),
    CALL(fallocate),
    CALL(renameat2, 3),
    CALL(linkat, 3),
    CALL(symlinkat, 2),
    CALL(unlinkat, 1),
    CALL(mkdirat, 1),
    CALL(mknodat, 1),
    CALL(fchown),
    CALL(fchownat, 1),
    CALL(fchmod),
    CALL(fchmodat, 1),
    CALL(utimensat, 1),
    CALL(setxattr, 0),
    CALL(lsetxattr, 0),
    CALL(fsetxattr),
    CALL(removexattr, 0),
    CALL(lremovexattr, 0),
    CALL(fremovexattr),
    CALL(fsync),
    CALL(fdatasync),
    CALL(syncfs),
    CALL(sync_file_range),
    CALL(sync),
    CALL(ioctl, descriptor, When::it_clones, 1),
};

#undef CALL

// As many of `count` bytes of the task's memory as are there.
std::string read_memory(pid_t task, std::uint64_t address, std::size_t count) {
    std::string bytes(count, '\0');
    iovec here = {bytes.data(), bytes.size()};
    iovec there = {reinterpret_cast<void *>(address), count};
    const ssize_t got = ::process_vm_readv(task, &here, 1, &there, 1, 0);
    bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return bytes;
}

std::string read_text(pid_t task, std::uint64_t address) {
    std::string text;
    while (address != 0 && text.size() < max_path_bytes) {
        const std::string part = read_memory(task, address, page_bytes - address % page_bytes);
        const std::size_t end = part.find('\0');
        text += part.substr(0, end);
        if (end != std::string::npos || part.empty())
            break;
        address += part.size();
    }
    return text;
}

std::string open_file(pid_t task, std::uint64_t number) {
    std::array<char, max_path_bytes> target = {};
    const std::string link = fmt::format("/proc/{}/fd/{}", task, static_cast<int>(number));
    const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
    return length < 0 ? link : std::string{target.data(), static_cast<std::size_t>(length)};
}

bool creates(std::uint64_t flags) { return (flags & (O_CREAT | O_TRUNC)) != 0 || (flags & O_TMPFILE) == O_TMPFILE; }

bool changes_something(const Call &call, const Entered &entered) {
    const std::uint64_t flags = entered.arguments[static_cast<std::size_t>(call.flags)];
    switch (call.when) {
    case When::always:
        return true;
    case When::flags_create:
        return creates(flags);
    case When::how_creates: {
        open_how how = {};
        const std::string bytes = read_memory(entered.task, flags, sizeof how);
        std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char *>(&how));
        return creates(how.flags);
    }
    case When::it_clones:
        return flags == FICLONE || flags == FICLONERANGE || flags == FS_IOC_SETFLAGS;
    }
    return true;
}

}  // namespace

std::optional<std::string> mutation(const Entered &entered) {
    const auto *const call = std::ranges::find(calls, entered.number, &Call::number);
    if (call == calls.end() || !changes_something(*call, entered))
        return {};
    const std::string shown = call->shown == descriptor
                                  ? open_file(entered.task, entered.arguments[0])
                                  : read_text(entered.task, entered.arguments[static_cast<std::size_t>(call->shown)]);
    return fmt::format("{} '{}'", call->name, shown);
}

}  // namespace kill_at
