#include "old_database.hpp"

#include "machine.hpp"

#include <mos/state/sqlite_vfs.hpp>

#include <fmt/format.h>
#include <memory>
#include <sqlite3.h>

namespace mos::test {

namespace {

// As the first release of the library made it. Never changed: databases in the field are like this.
constexpr const char *schema_1 = R"sql(
CREATE TABLE properties (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO properties VALUES ('minimum_reader', 1), ('last_transaction', 0);

CREATE TABLE transactions (
    id INTEGER PRIMARY KEY,
    stage INTEGER NOT NULL,
    direction INTEGER NOT NULL,
    state INTEGER NOT NULL,
    in_effect INTEGER NOT NULL,
    time_unix_s INTEGER NOT NULL,
    summary TEXT NOT NULL,
    reason TEXT NOT NULL,
    changed_paths INTEGER NOT NULL
);
CREATE INDEX transactions_by_state ON transactions (state);

-- pass: 0 contents, 1 directories that go, 2 attributes; see Transactions::for_each_operation.
CREATE TABLE operations (
    transaction_id INTEGER NOT NULL,
    pass INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    path BLOB NOT NULL,
    staged_inode INTEGER NOT NULL,
    staged_size INTEGER NOT NULL,
    staged_seconds INTEGER NOT NULL,
    staged_nanoseconds INTEGER NOT NULL,
    attributes_before TEXT NOT NULL,
    attributes_after TEXT NOT NULL,
    leaving_inode INTEGER NOT NULL,
    active INTEGER NOT NULL,
    PRIMARY KEY (transaction_id, pass, slot)
) WITHOUT ROWID;

CREATE TABLE packages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    release TEXT NOT NULL,
    architecture TEXT NOT NULL,
    type TEXT NOT NULL,
    content_digest BLOB NOT NULL,
    signer TEXT NOT NULL,
    manifest TEXT NOT NULL,
    installed_by INTEGER NOT NULL,
    removed_by INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX packages_by_name ON packages (name);

CREATE TABLE files (
    package INTEGER NOT NULL,
    path BLOB NOT NULL,
    type INTEGER NOT NULL,
    attributes TEXT NOT NULL,
    size INTEGER NOT NULL,
    digest BLOB NOT NULL,
    link_target BLOB NOT NULL,
    link_group BLOB NOT NULL,
    PRIMARY KEY (package, path)
) WITHOUT ROWID;
CREATE INDEX files_by_path ON files (path);

PRAGMA user_version = 1;
)sql";

// Somebody has installed "system" in version "old", with an update of which no recovery point is left.
constexpr const char *history = R"sql(
INSERT INTO transactions VALUES (1, 1, 0, 5, 1, 1600000000, 'to old', '', 1);
UPDATE properties SET value = 1 WHERE name = 'last_transaction';
INSERT INTO packages (name, version, release, architecture, type, content_digest, signer, manifest, installed_by)
    VALUES ('system', 'old', '', '', '', zeroblob(32), '', '{}', 1);
INSERT INTO files VALUES (1, CAST('home/user.txt' AS BLOB), 0,
    '{"mode":420,"owner":0,"group":0,"seconds":1600000000,"nanoseconds":0}', 10, zeroblob(32), x'', x'');
)sql";

struct Closer {
    void operator()(sqlite3 *database) const noexcept { sqlite3_close(database); }
};

}  // namespace

Result<void> make_old_database(base::Directory &root) {
    MOS_TRY(auto folder, base::make_directories(root, database_path));
    MOS_TRY(const auto vfs, state::PortVfs::create(std::move(folder)));
    sqlite3 *opened = nullptr;
    const int status = sqlite3_open_v2("state.db", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs->name());
    const std::unique_ptr<sqlite3, Closer> database{opened};
    for (const char *const sql : {"PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;", schema_1, history}) {
        if (status != SQLITE_OK || sqlite3_exec(opened, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
            return Error{Code::INTERNAL, fmt::format("can't make an old database: {}", sqlite3_errmsg(opened))};
    }
    return {};
}

}  // namespace mos::test
