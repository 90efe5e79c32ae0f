// The statement: the few hundred signed bytes at the start of a package that vouch for all the rest.
//
// Fixed binary layout, little-endian, every field at a fixed offset; docs/package-format.md has the table.
#pragma once

#include <mos/crypto/digest.hpp>
#include <mos/package/limits.hpp>

#include <cstdint>
#include <string>

namespace mos::package {

enum class PackageKind : std::uint16_t { full = 1, delta = 2 };
[[nodiscard]] std::string_view kind_name(PackageKind kind) noexcept;

inline constexpr std::size_t statement_bytes = 640;                             // what format version 0 writes
inline constexpr std::int64_t max_creation_time = (std::int64_t{1} << 33) - 1;  // year 2242: what a tar header holds

struct Statement {
    std::uint16_t version_of_format = format_version;
    std::uint16_t minimum_reader_version = format_version;
    PackageKind kind = PackageKind::full;
    std::uint32_t signature_area_bytes = 0;  // reserved, a multiple of 512
    std::int64_t created_unix_s = 0;
    std::uint64_t payload_stored_bytes =
        0;                                  // from the end of the index to the end of the file, the last frame included
    std::uint64_t payload_plain_bytes = 0;  // the length of the tar, the last frame included
    std::uint64_t index_stored_bytes = 0;
    std::uint64_t index_expanded_bytes = 0;
    std::uint64_t entries = 0;
    std::uint32_t frames = 0;  // the last frame not counted
    std::uint32_t manifest_bytes = 0;
    crypto::Sha256Digest index_sha256{};  // of the index as it is stored
    crypto::Sha256Digest content_digest{};
    crypto::Sha256Digest base_content_digest{};  // of the package that a delta applies to; zero for a full one
    std::string name;
    std::string version;
    std::string release;
    std::string architecture;
    std::string type;

    friend bool operator==(const Statement &, const Statement &) = default;
};

// The bytes that are signed and stored. The statement must be one that decode_statement() accepts.
[[nodiscard]] base::Bytes encode_statement(const Statement &statement);

// Checks every field and every reserved byte. FORMAT, LIMIT; UNSUPPORTED when the package needs a newer reader. Of a
// newer format that this reader may read, bytes past the known layout are ignored.
[[nodiscard]] Result<Statement> decode_statement(base::ByteView bytes, const Limits &limits);

// What a signer signs: "multiosupdate package statement 1", a zero byte, the statement's bytes.
[[nodiscard]] base::Bytes signed_message(base::ByteView statement);

}  // namespace mos::package
