#include "disk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace mos::test::twin {

using base::ByteView;
using base::ExtendedAttribute;
using base::FileStatus;
using base::FileType;
using base::RenameMode;

namespace {

constexpr std::uint32_t first_number = 2;  // the root's, as on ext4
constexpr std::uint64_t unlimited_bytes = 1ULL << 40U;
constexpr std::size_t max_symlink_bytes = 4095;
constexpr std::size_t max_attribute_bytes = 65536;
constexpr std::uint32_t unchanged = std::numeric_limits<std::uint32_t>::max();
constexpr int held_alone = -1;
constexpr std::string_view capability = "security.capability";

// Of access control lists any value is taken, and none is a part of the mode.
bool is_access_list(const Inode &inode, std::string_view name) {
    return (name == "system.posix_acl_access" && inode.type != FileType::symlink) ||
           (name == "system.posix_acl_default" && inode.type == FileType::directory);
}

int check_attribute_name(const Inode &inode, std::string_view name) {
    if (is_access_list(inode, name))
        return 0;
    const bool user = name.starts_with("user.");
    if (!user && !name.starts_with("security.") && !name.starts_with("trusted."))
        return EOPNOTSUPP;
    if (user && inode.type != FileType::regular && inode.type != FileType::directory)
        return EPERM;
    return 0;
}

}  // namespace

void WritebackErrors::note(int number) {
    ++m_sequence;
    m_seen = false;
    m_number = number;
}

std::uint64_t WritebackErrors::sample() const { return m_seen ? m_sequence : m_sequence - 1; }

int WritebackErrors::report(std::uint64_t &mark) {
    if (mark == m_sequence)
        return 0;
    mark = m_sequence;
    m_seen = true;
    return m_number;
}

Disk::Disk(const DiskState &state)
    : clock(state.clock), m_live(state.table), m_durable(state.table), m_next_id(static_cast<Id>(state.table.size())) {
    learn_numbers();
}

void Disk::learn_numbers() {
    m_volumes.resize(root_device + 1);
    for (Id id = root_id; id < m_live.size(); ++id) {
        const Inode *inode = m_live.node(id);
        if (inode == nullptr)
            continue;
        if (m_volumes.size() <= inode->device)
            m_volumes.resize(inode->device + 1);
        Volume &on = m_volumes[inode->device];
        if (on.owners.size() <= inode->number)
            on.owners.resize(inode->number + 1);
        on.owners[inode->number].push_back(id);
    }
    for (Volume &on : m_volumes) {
        on.next_number = std::max(first_number + 1, static_cast<std::uint32_t>(on.owners.size()));
        on.owners.resize(on.next_number);
        for (std::uint32_t number = first_number; number < on.next_number; ++number) {
            if (on.owners[number].empty())
                on.free_numbers.insert(number);
        }
    }
}

// The lowest that is free on the volume, as ext4 does.
std::uint32_t Disk::take_number(Device device, Id owner) {
    Volume &on = volume(device);
    if (on.free_numbers.empty())
        on.free_numbers.insert(on.next_number++);
    const std::uint32_t number = on.free_numbers.extract(on.free_numbers.begin()).value();
    if (on.owners.size() <= number)
        on.owners.resize(number + 1);
    on.owners[number].push_back(owner);
    return number;
}

int Disk::enter(Effect effect, std::string_view verb, std::string_view shown) {
    if (m_in_callback)
        return 0;
    ++calls;
    if (effect != Effect::reads) {
        ++mutations;
        flushes += effect == Effect::flushes ? 1 : 0;
        if (callback) {
            m_in_callback = true;
            callback(mutations, fmt::format("{} {}", verb, base::in_quotes(shown)));
            m_in_callback = false;
        }
    }
    if (const auto failure = failures.find(calls); failure != failures.end())
        return failure->second;
    if (effect != Effect::reads && lasting_failure && calls >= lasting_failure->first)
        return lasting_failure->second;
    return 0;
}

FileStatus Disk::status(Id id) const {
    const Inode &inode = node(id);
    FileStatus status;
    status.type = inode.type;
    status.mode = inode.mode;
    status.owner = inode.owner;
    status.group = inode.group;
    status.size = inode.type == FileType::symlink ? inode.target.size() : inode.size;
    status.modified = inode.modified;
    status.inode = inode.number;
    status.device = inode.device;
    status.mount = inode.device;
    status.links = m_live.names(id);
    status.immutable = inode.immutable;
    if (inode.type == FileType::directory && status.links != 0) {
        const auto inner = std::ranges::count(inode.entries, FileType::directory, &Entry::type);
        status.links = 2 + static_cast<std::uint32_t>(inner);
    }
    return status;
}

base::FilesystemUsage Disk::usage(Device device) const {
    const Volume &on = volume(device);
    base::FilesystemUsage usage;
    usage.type = on.filesystem_type;
    usage.read_only = on.read_only;
    usage.fast_commit = on.fast_commit;
    usage.free_inodes = on.free_inodes.value_or(std::numeric_limits<std::uint32_t>::max());
    usage.free_bytes = unlimited_bytes;
    if (on.chunk_limit)
        usage.free_bytes = (*on.chunk_limit - std::min(*on.chunk_limit, used_chunks(device))) * chunk_bytes;
    return usage;
}

void Disk::opened(Id id) {
    if (m_open.size() <= id)
        m_open.resize(id + 1);
    ++m_open[id];
}

void Disk::closed(Id id) {
    --m_open[id];
    release_if_unused(id);
}

void Disk::release_if_unused(Id id) {
    if (m_live.names(id) != 0 || (id < m_open.size() && m_open[id] != 0) || m_live.node(id) == nullptr)
        return;
    Volume &on = volume(node(id).device);
    on.free_numbers.insert(node(id).number);
    m_live.erase(id);
    if (on.free_inodes)
        ++*on.free_inodes;
}

void Disk::forget_handles() {
    callback = nullptr;
    calls = mutations = flushes = 0;
    failures.clear();
    lasting_failure.reset();
    m_in_callback = false;
    m_locks.clear();
    m_open.clear();
    for (Id id = root_id; id < m_live.size(); ++id)
        release_if_unused(id);
}

bool Disk::lock(Id id, base::LockMode mode) {
    int &holders = m_locks[id];
    if (holders == held_alone || (mode == base::LockMode::exclusive && holders > 0))
        return false;
    holders = mode == base::LockMode::exclusive ? held_alone : holders + 1;
    return true;
}

void Disk::unlock(Id id) {
    const auto lock = m_locks.find(id);
    if (lock->second == held_alone || --lock->second == 0)
        m_locks.erase(lock);
}

void Disk::perform(Item item) {
    item.device = node(item.names() != nullptr ? item.names()->changes.front().directory : item.id).device;
    if (apply(m_live, item) == Applied::no)
        throw std::logic_error("the twin's live state refused " + item.description());
    m_pending.push_back(std::move(item));
}

void Disk::change_names(std::vector<NameChange> changes) {
    std::vector<Id> gone;
    gone.reserve(changes.size());
    for (const NameChange &change : changes)
        gone.push_back(change.before);
    perform({no_id, root_device, Names{std::move(changes), clock}});
    for (const Id id : gone)
        release_if_unused(id);
}

void Disk::touch(Id id) {
    if (node(id).modified != clock)
        perform(
            {id, root_device, Attributes{.mode = {}, .ownership = {}, .modified = clock, .set = {}, .removed = {}}});
}

// Of a directory whose names are about to change.
int Disk::can_enter(Id directory) const {
    if (m_live.names(directory) == 0)
        return ENOENT;
    return can_change(directory);
}

int Disk::can_change(Id id) const {
    if (volume(node(id).device).read_only)
        return EROFS;
    return node(id).immutable ? EPERM : 0;
}

bool Disk::is_mount_point(Id directory, const Entry *entry) const {
    return entry != nullptr && node(entry->id).device != node(directory).device;
}

int Disk::create(Id directory, const std::string &name, const New &what) {
    if (node(directory).find(name) != nullptr)
        return EEXIST;
    if (const int number = can_enter(directory); number != 0)
        return number;
    if (what.type == FileType::symlink && what.target.empty())
        return ENOENT;
    if (what.target.size() > max_symlink_bytes)
        return ENAMETOOLONG;
    const Device device = node(directory).device;
    if (Volume &on = volume(device); on.free_inodes) {
        if (*on.free_inodes == 0)
            return ENOSPC;
        --*on.free_inodes;
    }

    auto inode = std::make_shared<Inode>();
    inode->type = what.type;
    inode->mode = what.mode;
    inode->target = what.target;
    inode->modified = clock;
    inode->group = (node(directory).mode & 02000U) != 0 ? node(directory).group : 0;
    inode->device = device;
    const Id id = m_next_id++;
    inode->number = take_number(device, id);
    const std::vector<Id> &owners = volume(device).owners[inode->number];
    m_live.place(id, inode);  // so that its item is told the volume
    perform({id, device, Creation{std::move(inode), {owners.begin(), owners.end() - 1}}});
    change_names({{directory, name, no_id, id}});
    return 0;
}

int Disk::link(Id id, Id directory, const std::string &name) {
    if (node(directory).find(name) != nullptr)
        return EEXIST;
    if (const int number = can_enter(directory); number != 0)
        return number;
    if (node(id).type == FileType::directory || node(id).immutable)
        return EPERM;
    if (node(id).device != node(directory).device)
        return EXDEV;
    change_names({{directory, name, no_id, id}});
    return 0;
}

static int check_replaced(FileType by, FileType type, bool is_empty) {
    if (by == FileType::directory && type != FileType::directory)
        return ENOTDIR;
    if (by != FileType::directory && type == FileType::directory)
        return EISDIR;
    return is_empty ? 0 : ENOTEMPTY;
}

// In the order of the kernel's do_renameat2() and vfs_rename().
int Disk::check_rename(Id from, const Entry &source, Id to, const Entry *target, RenameMode mode) const {
    if (node(from).device != node(to).device)
        return EXDEV;
    if (mode == RenameMode::keep_existing && target != nullptr)
        return EEXIST;
    if (mode == RenameMode::exchange && target == nullptr)
        return ENOENT;
    if (source.type == FileType::directory && m_live.contains(source.id, to))
        return EINVAL;
    if (target != nullptr && target->type == FileType::directory && m_live.contains(target->id, from))
        return mode == RenameMode::exchange ? EINVAL : ENOTEMPTY;
    if (target != nullptr && target->id == source.id)
        return 0;
    for (const Id directory : {from, to}) {
        if (const int number = can_enter(directory); number != 0)
            return number;
    }
    if (node(source.id).immutable || (target != nullptr && node(target->id).immutable))
        return EPERM;
    if (is_mount_point(from, &source) || is_mount_point(to, target))
        return EBUSY;
    if (target == nullptr || mode == RenameMode::exchange)
        return 0;
    return check_replaced(source.type, target->type, node(target->id).entries.empty());
}

int Disk::rename(Id from, const std::string &name, Id to, const std::string &new_name, RenameMode mode) {
    const Entry *source = node(from).find(name);
    const Entry *target = node(to).find(new_name);
    if (source == nullptr)
        return ENOENT;
    if (const int number = check_rename(from, *source, to, target, mode); number != 0)
        return number;
    const Id moved = source->id;
    const Id replaced = target == nullptr ? no_id : target->id;
    if (moved == replaced)
        return 0;
    const Id left = mode == RenameMode::exchange ? replaced : no_id;
    change_names({{from, name, moved, left}, {to, new_name, replaced, moved}});
    // As xfs does, and others do not.
    for (const Id exchanged : {moved, left}) {
        if (left != no_id && from != to && node(exchanged).type == FileType::directory)
            touch(exchanged);
    }
    return 0;
}

int Disk::remove(Id directory, const std::string &name, FileType type) {
    const Entry *entry = node(directory).find(name);
    if (entry == nullptr)
        return ENOENT;
    if (type == FileType::directory && entry->type != FileType::directory)
        return ENOTDIR;
    if (type != FileType::directory && entry->type == FileType::directory)
        return EISDIR;
    if (const int number = can_enter(directory); number != 0)
        return number;
    if (node(entry->id).immutable)
        return EPERM;
    if (is_mount_point(directory, entry))
        return EBUSY;
    if (!node(entry->id).entries.empty())
        return ENOTEMPTY;
    change_names({{directory, name, entry->id, no_id}});
    return 0;
}

void Disk::set_free_bytes(Device device, std::uint64_t bytes) {
    volume(device).chunk_limit = used_chunks(device) + bytes / chunk_bytes;
}

std::uint64_t Disk::used_chunks(Device device) const {
    std::uint64_t used = 0;
    for (Id id = root_id; id < m_live.size(); ++id) {
        if (const Inode *inode = m_live.node(id); inode != nullptr && inode->device == device)
            used += inode->allocated_chunks();
    }
    return used;
}

// How many of `count` bytes find room.
std::uint64_t Disk::writable_bytes(Id id, std::uint64_t offset, std::uint64_t count) const {
    const Volume &on = volume(node(id).device);
    if (!on.chunk_limit)
        return count;
    const auto &chunks = node(id).chunks;
    std::uint64_t left = *on.chunk_limit - std::min(*on.chunk_limit, used_chunks(node(id).device));
    const std::uint64_t end = offset + count;
    for (std::uint64_t at = offset; at < end; at = (at / chunk_bytes + 1) * chunk_bytes) {
        const std::uint64_t index = at / chunk_bytes;
        if (index < chunks.size() && chunks[static_cast<std::size_t>(index)])
            continue;
        if (left == 0)
            return at - offset;
        --left;
    }
    return count;
}

// Linux takes capabilities from a file that changes, so that nobody keeps them for other content.
void Disk::drop_capabilities(Id id) {
    if (node(id).has_attribute(capability))
        perform(
            {id, root_device,
             Attributes{.mode = {}, .ownership = {}, .modified = {}, .set = {}, .removed = std::string{capability}}});
}

int Disk::write(Id id, std::uint64_t offset, ByteView bytes) {
    if (const int number = can_change(id); number != 0)
        return number;
    const auto fits = static_cast<std::size_t>(writable_bytes(id, offset, bytes.size()));
    const int outcome = fits == bytes.size() ? 0 : ENOSPC;
    bytes = bytes.first(fits);
    if (bytes.empty())
        return outcome;
    drop_capabilities(id);
    touch(id);
    perform({id, root_device, Data{offset, std::make_shared<const base::Bytes>(bytes.begin(), bytes.end())}});
    if (offset + bytes.size() > node(id).size)
        perform({id, root_device, Size{offset + bytes.size()}});
    return outcome;
}

int Disk::resize(Id id, std::uint64_t size) {
    if (const int number = can_change(id); number != 0)
        return number;
    drop_capabilities(id);
    touch(id);
    if (size != node(id).size)
        perform({id, root_device, Size{size}});
    return 0;
}

int Disk::set_attributes(Id id, Attributes attributes) {
    if (const int number = can_change(id); number != 0)
        return number;
    perform({id, root_device, std::move(attributes)});
    return 0;
}

int Disk::set_owner(Id id, std::uint32_t owner, std::uint32_t group) {
    const Inode &inode = node(id);
    Attributes attributes;
    attributes.ownership =
        Ownership{owner == unchanged ? inode.owner : owner, group == unchanged ? inode.group : group};
    if (inode.type != FileType::directory) {
        const std::uint32_t dropped = 04000U | ((inode.mode & 00010U) != 0 ? 02000U : 0U);
        attributes.mode = inode.mode & ~dropped;
        attributes.removed = capability;
    }
    return set_attributes(id, std::move(attributes));
}

int Disk::set_extended_attribute(Id id, const ExtendedAttribute &attribute) {
    if (const int number = check_attribute_name(node(id), attribute.name); number != 0)
        return number;
    if (attribute.value.size() > max_attribute_bytes)
        return E2BIG;
    Attributes attributes;
    attributes.set = attribute;
    return set_attributes(id, std::move(attributes));
}

int Disk::remove_extended_attribute(Id id, const std::string &name) {
    if (const int number = check_attribute_name(node(id), name); number != 0)
        return number;
    if (!node(id).has_attribute(name))
        return ENODATA;
    Attributes attributes;
    attributes.removed = name;
    return set_attributes(id, std::move(attributes));
}

void Disk::set_immutable(Id id, bool immutable) {
    m_live.edit(id).immutable = immutable;
    if (m_durable.node(id) != nullptr)
        m_durable.edit(id).immutable = immutable;
}

// Durable for good, since the name of a mount point can't be changed; and so is all that led to it.
void Disk::mount(Id directory) {
    std::uint64_t mark = sample_volume_errors(node(directory).device);
    (void)flush_all(node(directory).device, mark, 0);
    const auto device = static_cast<Device>(m_volumes.size());
    Volume &on = m_volumes.emplace_back();
    on.next_number = first_number;
    Volume &below = volume(node(directory).device);
    below.free_numbers.insert(node(directory).number);
    std::erase(below.owners[node(directory).number], directory);
    const std::uint32_t number = take_number(device, directory);
    for (Table *table : {&m_live, &m_durable}) {
        Inode &top = table->edit(directory);
        top.device = device;
        top.number = number;
    }
}

}  // namespace mos::test::twin
