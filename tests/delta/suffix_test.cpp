// What the control stream of the codec 'suffix' can say, and a device must not believe.
#include "suffix_fixture.hpp"

using namespace mos;
using namespace mos::test::delta;
using mos::test::must;
using mos::test::refusal;

namespace {

const Bytes old_file = bytes("0123456789");

}  // namespace

TEST_CASE("suffix: a payload put together from the page of the format is applied") {
    const Bytes add = {std::byte{0}, std::byte{1}, std::byte{0xff}};
    const Bytes first =
        payload({{.commands = {{.extra = 2, .distance = 3, .added = 3, .copied = 2}}, .add = add, .extra = bytes("ab")},
                 {.commands = {{.distance = -8, .copied = 4}}}});
    const Outcome outcome = apply(first, old_file, bytes("ab354670123"));
    must(outcome.result);
    CHECK(outcome.written == bytes("ab354670123"));
    INFO("nothing is made by no command");
    must(apply(payload({{.commands = {}}}), old_file, {}).result);
}

TEST_CASE("suffix: negative, overflowing and contradictory control values are refused before they are carried out") {
    const auto refused = [](const Command &command, std::size_t wanted) {
        const Outcome outcome =
            apply(payload({{.commands = {command}, .add = Bytes(100), .extra = Bytes(100)}}), old_file, Bytes(wanted));
        CHECK(refusal(outcome.result) == Code::FORMAT);
        CHECK(outcome.written.empty());
    };
    INFO("places outside the base");
    refused({.distance = -1, .copied = 1}, 10);
    refused({.distance = 10, .copied = 1}, 10);
    refused({.extra = 1, .distance = 11}, 10);
    refused({.distance = 5, .copied = 6}, 10);
    refused({.distance = 5, .added = 3, .copied = 3}, 10);
    refused({.distance = INT64_MAX, .copied = 1}, 10);
    refused({.distance = INT64_MIN, .copied = 1}, 10);
    INFO("more than the result has");
    refused({.copied = 10}, 9);
    refused({.extra = 5, .added = 3, .copied = 2}, 9);
    refused({.extra = UINT64_MAX}, 9);
    refused({.copied = UINT64_MAX}, 9);
    refused({.added = UINT64_MAX}, 9);
    INFO("sums that overflow");
    refused({.extra = 1, .added = UINT64_MAX, .copied = 1}, 9);
    refused({.extra = UINT64_MAX, .added = UINT64_MAX, .copied = 2}, 9);
    INFO("nothing at all, which could go on for ever");
    refused({.distance = 1}, 9);
}

TEST_CASE("suffix: streams that have too little or too much for their commands are refused") {
    const auto code = [](const std::vector<Block> &blocks, std::string_view wanted) {
        return refusal(apply(payload(blocks), old_file, bytes(wanted)).result);
    };
    CHECK(code({{.commands = {{.added = 3}}, .add = Bytes(2)}}, "012") == Code::FORMAT);
    CHECK(code({{.commands = {{.added = 3}}, .add = Bytes(4)}}, "012") == Code::FORMAT);
    CHECK(code({{.commands = {{.extra = 3}}, .extra = bytes("ab")}}, "abc") == Code::FORMAT);
    CHECK(code({{.commands = {{.extra = 3}}, .extra = bytes("abcd")}}, "abc") == Code::FORMAT);
    INFO("commands that are said and are not there, and the other way round");
    CHECK(code({{.commands = {{.copied = 2}}, .said = 2}}, "0123") == Code::FORMAT);
    CHECK(code({{.commands = {{.copied = 2}, {.copied = 2}}, .said = 1}}, "01") == Code::FORMAT);
    INFO("so many that nobody would wait for them");
    CHECK(code({{.commands = {{.copied = 2}}, .said = UINT64_MAX >> 2U}}, "01") == Code::FORMAT);
    INFO("a block without commands that is not the last");
    CHECK(code({{.commands = {}}, {.commands = {{.copied = 2}}}}, "01") == Code::FORMAT);
}

TEST_CASE("suffix: dictionaries and blocks beyond the cap are refused before memory is taken") {
    Bytes huge = payload({{.commands = {{.copied = 10}}}});
    for (std::size_t stream = 2; stream < 5; ++stream) {
        const std::byte before = huge[stream];
        INFO("a dictionary of 4 GiB - 1, and one that no version has");
        huge[stream] = std::byte{40};
        CHECK(refusal(apply(huge, old_file, old_file).result) == Code::LIMIT);
        huge[stream] = std::byte{41};
        CHECK(refusal(apply(huge, old_file, old_file).result) == Code::FORMAT);
        huge[stream] = before;
    }
    INFO("a block that says it is larger than blocks are");
    const Bytes head = base::to_bytes(base::ByteView{huge}.first(5));
    for (const std::uint64_t size : {std::uint64_t{5} << 20U, UINT64_MAX})
        CHECK(
            refusal(apply(joined({head, number(3), number(size), number(0), number(0), Bytes(100)}), old_file, old_file)
                        .result) == Code::FORMAT);
    INFO("and one that is not, where the cap is lower");
    CHECK(refusal(apply(joined({head, number(3), number(4U << 20U), number(0), number(0), Bytes(100)}), old_file,
                        old_file, 1U << 20U)
                      .result) == Code::LIMIT);
}

TEST_CASE("suffix: versions and features of later writers are told as unsupported") {
    const std::vector<Block> blocks = {{.commands = {{.copied = 10}}}};
    must(apply(payload(blocks), old_file, old_file).result);
    CHECK(refusal(apply(payload(blocks, std::byte{1}), old_file, old_file).result) == Code::UNSUPPORTED);
    CHECK(refusal(apply(payload(blocks, {}, std::byte{2}), old_file, old_file).result) == Code::UNSUPPORTED);
    CHECK(refusal(apply(payload(blocks, {}, std::byte{0x81}), old_file, old_file).result) == Code::UNSUPPORTED);
}

TEST_CASE("suffix: numbers that are not in their shortest form are refused") {
    Bytes bad = payload({{.commands = {{.copied = 10}}}});
    bad.insert(bad.begin() + 5, std::byte{0x80});
    CHECK_FALSE(apply(bad, old_file, old_file).result.ok());
    const Bytes head = base::to_bytes(base::ByteView{bad}.first(5));
    CHECK(refusal(apply(joined({head, Bytes(10, std::byte{0xff}), Bytes(1)}), old_file, old_file).result) ==
          Code::FORMAT);
    CHECK(refusal(apply(joined({head, Bytes{std::byte{0x83}, std::byte{0}}, Bytes(100)}), old_file, old_file).result) ==
          Code::FORMAT);
}

TEST_CASE("suffix: addresses that moved cost little, and so does what was moved as a whole" *
          doctest::skip(!mos::delta::can_create(Codec::suffix))) {
    const Bytes old = noise(400'000);
    CHECK(delta_of(old, sprinkled(old), Codec::suffix).size() < 3000);
    const base::ByteView view{old};
    CHECK(delta_of(old, joined({view.subspan(200'000), view.first(200'000)}), Codec::suffix).size() < 300);
    CHECK(delta_of(old, joined({view.first(200'000), noise(5000, 7), view.subspan(200'000)}), Codec::suffix).size() <
          5500);
}

TEST_CASE("suffix: files that repeat themselves take no longer than others" *
          doctest::skip(!mos::delta::can_create(Codec::suffix))) {
    Bytes old(1'000'000, std::byte{7});
    Bytes fresh(1'200'000, std::byte{7});
    for (std::size_t i = 0; i < fresh.size(); i += 50'021)
        fresh[i] = std::byte{9};
    const auto [result, outcome] = applied(old, delta_of(old, fresh, Codec::suffix));
    must(outcome);
    CHECK(result == fresh);
}

TEST_CASE("suffix: a large file costs nothing for being looked through in parts" *
          doctest::skip(!mos::delta::can_create(Codec::suffix))) {
    const Bytes old = noise(9'500'000);
    const base::ByteView view{old};
    CHECK(delta_of(old, joined({view.first(10), noise(20, 3), view.subspan(10)}), Codec::suffix).size() < 300);
    INFO("also where it is longer than the base, or all of it stands elsewhere");
    CHECK(delta_of(base::to_bytes(view.first(3'000'000)), joined({view.first(3'000'000), view.first(3'000'000)}),
                   Codec::suffix)
              .size() < 300);
    CHECK(delta_of(old, base::to_bytes(view.subspan(4'500'000)), Codec::suffix).size() < 300);
}
