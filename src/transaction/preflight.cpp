#include <mos/transaction/preflight.hpp>

#include "filesystem_check.hpp"

#include <mos/base/path.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::transaction {

using base::FileStatus;
using base::FilesystemUsage;
using base::FileType;

namespace {

constexpr std::uint64_t block_bytes = 4096;              // what an entry takes at least, rounded up
constexpr std::uint64_t root_reserve_bytes = 8U << 20U;  // for the database and what the filesystem itself needs
constexpr std::uint64_t reserve_bytes = 1U << 20U;       // on other volumes

Error refuse(Code code, std::string_view path, std::string message) {
    return Error{code, std::move(message)}.about(std::string{path});
}

Error is_in_the_way(std::string_view path) {
    return refuse(Code::CROSS_MOUNT, path,
                  fmt::format("{} is a mount point, and the plan needs its place: unmount it and try again",
                              base::in_quotes(path)));
}

// A plan goes into directories that it makes itself.
bool is_not_there_yet(const Error &error) { return error.code() == Code::NOT_FOUND; }

}  // namespace

Error Preflight::links_apart(std::string_view path, std::string_view first) {
    return refuse(Code::CROSS_MOUNT, path,
                  fmt::format("{} and {} are to be one file (a hard link), and lie on two volumes",
                              base::in_quotes(first), base::in_quotes(path)));
}

Result<Place> Preflight::look(std::string_view path) {
    const base::SplitPath split = base::split_path(path);
    MOS_TRY(base::Directory *const parent, directory_of(path));
    MOS_TRY(const FileStatus home, parent->own_status());
    Place place;
    MOS_TRY(place.volume, m_volumes.top_of(split.parent, home));
    MOS_TRY(place.there, parent->find(split.name));
    place.directory_immutable = home.immutable;
    place.mount_point = place.there && is_mount_point(home, *place.there);
    // Of an overlay over several filesystems without xino, whose directories change their inode numbers at each mount.
    if (place.there && !place.mount_point && place.there->device != home.device)
        return unstable_inodes(place.volume);
    return place;
}

Result<void> Preflight::check(std::string_view path, const Place &place, Touch touch) {
    const std::string volume = touch == Touch::attributes ? place.volume_of_entry(path) : place.volume;
    if (place.mount_point && (touch != Touch::attributes || place.there->type != FileType::directory))
        return is_in_the_way(path);
    MOS_CHECK(check_volume(volume));
    const bool held = touch != Touch::attributes && place.directory_immutable;
    if (held || (place.there && place.there->immutable))
        return refuse(Code::PERMISSION, path,
                      fmt::format("{} {} immutable or append-only: 'chattr -i -a' it and try again",
                                  base::in_quotes(path), held ? "lies in a directory that is" : "is"));
    if (touch == Touch::arrive && place.there && place.there->type == FileType::directory) {
        MOS_TRY(const FilesystemUsage *const usage, usage_of(volume));
        if (!usage->moves_directories)
            return refuse(Code::FILESYSTEM_UNSUITABLE, path,
                          fmt::format("{} is a directory on an overlay that can't move it away: mount {} with "
                                      "'redirect_dir=on' and try again",
                                      base::in_quotes(path), volume_in_words(volume)));
    }
    return {};
}

Result<const FilesystemUsage *> Preflight::usage_of(const std::string &top) {
    auto known = m_usages.find(top);
    if (known == m_usages.end()) {
        MOS_TRY(const auto directory, m_root.open_directory(top, base::Symlinks::refuse));
        MOS_TRY(FilesystemUsage usage, directory->usage());
        known = m_usages.emplace(top, std::move(usage)).first;
    }
    return &known->second;
}

Result<void> Preflight::check_volume(const std::string &top) {
    MOS_TRY(const FilesystemUsage *const usage, usage_of(top));
    if (usage->read_only)
        return refuse(Code::READ_ONLY, top,
                      fmt::format("{} is mounted read-only: mount it writable ('mount -o remount,rw') and try again",
                                  volume_in_words(top)));
    return check_filesystem_type(*usage, top);
}

const Preflight::Cover *Preflight::cover_of(std::string_view path) {
    while (!m_covers.empty() && !base::may_still_cover(m_covers.back().path, path))
        m_covers.pop_back();
    const auto found = std::find_if(m_covers.rbegin(), m_covers.rend(),
                                    [path](const Cover &cover) { return base::is_below(path, cover.path); });
    return found == m_covers.rend() ? nullptr : &*found;
}

// Of the lowest directory above `path` that is there.
Result<std::string> Preflight::volume_above(std::string_view path) {
    for (std::string_view above = base::split_path(path).parent; !above.empty();
         above = base::split_path(above).parent) {
        auto looked = look(above);
        if (!looked && is_not_there_yet(looked.error()))
            continue;
        MOS_TRY(const Place place, std::move(looked));
        if (place.there)
            return place.volume_of_entry(above);
    }
    return std::string{};
}

Result<std::string> Preflight::plan(std::string_view path, Touch touch, std::uint64_t bytes) {
    std::string volume;
    if (const Cover *const cover = cover_of(path); cover != nullptr) {
        volume = cover->volume;  // goes or comes with what is above it
    } else {
        auto looked = look(path);
        const bool no_directory = !looked && is_not_there_yet(looked.error());
        if (no_directory && touch != Touch::arrive)
            return volume;
        if (no_directory) {  // the engine makes its own folders before it stages anything
            MOS_TRY(volume, volume_above(path));
            MOS_CHECK(check_volume(volume));
        } else {
            MOS_TRY(const Place place, std::move(looked));
            MOS_CHECK(check(path, place, touch));
            volume = touch == Touch::attributes ? place.volume_of_entry(path) : place.volume;
        }
        if (touch == Touch::arrive)
            m_covers.push_back({std::string{path}, volume});
    }
    if (touch == Touch::arrive) {
        Needs &needs = m_needs[volume];
        needs.bytes += bytes;
        ++needs.entries;
    }
    return volume;
}

Result<void> Preflight::check_space() {
    for (const auto &[top, needs] : m_needs) {
        MOS_TRY(const FilesystemUsage *const usage, usage_of(top));
        const std::string where = top.empty() ? "beneath the root" : fmt::format("on {}", base::in_quotes(top));
        const std::uint64_t needed =
            needs.bytes + needs.entries * block_bytes + (top.empty() ? root_reserve_bytes : reserve_bytes);
        if (needed > usage->free_bytes)
            return refuse(Code::NO_SPACE, top,
                          fmt::format("{} bytes are needed {}, {} are free", needed, where, usage->free_bytes));
        if (needs.entries > usage->free_inodes)
            return refuse(
                Code::NO_SPACE, top,
                fmt::format("{} inodes are needed {}, {} are free", needs.entries, where, usage->free_inodes));
    }
    return {};
}

}  // namespace mos::transaction
