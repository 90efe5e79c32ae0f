// The stage of one transaction: a folder on each volume that the transaction touches.
//
// The plan file and what else there is once lie in the primary stage, on the root's own volume. Slot numbers are unique
// over all of them, and an operation knows its volume.
#pragma once

#include <mos/state/transactions.hpp>
#include <mos/transaction/site.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mos::transaction {

class Stages {
  public:
    // The root must outlive it. Opens nothing yet.
    Stages(base::Directory &root, std::uint64_t id) : m_root(root), m_id(id) {}

    // All of `transaction`'s. NOT_FOUND names the volume where there is none, which is not mounted then: nothing may be
    // moved before all were found.
    [[nodiscard]] static Result<Stages> open(Site &site, const state::Transaction &transaction);

    // The primary one, of what open() has made.
    [[nodiscard]] base::Directory &primary() { return *m_parts.find(std::string{})->second; }

    // The part on the volume with that top; nullptr where there is none. Valid as long as this is.
    [[nodiscard]] Result<base::Directory *> find(const std::string &top);
    // The same; NOT_FOUND where there is none.
    [[nodiscard]] Result<base::Directory *> on(const std::string &top);

  private:
    base::Directory &m_root;
    std::uint64_t m_id;
    std::map<std::string, std::unique_ptr<base::Directory>> m_parts;  // by top, nullptr for what is not there
};

// The sync descriptors of all volumes that a transaction touches, the root's own among them.
class SyncPoints {
  public:
    SyncPoints() = default;
    // Those of the volumes of `transaction`'s operations. NOT_FOUND names one that is not there.
    [[nodiscard]] static Result<SyncPoints> open(Site &site, const state::Transaction &transaction);

    // One more volume, by any directory on it. One that is there already, as another mount of the same filesystem is,
    // keeps its older descriptor.
    [[nodiscard]] Result<void> add(base::Directory &directory);

    // Every volume. An error ends it: what others would say changes nothing, for nothing may be built upon this flush.
    [[nodiscard]] Result<void> flush();

  private:
    std::map<std::uint64_t, std::unique_ptr<base::SyncPoint>> m_points;  // by device
};

}  // namespace mos::transaction
