// Inodes of the twin, shared between states and copied only when one of them changes.
#pragma once

#include "digest.hpp"

#include <mos/base/filesystem.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mos::test::twin {

// An inode's place in a table. Never reused within one run, unlike the number that the port shows.
using Id = std::uint32_t;
inline constexpr Id no_id = 0;
inline constexpr Id root_id = 1;

// The volume that an inode lies on: each has its own inode numbers, room and flushes.
using Device = std::uint32_t;
inline constexpr Device root_device = 1;

inline constexpr std::size_t chunk_bytes = 4096;
inline constexpr std::size_t sector_bytes = 512;

struct Chunk {
    std::array<std::byte, chunk_bytes> bytes = {};
    mutable std::optional<Digest> digest;
};

struct Entry {
    std::string name;
    Id id = no_id;
    std::uint32_t number = 0;
    base::FileType type = base::FileType::regular;
};

struct Inode {
    base::FileType type = base::FileType::regular;
    Device device = root_device;
    std::uint32_t number = 0;
    std::uint32_t mode = 0;
    std::uint32_t owner = 0;
    std::uint32_t group = 0;
    bool immutable = false;
    base::FileTime modified;
    base::ExtendedAttributes attributes;
    std::string target;  // of a symbolic link

    std::uint64_t size = 0;
    std::vector<std::shared_ptr<Chunk>> chunks;  // shared; null is a hole; may reach beyond `size` until trim()

    std::vector<Entry> entries;  // of a directory, sorted by name

    mutable std::optional<Digest> digest;  // of all of the above

    [[nodiscard]] const Entry *find(std::string_view name) const;
    [[nodiscard]] const Digest &content_digest() const;

    void set_entry(const std::string &name, Id id, const Inode &child);
    void erase_entry(std::string_view name);

    void store(std::uint64_t offset, base::ByteView bytes);  // leaves `size` alone
    void trim();                                             // nothing remains beyond `size`
    [[nodiscard]] std::size_t load(std::uint64_t offset, base::MutableByteView out) const;
    [[nodiscard]] std::uint64_t allocated_chunks() const;

    void set_attribute(const base::ExtendedAttribute &attribute);
    bool remove_attribute(std::string_view name);  // false when there is none
    [[nodiscard]] bool has_attribute(std::string_view name) const;
};

// All inodes of one state. Copying it copies pointers.
class Table {
  public:
    // Null when there is none.
    [[nodiscard]] const Inode *node(Id id) const { return id < m_slots.size() ? m_slots[id].inode.get() : nullptr; }
    [[nodiscard]] Inode &edit(Id id);
    [[nodiscard]] std::uint32_t names(Id id) const { return id < m_slots.size() ? m_slots[id].names : 0; }
    [[nodiscard]] std::size_t size() const { return m_slots.size(); }

    void place(Id id, std::shared_ptr<Inode> inode);
    void erase(Id id) { m_slots[id] = {}; }
    void set_slot(Id directory, const std::string &name, Id after);  // also adjusts the counts of names

    // True when `descendant` is `directory` or lies below it.
    [[nodiscard]] bool contains(Id directory, Id descendant) const;

    // Forgets what the root does not reach, and counts names anew.
    void collect();
    // The same for one volume alone: what others have not flushed yet may still be given a name.
    void collect(Device device);

    [[nodiscard]] Digest digest() const;

  private:
    [[nodiscard]] std::vector<bool> reached() const;
    void count_names();

    struct Slot {
        std::shared_ptr<Inode> inode;
        std::uint32_t names = 0;  // directory entries that name it; the root has one more
    };
    std::vector<Slot> m_slots;
};

}  // namespace mos::test::twin
