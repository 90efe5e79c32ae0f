#include "old_database.hpp"

#include "machine.hpp"
#include "schema_1.hpp"

#include <mos/state/sqlite_vfs.hpp>

#include <fmt/format.h>
#include <memory>
#include <sqlite3.h>

namespace mos::test {

namespace {

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
