#include "bundle_folder.hpp"

#include "frame/text.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <utility>

using namespace frame;
namespace fs = std::filesystem;

namespace package_tool {

namespace {

bool is_folder(const std::string &path) {
    std::error_code error;
    return fs::is_directory(path, error);
}

// The content, and the time, which becomes a part of the package.
Result<void> copy(const std::string &from, const fs::path &to) {
    std::error_code error;
    fs::copy_file(from, to, error);
    if (!error)
        fs::last_write_time(to, fs::last_write_time(from, error), error);
    if (error)
        return system_failure(error.value(), "copy", from);
    return {};
}

}  // namespace

Result<BundleFolder> BundleFolder::create(const std::vector<std::string> &bundles, const std::string &output) {
    if (bundles.empty())
        return BundleFolder{{}, Owner::somebody};
    if (bundles.size() == 1 && is_folder(bundles.front()))
        return BundleFolder{bundles.front(), Owner::somebody};
    // Beside the output: there is room, and files of the same filesystem need none.
    std::string path = output + ".bundles-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr)
        return system_failure(errno, "make a folder beside", output);
    BundleFolder folder{std::move(path), Owner::us};
    for (const std::string &file : bundles)
        FRAME_CHECK(folder.take(file));
    return folder;
}

Result<void> BundleFolder::take(const std::string &file) {
    if (is_folder(file))
        return usage_failure(
            fmt::format("option '--bundle' takes one folder or files; {} is one folder of several", in_quotes(file)));
    const std::string name = fs::path{file}.filename();
    if (!name.ends_with(".mos") && !name.ends_with(".multos"))
        return usage_failure(
            fmt::format("option '--bundle' takes packages, whose names end in .mos; {} does not", in_quotes(file)));
    const fs::path place = fs::path{m_path} / name;
    // A link costs nothing; where there can be none, a copy serves as well.
    if (::linkat(AT_FDCWD, file.c_str(), AT_FDCWD, place.c_str(), AT_SYMLINK_FOLLOW) == 0)
        return {};
    if (errno == EEXIST)
        return usage_failure(fmt::format("two bundled packages are called {}", in_quotes(name)), "rename one of them");
    return copy(file, place);
}

BundleFolder::BundleFolder(BundleFolder &&other) noexcept
    : m_path(std::exchange(other.m_path, {})), m_owner(std::exchange(other.m_owner, Owner::somebody)) {}

BundleFolder &BundleFolder::operator=(BundleFolder &&other) noexcept {
    std::swap(m_path, other.m_path);
    std::swap(m_owner, other.m_owner);
    return *this;
}

BundleFolder::~BundleFolder() {
    if (m_owner != Owner::us)
        return;
    std::error_code error;
    fs::remove_all(m_path, error);  // what stays is in nobody's way, and its name says whose it is
}

}  // namespace package_tool
