#include <mos/package/statement.hpp>

#include <mos/package/version.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace mos::package {

namespace {

constexpr std::string_view magic = "MOS-STMT";
constexpr std::string_view signing_context{"multiosupdate package statement 1\0", 34};
constexpr std::uint32_t understood_bits = 0;  // of the must-understand bits
constexpr std::size_t reserved_bytes = 16;
constexpr std::uint32_t signature_area_unit = 512;

void append(base::Bytes &out, base::ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

void append_text(base::Bytes &out, std::string_view text, std::size_t width) {
    assert(text.size() <= width);
    append(out, base::as_bytes(text));
    out.resize(out.size() + width - text.size());
}

Error malformed(std::string message) { return Error{Code::FORMAT, "package statement: " + std::move(message)}; }

bool all_zero(base::ByteView bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

// Text in a field of fixed width, the rest of it zero.
Result<std::string> read_text(base::ByteReader &reader, std::size_t width) {
    MOS_TRY(const base::ByteView field, reader.take(width));
    const auto end = std::find(field.begin(), field.end(), std::byte{0});
    const auto length = static_cast<std::size_t>(end - field.begin());
    if (!all_zero(field.subspan(length)))
        return malformed("a text field goes on after its end");
    return std::string{base::as_text(field.first(length))};
}

Result<crypto::Sha256Digest> read_digest(base::ByteReader &reader) {
    crypto::Sha256Digest digest{};
    MOS_TRY(const base::ByteView bytes, reader.take(digest.size()));
    std::copy(bytes.begin(), bytes.end(), digest.begin());
    return digest;
}

Result<void> check_format(const Statement &statement, std::uint32_t must_understand) {
    if (statement.minimum_reader_version > statement.version_of_format)
        return malformed("it asks for a newer reader than its own format");
    if (statement.minimum_reader_version > format_version)
        return Error{Code::UNSUPPORTED,
                     fmt::format("package needs a reader of format version {}, this one reads up to {}",
                                 statement.minimum_reader_version, format_version)};
    if ((must_understand & ~understood_bits) != 0)
        return Error{Code::UNSUPPORTED,
                     fmt::format("package needs a feature that this reader does not know (bits {:#x})",
                                 must_understand & ~understood_bits)};
    return {};
}

Result<void> check_at_most(std::string_view what, std::uint64_t value, std::uint64_t limit) {
    if (value > limit)
        return Error{Code::LIMIT,
                     fmt::format("package statement: {} is {}, at most {} are allowed", what, value, limit)};
    return {};
}

Result<void> check_ratio(std::string_view what, std::uint64_t stored, std::uint64_t plain, const Limits &limits) {
    // plain > stored * ratio; divided, not multiplied: the product could be beyond 64 bits.
    const std::uint64_t ratio = std::max<std::uint64_t>(limits.expansion_ratio, 1);
    if (plain / ratio > stored || (plain / ratio == stored && plain % ratio != 0))
        return Error{Code::LIMIT,
                     fmt::format("package statement: {} expands more than {} times", what, limits.expansion_ratio)};
    return {};
}

Result<void> check_sizes(const Statement &statement, const Limits &limits) {
    if (statement.signature_area_bytes == 0 || statement.signature_area_bytes % signature_area_unit != 0)
        return malformed(fmt::format("the signature area's size {} is no multiple of {}",
                                     statement.signature_area_bytes, signature_area_unit));
    MOS_CHECK(check_at_most("signature area size", statement.signature_area_bytes, limits.signature_area_bytes));
    MOS_CHECK(check_at_most("stored payload size", statement.payload_stored_bytes, limits.payload_bytes));
    MOS_CHECK(check_at_most("plain payload size", statement.payload_plain_bytes, limits.payload_bytes));
    MOS_CHECK(check_at_most("stored index size", statement.index_stored_bytes, limits.index_stored_bytes));
    MOS_CHECK(check_at_most("expanded index size", statement.index_expanded_bytes, limits.index_expanded_bytes));
    MOS_CHECK(check_at_most("number of entries", statement.entries, limits.entries));
    MOS_CHECK(check_at_most("number of frames", statement.frames, limits.frames));
    MOS_CHECK(check_at_most("manifest size", statement.manifest_bytes, limits.manifest_bytes));
    MOS_CHECK(check_ratio("the payload", statement.payload_stored_bytes, statement.payload_plain_bytes, limits));
    MOS_CHECK(check_ratio("the index", statement.index_stored_bytes, statement.index_expanded_bytes, limits));
    if (statement.frames == 0 || statement.entries == 0 || statement.manifest_bytes == 0 ||
        statement.index_stored_bytes == 0 || statement.index_expanded_bytes == 0)
        return malformed("it describes a package without content");
    return {};
}

Result<void> check_identity(const Statement &statement) {
    MOS_CHECK(check_name(statement.name));
    MOS_CHECK(check_version(statement.version));
    MOS_CHECK(check_release(statement.release));
    MOS_CHECK(check_architecture(statement.architecture));
    MOS_CHECK(check_type(statement.type));
    if (statement.created_unix_s < 0 || statement.created_unix_s > max_creation_time)
        return malformed(fmt::format("creation time {} is out of range", statement.created_unix_s));
    if (statement.kind != PackageKind::full && statement.kind != PackageKind::delta)
        return malformed(fmt::format("kind {} is unknown", static_cast<unsigned>(statement.kind)));
    if ((statement.kind == PackageKind::delta) == all_zero(statement.base_content_digest))
        return malformed("a delta package, and no other, names its base");
    return {};
}

}  // namespace

std::string_view kind_name(PackageKind kind) noexcept { return kind == PackageKind::delta ? "delta" : "full"; }

base::Bytes encode_statement(const Statement &statement) {
    base::Bytes out;
    out.reserve(statement_bytes);
    append(out, base::as_bytes(magic));
    base::append_u16(out, statement.version_of_format);
    base::append_u16(out, statement.minimum_reader_version);
    base::append_u32(out, 0);  // must-understand bits
    base::append_u16(out, static_cast<std::uint16_t>(statement.kind));
    base::append_u16(out, 0);
    base::append_u32(out, statement.signature_area_bytes);
    base::append_u64(out, static_cast<std::uint64_t>(statement.created_unix_s));
    base::append_u64(out, statement.payload_stored_bytes);
    base::append_u64(out, statement.payload_plain_bytes);
    base::append_u64(out, statement.index_stored_bytes);
    base::append_u64(out, statement.index_expanded_bytes);
    base::append_u64(out, statement.entries);
    base::append_u32(out, statement.frames);
    base::append_u32(out, statement.manifest_bytes);
    append(out, statement.index_sha256);
    append(out, statement.content_digest);
    append(out, statement.base_content_digest);
    out.resize(out.size() + reserved_bytes);
    append_text(out, statement.name, max_name_bytes);
    append_text(out, statement.version, max_version_bytes);
    append_text(out, statement.release, max_release_bytes);
    append_text(out, statement.architecture, max_architecture_bytes);
    append_text(out, statement.type, max_type_bytes);
    assert(out.size() == statement_bytes);
    return out;
}

Result<Statement> decode_statement(base::ByteView bytes, const Limits &limits) {
    MOS_CHECK(check_at_most("its size", bytes.size(), limits.statement_bytes));
    base::ByteReader reader{bytes};
    Statement statement;
    MOS_TRY(const base::ByteView found_magic, reader.take(magic.size()));
    if (base::as_text(found_magic) != magic)
        return malformed("it does not begin as one");
    MOS_TRY(statement.version_of_format, reader.u16());
    MOS_TRY(statement.minimum_reader_version, reader.u16());
    MOS_TRY(const std::uint32_t must_understand, reader.u32());
    MOS_CHECK(check_format(statement, must_understand));
    MOS_TRY(const std::uint16_t kind, reader.u16());
    statement.kind = static_cast<PackageKind>(kind);
    MOS_TRY(const std::uint16_t reserved, reader.u16());
    MOS_TRY(statement.signature_area_bytes, reader.u32());
    MOS_TRY(const std::uint64_t created, reader.u64());
    statement.created_unix_s = static_cast<std::int64_t>(created);
    MOS_TRY(statement.payload_stored_bytes, reader.u64());
    MOS_TRY(statement.payload_plain_bytes, reader.u64());
    MOS_TRY(statement.index_stored_bytes, reader.u64());
    MOS_TRY(statement.index_expanded_bytes, reader.u64());
    MOS_TRY(statement.entries, reader.u64());
    MOS_TRY(statement.frames, reader.u32());
    MOS_TRY(statement.manifest_bytes, reader.u32());
    MOS_TRY(statement.index_sha256, read_digest(reader));
    MOS_TRY(statement.content_digest, read_digest(reader));
    MOS_TRY(statement.base_content_digest, read_digest(reader));
    MOS_TRY(const base::ByteView zeros, reader.take(reserved_bytes));
    MOS_TRY(statement.name, read_text(reader, max_name_bytes));
    MOS_TRY(statement.version, read_text(reader, max_version_bytes));
    MOS_TRY(statement.release, read_text(reader, max_release_bytes));
    MOS_TRY(statement.architecture, read_text(reader, max_architecture_bytes));
    MOS_TRY(statement.type, read_text(reader, max_type_bytes));
    if (reserved != 0 || !all_zero(zeros))
        return malformed("a reserved byte is not zero");
    if (statement.version_of_format == format_version && reader.remaining() != 0)
        return malformed("it is longer than its format");
    MOS_CHECK(check_identity(statement));
    MOS_CHECK(check_sizes(statement, limits));
    return statement;
}

base::Bytes signed_message(base::ByteView statement) {
    base::Bytes message(signing_context.size() + statement.size());
    const base::ByteView context = base::as_bytes(signing_context);
    std::copy(statement.begin(), statement.end(), std::copy(context.begin(), context.end(), message.begin()));
    return message;
}

}  // namespace mos::package
