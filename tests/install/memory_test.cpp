// The promise that 100,000 files install within 24 MiB: a process of its own installs such a package into an empty root
// and says what it took, and a second one updates every file of it.
//
//   memory-test                  makes the package, runs itself as below, and judges
//   memory-test PACKAGE ROOT     installs
#include "sanitized.hpp"

#include <mos/install/plan.hpp>
#include <mos/package/package_file.hpp>
#include <mos/package/writer.hpp>
#include <mos/transaction/transaction.hpp>

#include <fmt/format.h>

#include <climits>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <string>
#include <sys/wait.h>

namespace {

using namespace mos;

constexpr int files_in_each = 100;
constexpr std::int64_t epoch = 1'700'000'000;

// Sanitizers and unoptimised code take memory of their own: there it is measured, and not judged.
#if defined(__OPTIMIZE__) && !defined(MOS_SANITIZED)
constexpr int folders = 1000;
constexpr long limit_mib = 24;
#else
constexpr int folders = 50;
constexpr long limit_mib = 4096;
#endif

Result<void> make_package(const std::filesystem::path &work, const std::string &version) {
    for (int folder = 0; folder < folders; ++folder) {
        const auto path = work / "input" / "usr" / "share" / fmt::format("folder-{:04}", folder);
        std::filesystem::create_directories(path);
        for (int file = 0; file < files_in_each; ++file)
            std::ofstream{path / fmt::format("file-{:03}.txt", file)} << "file " << file << " in folder " << folder
                                                                      << " of version " << version;
    }
    MOS_TRY(const auto input, base::open_root((work / "input").string()));
    MOS_TRY(const auto output, base::open_root(work.string()));
    package::Manifest manifest;
    manifest.package_info.name = "large";
    manifest.package_info.version = version;
    package::CreateOptions options;
    options.source_date_epoch = epoch;
    options.owners = package::Owners::keep;  // so that nobody needs to be root
    const package::InputTree trees[] = {{input.get(), package::Section::files, ""}};
    MOS_TRY(const auto report, package::create_package(trees, manifest, options, *output, version + ".mos"));
    static_cast<void>(report);
    return {};
}

Result<std::uint64_t> install_package(const std::string &path, const std::string &target) {
    MOS_TRY(auto source, base::open_file_source(path));
    MOS_TRY(package::PackageFile file, package::PackageFile::open(std::move(source)));
    MOS_TRY(package::Package opened, std::move(file).accept_unverified());
    MOS_TRY(const auto root, base::open_root(target));
    MOS_TRY(auto folder, base::make_directories(*root, "var/lib/multios"));
    MOS_TRY(const auto database, state::Database::open(std::move(folder)));
    transaction::Site site{*root, *database, base::system_clock(), base::silent_observer()};
    MOS_TRY(const auto recovered, transaction::recover(site));
    static_cast<void>(recovered);
    install::Steps steps;
    steps.installs.push_back({std::make_shared<package::Package>(std::move(opened)), {}});
    MOS_TRY(const auto plan, install::resolve(site, steps));
    MOS_TRY(const auto outcome, install::carry_out(site, steps, plan, {}));
    return outcome.changed_paths;
}

// proc(5). Not ru_maxrss, in which what the parent had before exec counts too: it makes packages.
long peak_kib() {
    std::ifstream status{"/proc/self/status"};
    long kib = LONG_MAX;  // not told, not within the limit
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:"))
            kib = std::stol(line.substr(6));
    }
    return kib;
}

int run_as_child(const std::string &path, const std::string &target) {
    const auto changed = install_package(path, target);
    if (!changed) {
        fmt::print("{}\n", changed.error().full_message());
        return 1;
    }
    const long peak_mib = (peak_kib() + 1023) / 1024;
    // An update leaves the folders as they are; an installation makes them, "usr" and "usr/share" too.
    constexpr std::uint64_t files = folders * files_in_each;
    const bool complete = *changed == files || *changed == files + folders + 2;
    fmt::print("{} files {}installed, peak {} MiB (at most {})\n", files, complete ? "" : "were to be ", peak_mib,
               limit_mib);
    return complete && peak_mib <= limit_mib ? 0 : 1;
}

int run_child(const std::filesystem::path &work, const std::string &version) {
    std::string package = (work / (version + ".mos")).string();
    std::string target = (work / "root").string();
    std::filesystem::create_directory(target);
    std::string self = "memory-test";
    char *const arguments[] = {self.data(), package.data(), target.data(), nullptr};
    pid_t child = 0;
    int status = 0;
    if (::posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, arguments, environ) != 0 ||
        ::waitpid(child, &status, 0) != child)
        return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

int main(int count, char **arguments) {
    if (count == 3)
        return run_as_child(arguments[1], arguments[2]);
    // In memory where there is such a folder: it is not the disk that is judged here.
    const std::filesystem::path memory = "/dev/shm";
    const bool has_memory = std::filesystem::is_directory(memory);
    std::string work = ((has_memory ? memory : std::filesystem::temp_directory_path()) / "mos-memory-XXXXXX").string();
    if (::mkdtemp(work.data()) == nullptr)
        return 1;
    int passed = 0;
    for (const char *version : {"1", "2"}) {
        const auto made = make_package(work, version);
        if (!made)
            fmt::print("{}\n", made.error().full_message());
        passed += made && run_child(work, version) == 0 ? 1 : 0;
    }
    std::filesystem::remove_all(work);
    fmt::print("{} passed, {} failed\n", passed, 2 - passed);
    return passed == 2 ? 0 : 1;
}
