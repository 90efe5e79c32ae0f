// What is done for the database beside a flush that a transaction needs anyway: a long log is brought into the database
// file, and its redundant copy (database_files.hpp) made where there is none or where it would no longer fit. Alone
// that would cost five flushes.
//
// All of it is for later: whatever fails here leaves database and copy as good as they were.
#pragma once

#include <mos/state/database.hpp>

namespace mos::state {

class Upkeep {
  public:
    // Both are borrowed; `copies` is the folder in which the copy lies. The caller holds the root's lock.
    Upkeep(Database &database, base::Directory &copies) noexcept : m_database(database), m_copies(copies) {}

    // Whether there is anything to do. Not for a database in memory.
    [[nodiscard]] Result<bool> is_due();

    // Writes what is to be flushed: to the volumes of the database and of `copies`, whose sync points are older.
    [[nodiscard]] Result<void> prepare();

    // Makes it count. Only after the flush has succeeded, and with no commit since prepare().
    [[nodiscard]] Result<void> finish();

  private:
    Database &m_database;
    base::Directory &m_copies;
    bool m_written_back = false;
    bool m_copied = false;
};

}  // namespace mos::state
