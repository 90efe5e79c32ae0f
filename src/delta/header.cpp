#include <mos/delta/delta.hpp>

#include "ends.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mos::delta {

namespace {

constexpr std::string_view magic = "MOSDELTA";
constexpr std::uint16_t version = 0;
constexpr std::size_t check_bytes = 8;
constexpr std::size_t checked_bytes = header_bytes - check_bytes;

void append(base::Bytes &out, base::ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

void append(base::Bytes &out, const Expected &file) {
    base::append_u64(out, file.size);
    append(out, base::ByteView{file.digest});
}

Result<Expected> read_expected(base::ByteReader &reader) {
    Expected file;
    MOS_TRY(file.size, reader.u64());
    MOS_TRY(const base::ByteView digest, reader.take(file.digest.size()));
    std::copy(digest.begin(), digest.end(), file.digest.begin());
    if (file.size > max_file_bytes)
        return malformed_delta("a size in its header is impossible");
    return file;
}

}  // namespace

base::Bytes encode_header(const DeltaInfo &info) {
    base::Bytes out = base::to_bytes(base::as_bytes(magic));
    base::append_u16(out, version);
    base::append_u16(out, static_cast<std::uint16_t>(info.codec));  // its second byte: features, none yet
    base::append_u32(out, 0);
    append(out, info.base);
    append(out, info.result);
    base::append_u64(out, info.apply_memory);
    base::append_u64(out, info.payload_bytes);
    base::append_u64(out, 0);
    const crypto::Sha256Digest check = crypto::sha256(out);
    append(out, base::ByteView{check}.first(check_bytes));
    return out;
}

Result<DeltaInfo> decode_header(base::ByteView bytes) {
    if (bytes.size() != header_bytes || base::as_text(bytes.first(magic.size())) != magic)
        return Error{Code::FORMAT, "this is no delta"}.with_remedy(
            "give a delta, as 'multios-package file-delta create' makes them");
    base::ByteReader reader{bytes.subspan(magic.size())};
    MOS_TRY(const std::uint16_t written_by, reader.u16());
    if (written_by != version)
        return Error{Code::UNSUPPORTED,
                     fmt::format("the delta is of format {}; this version reads {}", written_by, version)};
    const crypto::Sha256Digest check = crypto::sha256(bytes.first(checked_bytes));
    if (!std::ranges::equal(base::ByteView{check}.first(check_bytes), bytes.last(check_bytes)))
        return malformed_delta("its header does not fit its check");
    DeltaInfo info;
    MOS_TRY(const std::uint16_t codec, reader.u16());
    MOS_TRY(const std::uint32_t features, reader.u32());
    if ((codec >> 8U) != 0 || features != 0)
        return Error{Code::UNSUPPORTED, "the delta needs a newer version of this software"};
    MOS_TRY(info.codec, codec_of_number(static_cast<std::uint8_t>(codec)));
    MOS_TRY(info.base, read_expected(reader));
    MOS_TRY(info.result, read_expected(reader));
    MOS_TRY(info.apply_memory, reader.u64());
    MOS_TRY(info.payload_bytes, reader.u64());
    MOS_TRY(const std::uint64_t reserved, reader.u64());
    if (reserved != 0)
        return Error{Code::UNSUPPORTED, "the delta needs a newer version of this software"};
    return info;
}

Result<DeltaInfo> read_header(base::Source &delta) {
    std::array<std::byte, header_bytes> bytes{};
    MOS_TRY(const std::size_t count, delta.read_at(0, bytes));
    const base::ByteView there = base::ByteView{bytes}.first(count);
    if (count < header_bytes && magic.starts_with(base::as_text(there.first(std::min(count, magic.size())))))
        return truncated_delta();
    return decode_header(there);
}

}  // namespace mos::delta
