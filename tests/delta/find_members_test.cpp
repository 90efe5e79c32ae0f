// Which compressed members of a pair are expanded before it is compared.
#include "member_fixture.hpp"

#include "find_members.hpp"

using namespace mos;
using namespace mos::test::delta;
using mos::delta::FoundMembers;
using mos::delta::Member;
using mos::delta::MemberKind;
using mos::test::must;
using mos::test::refusal;

namespace {

constexpr std::uint64_t plenty = 256U << 20U;

FoundMembers found(const Bytes &base, const Bytes &result, std::uint64_t apply_memory = plenty) {
    MemoryBudget memory{std::uint64_t{1} << 30U};
    auto members = must(mos::delta::find_members({.base = base,
                                                  .result = result,
                                                  .memory = memory,
                                                  .apply_memory = apply_memory,
                                                  .observer = base::silent_observer()}));
    CHECK(memory.left() == std::uint64_t{1} << 30U);
    return members;
}

Result<FoundMembers> found_by(CancelsAfter &observer, const Bytes &base, const Bytes &result) {
    MemoryBudget memory{std::uint64_t{1} << 30U};
    return mos::delta::find_members(
        {.base = base, .result = result, .memory = memory, .apply_memory = plenty, .observer = observer});
}

// RFC 8878, section 3.1.1.2: not the last, of type 0 (raw) or 1 (one byte, repeated).
Bytes block_header(unsigned type, unsigned size) {
    const unsigned header = type << 1U | size << 3U;
    return {static_cast<std::byte>(header), static_cast<std::byte>(header >> 8U),
            static_cast<std::byte>(header >> 16U)};
}

const Bytes old_text = prose(50'000);
const Bytes new_text = edited(old_text);

}  // namespace

TEST_CASE("members: a .gz member that changed is found wherever it is, with the rules that give it back") {
    const Bytes deflated = zlib_deflated(new_text, 6, 8);
    const Bytes old_file = joined({noise(777), gzip(old_text, 6), noise(50)});
    const Bytes new_file = joined({noise(1234, 5), gzip_of(new_text, deflated, 0), noise(50)});
    const FoundMembers members = found(old_file, new_file);
    REQUIRE(members.base.size() == 1);
    REQUIRE(members.result.size() == 1);
    CHECK(members.base[0].at == 777 + gzip_header_bytes);
    CHECK(members.base[0].plain == old_text.size());
    const Member &member = members.result[0];
    CHECK(member.kind == MemberKind::deflate);
    CHECK(member.at == 1234 + gzip_header_bytes);
    CHECK(member.bytes == deflated.size());
    CHECK(member.plain == new_text.size());
    CHECK(member.rules.deflate.level == 6);
}

TEST_CASE("members: headers with a name, a comment, extra fields and a checksum of their own") {
    const Bytes plain = gzip(new_text);
    Bytes header = base::to_bytes(base::ByteView{plain}.first(gzip_header_bytes));
    header[3] = std::byte{2 | 4 | 8 | 16};
    const Bytes fields = joined(
        {Bytes{std::byte{3}, std::byte{0}}, bytes("xyz"), bytes("name"), Bytes(1), bytes("said"), Bytes(1), Bytes(2)});
    const Bytes file = joined({header, fields, base::ByteView{plain}.subspan(gzip_header_bytes)});
    const FoundMembers members = found(gzip(old_text), file);
    REQUIRE(members.result.size() == 1);
    CHECK(members.result[0].at == gzip_header_bytes + fields.size());
    INFO("and such that end too early, or have flags that nobody knows, are none");
    for (std::size_t size = 0; size < file.size(); size += size < 40 ? 1 : 997)
        CHECK(found(gzip(old_text), base::to_bytes(base::ByteView{file}.first(size))).result.empty());
    Bytes strange = file;
    strange[3] |= std::byte{0x20};
    CHECK(found(gzip(old_text), strange).result.empty());
}

TEST_CASE("members: files in a zip archive, with the checksum before or behind them") {
    const auto zipped = [](const Bytes &content, unsigned flags, std::uint32_t wrong = 0) {
        const Bytes deflated = zlib_deflated(content, 6, 8);
        const auto crc = static_cast<std::uint32_t>(
            crc32(0, reinterpret_cast<const Bytef *>(content.data()), static_cast<uInt>(content.size())));
        const Bytes sizes = joined({little_endian(static_cast<std::uint32_t>(deflated.size())),
                                    little_endian(static_cast<std::uint32_t>(content.size()))});
        const bool behind = (flags & 8U) != 0;
        const Bytes head =
            joined({bytes("PK\3\4"), Bytes{std::byte{20}, {}, static_cast<std::byte>(flags), {}, std::byte{8}, {}},
                    Bytes(4), little_endian(behind ? 0 : crc ^ wrong), behind ? Bytes(8) : sizes,
                    Bytes{std::byte{5}, {}, std::byte{2}, {}}, bytes("n.txt"), bytes("xx"), deflated});
        return behind ? joined({head, bytes("PK\7\10"), little_endian(crc ^ wrong), sizes}) : head;
    };
    for (const unsigned flags : {0U, 8U, 2U}) {
        INFO("flags ", flags);
        const FoundMembers members =
            found(joined({noise(99), zipped(old_text, flags)}), joined({zipped(new_text, flags), noise(10)}));
        REQUIRE(members.base.size() == 1);
        REQUIRE(members.result.size() == 1);
        CHECK(members.result[0].at == 37);
        CHECK(members.result[0].plain == new_text.size());
        CHECK(found(zipped(old_text, flags), zipped(new_text, flags, 1)).result.empty());
    }
    INFO("not encrypted ones, nor what ends too early");
    CHECK(found(zipped(old_text, 0), zipped(new_text, 1)).result.empty());
    const Bytes whole = zipped(new_text, 8);
    for (std::size_t size = 0; size + 12 < whole.size(); size += size < 50 ? 1 : 997)
        CHECK(found(gzip(old_text), base::to_bytes(base::ByteView{whole}.first(size))).result.empty());
}

TEST_CASE("members: what is the same compressed in both files is left as it is") {
    const Bytes same = gzip(prose(30'000, 3));
    const FoundMembers members = found(joined({same, gzip(old_text), same}), joined({gzip(new_text), same}));
    REQUIRE(members.base.size() == 1);
    REQUIRE(members.result.size() == 1);
    CHECK(members.result[0].plain == new_text.size());
    CHECK(found(joined({same, noise(10)}), joined({noise(20), same})).result.empty());
}

TEST_CASE("members: what no rules give back, or has a wrong checksum, is left as it is") {
    INFO("a stream that says how it was made, and was made otherwise");
    const Bytes stored =
        joined({Bytes{std::byte{1}, std::byte{3}, std::byte{0}, std::byte{0xfc}, std::byte{0xff}}, bytes("aaa")});
    CHECK(found(gzip(old_text), gzip_of(bytes("aaa"), stored)).result.empty());
    Bytes wrong = gzip(new_text);
    wrong[wrong.size() - 6] ^= std::byte{1};
    CHECK(found(gzip(old_text), wrong).result.empty());
}

TEST_CASE("members: of the base's, the largest are left out until the rest fits the device") {
    const Bytes small = prose(20'000, 11);
    const Bytes large = prose(900'000, 12);
    const Bytes base = joined({gzip(large), gzip(small)});
    const Bytes result = joined({gzip(edited(large)), gzip(edited(small))});
    CHECK(found(base, result).base.size() == 2);
    const FoundMembers members = found(base, result, 1U << 20U);
    REQUIRE(members.base.size() == 1);
    CHECK(members.base[0].plain == small.size());
    CHECK(members.result.size() == 2);
    INFO("and nothing at all where there is not even memory to compress");
    CHECK(found(base, result, 100'000).result.empty());
    CHECK(found(base, result, 100'000).base.empty());
}

TEST_CASE("members: a Zstandard frame is found with the level that gives it back, of a file or a pipe") {
    const Bytes code = sprinkled(prose(300'000));
    for (const int level : {1, 3, 7, 19})
        for (const bool of_file : {true, false})
            for (const bool has_checksum : {true, false}) {
                INFO("level ", level, ", of a file ", of_file, ", checksum ", has_checksum);
                const ZstdMade made{.level = level, .of_file = of_file, .has_checksum = has_checksum};
                const Bytes result = joined({noise(100), zstd(edited(code), made), bytes("behind")});
                const FoundMembers members = found(joined({zstd(code, made), noise(10)}), result);
                REQUIRE(members.result.size() == 1);
                const Member &member = members.result[0];
                CHECK(member.kind == MemberKind::zstd);
                CHECK(member.at == 100);
                CHECK(member.plain == edited(code).size());
                CHECK(member.rules.zstd.has_size == of_file);
                CHECK(member.rules.zstd.has_checksum == has_checksum);
                CHECK(members.base.size() == 1);
            }
}

TEST_CASE("members: a Zstandard frame is left as it is without one in the base, cut into jobs, or altered") {
    const Bytes code = prose(200'000);
    Bytes altered = zstd(edited(code));
    altered[altered.size() / 2] ^= std::byte{1};
    CHECK(found(zstd(code), altered).result.empty());
    CHECK(found(noise(1000), zstd(edited(code))).result.empty());
    Bytes truncated = zstd(edited(code));
    truncated.resize(truncated.size() - 1);
    CHECK(found(zstd(code), truncated).result.empty());
    INFO("jobs, as the command makes them of much content");
    const Bytes much = sprinkled(prose(3'000'000));
    const ZstdMade in_jobs{.level = 1, .in_jobs = true};
    CHECK(found(zstd(much, in_jobs), zstd(edited(much), in_jobs)).result.empty());
    CHECK(found(zstd(much, {.level = 1}), zstd(edited(much), {.level = 1}), 8U << 20U).result.size() == 1);
    INFO("a frame whose window is more than the device has");
    CHECK(found(zstd(code, {.level = 19, .of_file = false}), zstd(edited(code), {.level = 19, .of_file = false}),
                8U << 20U)
              .result.empty());
}

TEST_CASE("members: what the device can't make again is left out, and not what it can") {
    const Bytes code = sprinkled(prose(100'000));
    const ZstdMade large{.level = 19, .of_file = false};
    const Bytes base = joined({zstd(code, large), xz(code)});
    const Bytes result = joined({zstd(edited(code), large), xz(edited(code))});
    CHECK(found(base, result).result.size() == 2);
    // Too little for its encoder, and for that beside a decoder.
    for (const std::uint64_t memory : {std::uint64_t{64} << 20U, std::uint64_t{93} << 20U}) {
        const FoundMembers members = found(base, result, memory);
        REQUIRE(members.result.size() == 1);
        CHECK(members.result[0].kind == MemberKind::xz);
    }
}

TEST_CASE("members: frames that hold more than there is memory here are left as they are") {
    const Bytes zeros(100U << 20U);
    const Bytes code = prose(50'000);
    const FoundMembers members =
        found(joined({zstd(zeros), zstd(code)}), joined({zstd(edited(code)), zstd(edited(zeros))}));
    REQUIRE(members.result.size() == 1);
    CHECK(members.result[0].plain == edited(code).size());
    CHECK(members.base.size() == 1);
}

TEST_CASE("members: the search stops when it is told, also within a frame that holds much") {
    CancelsAfter observer{2};
    CHECK(refusal(found_by(observer, noise(100), zstd(Bytes(100U << 20U)))) == Code::CANCELLED);
    CHECK(observer.asked == 3);
}

TEST_CASE("members: frames in one another, none of which ends, don't cost the square of their number") {
    Bytes nested;
    for (int i = 0; i < 100; ++i)  // of 128 KiB each, and no last one
        nested = joined({block_header(1, 128U << 10U), bytes("z"), nested});
    for (int i = 0; i < 200; ++i) {
        const auto within = static_cast<unsigned>(i * 9);
        const Bytes around =
            joined({bytes("\x28\xb5\x2f\xfd"), Bytes{std::byte{}, std::byte{7U << 3U}}, block_header(0, within)});
        nested = joined({around, nested});
    }
    CancelsAfter observer{-1};
    CHECK(must(found_by(observer, noise(100), nested)).result.empty());
    CHECK(observer.asked < 40);  // once in 4 MiB; each of the 200 expands to 12 MiB
}

TEST_CASE("members: an .xz stream is taken where the device can make it again") {
    const Bytes code = sprinkled(prose(200'000));
    for (const std::uint32_t preset : {0U, 3U, 6U, 6U | LZMA_PRESET_EXTREME})
        for (const bool for_x86 : {false, true}) {
            INFO("preset ", preset, ", x86 ", for_x86);
            const Bytes result = joined({noise(100), xz(edited(code), preset, 1U << 20U, for_x86), bytes("behind")});
            const FoundMembers members = found(joined({xz(code, preset, 1U << 20U, for_x86), noise(10)}), result);
            REQUIRE(members.result.size() == 1);
            CHECK(members.result[0].kind == MemberKind::xz);
            CHECK(members.result[0].at == 100);
            CHECK(members.result[0].rules.xz.filter == (for_x86 ? 4 : 0));
            CHECK(members.result[0].plain == edited(code).size());
            REQUIRE(members.base.size() == 1);
        }
    INFO("not where its encoder takes more memory than there is, nor without one in the base");
    CHECK(found(xz(code), xz(edited(code)), 8U << 20U).result.empty());
    CHECK(found(noise(1000), xz(edited(code))).result.empty());
    INFO("a .gz member beside it is taken all the same");
    CHECK(found(joined({xz(code), gzip(old_text)}), joined({xz(edited(code)), gzip(new_text)}), 8U << 20U)
              .result.size() == 1);
}
