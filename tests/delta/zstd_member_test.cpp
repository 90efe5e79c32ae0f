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
    return {.level = static_cast<std::uint8_t>(made.level),
            .has_checksum = made.has_checksum,
            .has_size = made.of_file,
            .by_worker = made.in_jobs};
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
                const Bytes content = sprinkled(prose(size));
                const ZstdMade made{.level = level, .of_file = of_file};
                const Bytes frame = zstd(content, made);
                for (const std::size_t piece : {std::size_t{999}, size})
                    CHECK((made_again(content, rules_of(made), piece) == frame));
            }
}

TEST_CASE("zstd members: content that is cut into one job or several") {
    const Bytes content = sprinkled(prose(4'000'000));
    for (const int level : {1, 3})
        for (const bool of_file : {true, false}) {
            INFO("level ", level, ", of a file ", of_file);
            const ZstdMade made{.level = level, .of_file = of_file, .in_jobs = true};
            CHECK((made_again(content, rules_of(made), 100'000) == zstd(content, made)));
            INFO("without jobs it would be another frame");
            CHECK((made_again(content, rules_of({.level = level, .of_file = of_file}), block) != zstd(content, made)));
        }
}

TEST_CASE("zstd members: an encoder takes no byte more than it is allowed") {
    for (const bool in_jobs : {false, true}) {
        const ZstdRules rules = rules_of({.level = 19, .of_file = false, .in_jobs = in_jobs});
        const std::uint64_t bytes = ZstdEncoder::memory_bytes(rules, 1U << 30U);
        MemoryBudget memory{bytes - 1};
        CHECK(refusal(ZstdEncoder::create(memory, rules, 1U << 30U)) == Code::LIMIT);
        CHECK(memory.peak() == 0);
    }
}
