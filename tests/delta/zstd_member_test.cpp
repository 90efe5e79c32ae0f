// Zstandard frames are made again byte for byte, whatever pieces their content comes in, in the memory that was
// counted.
#include "member_fixture.hpp"

#include "zstd_member.hpp"

#include <algorithm>

using namespace mos;
using namespace mos::test::delta;
using mos::delta::ZstdEncoder;
using mos::delta::ZstdRules;
using mos::test::must;
using mos::test::refusal;

namespace {

constexpr std::size_t block = 128U << 10U;

ZstdRules rules_of(const ZstdMade &made) {
    return {
        .level = static_cast<std::uint8_t>(made.level), .has_checksum = made.has_checksum, .has_size = made.of_file};
}

// With exactly the memory that is told.
Bytes made_again(base::ByteView content, const ZstdRules &rules, std::size_t piece) {
    MemoryBudget memory{ZstdEncoder::memory_bytes(rules, content.size())};
    Bytes out;
    const base::ByteSink sink = [&](base::ByteView part) -> Result<void> {
        out.insert(out.end(), part.begin(), part.end());
        return {};
    };
    auto encoder = must(ZstdEncoder::create(memory, rules, content.size()));
    for (std::size_t at = 0; at < content.size(); at += piece)
        must(encoder.code(content.subspan(at, std::min(piece, content.size() - at)), false, sink));
    must(encoder.code({}, true, sink));
    return out;
}

}  // namespace

TEST_CASE("zstd members: frames of files and pipes, at every strategy, in pieces of any size") {
    for (const std::size_t size : {std::size_t{1}, block, 3 * block, 3 * block + 77})
        for (const int level : {1, 3, 5, 7, 12, 15, 17, 19, 22})
            for (const bool of_file : {true, false}) {
                if (level == 22 && !of_file)
                    continue;  // 700 MB
                INFO(size, " bytes, level ", level, ", of a file ", of_file);
                const Bytes content = level % 2 == 0 ? noise(size) : sprinkled(prose(size));
                const ZstdMade made{.level = level, .of_file = of_file};
                const Bytes frame = zstd(content, made);
                for (const std::size_t piece : {std::size_t{999}, size})
                    CHECK((made_again(content, rules_of(made), piece) == frame));
            }
}

TEST_CASE("zstd members: an encoder takes no more memory than it is allowed") {
    const ZstdRules rules = rules_of({.level = 19, .of_file = false});
    MemoryBudget memory{ZstdEncoder::memory_bytes(rules, block) / 2};
    auto encoder = must(ZstdEncoder::create(memory, rules, block));
    const base::ByteSink sink = [](base::ByteView) { return Result<void>{}; };
    CHECK(refusal(encoder.code(noise(block), false, sink)) == Code::LIMIT);
}

TEST_CASE("zstd members: frames of a dictionary, that can be skipped, and of zstd's first versions are none") {
    const auto header = [](std::initializer_list<unsigned> values) {
        Bytes bytes;
        for (const unsigned value : values)
            bytes.push_back(static_cast<std::byte>(value));
        bytes.resize(64);
        return bytes;
    };
    CHECK(mos::delta::zstd_rules_of(header({0x28, 0xb5, 0x2f, 0xfd, 0x20, 10})).has_value());
    CHECK_FALSE(mos::delta::zstd_rules_of(header({0x28, 0xb5, 0x2f, 0xfd, 0x21, 7, 10})).has_value());
    CHECK_FALSE(mos::delta::zstd_rules_of(header({0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0})).has_value());
    for (const unsigned version : {0x22U, 0x23U, 0x24U, 0x25U, 0x26U, 0x27U, 0x50U}) {
        MemoryBudget memory{std::uint64_t{1} << 30U};
        auto decoder = must(mos::delta::ZstdDecoder::create(memory));
        Bytes out(1000);
        CHECK(refusal(decoder.decode(header({version, 0xb5, 0x2f, 0xfd, 0x20, 10}), out)) == Code::FORMAT);
    }
}

TEST_CASE("zstd members: little content with large tables is not worth it") {
    const ZstdRules of_pipe = rules_of({.level = 19, .of_file = false});
    CHECK_FALSE(mos::delta::is_worth_its_tables(of_pipe, 1000));
    CHECK(mos::delta::is_worth_its_tables(of_pipe, block));
    CHECK(mos::delta::is_worth_its_tables(rules_of({.level = 19}), 1));
}
