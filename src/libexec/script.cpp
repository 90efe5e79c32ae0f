#include "script.hpp"

#include "mounts.hpp"

#include <mos/base/bytes.hpp>
#include <mos/base/filesystem.hpp>
#include <mos/base/path.hpp>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mos::libexec {

namespace {

constexpr rlim_t max_file_bytes = 1024UL * 1024 * 1024;
constexpr rlim_t max_open_files = 1024;
constexpr mode_t usual_umask = 022;
constexpr std::uint32_t any_execute_bit = 0111;

// A session of its own: `kill 0` in the script reaches what the script started, and not the helper. Should the helper
// be killed, the script is too.
Result<void> start_session() {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::setsid() < 0)
        return base::system_error(errno, "start a session for", "the script");
    sigset_t none = {};
    sigemptyset(&none);
    if (::sigprocmask(SIG_SETMASK, &none, nullptr) != 0)  // NOLINT(concurrency-mt-unsafe): there is one thread
        return base::system_error(errno, "set the signals of", "the script");
    return {};
}

Result<std::unique_ptr<base::Directory>> open_working_directory() { return base::open_root(std::string{"."}); }

Result<void> check_script(const Request &request) {
    MOS_TRY(const auto root, open_working_directory());
    MOS_TRY(const auto folder, root->open_directory(request.folder, base::Symlinks::refuse));
    MOS_TRY(const auto status, folder->find(request.name));
    const std::string shown = base::in_quotes(request.folder + "/" + request.name);
    if (!status)
        return Error{Code::NOT_FOUND, shown + " is not there"};
    if (status->type != base::FileType::regular)
        return Error{Code::UNSUPPORTED, shown + " is not a file but a " + std::string{file_type_name(status->type)}};
    if ((status->mode & any_execute_bit) == 0)
        return Error{Code::PERMISSION, shown + " is not executable; the package must give it mode 0755"};
    return {};
}

// Covers what the script must not reach, and tells its folder once the root is "/": one that lies in what is hidden has
// only the places where it covers it.
Result<std::string> hide(const Request &request) {
    MOS_TRY(const auto root, open_working_directory());
    MOS_TRY(const auto folder, root->open_directory(request.folder, base::Symlinks::refuse));
    std::string place = request.folder;
    for (const std::string &hidden : request.also_hidden) {
        MOS_CHECK(cover(*root, hidden, *folder));
        if (base::is_below(place, hidden))
            place = hidden;
    }
    MOS_TRY(const auto status, root->find(request.hidden));
    if (!status)
        return place;
    MOS_CHECK(cover(*root, request.hidden, *folder));
    return request.hidden;
}

// For a script that may only check. Devices and sockets are as they were: this keeps mistakes away, not malice.
Result<std::string> prepare_check(const Request &request) {
    const auto prepare = [&]() -> Result<std::string> {
        MOS_CHECK(separate_mounts());
        MOS_TRY(std::string place, hide(request));
        MOS_CHECK(make_all_read_only());
        MOS_TRY(const auto root, open_working_directory());
        MOS_CHECK(mount_scratch(*root, "tmp"));
        return place;
    };
    Result<std::string> place = prepare();
    if (!place)
        return in_context(std::move(place).error(), "can't make the root read-only, and a check must not write");
    return place;
}

Result<std::string> prepare_act(const Request &request, const Report &report) {
    if (const Result<void> separated = separate_mounts(); !separated) {
        report.notice("stages, recovery points and the database can't be hidden from it: " +
                      separated.error().message());
        return request.folder;
    }
    return hide(request);
}

Result<void> enter_root() {
    if (::chroot(".") != 0)
        return base::system_error(errno, "change the root to", "the target");
    if (::chdir("/") != 0)
        return base::system_error(errno, "enter", "/");
    return {};
}

// Never above what the embedder itself may do.
Result<void> limit(__rlimit_resource resource, rlim_t wanted) {
    rlimit limits = {};
    if (::getrlimit(resource, &limits) != 0)
        return base::system_error(errno, "read the limits of", "the script");
    limits.rlim_cur = limits.rlim_max = std::min(wanted, limits.rlim_max);
    if (::setrlimit(resource, &limits) != 0)
        return base::system_error(errno, "set the limits of", "the script");
    return {};
}

Result<void> set_limits() {
    ::umask(usual_umask);
    MOS_CHECK(limit(RLIMIT_CORE, 0));
    MOS_CHECK(limit(RLIMIT_FSIZE, max_file_bytes));
    return limit(RLIMIT_NOFILE, max_open_files);
}

// The kernel has one number for a script that is not there and for one whose interpreter is not.
Error explain(int number, const std::string &path) {
    const std::string shown = base::in_quotes(path);
    if (number == ENOENT)
        return Error{Code::NOT_FOUND, "the interpreter that " + shown + " names is not in the root"};
    if (number == ENOEXEC)
        return Error{Code::UNSUPPORTED, shown + " neither begins with '#!' nor is a program for this machine"};
    return base::system_error(number, "start", path);
}

Error execute(const Request &request, const std::string &folder) {
    std::vector<std::string> words{"/" + folder + "/" + request.name};
    words.insert(words.end(), request.arguments.begin(), request.arguments.end());
    std::vector<char *> pointers;
    pointers.reserve(words.size() + 1);
    for (std::string &word : words)
        pointers.push_back(word.data());
    pointers.push_back(nullptr);
    ::execve(pointers.front(), pointers.data(), environ);
    return explain(errno, words.front());
}

// The folder of the script, beneath the new root.
Result<std::string> prepare(const Request &request, const Report &report) {
    MOS_CHECK(start_session());
    // Before the mounts are separated: a working directory goes along, a descriptor stays with the old ones.
    if (::fchdir(request.root) != 0)
        return base::system_error(errno, "enter", "the target");
    MOS_CHECK(check_script(request));
    MOS_TRY(std::string folder, request.mode == Mode::check ? prepare_check(request) : prepare_act(request, report));
    MOS_CHECK(enter_root());
    MOS_CHECK(set_limits());
    return folder;
}

}  // namespace

Error become_script(const Request &request, const Report &report) {
    const Result<std::string> folder = prepare(request, report);
    return folder ? execute(request, folder.value()) : folder.error();
}

}  // namespace mos::libexec
