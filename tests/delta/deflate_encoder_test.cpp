// What other programs deflate comes out the same here. GNU gzip's own is held to in interoperability_test.py.
#include "member_fixture.hpp"

#include "deflate_encoder.hpp"

using namespace mos;
using namespace mos::test::delta;
using mos::delta::DeflateEncoder;
using mos::delta::DeflateRules;
using mos::test::must;
using mos::test::refusal;

namespace {

struct Content {
    std::string what;
    Bytes bytes;
};

std::vector<Content> contents() {
    Bytes mixed = prose(60'000);
    mixed = joined({mixed, noise(90'000, 4), mixed, Bytes(100'000), sprinkled(mixed), prose(300'000, 5)});
    Bytes few_letters = noise(200'000, 8);
    for (std::byte &byte : few_letters)
        byte &= std::byte{3};
    return {
        {"nothing", {}},
        {"a byte", Bytes{std::byte{'x'}}},
        {"two bytes", bytes("ab")},
        {"three equal bytes", bytes("aaa")},
        {"a match at the very end", bytes("abcdefgh abcdefgh")},
        {"prose", prose(500'000)},
        {"noise, which is stored", noise(200'000)},
        {"zeros", Bytes(400'000)},
        {"few letters, in which chains become long", few_letters},
        {"all of it, across windows", mixed},
        {"just less than a window", prose(65'535, 3)},
        {"just a window", prose(65'536, 3)},
        {"just more than a window", prose(65'537, 3)},
        {"where the window slides", prose(32'768 + 32'506, 6)},
        {"the first bytes again at the farthest", joined({prose(300, 7), noise(32'768 - 262 - 300, 9), prose(300, 7)})},
        {"codes that become too long",
         [] {
             Bytes bytes;
             std::size_t count = 1;
             for (unsigned letter = 0; letter < 22; ++letter, count = count * 8 / 5 + 1)
                 for (std::size_t i = 0; i < count && bytes.size() < 32'000; ++i)
                     bytes.push_back(static_cast<std::byte>(letter * 7 + i % 2 * 128));
             return bytes;
         }()},
    };
}

Bytes deflated(DeflateEncoder &encoder, const Bytes &content, DeflateRules rules, std::size_t piece = SIZE_MAX) {
    Bytes out;
    const base::ByteSink sink = [&](base::ByteView part) -> Result<void> {
        out.insert(out.end(), part.begin(), part.end());
        return {};
    };
    encoder.begin(rules, sink);
    for (std::size_t at = 0; at < content.size(); at += std::min(piece, content.size() - at))
        must(encoder.add(base::ByteView{content}.subspan(at, std::min(piece, content.size() - at))));
    must(encoder.finish());
    return out;
}

}  // namespace

TEST_CASE("deflate: what zlib makes is made again, at every level and with either amount of memory") {
    MemoryBudget memory{1U << 20U};
    DeflateEncoder encoder = must(DeflateEncoder::create(memory));
    for (const Content &content : contents())
        for (std::uint8_t level = 1; level <= 9; ++level)
            for (const int memory_level : {8, 9}) {
                INFO(content.what, ", level ", static_cast<int>(level), ", memory level ", memory_level);
                const auto program = memory_level == 8 ? DeflateRules::Program::zlib : DeflateRules::Program::zlib9;
                const bool same = deflated(encoder, content.bytes, {.program = program, .level = level}) ==
                                  zlib_deflated(content.bytes, level, memory_level);
                CHECK(same);
            }
}

TEST_CASE("deflate: the pieces in which content comes make no difference") {
    MemoryBudget memory{1U << 20U};
    DeflateEncoder encoder = must(DeflateEncoder::create(memory));
    const Bytes content = joined({prose(150'000), noise(3000)});
    for (unsigned program = 0; program < mos::delta::deflate_programs; ++program)
        for (const std::uint8_t level : {std::uint8_t{1}, std::uint8_t{9}}) {
            const DeflateRules rules{.program = static_cast<DeflateRules::Program>(program), .level = level};
            const Bytes whole = deflated(encoder, content, rules);
            for (const std::size_t piece : {std::size_t{1}, std::size_t{4093}, std::size_t{65'536}})
                CHECK((deflated(encoder, content, rules, piece) == whole));
        }
}

TEST_CASE("deflate: its memory is counted, and given back") {
    MemoryBudget memory{DeflateEncoder::memory_bytes()};
    {
        const DeflateEncoder encoder = must(DeflateEncoder::create(memory));
        CHECK(memory.left() == 0);
    }
    CHECK(memory.left() == DeflateEncoder::memory_bytes());
    MemoryBudget little{DeflateEncoder::memory_bytes() - 1};
    CHECK(refusal(DeflateEncoder::create(little)) == Code::LIMIT);
}
