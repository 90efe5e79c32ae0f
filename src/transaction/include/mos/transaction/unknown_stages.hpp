// Stages that the database knows nothing of: of transactions that were never decided, or whose record was lost.
//
// A stage whose slots hold what was staged there was never decided. One that holds what stood in the tree, or whose
// newcomers stand in the tree, has been moved by a transaction, so the database is not the one that decided it: it is
// older, or was lost. Its plan file says how to take it back.
#pragma once

#include <mos/transaction/site.hpp>

#include <optional>
#include <string>
#include <vector>

namespace mos::transaction {

struct UnknownStage {
    enum class Standing : std::uint8_t {
        unmoved,  // nothing that it planned was done
        moved,
        unreadable,    // without a valid plan: never finished, or damaged
        out_of_reach,  // planned something on a volume that is not mounted now, and nothing that is in reach was done
    };
    std::uint64_t id = 0;
    Standing standing = Standing::unmoved;
    std::string moved_path;        // the first one where it was; of one that is out of reach the volume's top
    std::uint64_t operations = 0;  // of the plan
};

// What the plan of stage `id` says of its slots and of the paths beneath `root`.
[[nodiscard]] Result<UnknownStage> examine_stage(base::Directory &root, std::uint64_t id);

// Those without a row in the database, the oldest first. Creates and changes nothing.
[[nodiscard]] Result<std::vector<UnknownStage>> unknown_stages(base::Directory &root, state::Database &database);

// Records, durably, that the transaction of this stage is being taken back; the next recover() does it. What somebody
// has changed since is kept. RECOVERY_FAILED while another one is unfinished, STAGE_UNCLEAR when a
// newer one stands: it may have been built upon.
[[nodiscard]] Result<void> record_lost(Site &site, const UnknownStage &unknown);

// A newest change in effect whose slots hold what it brought was taken back by a rollback whose record was lost:
// carries out that rollback again, which moves what is left to move. Only after the database was restored.
[[nodiscard]] Result<bool> repeat_lost_rollback(Site &site);

// Renames stages without a valid plan ("12.unclear", "12.unclear-2"), so that nobody deletes what may be the only copy
// of something.
[[nodiscard]] Result<void> set_unreadable_aside(Site &site);

}  // namespace mos::transaction
