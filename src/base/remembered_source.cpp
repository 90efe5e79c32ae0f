#include <mos/base/remembered_source.hpp>

#include <algorithm>
#include <iterator>

namespace mos::base {

std::optional<ByteView> RememberedSource::find(std::uint64_t offset, std::size_t size) const {
    const auto after = m_pieces.upper_bound(offset);
    if (after == m_pieces.begin())
        return std::nullopt;
    const auto &[begin, piece] = *std::prev(after);
    const std::uint64_t at = offset - begin;
    if (at > piece.size() || piece.size() - at < size)
        return std::nullopt;
    return ByteView{piece}.subspan(static_cast<std::size_t>(at), size);
}

// A longer piece takes the place of one that begins where it does.
void RememberedSource::remember(std::uint64_t offset, ByteView bytes) {
    const auto known = m_pieces.find(offset);
    const std::size_t before = known == m_pieces.end() ? 0 : known->second.size();
    if (bytes.size() <= before || bytes.size() - before > m_most_bytes - m_kept_bytes)
        return;
    m_kept_bytes += bytes.size() - before;
    m_pieces[offset].assign(bytes.begin(), bytes.end());
}

Result<std::size_t> RememberedSource::read_at(std::uint64_t offset, MutableByteView out) {
    if (const auto known = find(offset, out.size())) {
        std::ranges::copy(*known, out.begin());
        return out.size();
    }
    MOS_TRY(const std::size_t count, m_source->read_at(offset, out));
    remember(offset, out.first(count));
    return count;
}

}  // namespace mos::base
