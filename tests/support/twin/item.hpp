// What a call leaves unflushed: effects that a power cut keeps or loses one by one.
#pragma once

#include "inode.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace mos::test::twin {

// One name's change. An effect on names applies whole or not at all, and only to the names it was made for: a journal
// may end before it, but never holds the second change of a name without the first.
struct NameChange {
    Id directory = no_id;
    std::string name;
    Id before = no_id;  // none: the name is free
    Id after = no_id;   // none: the name becomes free
};

struct Creation {
    std::shared_ptr<const Inode> inode;
    std::vector<Id> earlier_owners;  // of its number: it can't exist beside one of them
};
struct Names {
    std::vector<NameChange> changes;
    base::FileTime time;  // of the directories
};
struct Data {
    std::uint64_t offset = 0;
    std::shared_ptr<const base::Bytes> bytes;
};
struct Size {
    std::uint64_t size = 0;
};
struct Ownership {
    std::uint32_t owner = 0;
    std::uint32_t group = 0;
};
struct Attributes {
    std::optional<std::uint32_t> mode;
    std::optional<Ownership> ownership;
    std::optional<base::FileTime> modified;
    std::optional<base::ExtendedAttribute> set;
    std::string removed;  // an extended attribute's name
};

struct Item {
    Id id = no_id;  // the inode; none for names
    Device device = root_device;
    std::variant<Creation, Names, Data, Size, Attributes> effect;

    [[nodiscard]] std::string description() const;
    [[nodiscard]] const Names *names() const { return std::get_if<Names>(&effect); }
    [[nodiscard]] bool is_data() const { return std::holds_alternative<Data>(effect); }
    [[nodiscard]] bool is_creation() const { return std::holds_alternative<Creation>(effect); }
};

// Which sectors of a torn write arrived: a deterministic coin for each.
class Tear {
  public:
    Tear() = default;
    explicit Tear(std::uint64_t seed) : m_seed(seed) {}
    [[nodiscard]] bool is_possible() const { return m_seed.has_value(); }
    [[nodiscard]] bool keeps_sector(std::uint64_t sector) const;

  private:
    std::optional<std::uint64_t> m_seed;
};

enum class Applied : std::uint8_t { yes, no };

// Applies `item` where what it needs is there: its inode, its directories, the names as it found them.
Applied apply(Table &table, const Item &item, const Tear &tear = {});

// The items of `pending` that have to become durable for those marked in `wanted` to become so: marks them too.
void mark_needed(const std::vector<Item> &pending, std::vector<bool> &wanted);

// A small deterministic random function.
[[nodiscard]] std::uint64_t scramble(std::uint64_t seed, std::uint64_t index) noexcept;

}  // namespace mos::test::twin
