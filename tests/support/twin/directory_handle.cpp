#include "handles.hpp"

#include <mos/base/path.hpp>

#include <fmt/format.h>

#include <cerrno>

namespace mos::test::twin {

using base::Directory;
using base::DirectoryEntry;
using base::File;
using base::FileStatus;
using base::FileType;
using base::OpenMode;
using base::RenameMode;

namespace {

class TwinSyncPoint final : public base::SyncPoint {
  public:
    TwinSyncPoint(std::shared_ptr<Disk> disk, Device device, std::string shown)
        : m_disk(std::move(disk)), m_device(device), m_shown(std::move(shown)),
          m_mark(m_disk->sample_volume_errors(device)) {}

    [[nodiscard]] Result<void> flush() override {
        constexpr std::string_view verb = "flush the filesystem of";
        const int injected = m_disk->enter(Effect::flushes, verb, m_shown);
        if (const int number = m_disk->flush_all(m_device, m_mark, injected); number != 0)
            return base::system_error(number, verb, m_shown);
        return {};
    }

  private:
    std::shared_ptr<Disk> m_disk;
    Device m_device;
    std::string m_shown;
    std::uint64_t m_mark;
};

class TwinLock final : public base::FileLock {
  public:
    TwinLock(std::shared_ptr<Disk> disk, Id id) : m_handle(std::move(disk), id) {}
    ~TwinLock() override { m_handle.disk().unlock(m_handle.id()); }

  private:
    Handle m_handle;
};

Error not_a_file(std::string_view shown, int number) {
    return Error{Code::UNSUPPORTED, fmt::format("{} is not a regular file", base::in_quotes(shown))}
        .about(std::string{shown})
        .with_errno(number);
}

}  // namespace

std::string TwinDirectory::shown(std::string_view name) const {
    if (name.empty())
        return m_shown.empty() ? "." : m_shown;
    return m_shown.empty() ? std::string{name} : m_shown + "/" + std::string{name};
}

Result<std::string> TwinDirectory::checked(std::string_view name) const {
    MOS_CHECK(base::check_entry_path(name));
    if (name.find('/') != std::string_view::npos)
        return Error{Code::PATH_REFUSED, fmt::format("name {} holds a slash", base::in_quotes(name))}.about(
            shown(name));
    return std::string{name};
}

Result<void> TwinDirectory::outcome(int number, std::string_view verb, std::string_view name) const {
    if (number != 0)
        return base::system_error(number, verb, shown(name));
    return {};
}

Result<const Entry *> TwinDirectory::entry(std::string_view verb, std::string_view name) const {
    MOS_CHECK(checked(name));
    MOS_CHECK(outcome(disk().enter(Effect::reads, verb, shown(name)), verb, name));
    const Entry *found = m_handle.inode().find(name);
    if (found == nullptr)
        return base::system_error(ENOENT, verb, shown(name));
    return found;
}

template <class Work>
Result<void> TwinDirectory::change(std::string_view verb, std::string_view name, Work work) {
    MOS_TRY(const std::string own_name, checked(name));
    if (const int number = disk().enter(Effect::changes, verb, shown(name)); number != 0)
        return outcome(number, verb, name);
    return outcome(work(own_name), verb, name);
}

// The same for what acts on the inode that the name leads to.
template <class Work>
Result<void> TwinDirectory::change_entry(std::string_view verb, std::string_view name, Work work) {
    return change(verb, name, [&](const std::string &own_name) {
        const Entry *found = m_handle.inode().find(own_name);
        return found == nullptr ? ENOENT : work(found->id);
    });
}

Result<TwinDirectory *> TwinDirectory::same_disk(Directory &other) const {
    auto *twin = dynamic_cast<TwinDirectory *>(&other);
    if (twin == nullptr || &twin->disk() != &disk())
        return base::system_error(EXDEV, "reach another disk from", shown(""));
    return twin;
}

Result<std::unique_ptr<Directory>> TwinDirectory::open_directory(std::string_view path, base::Symlinks symlinks) {
    constexpr std::string_view verb = "open directory";
    if (!path.empty())
        MOS_CHECK(base::check_entry_path(path));
    MOS_CHECK(outcome(disk().enter(Effect::reads, verb, shown(path)), verb, path));
    const Resolved resolved = resolve(disk(), m_handle.id(), path, symlinks);
    MOS_CHECK(outcome(resolved.number, verb, path));
    return std::make_unique<TwinDirectory>(m_handle.shared_disk(), resolved.id, path.empty() ? m_shown : shown(path));
}

Result<std::unique_ptr<File>> TwinDirectory::open_file(std::string_view name, OpenMode mode) {
    if (mode == OpenMode::create_new)
        MOS_CHECK(change("create", name, [&](const std::string &own_name) {
            return disk().create(m_handle.id(), own_name, {FileType::regular, 0600, {}});
        }));
    else
        MOS_CHECK(entry("open", name));
    const Entry *found = m_handle.inode().find(name);
    if (found->type == FileType::symlink)
        return base::system_error(ELOOP, "open", shown(name));
    if (found->type != FileType::regular)
        return not_a_file(shown(name), EISDIR);
    if (mode == OpenMode::write)
        MOS_CHECK(outcome(disk().can_change(found->id), "open", name));
    const Access access = mode == OpenMode::read ? Access::read : Access::write;
    return std::make_unique<TwinFile>(m_handle.shared_disk(), found->id, shown(name), access);
}

Result<FileStatus> TwinDirectory::own_status() {
    MOS_CHECK(outcome(disk().enter(Effect::reads, "inspect", shown("")), "inspect", ""));
    return disk().status(m_handle.id());
}

Result<std::optional<FileStatus>> TwinDirectory::find(std::string_view name) {
    MOS_CHECK(checked(name));
    MOS_CHECK(outcome(disk().enter(Effect::reads, "inspect", shown(name)), "inspect", name));
    const Entry *found = m_handle.inode().find(name);
    if (found == nullptr)
        return std::optional<FileStatus>{};
    return std::optional{disk().status(found->id)};
}

Result<std::vector<DirectoryEntry>> TwinDirectory::list() {
    MOS_CHECK(outcome(disk().enter(Effect::reads, "list", shown("")), "list", ""));
    std::vector<DirectoryEntry> entries;
    entries.reserve(m_handle.inode().entries.size());
    for (const Entry &one : m_handle.inode().entries)
        entries.push_back({one.name, one.type});
    return entries;
}

Result<std::string> TwinDirectory::read_symlink(std::string_view name) {
    MOS_TRY(const Entry *found, entry("read link", name));
    if (found->type != FileType::symlink)
        return base::system_error(EINVAL, "read link", shown(name));
    return disk().node(found->id).target;
}

Result<base::ExtendedAttributes> TwinDirectory::extended_attributes(std::string_view name) {
    MOS_TRY(const Entry *found, entry("list attributes of", name));
    return disk().node(found->id).attributes;
}

Result<void> TwinDirectory::make_directory(std::string_view name, std::uint32_t mode) {
    return change("make directory", name, [&](const std::string &own_name) {
        return disk().create(m_handle.id(), own_name, {FileType::directory, mode & 07777U, {}});
    });
}

Result<void> TwinDirectory::make_symlink(std::string_view name, std::string_view target) {
    return change("make link", name, [&](const std::string &own_name) {
        return disk().create(m_handle.id(), own_name, {FileType::symlink, 0777, std::string{target}});
    });
}

Result<void> TwinDirectory::make_link(std::string_view name, Directory &to, std::string_view new_name) {
    MOS_TRY(TwinDirectory * target, same_disk(to));
    MOS_TRY(const std::string other_name, target->checked(new_name));
    return change_entry("make link to", name,
                        [&](Id id) { return disk().link(id, target->m_handle.id(), other_name); });
}

Result<void> TwinDirectory::rename(std::string_view name, Directory &to, std::string_view new_name, RenameMode mode) {
    MOS_TRY(TwinDirectory * target, same_disk(to));
    MOS_TRY(const std::string other_name, target->checked(new_name));
    return change(mode == RenameMode::exchange ? "exchange" : "rename", name, [&](const std::string &own_name) {
        return disk().rename(m_handle.id(), own_name, target->m_handle.id(), other_name, mode);
    });
}

Result<void> TwinDirectory::remove_file(std::string_view name) {
    return change("remove", name, [&](const std::string &own_name) {
        return disk().remove(m_handle.id(), own_name, FileType::regular);
    });
}

Result<void> TwinDirectory::remove_directory(std::string_view name) {
    return change("remove directory", name, [&](const std::string &own_name) {
        return disk().remove(m_handle.id(), own_name, FileType::directory);
    });
}

Result<void> TwinDirectory::set_owner(std::string_view name, std::uint32_t owner, std::uint32_t group) {
    return change_entry("set the owner of", name, [&](Id id) { return disk().set_owner(id, owner, group); });
}

Result<void> TwinDirectory::set_mode(std::string_view name, std::uint32_t mode) {
    return change_entry("set the mode of", name, [&](Id id) {
        if (disk().node(id).type == FileType::symlink)
            return EOPNOTSUPP;
        Attributes attributes;
        attributes.mode = mode & 07777U;
        return disk().set_attributes(id, std::move(attributes));
    });
}

Result<void> TwinDirectory::set_modified(std::string_view name, base::FileTime time) {
    return change_entry("set the time of", name, [&](Id id) {
        Attributes attributes;
        attributes.modified = time;
        return disk().set_attributes(id, std::move(attributes));
    });
}

Result<void> TwinDirectory::set_extended_attribute(std::string_view name, const base::ExtendedAttribute &attribute) {
    return change_entry("set an attribute of", name,
                        [&](Id id) { return disk().set_extended_attribute(id, attribute); });
}

Result<void> TwinDirectory::remove_extended_attribute(std::string_view name, std::string_view attribute) {
    return change_entry("remove an attribute of", name,
                        [&](Id id) { return disk().remove_extended_attribute(id, std::string{attribute}); });
}

Result<void> TwinDirectory::flush() {
    const int injected = disk().enter(Effect::flushes, "flush directory", shown(""));
    std::uint64_t mark = disk().sample_errors(m_handle.id());
    return outcome(disk().flush_inode(m_handle.id(), mark, injected), "flush directory", "");
}

Result<std::unique_ptr<base::SyncPoint>> TwinDirectory::open_sync_point() {
    MOS_CHECK(outcome(disk().enter(Effect::reads, "open directory", shown("")), "open directory", ""));
    return std::make_unique<TwinSyncPoint>(m_handle.shared_disk(), m_handle.inode().device, shown(""));
}

Result<base::FilesystemUsage> TwinDirectory::usage() {
    MOS_CHECK(outcome(disk().enter(Effect::reads, "inspect the filesystem of", shown("")), "inspect", ""));
    return disk().usage(m_handle.inode().device);
}

Result<std::unique_ptr<base::FileLock>> TwinDirectory::lock(std::string_view name, std::string_view note) {
    constexpr std::string_view verb = "lock";
    Id id = no_id;
    Result<void> opened = change(verb, name, [&](const std::string &own_name) {
        const Entry *found = m_handle.inode().find(own_name);
        const int number = found != nullptr ? 0 : disk().create(m_handle.id(), own_name, {FileType::regular, 0600, {}});
        if (number != 0)
            return number;
        found = m_handle.inode().find(own_name);
        id = found->id;
        if (found->type == FileType::symlink)
            return ELOOP;
        return found->type == FileType::directory ? EISDIR : 0;
    });
    if (!opened)
        return std::move(opened).error();
    if (!disk().lock(id, base::LockMode::exclusive)) {
        const Inode &held = disk().node(id);
        base::Bytes text(static_cast<std::size_t>(held.size));
        text.resize(held.load(0, text));
        return Error{Code::LOCKED, base::printable(base::as_text(text))}.about(shown(name));
    }
    auto held = std::make_unique<TwinLock>(m_handle.shared_disk(), id);
    MOS_CHECK(outcome(disk().write(id, 0, base::as_bytes(note)), verb, name));
    MOS_CHECK(outcome(disk().resize(id, note.size()), verb, name));
    return held;
}

std::unique_ptr<Directory> open_twin_root(std::shared_ptr<Disk> disk) {
    return std::make_unique<TwinDirectory>(std::move(disk), root_id, "");
}

}  // namespace mos::test::twin
