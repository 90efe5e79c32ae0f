// What RFC 3284 lets a delta say, and a device must not believe.
#include "delta_fixture.hpp"

#include <array>

using namespace mos;
using namespace mos::test::delta;
using mos::test::must;
using mos::test::refusal;

namespace {

constexpr std::byte secondary{1};
constexpr std::byte code_table{2};
constexpr std::byte application_header{4};
constexpr std::byte from_base{1};
constexpr std::byte from_result{2};

Bytes bytes(std::initializer_list<unsigned> values) {
    Bytes out;
    for (const unsigned value : values)
        out.push_back(static_cast<std::byte>(value));
    return out;
}

// RFC 3284 section 2: base 128, the high digits first.
Bytes number(std::uint64_t value) {
    Bytes out{static_cast<std::byte>(value & 0x7FU)};
    while ((value >>= 7U) != 0)
        out.insert(out.begin(), static_cast<std::byte>(0x80U | (value & 0x7FU)));
    return out;
}

Bytes magic(std::byte indicator = {}) { return joined({bytes({0xD6, 0xC3, 0xC4, 0}), Bytes{indicator}}); }

struct Window {
    std::byte indicator{};
    std::uint64_t base_bytes = 0;
    std::uint64_t base_offset = 0;
    std::uint64_t result_bytes = 0;
    std::uint64_t data_bytes = 0;  // claimed; what `data` has where 0
    Bytes data = {};
    Bytes instructions = {};
    Bytes addresses = {};
};

Bytes encoded(const Window &window) {
    Bytes out{window.indicator};
    if (window.indicator != std::byte{})
        out = joined({out, number(window.base_bytes), number(window.base_offset)});
    const std::uint64_t data_bytes = window.data_bytes != 0 ? window.data_bytes : window.data.size();
    const Bytes lengths =
        joined({number(data_bytes), number(window.instructions.size()), number(window.addresses.size())});
    const Bytes target = number(window.result_bytes);
    const std::uint64_t all =
        target.size() + 1 + lengths.size() + data_bytes + window.instructions.size() + window.addresses.size();
    return joined({out, number(all), target, Bytes(1), lengths, window.data, window.instructions, window.addresses});
}

struct Outcome {
    Result<void> result;
    Bytes written;
};

Outcome apply(const Bytes &payload, const Bytes &old, const Bytes &expected,
              std::uint64_t memory = mos::delta::default_apply_memory) {
    Bytes written;
    const auto base = source(old);
    auto result = mos::delta::apply_payload(Codec::vcdiff, *base, mos::delta::stream_of(payload),
                                            {.size = expected.size(), .digest = crypto::sha256(expected)},
                                            {.memory_limit = memory}, [&](base::ByteView part) -> Result<void> {
                                                written.insert(written.end(), part.begin(), part.end());
                                                return {};
                                            });
    return {std::move(result), std::move(written)};
}

// "abcde" added; instruction 6 is ADD of 5 bytes in the default table.
Window five_bytes() {
    return {.result_bytes = 5, .data = bytes({'a', 'b', 'c', 'd', 'e'}), .instructions = bytes({6})};
}

const Bytes abcde = bytes({'a', 'b', 'c', 'd', 'e'});

}  // namespace

TEST_SUITE("vcdiff" * doctest::skip(!mos::delta::can_apply(Codec::vcdiff))) {
    TEST_CASE("vcdiff: windows in which all is new fit the memory that they were made for") {
        const Bytes old = noise(1000);
        const Bytes fresh = noise(9'000'000, 5);
        for (const std::uint64_t memory : {std::uint64_t{4} << 20U, mos::delta::default_apply_memory}) {
            const Bytes delta = must(made(old, fresh, {.codec = Codec::vcdiff, .apply_memory = memory}));
            const auto [result, outcome] = applied(old, delta, {.memory_limit = memory});
            must(outcome);
            CHECK((result == fresh));
        }
    }

    TEST_CASE("a delta written by hand from RFC 3284 is applied") {
        const Outcome outcome = apply(joined({magic(), encoded(five_bytes())}), {}, abcde);
        must(outcome.result);
        CHECK(outcome.written == abcde);
        INFO("COPY of 4 bytes from the base, instruction 20, mode SELF; then ADD of 1");
        const Window copy{.indicator = from_base,
                          .base_bytes = 4,
                          .base_offset = 2,
                          .result_bytes = 5,
                          .data = bytes({'!'}),
                          .instructions = bytes({20, 2}),
                          .addresses = bytes({0})};
        const Outcome copied = apply(joined({magic(), encoded(copy)}), bytes({'0', '1', '2', '3', '4', '5'}),
                                     bytes({'2', '3', '4', '5', '!'}));
        must(copied.result);
    }

    TEST_CASE("copies from beyond the base are refused") {
        for (const auto &[offset, size] : {std::pair<std::uint64_t, std::uint64_t>{0, 11},
                                           {7, 4},
                                           {11, 1},
                                           {UINT64_MAX - 3, 4},
                                           {1ULL << 62U, 4},
                                           {0, 1ULL << 62U}}) {
            const Window window{.indicator = from_base,
                                .base_bytes = size,
                                .base_offset = offset,
                                .result_bytes = 4,
                                .data = {},
                                .instructions = bytes({20}),
                                .addresses = bytes({0})};
            const Outcome outcome = apply(joined({magic(), encoded(window)}), Bytes(10), Bytes(4));
            CHECK(refusal(outcome.result) == Code::FORMAT);
            CHECK(outcome.written.empty());
        }
    }

    TEST_CASE("addresses and lengths that contradict their window are refused") {
        const auto refused = [](const Window &window) {
            const Outcome outcome = apply(joined({magic(), encoded(window)}), Bytes(10), Bytes(5));
            CHECK(refusal(outcome.result) == Code::FORMAT);
            CHECK(outcome.written.empty());
        };
        INFO("a copy from the result before there is any");
        refused({.result_bytes = 5, .data = {}, .instructions = bytes({21}), .addresses = bytes({0})});
        INFO("a copy that runs out of the window of the base");
        refused({.indicator = from_base,
                 .base_bytes = 4,
                 .result_bytes = 5,
                 .data = {},
                 .instructions = bytes({21}),
                 .addresses = bytes({0})});
        INFO("an instruction that makes more than the window has");
        refused({.result_bytes = 4, .data = abcde, .instructions = bytes({6})});
        INFO("a window that its instructions do not fill");
        refused({.result_bytes = 5, .data = bytes({'a'}), .instructions = bytes({2})});
        INFO("more data than is used");
        refused({.result_bytes = 5, .data = joined({abcde, abcde}), .instructions = bytes({6})});
        INFO("a size near 2^64: instruction 1 is ADD with a size of its own");
        refused({.result_bytes = 5, .data = abcde, .instructions = joined({bytes({1}), number(UINT64_MAX - 1)})});
        INFO("two sizes whose sum overflows");
        refused({.result_bytes = 5,
                 .data = abcde,
                 .instructions = joined({bytes({1}), number(UINT64_MAX - 1), bytes({1}), number(7)})});
    }

    TEST_CASE("windows and sections beyond the cap are refused before memory is taken") {
        constexpr std::uint64_t little = 1U << 20U;
        Window window = five_bytes();
        INFO("a window of 40 MB in a delta that should make so much");
        window.result_bytes = 40'000'000;
        CHECK(refusal(apply(joined({magic(), encoded(window)}), {}, Bytes(40'000'000), little).result) == Code::LIMIT);
        INFO("a window beyond what xdelta3 itself takes");
        window.result_bytes = 1ULL << 40U;
        CHECK_FALSE(apply(joined({magic(), encoded(window)}), {}, Bytes(5)).result.ok());
        INFO("a section of nearly 2^64 bytes, whose rounding up overflows in xdelta3");
        for (const std::uint64_t size : {UINT64_MAX - 20, UINT64_MAX - 16384, std::uint64_t{1} << 33U}) {
            Window huge = five_bytes();
            huge.data_bytes = size;
            CHECK_FALSE(apply(joined({magic(), encoded(huge)}), {}, abcde).result.ok());
        }
    }

    TEST_CASE("a window that makes more than the result may have is refused before it is made") {
        const Outcome outcome = apply(joined({magic(), encoded(five_bytes())}), {}, Bytes(4));
        CHECK(refusal(outcome.result) == Code::FORMAT);
        CHECK(outcome.written.empty());
    }

    // CVE-2014-9765: xdelta3's program copied an application header into a buffer of fixed size.
    TEST_CASE("application headers are skipped when they are small, and refused before memory when they are not") {
        const Bytes small =
            joined({magic(application_header), number(300), Bytes(300, std::byte{'/'}), encoded(five_bytes())});
        must(apply(small, {}, abcde).result);
        for (const std::uint64_t size : {std::uint64_t{64} << 20U, std::uint64_t{1} << 62U, UINT64_MAX - 1}) {
            const Outcome outcome = apply(joined({magic(application_header), number(size), Bytes(100)}), {}, abcde);
            CHECK_FALSE(outcome.result.ok());
            CHECK(outcome.written.empty());
        }
    }

    TEST_CASE("what xdelta3 does not implement is told as unsupported") {
        INFO("a code table of one's own");
        CHECK(refusal(apply(joined({magic(code_table), bytes({10, 4, 3}), Bytes(8)}), {}, abcde).result) ==
              Code::UNSUPPORTED);
        INFO("the Huffman coders, left out of this build: 1 is DJW, 16 FGK");
        for (const unsigned id : {1U, 16U})
            CHECK(refusal(apply(joined({magic(secondary), bytes({id}), encoded(five_bytes())}), {}, abcde).result) ==
                  Code::UNSUPPORTED);
        INFO("windows that copy from the result");
        const Window first = five_bytes();
        const Window again{.indicator = from_result,
                           .base_bytes = 4,
                           .base_offset = 0,
                           .result_bytes = 4,
                           .data = {},
                           .instructions = bytes({20}),
                           .addresses = bytes({0})};
        CHECK_FALSE(apply(joined({magic(), encoded(first), encoded(again)}), {}, Bytes(9)).result.ok());
    }

    TEST_CASE("indicators that no version has are refused") {
        CHECK(refusal(apply(magic(std::byte{0x80}), {}, abcde).result) == Code::FORMAT);
        CHECK(refusal(apply(bytes({0xD6, 0xC3, 0xC4, 1, 0}), {}, abcde).result) == Code::FORMAT);
        CHECK(refusal(apply(bytes({'B', 'S', 'D', 'I', 'F', 'F'}), {}, abcde).result) == Code::FORMAT);
        Window window = five_bytes();
        window.indicator = std::byte{0x40};
        CHECK_FALSE(apply(joined({magic(), encoded(window)}), {}, abcde).result.ok());
    }

    TEST_CASE("files larger than a window come back") {
        const Bytes old = noise(10'000'000);
        const Bytes fresh =
            joined({base::ByteView{old}.subspan(3'000'000), noise(100'000, 9), base::ByteView{old}.first(5'000'000)});
        const Bytes delta = delta_of(old, fresh, Codec::vcdiff);
        CHECK(delta.size() < 200'000);
        const auto [result, outcome] = applied(old, delta);
        must(outcome);
        CHECK(result == fresh);
    }
}

TEST_CASE("without xdelta3 the codec says so" * doctest::skip(mos::delta::can_apply(Codec::vcdiff))) {
    CHECK(refusal(made(noise(10), noise(11), {.codec = Codec::vcdiff})) == Code::NOT_BUILT);
    CHECK(refusal(apply(magic(), {}, abcde).result) == Code::NOT_BUILT);
}
