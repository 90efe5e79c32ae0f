// The oldest schema of the database, for tests that migrate it.
#pragma once

namespace mos::test {

// As the first library made it. Never changed, and not taken from src/state: databases in the field are like this
// whatever becomes of the text there.
inline constexpr const char *schema_1 = R"sql(
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

}  // namespace mos::test
