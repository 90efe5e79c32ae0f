#include "checksum.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstring>

namespace mos::state {

namespace {

constexpr std::string_view magic{"SQLite format 3\0", 16};
constexpr std::size_t page_size_offset = 16;
constexpr std::size_t reserved_offset = 20;
constexpr std::size_t application_id_offset = 68;

template <WordOrder order>
std::uint32_t word_at(const std::byte *bytes) noexcept {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    constexpr bool as_it_is = (std::endian::native == std::endian::little) == (order == WordOrder::little);
    return as_it_is ? word : __builtin_bswap32(word);
}

template <WordOrder order>
Checksum sum_up(Checksum sum, base::ByteView bytes) noexcept {
    for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
        sum.first += word_at<order>(bytes.data()) + sum.second;
        sum.second += word_at<order>(bytes.data() + 4) + sum.first;
    }
    return sum;
}

std::array<std::byte, page_checksum_bytes> page_checksum(base::ByteView page, std::uint64_t number) noexcept {
    const Checksum start{.first = static_cast<std::uint32_t>(number), .second = 0};
    const Checksum sum = checksum_of(start, page.first(page.size() - page_checksum_bytes), WordOrder::little);
    std::array<std::byte, page_checksum_bytes> stored{};
    for (std::size_t i = 0; i < 4; ++i) {
        stored[i] = static_cast<std::byte>(sum.first >> (8 * i));
        stored[i + 4] = static_cast<std::byte>(sum.second >> (8 * i));
    }
    return stored;
}

}  // namespace

Checksum checksum_of(Checksum before, base::ByteView bytes, WordOrder order) noexcept {
    return order == WordOrder::little ? sum_up<WordOrder::little>(before, bytes)
                                      : sum_up<WordOrder::big>(before, bytes);
}

Result<std::optional<std::uint32_t>> checked_page_bytes(base::ByteView header) {
    if (header.size() < database_header_bytes || !base::as_text(header).starts_with(magic))
        return std::optional<std::uint32_t>{};
    const auto reserved = std::to_integer<std::size_t>(header[reserved_offset]);
    const bool marked = word_at<WordOrder::big>(header.data() + application_id_offset) == checked_application_id;
    if (reserved == 0 && !marked)
        return std::optional<std::uint32_t>{};
    if (reserved != page_checksum_bytes)
        return Error{Code::DATABASE_DAMAGED,
                     fmt::format("the database's header says that {} bytes of a page are reserved, {} was written",
                                 reserved, page_checksum_bytes)};
    const std::uint32_t size = word_at<WordOrder::big>(header.data() + page_size_offset) >> 16U;
    const std::uint32_t page_bytes = size == 1 ? 65536 : size;  // which has no room in two bytes
    if (page_bytes < 512 || !std::has_single_bit(page_bytes))
        return Error{Code::DATABASE_DAMAGED,
                     fmt::format("the database's header says that a page has {} bytes", page_bytes)};
    return std::optional{page_bytes};
}

Result<std::optional<std::uint32_t>> checked_page_bytes(base::File &file) {
    std::array<std::byte, database_header_bytes> header{};
    MOS_TRY(const std::size_t count, file.read_at(0, header));
    return checked_page_bytes(base::ByteView{header}.first(count));
}

Result<bool> begins_as_database(base::File &file) {
    std::array<std::byte, magic.size()> begin{};
    MOS_TRY(const std::size_t count, file.read_at(0, begin));
    return base::as_text(base::ByteView{begin}.first(count)) == magic;
}

void seal_page(base::MutableByteView page, std::uint64_t number) noexcept {
    const auto checksum = page_checksum(page, number);
    std::memcpy(page.data() + page.size() - checksum.size(), checksum.data(), checksum.size());
}

bool is_sealed(base::ByteView page, std::uint64_t number) noexcept {
    const auto checksum = page_checksum(page, number);
    return std::memcmp(page.data() + page.size() - checksum.size(), checksum.data(), checksum.size()) == 0;
}

Error damaged_page(std::uint64_t number) {
    return Error{Code::DATABASE_DAMAGED, fmt::format("page {} of 'state.db' doesn't match its checksum", number)};
}

}  // namespace mos::state
