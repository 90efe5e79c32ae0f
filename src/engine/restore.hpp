// Opening a root's database for good: restored from its copy where it is damaged, lost or behind.
#pragma once

#include <mos/transaction/transaction.hpp>

#include <memory>
#include <optional>

namespace mos::engine {

// How the database of a root stands, as far as its files and its copy tell.
struct DatabaseCondition {
    enum class Standing : std::uint8_t {
        sound,
        absent,   // and nothing says that there ever was one
        missing,  // although its copy, or a stage that was moved, is there
        damaged,
        behind,  // it lacks durable commits that its copy holds
        too_new,
    };
    Standing standing = Standing::sound;
    std::optional<Error> problem;  // of a damaged, too new or missing one
    enum class Copy : std::uint8_t { absent, sound, damaged, behind } copy = Copy::absent;
    std::optional<Error> copy_problem;
};

// Looks and changes nothing. Errors are those of the filesystem.
[[nodiscard]] Result<DatabaseCondition> examine_database(base::Directory &root);

// Whether a root without database once had one: its copy is there, or a stage that a transaction has moved.
[[nodiscard]] Result<bool> has_lost_database(base::Directory &root);

// Opens, creates or restores. The files that were there are kept beside it (".damaged"), and a notice tells.
// DATABASE_DAMAGED when there is nothing to restore from. The caller holds the lock.
[[nodiscard]] Result<std::unique_ptr<state::Database>> open_or_restore(base::Directory &root, base::Observer &observer);

// Recovery after that: also takes back the one transaction that a restored database does not know. STAGE_UNCLEAR when
// there are more, or one that is not the newest.
[[nodiscard]] Result<transaction::Recovered> recover_or_take_back(transaction::Site &site);

// Brings the copy up to date when the database was changed. Never fails: what goes wrong is a notice.
void keep_copy(transaction::Site &site);

[[nodiscard]] Result<std::unique_ptr<base::Directory>> open_state_folder(base::Directory &root);  // null: none
[[nodiscard]] Result<std::unique_ptr<base::Directory>> open_copy(base::Directory &root);          // null: none

}  // namespace mos::engine
