// Deltas between files with compressed members, made and forged.
#include "corpus.hpp"
#include "delta_apply.hpp"
#include "members.hpp"
#include "suffix_format.hpp"

#include <algorithm>

namespace mos::fuzz {

namespace {

using delta::Member;
using delta::Members;
using delta::MembersOf;

// Where the members of delta_base() are.
constexpr std::size_t stored_header_bytes = 5;
constexpr std::size_t gzip_trailer_bytes = 8;
constexpr std::uint64_t gzip_plain = 2000;
constexpr std::uint64_t xz_plain = 920;
constexpr std::uint64_t zstd_plain = 1000;

Member gzip_member(const base::Bytes &file) {
    Member member;
    member.bytes = stored_header_bytes + gzip_plain;
    member.plain = gzip_plain;
    member.at = file.size() - sizeof delta_zstd - sizeof delta_xz - gzip_trailer_bytes - member.bytes;
    return member;
}

Member xz_member(const base::Bytes &file) {
    Member member;
    member.kind = delta::MemberKind::xz;
    member.bytes = sizeof delta_xz;
    member.plain = xz_plain;
    member.at = file.size() - sizeof delta_zstd - member.bytes;
    // --check=crc32 --lzma2=preset=0,dict=64KiB
    member.rules.xz = {.encoder_version = 50'040'012, .check = 1, .filter = 0, .preset = 0, .dictionary = 8};
    member.rules.crc32 = static_cast<std::uint32_t>(crc32(0, delta_xz, sizeof delta_xz));
    return member;
}

Member zstd_member(const base::Bytes &file) {
    Member member;
    member.kind = delta::MemberKind::zstd;
    member.bytes = sizeof delta_zstd;
    member.plain = zstd_plain;
    member.at = file.size() - member.bytes;
    member.rules.zstd = {.encoder_version = 10'504, .level = 3, .has_checksum = true, .has_size = true};
    member.rules.crc32 = static_cast<std::uint32_t>(crc32(0, delta_zstd, sizeof delta_zstd));
    return member;
}

base::Bytes repeated(std::string_view text, std::uint64_t size) {
    base::Bytes bytes;
    while (bytes.size() < size)
        bytes.push_back(static_cast<std::byte>(text[bytes.size() % text.size()]));
    return bytes;
}

// A payload made of the base and what becomes of it; its streams fit, whatever lists are put before them.
base::Bytes streams_between(base::Bytes from, base::Bytes to) {
    const auto base = base::make_memory_source(std::move(from), "base");
    const auto result = base::make_memory_source(std::move(to), "result");
    // So little memory that no members are looked for.
    const auto payload = must(delta::create_payload(*base, *result, {.apply_memory = 2U << 20U}), "a payload is made");
    hold(payload.bytes[1] == std::byte{}, "it has no lists");
    return payload.bytes;
}

base::Bytes with_lists(base::ByteView payload, const Members &of_base, const Members &of_result) {
    base::Bytes bytes = {payload[0], std::byte{delta::suffix::has_members}};
    delta::append_members(bytes, of_base, MembersOf::base);
    delta::append_members(bytes, of_result, MembersOf::result);
    bytes.insert(bytes.end(), payload.begin() + 2, payload.end());
    return bytes;
}

std::uint64_t deflated_bytes(base::ByteView content, delta::DeflateRules rules) {
    delta::MemoryBudget memory{delta::DeflateEncoder::memory_bytes()};
    auto encoder = must(delta::DeflateEncoder::create(memory), "there is an encoder");
    std::uint64_t bytes = 0;
    const base::ByteSink sink = [&](base::ByteView part) -> Result<void> {
        bytes += part.size();
        return {};
    };
    encoder.begin(rules, sink);
    hold(encoder.add(content).ok() && encoder.finish().ok(), "it compresses");
    return bytes;
}

}  // namespace

void make_delta_inputs(const Corpus &corpus) {
    const base::Bytes file = delta_base();
    const Member gzip = gzip_member(file);
    const Member xz = xz_member(file);
    const Member zstd = zstd_member(file);
    base::Bytes view{file.begin(), file.begin() + static_cast<std::ptrdiff_t>(gzip.at)};
    const auto append = [&view](const base::Bytes &bytes) { view.insert(view.end(), bytes.begin(), bytes.end()); };
    append({file.begin(), file.begin() + static_cast<std::ptrdiff_t>(gzip_plain)});
    const auto trailer = file.begin() + static_cast<std::ptrdiff_t>(gzip.at + gzip.bytes);
    append({trailer, trailer + static_cast<std::ptrdiff_t>(gzip_trailer_bytes)});
    append(repeated("An .xz stream of the base, which is expanded. ", xz_plain));
    append(repeated("A Zstandard frame of the base, which is expanded. ", zstd_plain));
    const base::Bytes same = streams_between(view, view);
    corpus.put("delta_suffix", "base-members", with_lists(same, {gzip, xz, zstd}, {}));
    corpus.put("delta_suffix", "all", with_lists(same, {gzip, xz, zstd}, {gzip, xz, zstd}));
    corpus.put("delta_suffix", "xz", with_lists(streams_between(file, file), {xz}, {xz}));
    base::Bytes with_plain{file.begin(), file.begin() + static_cast<std::ptrdiff_t>(zstd.at)};
    const base::Bytes plain = repeated("A Zstandard frame of the base, which is expanded. ", zstd_plain);
    with_plain.insert(with_plain.end(), plain.begin(), plain.end());
    corpus.put("delta_suffix", "zstd", with_lists(streams_between(with_plain, with_plain), {zstd}, {zstd}));
    base::Bytes other = view;
    other.insert(other.begin() + 7000, file.begin() + 200, file.begin() + 300);
    for (const std::uint8_t level : {std::uint8_t{1}, std::uint8_t{6}, std::uint8_t{9}})
        for (unsigned program = 0; program < delta::deflate_programs; ++program) {
            Member member = gzip;
            member.plain += 100;
            member.rules.deflate = {.program = static_cast<delta::DeflateRules::Program>(program), .level = level};
            member.bytes = deflated_bytes(base::ByteView{other}.subspan(gzip.at, member.plain), member.rules.deflate);
            corpus.put("delta_suffix", ("deflate-" + std::to_string(level) + "-" + std::to_string(program)).c_str(),
                       with_lists(streams_between(view, other), {gzip, xz, zstd}, {member}));
        }
    Member forged = gzip;
    forged.plain = forged.bytes * 1032;
    corpus.put("delta_suffix", "large", with_lists(same, {forged}, {forged}));
    forged = gzip;
    forged.at += 1;
    corpus.put("delta_suffix", "elsewhere", with_lists(same, {forged, xz}, {forged}));
    forged = xz;
    forged.bytes += 1;
    corpus.put("delta_suffix", "beyond", with_lists(same, {gzip, forged}, {}));
    // Halves that differ, of which each has a .gz member.
    base::Bytes pair = {std::byte{0x7f}, std::byte{0x8c}};
    pair.insert(pair.end(), file.begin(), file.begin() + 2000);
    pair.insert(pair.end(), file.begin(), file.begin() + 900);
    pair.insert(pair.end(), file.begin() + 100, file.begin() + 1200);
    corpus.put("delta_pair", "members", pair);
}

}  // namespace mos::fuzz
