#include <mos/snapshot/change_source.hpp>

#include "change_record.hpp"
#include "ordered_walk.hpp"

#include <mos/base/path.hpp>
#include <mos/snapshot/rollback.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace mos::snapshot {

using base::Directory;
using base::FileStatus;
using base::FileType;
using state::OperationKind;

namespace {

// Where the past of a directory's entries is looked up.
struct Standing {
    std::size_t fate = 0;            // the change whose slot has it; as many as there are: it stands in the root
    std::size_t slot = 0;            // of what a slot has: in ChangeSource::m_slots
    Directory *directory = nullptr;  // nullptr: it is not there
    std::int64_t cover = -1;         // the newest change that moved something above it as a whole
};

class ChangeSource final : public RestorationSource {
  public:
    ChangeSource(transaction::Site &site, std::uint64_t first, ChangeRecord record)
        : m_site(site), m_first(first), m_record(std::move(record)), m_packages(site.database) {}

    [[nodiscard]] std::string name() const override { return recovery_point_name(m_first); }
    [[nodiscard]] Result<void> for_each(const Take &take) override;
    [[nodiscard]] Result<std::unique_ptr<base::File>> open_content(const PastPath &past) override;
    [[nodiscard]] Result<std::vector<PackageStep>> packages() override;

  private:
    // The top of what a slot has.
    struct Slot {
        std::size_t change = 0;
        std::string volume;
        std::string path;
        std::uint64_t number = 0;
    };
    struct Found {
        std::optional<PastEntry> entry;
        std::size_t fate = 0;
        std::size_t slot = 0;
        Directory *parent = nullptr;  // of the entry, which is called `name` there
        std::string name;
    };

    [[nodiscard]] std::size_t present() const noexcept { return m_record.changes.size(); }
    [[nodiscard]] Result<std::set<std::string>> names_in(const std::string &path, const Standing &standing);
    // Tells the path where there is anything to tell; the standing of its entries where it was a directory.
    struct Below {
        std::unique_ptr<Directory> directory;
        Standing standing;
    };
    [[nodiscard]] Result<std::optional<Below>> visit(const std::string &path, const Standing &above, const Take &take);
    [[nodiscard]] Result<Found> look(const std::string &path, const std::vector<Touch> &touches, const Standing &above);
    [[nodiscard]] Result<std::optional<Found>> look_in_slot(const std::string &path, const Touch &touch);
    [[nodiscard]] Result<PastEntry> describe(Directory &parent, const std::string &name, const FileStatus &status);
    [[nodiscard]] Result<void> find_digest(const std::string &path, PastEntry &entry);
    [[nodiscard]] static LeftBehind left_at(const std::vector<Touch> &touches, const Standing &above);

    transaction::Site &m_site;
    std::uint64_t m_first;
    ChangeRecord m_record;
    state::Packages m_packages;
    std::vector<Slot> m_slots;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> m_files;  // by device and inode
};

bool is_content(OperationKind kind) { return kind != OperationKind::set_attributes; }

// What the oldest change of attributes that is not newer than `fate` found.
const state::Attributes *attributes_before(const std::vector<Touch> &touches, std::size_t fate) {
    for (const Touch &touch : touches) {
        if (touch.change <= fate && touch.kind == OperationKind::set_attributes)
            return &touch.attributes->before;
    }
    return nullptr;
}

// What an older change has found, which tells of no access control lists, with those that the entry still has.
state::Attributes with_lists(state::Attributes before, const state::Attributes &kept) {
    std::ranges::copy_if(kept.extended, std::back_inserter(before.extended), transaction::is_access_list);
    std::ranges::sort(before.extended, {}, &base::ExtendedAttribute::name);
    before.access_lists = true;
    return before;
}

const state::Attributes *attributes_left(const std::vector<Touch> &touches) {
    const bool by_attributes = !touches.empty() && touches.back().kind == OperationKind::set_attributes;
    return by_attributes ? &touches.back().attributes->after : nullptr;
}

}  // namespace

Result<PastEntry> ChangeSource::describe(Directory &parent, const std::string &name, const FileStatus &status) {
    PastEntry entry;
    entry.type = status.type;
    entry.size = status.type == FileType::regular ? status.size : 0;
    MOS_TRY(entry.attributes, transaction::read_attributes(parent, name, status, transaction::AccessLists::told));
    if (status.type == FileType::symlink) {
        MOS_TRY(entry.link_target, parent.read_symlink(name));
    }
    if (status.type == FileType::regular && status.links > 1)
        entry.file = m_files.try_emplace({status.device, status.inode}, m_files.size() + 1).first->second;
    return entry;
}

// Of content that is as the package brought it the database knows the digest.
Result<void> ChangeSource::find_digest(const std::string &path, PastEntry &entry) {
    if (entry.type != FileType::regular)
        return {};
    MOS_TRY(const auto owners, m_packages.owners_before(path, m_first));
    for (const state::Packages::Owner &owner : owners) {
        const bool as_brought = owner.file.type == FileType::regular && owner.file.size == entry.size &&
                                owner.file.attributes.modified == entry.attributes.modified &&
                                owner.file.role != state::FileRole::output;
        if (as_brought)
            entry.digest = owner.file.digest;
    }
    return {};
}

// Nothing where the change has not come to the path: what it was to bring is still in its slot.
Result<std::optional<ChangeSource::Found>> ChangeSource::look_in_slot(const std::string &path, const Touch &touch) {
    const std::string &volume = m_record.volumes[touch.volume];
    MOS_TRY(Directory *const part, m_record.changes[touch.change].stages.on(volume));
    Found found{.entry = std::nullopt,
                .fate = touch.change,
                .slot = m_slots.size(),
                .parent = part,
                .name = transaction::number_name(touch.slot)};
    MOS_TRY(const auto there, part->find(found.name));
    const bool brings = touch.kind == OperationKind::add || touch.kind == OperationKind::exchange;
    if (brings && there && there->inode == touch.staged.inode)
        return std::optional<Found>{};
    if (touch.kind == OperationKind::remove_directory && !there)
        return std::optional<Found>{};  // it was not empty, and stayed
    m_slots.push_back({.change = touch.change, .volume = volume, .path = path, .number = touch.slot});
    if (!there) {
        const bool had_nothing =
            touch.kind == OperationKind::add || (touch.kind == OperationKind::output && touch.staged.inode == 0);
        if (!had_nothing) {
            found.entry.emplace();
            found.entry->content = PastEntry::Content::lost;
        }
        return std::optional{std::move(found)};
    }
    MOS_TRY(found.entry, describe(*part, found.name, *there));
    found.entry->handle = found.slot;
    const bool written_to =
        touch.there && there->type != FileType::directory && transaction::witness_of(*there) != *touch.there;
    if (written_to)
        found.entry->content = PastEntry::Content::altered;
    if (touch.attributes && there->type == FileType::directory) {  // some filesystems change them when it is moved
        found.entry->attributes.mode = touch.attributes->before.mode;
        found.entry->attributes.modified = touch.attributes->before.modified;
    }
    return std::optional{std::move(found)};
}

Result<ChangeSource::Found> ChangeSource::look(const std::string &path, const std::vector<Touch> &touches,
                                               const Standing &above) {
    for (const Touch &touch : touches) {
        if (touch.change > above.fate)
            break;
        if (!is_content(touch.kind))
            continue;
        MOS_TRY(std::optional<Found> found, look_in_slot(path, touch));
        if (found)
            return std::move(*found);
    }
    Found found{.entry = std::nullopt,
                .fate = above.fate,
                .slot = above.slot,
                .parent = above.directory,
                .name = std::string{base::split_path(path).name}};
    if (above.directory == nullptr)
        return found;
    MOS_TRY(const auto there, above.directory->find(found.name));
    if (!there)
        return found;
    MOS_TRY(found.entry, describe(*above.directory, found.name, *there));
    found.entry->handle = above.slot;
    if (above.fate == present())
        found.entry->content = PastEntry::Content::stands;
    return found;
}

LeftBehind ChangeSource::left_at(const std::vector<Touch> &touches, const Standing &above) {
    using Kind = LeftBehind::Kind;
    if (touches.empty() || static_cast<std::int64_t>(touches.back().change) < above.cover)
        return {.kind = Kind::installed, .witness = {}};
    const Touch &newest = touches.back();
    // Of a directory that goes, its times are set beside: both are of one change.
    const auto content = std::find_if(touches.rbegin(), touches.rend(), [&](const Touch &touch) {
        return touch.change == newest.change && is_content(touch.kind);
    });
    const Touch &last = content == touches.rend() ? newest : *content;
    switch (last.kind) {
    case OperationKind::remove:
        return {.kind = Kind::nothing, .witness = {}};
    case OperationKind::remove_directory:
        return {.kind = Kind::anything, .witness = {}};
    case OperationKind::output:
        if (!last.active)
            return {.kind = Kind::anything, .witness = {}};
        return {.kind = last.leaving_inode == 0 ? Kind::nothing : Kind::written, .witness = last.staged};
    default:
        return {.kind = Kind::entry, .witness = last.staged};
    }
}

Result<std::optional<ChangeSource::Below>> ChangeSource::visit(const std::string &path, const Standing &above,
                                                               const Take &take) {
    static const std::vector<Touch> none;
    const auto touched = m_record.touched.find(path);
    const std::vector<Touch> &touches = touched == m_record.touched.end() ? none : touched->second;
    MOS_TRY(Found found, look(path, touches, above));
    if (found.entry) {
        if (const state::Attributes *const before = attributes_before(touches, found.fate))
            found.entry->attributes = found.fate == present() || before->access_lists
                                          ? *before
                                          : with_lists(*before, found.entry->attributes);
        if (found.fate != present() && found.entry->content == PastEntry::Content::kept)
            MOS_CHECK(find_digest(path, *found.entry));
    }
    PastPath past{.path = path,
                  .entry = found.entry,
                  .with_all_below = !found.entry.has_value(),
                  .left = left_at(touches, above),
                  .left_attributes = std::nullopt};
    if (const state::Attributes *const left = attributes_left(touches))
        past.left_attributes = *left;
    if (!touches.empty() || above.fate != present())
        MOS_CHECK(take(past));
    const bool was_directory =
        found.entry && found.entry->type == FileType::directory && found.entry->content != PastEntry::Content::lost;
    if (!was_directory)
        return std::optional<Below>{};
    Below below;
    MOS_TRY(below.directory, found.parent->open_directory(found.name, base::Symlinks::refuse));
    below.standing = {.fate = found.fate, .slot = found.slot, .directory = below.directory.get(), .cover = above.cover};
    for (const Touch &touch : touches) {
        if (is_content(touch.kind))
            below.standing.cover = std::max(below.standing.cover, static_cast<std::int64_t>(touch.change));
    }
    return std::optional{std::move(below)};
}

// What is to be told of in a directory: where it is another than the one that stands there now, all that is in either.
Result<std::set<std::string>> ChangeSource::names_in(const std::string &path, const Standing &standing) {
    std::set<std::string> names = m_record.names_below(path);
    if (standing.fate == present())
        return names;
    const auto add_all = [&names](Directory &directory) -> Result<void> {
        MOS_TRY(const auto entries, directory.list());
        for (const base::DirectoryEntry &entry : entries)
            names.insert(entry.name);
        return {};
    };
    if (standing.directory != nullptr)
        MOS_CHECK(add_all(*standing.directory));
    auto opened = m_site.root.open_directory(path, base::Symlinks::refuse);
    if (!opened && !base::is_gone(opened.error()))
        return std::move(opened).error();
    if (opened)
        MOS_CHECK(add_all(**opened));
    return names;
}

Result<void> ChangeSource::for_each(const Take &take) {
    m_slots.clear();
    m_files.clear();
    m_slots.push_back({});  // of what stands in the root
    Below root;
    root.standing = {.fate = present(), .slot = 0, .directory = &m_site.root, .cover = -1};
    return walk_in_order(
        std::string{}, root, [this](const std::string &path, const Below &in) { return names_in(path, in.standing); },
        [&](const std::string &path, const Below &in) { return visit(path, in.standing, take); });
}

Result<std::unique_ptr<base::File>> ChangeSource::open_content(const PastPath &past) {
    const Slot &slot = m_slots.at(past.entry->handle);
    const std::string location =
        transaction::number_name(slot.number) + past.path.substr(std::min(slot.path.size(), past.path.size()));
    const base::SplitPath split = base::split_path(location);
    MOS_TRY(Directory *const part, m_record.changes[slot.change].stages.on(slot.volume));
    MOS_TRY(const auto parent, part->open_directory(split.parent, base::Symlinks::refuse));
    return parent->open_file(split.name, base::OpenMode::read);
}

Result<std::vector<PackageStep>> ChangeSource::packages() {
    MOS_TRY(std::vector<state::InstalledPackage> now, m_packages.list());
    MOS_TRY(std::vector<state::InstalledPackage> before, m_packages.list_before(m_first));
    std::map<std::string, PackageStep> steps;
    for (state::InstalledPackage &package : now)
        steps[package.name].now = std::move(package);
    for (state::InstalledPackage &package : before)
        steps[package.name].before = std::move(package);
    return changed_steps(std::move(steps));
}

Result<std::unique_ptr<RestorationSource>> open_change_source(transaction::Site &site, std::uint64_t first) {
    MOS_TRY(ChangeRecord record, ChangeRecord::read(site, first));
    return std::unique_ptr<RestorationSource>{std::make_unique<ChangeSource>(site, first, std::move(record))};
}

}  // namespace mos::snapshot
