#include "backup_place.hpp"

#include "named_path.hpp"

#include <mos/base/path.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mos::snapshot {

namespace {

constexpr std::uint32_t folder_mode = 0755;
constexpr std::uint32_t file_mode = 0644;

// Those that belong to a file and its owner. Security labels are the system's own policy's.
bool is_restored(const base::ExtendedAttribute &attribute) {
    constexpr std::array<std::string_view, 3> names{"security.capability", "system.posix_acl_access",
                                                    "system.posix_acl_default"};
    return attribute.name.starts_with("user.") || std::ranges::find(names, attribute.name) != names.end();
}

// A folder that can't be opened may be no folder: below a file nothing is there either.
Result<void> check_free(base::Directory &lowest, const Above &above) {
    if (above.missing.empty())
        return {};
    const std::string &outermost = above.missing.front();
    MOS_TRY(const auto there, lowest.find(base::split_path(outermost).name));
    return there ? Result<void>{in_the_way(outermost, *there, "folder")} : Result<void>{};
}

}  // namespace

PutBackPaths::PutBackPaths(const BackupAbout &about, std::string destination) : m_destination(std::move(destination)) {
    if (!m_destination.empty() && about.paths.size() == 1)
        m_only_path = about.paths.front();
}

Result<std::string> PutBackPaths::place_of(std::string_view path) const {
    std::string place = m_only_path.empty() ? base::join_path(m_destination, path)
                                            : m_destination + std::string{path.substr(m_only_path.size())};
    MOS_CHECK(check_named_path(place));
    if (is_engines_own(place))
        return Error{Code::PATH_REFUSED,
                     fmt::format("{} is the engine's own, which no backup may replace", base::in_quotes(place))}
            .about(place)
            .with_remedy("name another destination; 'multios-update doctor' tells what is wrong with the engine's own");
    return place;
}

state::Attributes attributes_in_place(const BackupEntry &entry, Permissions permissions,
                                      const base::FileStatus &folder) {
    state::Attributes attributes = entry.attributes;
    std::erase_if(attributes.extended, [](const auto &attribute) { return !is_restored(attribute); });
    if (permissions == Permissions::as_backed_up)
        return attributes;
    attributes.owner = folder.owner;
    attributes.group = folder.group;
    if (entry.type != base::FileType::symlink) {
        const bool runs = entry.type == base::FileType::directory || (attributes.mode & 0111U) != 0;
        attributes.mode &= runs ? folder_mode : file_mode;
    }
    std::erase_if(attributes.extended, [](const auto &attribute) { return !attribute.name.starts_with("user."); });
    return attributes;
}

state::Attributes managed_only(state::Attributes attributes) {
    std::erase_if(attributes.extended, [](const auto &attribute) { return attribute.name.starts_with("system."); });
    return attributes;
}

bool is_newer(const base::FileStatus &there, const BackupEntry &entry, const BackupAbout &about) {
    if (there.type == base::FileType::directory)
        return false;
    if (!entry.hard_link_to.empty())
        return there.modified.seconds > about.created_unix_s;
    return there.modified > entry.attributes.modified;
}

std::uint64_t witness_of(const std::optional<base::FileStatus> &there) {
    if (!there)
        return 0;
    constexpr std::uint64_t multiplier = 0x9E3779B97F4A7C15U;  // 2^64 divided by the golden ratio
    std::uint64_t mixed = static_cast<std::uint64_t>(there->type) + 1;
    const auto mix = [&](std::uint64_t value) {
        mixed = (mixed ^ value) * multiplier;
        mixed ^= mixed >> 29U;
    };
    mix(there->inode);
    mix(there->device);
    if (there->type != base::FileType::directory) {
        mix(there->size);
        mix(static_cast<std::uint64_t>(there->modified.seconds));
        mix(static_cast<std::uint64_t>(there->modified.nanoseconds));
    }
    return mixed | 1U;
}

Error in_the_way(const std::string &place, const base::FileStatus &there, std::string_view wanted) {
    return Error{Code::CONFLICT, fmt::format("{} is a {}, and the backup has a {}: move it away",
                                             base::in_quotes(place), base::file_type_name(there.type), wanted)}
        .about(place);
}

Result<Above> look_above(base::Directory &root, std::string_view place) {
    Above above;
    for (std::string_view folder = base::split_path(place).parent;; folder = base::split_path(folder).parent) {
        auto opened = root.open_directory(folder, base::Symlinks::refuse);
        if (opened) {
            MOS_TRY(above.lowest, (*opened)->own_status());
            std::ranges::reverse(above.missing);
            MOS_CHECK(check_free(**opened, above));
            return above;
        }
        if (opened.error().code() != Code::NOT_FOUND || folder.empty())
            return std::move(opened).error();
        above.missing.emplace_back(folder);
    }
}

state::Attributes implied_folder(const base::FileStatus &above, const base::Clock &clock) {
    return {.mode = folder_mode,
            .owner = above.owner,
            .group = above.group,
            .modified = {clock.now_unix_s(), 0},
            .extended = {}};
}

}  // namespace mos::snapshot
