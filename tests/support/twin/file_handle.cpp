#include "handles.hpp"

#include <cerrno>
#include <fmt/format.h>

namespace mos::test::twin {

using base::ByteView;
using base::FileStatus;
using base::MutableByteView;

namespace {

constexpr auto max_offset = static_cast<std::uint64_t>(INT64_MAX);

}  // namespace

Result<void> TwinFile::outcome(int number, std::string_view verb) const {
    if (number != 0)
        return base::system_error(number, verb, m_shown);
    return {};
}

template <class Work>
Result<void> TwinFile::change(std::string_view verb, Work work) {
    if (const int number = m_handle.disk().enter(Effect::changes, verb, m_shown); number != 0)
        return outcome(number, verb);
    return outcome(work(m_handle.disk(), m_handle.id()), verb);
}

Result<std::size_t> TwinFile::read_at(std::uint64_t offset, MutableByteView out) {
    MOS_CHECK(outcome(m_handle.disk().enter(Effect::reads, "read", m_shown), "read"));
    if (m_handle.disk().unreadable.contains(m_handle.id()))
        return base::system_error(EIO, "read", m_shown);
    return m_handle.inode().load(offset, out);
}

Result<void> TwinFile::write_at(std::uint64_t offset, ByteView bytes) {
    return change("write", [&](Disk &disk, Id id) {
        if (m_access != Access::write)
            return EBADF;
        if (offset > max_offset - bytes.size())
            return EFBIG;
        return disk.write(id, offset, bytes);
    });
}

Result<void> TwinFile::resize(std::uint64_t size) {
    return change("resize", [&](Disk &disk, Id id) {
        if (m_access != Access::write)
            return EINVAL;
        return size > max_offset ? EFBIG : disk.resize(id, size);
    });
}

// As a kernel does it, but without its promise to keep both in order: a cut may keep the size and lose the data.
Result<bool> TwinFile::share_content_of(base::File &source) {
    const auto *const other = dynamic_cast<const TwinFile *>(&source);
    if (other == nullptr || &other->m_handle.disk() != &m_handle.disk())
        return false;
    const base::FileStatus from = m_handle.disk().status(other->m_handle.id());
    if (from.device != m_handle.disk().status(m_handle.id()).device || !m_handle.disk().shares_content(m_handle.id()))
        return false;
    base::Bytes content(from.size);
    static_cast<void>(other->m_handle.inode().load(0, content));
    MOS_CHECK(change("share content with", [&](Disk &disk, Id id) {
        if (m_access != Access::write)
            return EBADF;
        return disk.write(id, 0, content);
    }));
    return true;
}

Result<FileStatus> TwinFile::status() {
    MOS_CHECK(outcome(m_handle.disk().enter(Effect::reads, "inspect", m_shown), "inspect"));
    return m_handle.disk().status(m_handle.id());
}

Result<void> TwinFile::set_owner(std::uint32_t owner, std::uint32_t group) {
    return change("set the owner of", [&](Disk &disk, Id id) { return disk.set_owner(id, owner, group); });
}

Result<void> TwinFile::set_mode(std::uint32_t mode) {
    return change("set the mode of", [&](Disk &disk, Id id) {
        Attributes attributes;
        attributes.mode = mode & 07777U;
        return disk.set_attributes(id, std::move(attributes));
    });
}

Result<void> TwinFile::set_modified(base::FileTime time) {
    return change("set the time of", [&](Disk &disk, Id id) {
        Attributes attributes;
        attributes.modified = time;
        return disk.set_attributes(id, std::move(attributes));
    });
}

Result<void> TwinFile::set_extended_attribute(const base::ExtendedAttribute &attribute) {
    return change("set an attribute of", [&](Disk &disk, Id id) { return disk.set_extended_attribute(id, attribute); });
}

Result<base::ExtendedAttributes> TwinFile::extended_attributes() {
    MOS_CHECK(outcome(m_handle.disk().enter(Effect::reads, "list attributes of", m_shown), "list attributes of"));
    return m_handle.inode().attributes;
}

Result<void> TwinFile::flush() {
    const int injected = m_handle.disk().enter(Effect::flushes, "flush", m_shown);
    return outcome(m_handle.disk().flush_inode(m_handle.id(), m_mark, injected), "flush");
}

Result<void> TwinFile::lock(base::LockMode mode) {
    MOS_CHECK(outcome(m_handle.disk().enter(Effect::reads, "lock", m_shown), "lock"));
    if (m_locked == Locked::yes) {
        m_handle.disk().unlock(m_handle.id());
        m_locked = Locked::no;
    }
    if (!m_handle.disk().lock(m_handle.id(), mode))
        return Error{Code::LOCKED, fmt::format("{} is in use", base::in_quotes(m_shown))}.about(m_shown);
    m_locked = Locked::yes;
    return {};
}

TwinFile::~TwinFile() {
    if (m_locked == Locked::yes)
        m_handle.disk().unlock(m_handle.id());
}

}  // namespace mos::test::twin
