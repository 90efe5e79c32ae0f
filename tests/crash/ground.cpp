#include "ground.hpp"

#include <mos/base/bytes.hpp>
#include <mos/base/error.hpp>

#include <cerrno>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mos::test {

namespace {

// Every Linux has it; in our namespace it becomes a file system of our own.
constexpr const char *ground = "/dev/shm";

}  // namespace

Result<void> enter_ground() {
    if (::geteuid() != 0)
        return Error{Code::PERMISSION, "the crash run mounts filesystems, so it needs root"};
    for (const char *const device : {"/dev/fuse", "/dev/loop-control"}) {
        if (::access(device, R_OK | W_OK) != 0)
            return Error{Code::UNSUPPORTED, fmt::format("the crash run needs {}, which this machine does not have",
                                                        base::in_quotes(device))};
    }
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return Error{Code::PERMISSION, "the crash run needs a mount namespace of its own, which is not allowed here"};
    if (::mount("crash-run", ground, "tmpfs", 0, "mode=0700") != 0)
        return base::system_error(errno, "mount memory at", ground);
    return {};
}

Result<std::string> make_ground_folder(const std::string &name) {
    std::string path = fmt::format("{}/{}", ground, name);
    if (::mkdir(path.c_str(), 0700) != 0)
        return base::system_error(errno, "make", path);
    return path;
}

}  // namespace mos::test
