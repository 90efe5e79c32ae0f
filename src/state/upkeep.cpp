#include <mos/state/upkeep.hpp>

#include <mos/state/database_files.hpp>

namespace mos::state {

namespace {

// Somebody reads just now: the next transaction will do it.
Result<bool> unless_locked(Result<void> done) {
    if (!done && done.error().code() == Code::LOCKED)
        return false;
    MOS_CHECK(std::move(done));
    return true;
}

}  // namespace

Result<bool> Upkeep::is_due() {
    if (m_database.directory() == nullptr)
        return false;
    if (m_database.log_is_long())
        return true;
    MOS_TRY(const auto copy, m_copies.find(copy_name));
    return !copy;
}

Result<void> Upkeep::prepare() {
    if (m_database.log_is_long()) {
        MOS_TRY(m_written_back, unless_locked(m_database.write_back()));
    }
    MOS_TRY(const auto copy, m_copies.find(copy_name));
    if (copy && !m_written_back)
        return {};
    MOS_CHECK(
        prepare_copy(*m_database.directory(), m_copies, m_written_back ? CopiedLog::written_back : CopiedLog::whole));
    m_copied = true;
    return {};
}

Result<void> Upkeep::finish() {
    if (m_copied)
        MOS_CHECK(take_prepared_copy(m_copies));
    if (m_written_back) {
        MOS_TRY(m_written_back, unless_locked(m_database.empty_written_log()));
    }
    return {};
}

}  // namespace mos::state
