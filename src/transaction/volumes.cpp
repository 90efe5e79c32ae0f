#include <mos/transaction/volumes.hpp>

#include "path_line.hpp"

#include <mos/base/bytes.hpp>
#include <mos/base/path.hpp>
#include <mos/transaction/site.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace mos::transaction {

using base::Directory;
using base::FileStatus;
using base::FileType;
using base::Symlinks;

namespace {

constexpr std::uint64_t max_registry_bytes = 8U << 20U;  // as many tops as there may be, of any length
constexpr std::uint32_t registry_mode = 0600;

bool same_volume(const FileStatus &a, const FileStatus &b) { return a.mount == b.mount && a.device == b.device; }

// Somebody took the directory away, or put something else in its place.
bool is_gone(const Error &error) {
    return error.code() == Code::NOT_FOUND || error.code() == Code::SYMLINK_IN_PATH || error.system_errno() == ENOTDIR;
}

std::string registry_line(const std::string &top) {
    const base::JsonTree line = base::json_object();
    put_path(*line, "path", top);
    return line->dump() + '\n';
}

std::optional<std::string> top_in(std::string_view line) {
    const auto tree = base::parse_json(line, {.bytes = max_registry_bytes, .depth = 1});
    if (!tree || !(*tree)->is_object())
        return std::nullopt;
    auto top = path_in(**tree, "path");
    return top ? std::move(top).value() : std::nullopt;
}

Result<std::vector<std::string>> read_registry(Directory &stages) {
    std::vector<std::string> tops;
    auto content = base::read_file(stages, registry_name, max_registry_bytes);
    if (!content && content.error().code() == Code::NOT_FOUND)
        return tops;
    MOS_TRY(const base::Bytes bytes, std::move(content));
    std::string_view left = base::as_text(bytes);
    while (!left.empty() && tops.size() < max_volumes) {
        const std::size_t end = std::min(left.find('\n'), left.size());
        if (auto top = top_in(left.substr(0, end)))
            tops.push_back(std::move(*top));
        left.remove_prefix(std::min(end + 1, left.size()));
    }
    return tops;
}

}  // namespace

std::string volume_in_words(std::string_view top) { return top.empty() ? "the root" : base::in_quotes(top); }

bool is_mount_point(const FileStatus &home, const FileStatus &there) {
    return there.mount != home.mount || (there.type == FileType::directory && there.device != home.device);
}

Result<std::string> VolumeFinder::top_of(std::string_view path, const FileStatus &status) {
    const std::pair key{status.mount, status.device};
    if (const auto known = m_tops.find(key); known != m_tops.end())
        return known->second;
    std::string top{path};
    while (!top.empty()) {
        const std::string above{base::split_path(top).parent};
        MOS_TRY(const auto directory, m_root.open_directory(above, Symlinks::refuse));
        MOS_TRY(const FileStatus found, directory->own_status());
        if (!same_volume(found, status))
            break;
        top = above;
    }
    m_tops.emplace(key, top);
    return top;
}

Result<std::vector<std::string>> registered_volumes(Directory &root) {
    MOS_TRY(const auto there, root.find(stages_name));
    if (!there || there->type != FileType::directory)
        return std::vector<std::string>{};
    MOS_TRY(const auto stages, root.open_directory(stages_name, Symlinks::refuse));
    return read_registry(*stages);
}

Result<void> register_volume(Directory &root, Directory &stages, const std::string &top) {
    MOS_TRY(std::vector<std::string> tops, read_registry(stages));
    if (std::ranges::find(tops, top) != tops.end())
        return {};
    if (tops.size() == max_volumes)
        return Error{Code::LIMIT, fmt::format("there are stages on {} volumes already", max_volumes)};
    tops.push_back(top);
    std::string content;
    for (const std::string &one : tops)
        content += registry_line(one);
    MOS_CHECK(base::replace_file(stages, registry_name, base::as_bytes(content), registry_mode));
    return root.flush();  // the folder of stages itself may be new
}

Result<bool> is_mounted(Directory &root, const std::string &top) {
    const base::SplitPath split = base::split_path(top);
    auto opened = root.open_directory(split.parent, Symlinks::refuse);
    if (!opened && is_gone(opened.error()))
        return false;
    MOS_TRY(const auto above, std::move(opened));
    MOS_TRY(const FileStatus home, above->own_status());
    MOS_TRY(const auto there, above->find(split.name));
    return there && there->type == FileType::directory && is_mount_point(home, *there);
}

Result<std::unique_ptr<Directory>> find_stages_on(Directory &root, const std::string &top) {
    MOS_TRY(const bool mounted, is_mounted(root, top));
    if (!mounted)
        return std::unique_ptr<Directory>{};
    MOS_TRY(const auto directory, root.open_directory(top, Symlinks::refuse));
    MOS_TRY(const auto stages, directory->find(stages_name));
    if (!stages || stages->type != FileType::directory)
        return std::unique_ptr<Directory>{};
    return directory->open_directory(stages_name, Symlinks::refuse);
}

}  // namespace mos::transaction
