// The files of a database, looked at and copied without SQLite: whether they are whole, and the redundant copy of them.
//
// The copy lies in a folder of its own, as `state.db` and `state.db-wal` too. Between two checkpoints the database
// changes by what is appended to its log alone, so the copy is kept up to date by appending the same; for a
// checkpoint it is made anew beside the old one and takes its place in one step (upkeep.hpp). What is appended is not
// flushed: the next transaction's flush of the filesystem makes it durable, and a tail that is torn until then is cut
// off by the log's own checksums. All of this needs the root's lock, and no commit under way.
#pragma once

#include <mos/base/filesystem.hpp>

#include <optional>

namespace mos::state {

inline constexpr const char *database_name = "state.db";
inline constexpr const char *log_name = "state.db-wal";
inline constexpr const char *new_database_name = "state.db.new";  // while a database is being created
inline constexpr const char *copy_name = "copy";
inline constexpr const char *new_copy_name = "copy.new";  // while one is being made

// Checks every page of the database in `directory`: DATABASE_DAMAGED names the first page that is neither as it was
// written nor superseded by the log. A database whose pages have no checksums, or none at all, passes.
[[nodiscard]] Result<void> check_pages(base::Directory &directory);

// Whether the log of `directory` ends where its last commit ends. What follows may be a torn tail, which a power cut
// leaves, or the rest of a log that was damaged further ahead.
[[nodiscard]] Result<bool> log_is_whole(base::Directory &directory);

// Whether the database in `directory` certainly holds everything that `copy` does. False is no certainty of anything.
[[nodiscard]] Result<bool> includes(base::Directory &directory, base::Directory &copy);

enum class CopyStep : std::uint8_t { appended, made_anew };

// Brings the copy in the folder `copies` up to what is committed in `directory`. A copy is complete at any moment: a
// new one replaces the old in one step; the first one's name is durable with the next flush. DATABASE_DAMAGED when the
// database is; the copy stays as it was then.
[[nodiscard]] Result<CopyStep> update_copy(base::Directory &directory, base::Directory &copies);

// The same, whatever copy there is: also in the place of a damaged one.
[[nodiscard]] Result<void> renew_copy(base::Directory &directory, base::Directory &copies);

// Both halves of that, for whoever flushes in between. The first writes a new copy beside the old one, `written_back`
// without the log, all of which the database file then holds. The second puts it in the old one's place.
enum class CopiedLog : std::uint8_t { whole, written_back };
[[nodiscard]] Result<void> prepare_copy(base::Directory &directory, base::Directory &copies, CopiedLog log);
[[nodiscard]] Result<void> take_prepared_copy(base::Directory &copies);

// Deletes what the last restoration moved aside: before another one begins.
[[nodiscard]] Result<void> forget_damaged(base::Directory &directory);

// Puts the files of `copy` in the place of the database in `directory`, whose own are moved aside (".damaged"). Those
// that lie there already stay: of a restoration that was cut short they are the ones that matter. Until the last step a
// cut leaves `directory` without `state.db`.
[[nodiscard]] Result<void> restore_copy(base::Directory &copy, base::Directory &directory);

}  // namespace mos::state
