#include "item.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mos::test::twin {

using base::ByteView;
using base::FileType;

namespace {

template <class... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

bool arrives(const Names &names, Id id) {
    return std::ranges::any_of(names.changes, [&](const NameChange &change) { return change.after == id; });
}

bool can_apply(const Table &table, const Names &names, const NameChange &change) {
    const Inode *directory = table.node(change.directory);
    if (directory == nullptr || directory->type != FileType::directory)
        return false;
    const Entry *entry = directory->find(change.name);
    if ((entry == nullptr ? no_id : entry->id) != change.before)
        return false;
    // A directory goes away only when it is empty.
    if (change.before != no_id && !arrives(names, change.before) && !table.node(change.before)->entries.empty())
        return false;
    if (change.after == no_id)
        return true;
    const Inode *after = table.node(change.after);
    return after != nullptr && !(after->type == FileType::directory && table.contains(change.after, change.directory));
}

Applied apply_names(Table &table, const Names &names) {
    for (const NameChange &change : names.changes) {
        if (!can_apply(table, names, change))
            return Applied::no;
    }
    for (const NameChange &change : names.changes) {
        table.set_slot(change.directory, change.name, change.after);
        table.edit(change.directory).modified = names.time;
    }
    return Applied::yes;
}

Applied apply_creation(Table &table, Id id, const Creation &creation) {
    const auto lives = [&](Id owner) { return table.node(owner) != nullptr && table.names(owner) != 0; };
    if (std::ranges::any_of(creation.earlier_owners, lives))
        return Applied::no;
    table.place(id, std::make_shared<Inode>(*creation.inode));
    return Applied::yes;
}

void apply_data(Inode &inode, const Data &data, const Tear &tear) {
    if (!tear.is_possible())
        return inode.store(data.offset, *data.bytes);
    ByteView rest = *data.bytes;
    std::uint64_t offset = data.offset;
    while (!rest.empty()) {
        const auto count =
            static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), sector_bytes - offset % sector_bytes));
        if (tear.keeps_sector(offset / sector_bytes))
            inode.store(offset, rest.first(count));
        rest = rest.subspan(count);
        offset += count;
    }
}

void apply_attributes(Inode &inode, const Attributes &attributes) {
    if (attributes.ownership) {
        inode.owner = attributes.ownership->owner;
        inode.group = attributes.ownership->group;
    }
    if (attributes.mode)
        inode.mode = *attributes.mode;
    if (attributes.modified)
        inode.modified = *attributes.modified;
    if (attributes.set)
        inode.set_attribute(*attributes.set);
    if (!attributes.removed.empty())
        inode.remove_attribute(attributes.removed);
}

bool touch_one_name(const Names &a, const Names &b) {
    for (const NameChange &one : a.changes) {
        for (const NameChange &other : b.changes) {
            if (one.directory == other.directory && one.name == other.name)
                return true;
        }
    }
    return false;
}

// True when `later`, to become durable, needs the earlier `needed`.
bool needs(const Item &later, const Item &needed) {
    if (const auto *creation = std::get_if<Creation>(&later.effect); creation != nullptr) {
        const Names *freed = needed.names();
        return freed != nullptr && std::ranges::any_of(freed->changes, [&](const NameChange &change) {
                   return std::ranges::find(creation->earlier_owners, change.before) != creation->earlier_owners.end();
               });
    }
    if (const Names *names = later.names(); names != nullptr) {
        if (needed.is_creation())
            return std::ranges::any_of(names->changes, [&](const NameChange &change) {
                return change.after == needed.id || change.directory == needed.id;
            });
        const Names *earlier = needed.names();
        if (earlier == nullptr)
            return false;
        // The second change of a name needs the first; a directory's removal needs those of its entries.
        return touch_one_name(*names, *earlier) || std::ranges::any_of(names->changes, [&](const NameChange &gone) {
                   return gone.before != no_id && !arrives(*names, gone.before) &&
                          std::ranges::any_of(earlier->changes,
                                              [&](const NameChange &inner) { return inner.directory == gone.before; });
               });
    }
    return needed.is_creation() && needed.id == later.id;
}

std::string list_of(const Names &names) {
    std::string text;
    for (const NameChange &change : names.changes)
        text += fmt::format("{}{} in {}: {} to {}", text.empty() ? "" : ", ", base::in_quotes(change.name),
                            change.directory, change.before, change.after);
    return text;
}

}  // namespace

std::uint64_t scramble(std::uint64_t seed, std::uint64_t index) noexcept {
    // splitmix64
    std::uint64_t value = seed * 0xD1342543DE82EF95ULL + (index + 1) * 0x9E3779B97F4A7C15ULL;
    value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    value = (value ^ (value >> 27U)) * 0x94D049BB133111EBULL;
    return value ^ (value >> 31U);
}

bool Tear::keeps_sector(std::uint64_t sector) const { return !m_seed || (scramble(*m_seed, sector) & 1U) != 0; }

std::string Item::description() const {
    return std::visit(Overloaded{
                          [&](const Creation &creation) {
                              return fmt::format("inode {} is a new {}", id,
                                                 base::file_type_name(creation.inode->type));
                          },
                          [&](const Names &names) { return "names: " + list_of(names); },
                          [&](const Data &data) {
                              return fmt::format("inode {} has {} bytes at {}", id, data.bytes->size(), data.offset);
                          },
                          [&](const Size &size) { return fmt::format("inode {} has size {}", id, size.size); },
                          [&](const Attributes &) { return fmt::format("inode {} has other attributes", id); },
                      },
                      effect);
}

Applied apply(Table &table, const Item &item, const Tear &tear) {
    if (const Names *names = item.names(); names != nullptr)
        return apply_names(table, *names);
    if (const auto *creation = std::get_if<Creation>(&item.effect); creation != nullptr)
        return apply_creation(table, item.id, *creation);
    if (table.node(item.id) == nullptr)
        return Applied::no;
    Inode &inode = table.edit(item.id);
    if (const auto *data = std::get_if<Data>(&item.effect); data != nullptr)
        apply_data(inode, *data, tear);
    if (const auto *size = std::get_if<Size>(&item.effect); size != nullptr) {
        inode.size = size->size;
        inode.trim();
    }
    if (const auto *attributes = std::get_if<Attributes>(&item.effect); attributes != nullptr)
        apply_attributes(inode, *attributes);
    return Applied::yes;
}

void mark_needed(const std::vector<Item> &pending, std::vector<bool> &wanted) {
    // Needs point backwards only, so one pass from the end finds them all.
    for (std::size_t later = pending.size(); later-- > 0;) {
        if (!wanted[later])
            continue;
        for (std::size_t earlier = 0; earlier < later; ++earlier) {
            if (!wanted[earlier] && needs(pending[later], pending[earlier]))
                wanted[earlier] = true;
        }
    }
}

}  // namespace mos::test::twin
