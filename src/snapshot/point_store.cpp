#include "point_store.hpp"

#include "content.hpp"
#include "point_index.hpp"

#include <mos/crypto/file_digest.hpp>
#include <mos/snapshot/rollback.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace mos::snapshot {

using base::Directory;
using base::FileType;
using base::Symlinks;

namespace {

constexpr std::string_view arriving_ending = ".new";
constexpr std::string_view leaving_ending = ".old";

struct ObjectName {
    std::string shelf;
    std::string name;
};
ObjectName object_name(const crypto::Sha256Digest &digest) {
    const std::string hex = base::to_hex(digest);
    return {.shelf = hex.substr(0, 2), .name = hex.substr(2)};
}

Result<std::unique_ptr<Directory>> open_if_there(Directory &parent, std::string_view name) {
    auto opened = parent.open_directory(name, Symlinks::refuse);
    if (!opened && opened.error().code() == Code::NOT_FOUND)
        return std::unique_ptr<Directory>{};
    return opened;
}

Result<void> make_if_missing(Directory &parent, std::string_view name) {
    auto made = parent.make_directory(name, 0700);
    return made || made.error().code() == Code::EXISTS ? Result<void>{} : made;
}

}  // namespace

bool contains(const DigestSet &set, const crypto::Sha256Digest &digest) {
    return std::binary_search(set.begin(), set.end(), digest);
}

Result<std::unique_ptr<PointStore>> PointStore::open_in(Directory &state_folder) {
    MOS_TRY(auto directory, open_if_there(state_folder, points_name));
    if (directory == nullptr)
        return std::unique_ptr<PointStore>{};
    MOS_TRY(auto objects, open_if_there(*directory, objects_name));
    return std::unique_ptr<PointStore>{new PointStore{std::move(directory), std::move(objects)}};
}

Result<std::unique_ptr<PointStore>> PointStore::find(Directory &state_folder) { return open_in(state_folder); }

Result<std::unique_ptr<PointStore>> PointStore::make(Directory &state_folder) {
    MOS_CHECK(make_if_missing(state_folder, points_name));
    MOS_TRY(const auto directory, state_folder.open_directory(points_name, Symlinks::refuse));
    MOS_CHECK(make_if_missing(*directory, objects_name));
    return open_in(state_folder);
}

std::string PointStore::name_of(std::uint64_t id, Folder::Stage stage) {
    std::string name = std::to_string(id);
    if (stage != Folder::Stage::whole)
        name += stage == Folder::Stage::arriving ? arriving_ending : leaving_ending;
    return name;
}

Result<std::vector<PointStore::Folder>> PointStore::folders() {
    MOS_TRY(const auto entries, m_directory->list());
    std::vector<Folder> found;
    for (const base::DirectoryEntry &entry : entries) {
        Folder folder;
        const char *const end = entry.name.data() + entry.name.size();
        const auto [after, problem] = std::from_chars(entry.name.data(), end, folder.id);
        if (entry.type != FileType::directory || problem != std::errc{} || folder.id == 0)
            continue;
        const std::string_view ending{after, static_cast<std::size_t>(end - after)};
        if (ending == arriving_ending)
            folder.stage = Folder::Stage::arriving;
        else if (ending == leaving_ending)
            folder.stage = Folder::Stage::leaving;
        folder.name = name_of(folder.id, folder.stage);
        if (folder.name == entry.name)
            found.push_back(std::move(folder));
    }
    return found;
}

Result<std::unique_ptr<Directory>> PointStore::open(const std::string &name) {
    return m_directory->open_directory(name, Symlinks::refuse);
}

Result<Directory *> PointStore::shelf(const std::string &digits) {
    unsigned number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    std::unique_ptr<Directory> &known = m_shelves.at(number);
    if (known == nullptr && m_objects != nullptr) {
        MOS_TRY(known, open_if_there(*m_objects, digits));
    }
    return known.get();
}

Result<std::optional<base::FileStatus>> PointStore::find_content(const crypto::Sha256Digest &digest) {
    const ObjectName at = object_name(digest);
    MOS_TRY(Directory *const directory, shelf(at.shelf));
    if (directory == nullptr)
        return std::optional<base::FileStatus>{};
    return directory->find(at.name);
}

Result<std::unique_ptr<base::File>> PointStore::open_content(const crypto::Sha256Digest &digest) {
    const ObjectName at = object_name(digest);
    MOS_TRY(Directory *const directory, shelf(at.shelf));
    if (directory == nullptr)
        return std::unique_ptr<base::File>{};
    auto opened = directory->open_file(at.name, base::OpenMode::read);
    if (!opened && opened.error().code() == Code::NOT_FOUND)
        return std::unique_ptr<base::File>{};
    return opened;
}

Result<void> PointStore::take_content(Directory &folder, std::string_view name, const crypto::Sha256Digest &digest) {
    const ObjectName at = object_name(digest);
    MOS_TRY(Directory * directory, shelf(at.shelf));
    if (directory == nullptr) {
        MOS_CHECK(make_if_missing(*m_objects, at.shelf));
        MOS_TRY(directory, shelf(at.shelf));
    }
    return folder.rename(name, *directory, at.name, base::RenameMode::replace);
}

Result<DigestSet> PointStore::referenced(const std::vector<std::string> &names) {
    DigestSet set;
    for (const std::string &name : names) {
        MOS_TRY(const auto folder, open(name));
        MOS_TRY(IndexReader reader, IndexReader::open(*folder));
        for (;;) {
            MOS_TRY(const auto entry, reader.next());
            if (!entry)
                break;
            if (entry->past.digest)
                set.push_back(*entry->past.digest);
        }
        std::ranges::sort(set);
        set.erase(std::unique(set.begin(), set.end()), set.end());
    }
    return set;
}

Result<void> PointStore::sweep(std::span<const std::string> leaving) {
    MOS_TRY(const auto all, folders());
    std::vector<std::string> names;
    names.reserve(all.size());
    for (const Folder &folder : all) {
        if (std::find(leaving.begin(), leaving.end(), folder.name) == leaving.end())
            names.push_back(folder.name);
    }
    MOS_TRY(const DigestSet needed, referenced(names));
    if (m_objects == nullptr)
        return {};
    MOS_TRY(const auto shelves, m_objects->list());
    for (const base::DirectoryEntry &one : shelves) {
        if (one.type != FileType::directory)
            continue;
        MOS_TRY(const auto directory, m_objects->open_directory(one.name, Symlinks::refuse));
        MOS_TRY(const auto objects, directory->list());
        for (const base::DirectoryEntry &object : objects) {
            const auto digest = crypto::sha256_from_hex(one.name + object.name);
            if (digest && !contains(needed, *digest))
                MOS_CHECK(directory->remove_file(object.name));
        }
    }
    return {};
}

Result<void> check_index(Directory &folder, const state::Point &point) {
    const auto is_lost = [&](std::string_view what) {
        const std::string name = recovery_point_name(point.id);
        return Error{Code::POINT_DAMAGED, fmt::format("the index of {} {}", name, what)}.about(name);
    };
    auto file = folder.open_file(index_name, base::OpenMode::read);
    if (!file && file.error().code() == Code::NOT_FOUND)
        return is_lost("is lost");
    MOS_TRY(const auto opened, std::move(file));
    MOS_TRY(const crypto::Sha256Digest digest, crypto::sha256_of(*opened, base::silent_observer()));
    if (digest != point.index_digest)
        return is_lost("is not the one that was recorded");
    return {};
}

}  // namespace mos::snapshot
