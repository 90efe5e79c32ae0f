// SQLite's checksum, which its write-ahead log carries, and which our database files carry page by page.
//
// Each page of a database file ends in eight reserved bytes that hold the checksum of the rest. SQLite's own checksum
// VFS does nearly the same; ours begins at the page's number instead of 0, because there a page of zeros is a valid
// one (what a filesystem leaves of a lost block), and so is a page that was written in another one's place.
#pragma once

#include <mos/base/bytes.hpp>
#include <mos/base/filesystem.hpp>

#include <cstdint>
#include <optional>

namespace mos::state {

struct Checksum {
    std::uint32_t first = 0;
    std::uint32_t second = 0;
    friend bool operator==(const Checksum &, const Checksum &) = default;
};

enum class WordOrder : std::uint8_t { little, big };

// The checksum of more bytes; their number must be a multiple of eight.
[[nodiscard]] Checksum checksum_of(Checksum before, base::ByteView bytes, WordOrder order) noexcept;

inline constexpr std::size_t page_checksum_bytes = 8;
// Marks a database file whose pages have checksums ("MOSc"), so that damage to the header can't turn them off.
inline constexpr std::uint32_t checked_application_id = 0x4d4f5363;
inline constexpr std::size_t database_header_bytes = 100;
// SQLite never uses the page that holds this byte.
inline constexpr std::uint64_t unused_byte = 0x40000000;

// The page size of the database file with this header, nothing when its pages have no checksums: one that was made
// before version 2 of the schema, or what is no database. DATABASE_DAMAGED when the header contradicts itself.
[[nodiscard]] Result<std::optional<std::uint32_t>> checked_page_bytes(base::ByteView header);
[[nodiscard]] Result<std::optional<std::uint32_t>> checked_page_bytes(base::File &file);

[[nodiscard]] Result<bool> begins_as_database(base::File &file);

// Pages are numbered from 1.
void seal_page(base::MutableByteView page, std::uint64_t number) noexcept;
[[nodiscard]] bool is_sealed(base::ByteView page, std::uint64_t number) noexcept;
[[nodiscard]] Error damaged_page(std::uint64_t number);

}  // namespace mos::state
