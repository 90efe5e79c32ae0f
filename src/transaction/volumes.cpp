#include <mos/transaction/volumes.hpp>

#include <mos/transaction/path_line.hpp>

#include <mos/base/bytes.hpp>
#include <mos/base/path.hpp>
#include <mos/transaction/site.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::transaction {

using base::Directory;
using base::FileStatus;
using base::FileType;
using base::Symlinks;

namespace {

constexpr std::uint64_t max_registry_bytes = 8U << 20U;  // as many tops as there may be, of any length
constexpr std::uint32_t registry_mode = 0600;

bool same_volume(const FileStatus &a, const FileStatus &b) { return a.mount == b.mount && a.device == b.device; }

constexpr std::uint64_t max_owner_bytes = 200;

std::string registry_text(const VolumeRegistry &registry) {
    const base::JsonTree first = base::json_object();
    (*first)["root"] = registry.root;
    std::string text = first->dump() + '\n';
    for (const std::string &top : registry.tops) {
        const base::JsonTree line = base::json_object();
        put_path(*line, "path", top);
        text += line->dump() + '\n';
    }
    return text;
}

void read_registry_line(std::string_view line, VolumeRegistry &registry) {
    const auto tree = base::parse_json(line, {.bytes = max_registry_bytes, .depth = 1});
    if (!tree || !(*tree)->is_object())
        return;
    if (const auto root = (*tree)->find("root"); root != (*tree)->end() && root->is_string())
        registry.root = root->get<std::string>();
    if (auto top = path_in(**tree, "path"); top && top.value())
        registry.tops.push_back(std::move(*top.value()));
}

Result<VolumeRegistry> read_registry(Directory &stages) {
    VolumeRegistry registry;
    auto content = base::read_file(stages, registry_name, max_registry_bytes);
    if (!content && content.error().code() == Code::NOT_FOUND)
        return registry;
    MOS_TRY(const base::Bytes bytes, std::move(content));
    std::string_view left = base::as_text(bytes);
    while (!left.empty() && registry.tops.size() < max_volumes) {
        const std::size_t end = std::min(left.find('\n'), left.size());
        read_registry_line(left.substr(0, end), registry);
        left.remove_prefix(std::min(end + 1, left.size()));
    }
    return registry;
}

// Told from others by when it was first needed, and by an inode. A copy of a whole disk is called like the original.
Result<std::string> new_root_name(Site &site, Directory &stages) {
    MOS_TRY(const FileStatus own, stages.own_status());
    return fmt::format("{:x}-{:x}-{:x}", site.clock.now_unix_s(), own.device, own.inode);
}

// "" where it does not say.
Result<std::string> owner_of(Directory &stages) {
    auto content = base::read_file(stages, owner_name, max_owner_bytes);
    if (!content && content.error().code() == Code::NOT_FOUND)
        return std::string{};
    MOS_TRY(const base::Bytes bytes, std::move(content));
    return std::string{base::as_text(bytes)};
}

// nullptr where the volume is not mounted now, has none, or has those of another root.
Result<std::unique_ptr<Directory>> find_stages_on(Directory &root, const VolumeRegistry &registry,
                                                  const std::string &top) {
    MOS_TRY(const bool mounted, is_mounted(root, top));
    if (!mounted)
        return std::unique_ptr<Directory>{};
    MOS_TRY(const auto directory, root.open_directory(top, Symlinks::refuse));
    MOS_TRY(const auto there, directory->find(stages_name));
    if (!there || there->type != FileType::directory)
        return std::unique_ptr<Directory>{};
    MOS_TRY(auto stages, directory->open_directory(stages_name, Symlinks::refuse));
    MOS_TRY(const std::string owner, owner_of(*stages));
    if (owner != registry.root)
        stages.reset();
    return stages;
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

Result<VolumeRegistry> read_volume_registry(Directory &root) {
    MOS_TRY(const auto there, root.find(stages_name));
    if (!there || there->type != FileType::directory)
        return VolumeRegistry{};
    MOS_TRY(const auto stages, root.open_directory(stages_name, Symlinks::refuse));
    return read_registry(*stages);
}

Result<std::string> register_volume(Site &site, Directory &stages, const std::string &top) {
    MOS_TRY(VolumeRegistry registry, read_registry(stages));
    if (!registry.root.empty() && std::ranges::find(registry.tops, top) != registry.tops.end())
        return std::move(registry.root);
    if (registry.tops.size() == max_volumes)
        return Error{Code::LIMIT, fmt::format("there are stages on {} volumes already", max_volumes)};
    if (registry.root.empty()) {
        MOS_TRY(registry.root, new_root_name(site, stages));
    }
    registry.tops.push_back(top);
    MOS_CHECK(base::replace_file(stages, registry_name, base::as_bytes(registry_text(registry)), registry_mode));
    MOS_CHECK(site.root.flush());  // the folder of stages itself may be new
    return std::move(registry.root);
}

Result<void> claim_stages(Directory &stages, const std::string &root, const std::string &top) {
    MOS_TRY(const std::string owner, owner_of(stages));
    if (owner == root)
        return {};
    if (owner.empty())
        return base::replace_file(stages, owner_name, base::as_bytes(root), registry_mode);
    return Error{Code::CONFLICT,
                 fmt::format("{} holds stages of another root, and is changed from there; where that one is no more, "
                             "delete '{}/{}'",
                             base::in_quotes(top), base::printable(top), stages_name)}
        .about(top);
}

Result<bool> is_mounted(Directory &root, const std::string &top) {
    const base::SplitPath split = base::split_path(top);
    auto opened = root.open_directory(split.parent, Symlinks::refuse);
    if (!opened && base::is_gone(opened.error()))
        return false;
    MOS_TRY(const auto above, std::move(opened));
    MOS_TRY(const FileStatus home, above->own_status());
    MOS_TRY(const auto there, above->find(split.name));
    return there && there->type == FileType::directory && is_mount_point(home, *there);
}

Result<std::vector<VolumeStages>> stages_on_volumes(Directory &root) {
    std::vector<VolumeStages> found;
    MOS_TRY(const VolumeRegistry registry, read_volume_registry(root));
    for (const std::string &top : registry.tops) {
        MOS_TRY(auto stages, find_stages_on(root, registry, top));
        if (stages != nullptr)
            found.push_back({top, std::move(stages)});
    }
    return found;
}

}  // namespace mos::transaction
