#include <mos/base/open_files.hpp>

#include <mos/base/error.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace mos::base {

namespace {

struct CloseFolder {
    void operator()(DIR *folder) const noexcept { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

bool is_number(const char *name) { return name[0] >= '0' && name[0] <= '9'; }

// The link of a descriptor says by its mode whether it may be written to; what it leads to is the file itself.
template <class Take>
void for_each_written(int descriptors, const Take &take) {
    const Folder folder{::fdopendir(descriptors)};
    if (folder == nullptr) {
        ::close(descriptors);
        return;
    }
    while (const dirent *const entry = ::readdir(folder.get())) {
        struct stat link {};
        struct stat file {};
        const int in = ::dirfd(folder.get());
        const bool is_written = is_number(entry->d_name) &&
                                ::fstatat(in, entry->d_name, &link, AT_SYMLINK_NOFOLLOW) == 0 &&
                                (link.st_mode & S_IWUSR) != 0 && ::fstatat(in, entry->d_name, &file, 0) == 0;
        if (is_written && S_ISREG(file.st_mode))
            take(file);
    }
}

}  // namespace

Result<std::set<std::pair<std::uint64_t, std::uint64_t>>> files_open_for_writing() {
    std::set<std::pair<std::uint64_t, std::uint64_t>> found;
    const Folder processes{::opendir("/proc")};
    if (processes == nullptr)
        return Error{Code::UNSUPPORTED, "there is no /proc, so nobody can tell which files are open"};
    while (const dirent *const entry = ::readdir(processes.get())) {
        if (!is_number(entry->d_name))
            continue;
        const std::string path = std::string{entry->d_name} + "/fd";
        const int descriptors = ::openat(::dirfd(processes.get()), path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (descriptors >= 0)
            for_each_written(descriptors, [&](const struct stat &file) { found.emplace(file.st_dev, file.st_ino); });
    }
    return found;
}

}  // namespace mos::base
