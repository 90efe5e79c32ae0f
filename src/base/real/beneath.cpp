#include "beneath.hpp"

#include <mos/base/path.hpp>

#include <array>
#include <climits>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace mos::base::real {

namespace {

constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
constexpr int max_symlinks = 40;          // as the kernel's own MAXSYMLINKS
constexpr int max_resolve_attempts = 64;  // openat2 says EAGAIN when a rename elsewhere raced with a ".."

int open_by_kernel(int base, const std::string &path, Symlinks symlinks) {
    open_how how = {};
    how.flags = static_cast<std::uint64_t>(directory_flags);
    how.resolve = RESOLVE_NO_MAGICLINKS;
    how.resolve |= symlinks == Symlinks::refuse ? (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS) : RESOLVE_IN_ROOT;
    int descriptor = -1;
    for (int attempt = 0; attempt < max_resolve_attempts; ++attempt) {
        descriptor = static_cast<int>(
            uninterrupted([&] { return ::syscall(SYS_openat2, base, path.c_str(), &how, sizeof how); }));
        if (descriptor >= 0 || errno != EAGAIN)
            break;
    }
    return descriptor;
}

// Resolves component by component with descriptors alone, so that nothing renamed meanwhile can lead outside: ".."
// goes back to a directory this walk came through, never to the kernel's idea of a parent.
class Walk {
  public:
    Walk(int base, Symlinks symlinks) : m_base(base), m_symlinks(symlinks) {}

    // The directory's descriptor, or -1 with errno.
    int resolve(std::string_view path) {
        push_components(path);
        while (!m_left.empty()) {
            const std::string component = std::move(m_left.back());
            m_left.pop_back();
            if (!step(component))
                return -1;
        }
        return uninterrupted([&] { return ::openat(here(), ".", directory_flags); });
    }

  private:
    [[nodiscard]] int here() const { return m_through.empty() ? m_base : m_through.back().number(); }

    // What is left to resolve stands last component first.
    void push_components(std::string_view path) {
        while (!path.empty()) {
            const std::size_t slash = path.rfind('/');
            const std::string_view component = slash == std::string_view::npos ? path : path.substr(slash + 1);
            path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
            if (!component.empty() && component != ".")
                m_left.emplace_back(component);
        }
    }

    bool step(const std::string &component) {
        if (component == "..") {
            if (!m_through.empty())
                m_through.pop_back();
            return true;
        }
        Descriptor entry{
            uninterrupted([&] { return ::openat(here(), component.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC); })};
        struct stat status = {};
        if (!entry.is_open() || ::fstat(entry.number(), &status) != 0)
            return false;
        if (S_ISLNK(status.st_mode))
            return follow(entry.number());
        if (!S_ISDIR(status.st_mode)) {
            errno = ENOTDIR;
            return false;
        }
        m_through.push_back(std::move(entry));
        return true;
    }

    bool follow(int link) {
        if (m_symlinks == Symlinks::refuse || ++m_followed > max_symlinks) {
            errno = ELOOP;
            return false;
        }
        std::array<char, PATH_MAX> target = {};
        const ssize_t length = ::readlinkat(link, "", target.data(), target.size());
        if (length <= 0 || static_cast<std::size_t>(length) == target.size()) {
            errno = length < 0 ? errno : ENAMETOOLONG;
            return false;
        }
        const std::string_view text{target.data(), static_cast<std::size_t>(length)};
        if (text.front() == '/')
            m_through.clear();
        push_components(text);
        return true;
    }

    int m_base;
    Symlinks m_symlinks;
    int m_followed = 0;
    std::vector<Descriptor> m_through;
    std::vector<std::string> m_left;
};

}  // namespace

Result<Descriptor> open_beneath(int base, std::string_view path, Symlinks symlinks, Resolver resolver,
                                std::string_view shown) {
    if (!path.empty())
        MOS_CHECK(check_entry_path(path));
    const std::string kernel_path = path.empty() ? "." : std::string{path};
    int descriptor = -1;
    errno = ENOSYS;
    if (resolver == Resolver::kernel)
        descriptor = open_by_kernel(base, kernel_path, symlinks);
    // Old container sandboxes answer EPERM to calls that they do not know.
    if (descriptor < 0 && (errno == ENOSYS || errno == EPERM))
        descriptor = Walk{base, symlinks}.resolve(path);
    if (descriptor < 0)
        return system_error(errno, "open directory", shown);
    return Descriptor{descriptor};
}

}  // namespace mos::base::real
