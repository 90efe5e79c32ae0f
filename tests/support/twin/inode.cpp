#include "inode.hpp"

#include <algorithm>
#include <cstring>

namespace mos::test::twin {

using base::ByteView;
using base::ExtendedAttribute;
using base::FileType;
using base::MutableByteView;

namespace {

const Digest &digest_of(const Chunk &chunk) {
    if (!chunk.digest) {
        Hasher hasher;
        hasher.bytes(chunk.bytes);
        chunk.digest = hasher.finish();
    }
    return *chunk.digest;
}

bool is_zero(const Chunk &chunk) {
    return std::ranges::all_of(chunk.bytes, [](std::byte b) { return b == std::byte{0}; });
}

auto position(auto &entries, std::string_view name) {
    return std::ranges::lower_bound(entries, name, {}, [](const Entry &entry) { return std::string_view{entry.name}; });
}

}  // namespace

const Entry *Inode::find(std::string_view name) const {
    const auto at = position(entries, name);
    return at != entries.end() && at->name == name ? &*at : nullptr;
}

void Inode::set_entry(const std::string &name, Id id, const Inode &child) {
    const auto at = position(entries, name);
    if (at != entries.end() && at->name == name)
        *at = {name, id, child.number, child.type};
    else
        entries.insert(at, {name, id, child.number, child.type});
}

void Inode::erase_entry(std::string_view name) {
    const auto at = position(entries, name);
    if (at != entries.end() && at->name == name)
        entries.erase(at);
}

const Digest &Inode::content_digest() const {
    if (digest)
        return *digest;
    Hasher hasher;
    for (const std::uint64_t value :
         {std::uint64_t{device}, std::uint64_t{number}, static_cast<std::uint64_t>(type), std::uint64_t{mode},
          std::uint64_t{owner}, std::uint64_t{group}, std::uint64_t{immutable},
          static_cast<std::uint64_t>(modified.seconds), static_cast<std::uint64_t>(modified.nanoseconds), size,
          std::uint64_t{attributes.size()}})
        hasher.word(value);
    for (const ExtendedAttribute &attribute : attributes) {
        hasher.text(attribute.name);
        hasher.bytes(attribute.value);
    }
    hasher.text(target);
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        // A hole and zeros written there read the same.
        if (chunks[i] && !is_zero(*chunks[i])) {
            hasher.word(i);
            hasher.digest(digest_of(*chunks[i]));
        }
    }
    for (const Entry &entry : entries) {
        hasher.text(entry.name);
        hasher.word(entry.number);
    }
    digest = hasher.finish();
    return *digest;
}

void Inode::store(std::uint64_t offset, ByteView bytes) {
    while (!bytes.empty()) {
        const auto index = static_cast<std::size_t>(offset / chunk_bytes);
        const auto start = static_cast<std::size_t>(offset % chunk_bytes);
        const std::size_t count = std::min(bytes.size(), chunk_bytes - start);
        if (chunks.size() <= index)
            chunks.resize(index + 1);
        std::shared_ptr<Chunk> &chunk = chunks[index];
        if (!chunk || (chunk.use_count() != 1 && count == chunk_bytes))
            chunk = std::make_shared<Chunk>();
        else if (chunk.use_count() != 1)
            chunk = std::make_shared<Chunk>(*chunk);
        std::memcpy(chunk->bytes.data() + start, bytes.data(), count);
        chunk->digest.reset();
        bytes = bytes.subspan(count);
        offset += count;
    }
}

void Inode::trim() {
    const std::uint64_t kept = size / chunk_bytes + (size % chunk_bytes != 0 ? 1 : 0);
    if (chunks.size() > kept)
        chunks.resize(static_cast<std::size_t>(kept));
    const auto used = static_cast<std::size_t>(size % chunk_bytes);
    if (used == 0 || chunks.size() < kept || !chunks.back())
        return;
    const auto &last = chunks.back()->bytes;
    if (std::all_of(last.begin() + used, last.end(), [](std::byte b) { return b == std::byte{0}; }))
        return;
    auto changed = std::make_shared<Chunk>();
    std::memcpy(changed->bytes.data(), last.data(), used);
    chunks.back() = std::move(changed);
}

std::size_t Inode::load(std::uint64_t offset, MutableByteView out) const {
    if (offset >= size)
        return 0;
    const auto total = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size - offset));
    for (std::size_t done = 0; done < total;) {
        const auto index = static_cast<std::size_t>((offset + done) / chunk_bytes);
        const auto start = static_cast<std::size_t>((offset + done) % chunk_bytes);
        const std::size_t count = std::min(total - done, chunk_bytes - start);
        if (index < chunks.size() && chunks[index])
            std::memcpy(out.data() + done, chunks[index]->bytes.data() + start, count);
        else
            std::memset(out.data() + done, 0, count);
        done += count;
    }
    return total;
}

std::uint64_t Inode::allocated_chunks() const {
    return static_cast<std::uint64_t>(
        std::ranges::count_if(chunks, [](const auto &chunk) { return chunk != nullptr; }));
}

void Inode::set_attribute(const ExtendedAttribute &attribute) {
    const auto at = std::ranges::lower_bound(attributes, attribute.name, {}, &ExtendedAttribute::name);
    if (at != attributes.end() && at->name == attribute.name)
        at->value = attribute.value;
    else
        attributes.insert(at, attribute);
}

bool Inode::remove_attribute(std::string_view name) {
    return std::erase_if(attributes, [&](const ExtendedAttribute &one) { return one.name == name; }) != 0;
}

bool Inode::has_attribute(std::string_view name) const {
    return std::ranges::find(attributes, name, &ExtendedAttribute::name) != attributes.end();
}

Inode &Table::edit(Id id) {
    std::shared_ptr<Inode> &inode = m_slots[id].inode;
    if (inode.use_count() != 1)
        inode = std::make_shared<Inode>(*inode);
    inode->digest.reset();
    return *inode;
}

void Table::place(Id id, std::shared_ptr<Inode> inode) {
    if (m_slots.size() <= id)
        m_slots.resize(id + 1);
    m_slots[id].inode = std::move(inode);
    m_slots[id].names = id == root_id ? 1 : 0;
}

void Table::set_slot(Id directory, const std::string &name, Id after) {
    Inode &inode = edit(directory);
    if (const Entry *before = inode.find(name); before != nullptr)
        --m_slots[before->id].names;
    if (after == no_id) {
        inode.erase_entry(name);
        return;
    }
    inode.set_entry(name, after, *node(after));
    ++m_slots[after].names;
}

bool Table::contains(Id directory, Id descendant) const {
    if (directory == descendant)
        return true;
    return std::ranges::any_of(node(directory)->entries, [&](const Entry &entry) {
        return entry.type == FileType::directory && contains(entry.id, descendant);
    });
}

std::vector<bool> Table::reached() const {
    std::vector<bool> reached(m_slots.size());
    std::vector<Id> open = {root_id};
    reached[root_id] = true;
    while (!open.empty()) {
        const Inode *directory = node(open.back());
        open.pop_back();
        for (const Entry &entry : directory->entries) {
            if (!reached[entry.id] && entry.type == FileType::directory)
                open.push_back(entry.id);
            reached[entry.id] = true;
        }
    }
    return reached;
}

void Table::count_names() {
    for (Slot &slot : m_slots)
        slot.names = 0;
    m_slots[root_id].names = 1;
    for (const Slot &slot : m_slots) {
        if (!slot.inode)
            continue;
        for (const Entry &entry : slot.inode->entries)
            ++m_slots[entry.id].names;
    }
    while (!m_slots.back().inode)
        m_slots.pop_back();
}

void Table::collect() {
    const std::vector<bool> kept = reached();
    for (Id id = 0; id < m_slots.size(); ++id) {
        if (!kept[id])
            m_slots[id].inode.reset();
    }
    count_names();
}

void Table::collect(Device device) {
    const std::vector<bool> kept = reached();
    for (Id id = 0; id < m_slots.size(); ++id) {
        if (!kept[id] && m_slots[id].inode && m_slots[id].inode->device == device)
            m_slots[id].inode.reset();
    }
    count_names();
}

Digest Table::digest() const {
    Digest sum;  // of all inodes, in no order: each is hashed with its own number
    for (const Slot &slot : m_slots) {
        if (!slot.inode)
            continue;
        const Digest &one = slot.inode->content_digest();
        sum.low += one.low;
        sum.high += one.high;
    }
    return sum;
}

}  // namespace mos::test::twin
