// What a row of changes has done, path by path: their operations, out of the database and the plans in their stages.
#pragma once

#include <mos/state/transactions.hpp>
#include <mos/transaction/plan_file.hpp>
#include <mos/transaction/stages.hpp>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mos::snapshot {

struct AttributesChange {
    state::Attributes before;
    state::Attributes after;
};

// One operation at a path.
struct Touch {
    std::uint32_t change = 0;  // which of the changes
    std::uint32_t volume = 0;  // of ChangeRecord::volumes
    state::OperationKind kind = state::OperationKind::exchange;
    bool active = true;
    std::uint64_t slot = 0;
    std::uint64_t leaving_inode = 0;
    transaction::Witness staged;
    std::optional<transaction::Witness> there;  // what was found when it was staged
    std::unique_ptr<AttributesChange> attributes;
};

// A change whose stage, or the plan in it, can't be read: POINT_DAMAGED, or what the kernel says.
[[nodiscard]] Error unreadable_stage(const state::Transaction &change, Error cause);

struct ChangeRecord {
    struct Change {
        state::Transaction transaction;
        transaction::Stages stages;
    };

    // Of the changes in effect from `first` on. Errors as of open_change_source().
    [[nodiscard]] static Result<ChangeRecord> read(transaction::Site &site, std::uint64_t first);

    // The names in the directory `path` at or below which anything was touched.
    [[nodiscard]] std::set<std::string> names_below(const std::string &path) const;

    std::vector<Change> changes;                        // the oldest first
    std::vector<std::string> volumes;                   // tops
    std::map<std::string, std::vector<Touch>> touched;  // by path; the oldest change first
};

}  // namespace mos::snapshot
