// Deltas between files with compressed members: made, applied, and not believed.
#include "member_fixture.hpp"

#include "find_members.hpp"
#include "member_codec.hpp"

using namespace mos;
using namespace mos::test::delta;
using mos::delta::append_members;
using mos::delta::Member;
using mos::delta::MemberKind;
using mos::delta::Members;
using mos::delta::MembersOf;
using mos::test::must;
using mos::test::refusal;

namespace {

const auto skipped = doctest::skip(!mos::delta::can_create(Codec::suffix));

Pair changelogs() {
    const Bytes text = prose(300'000);
    return {"changelogs", joined({noise(5000), gzip(text), noise(3000, 2), gzip(prose(20'000, 3))}),
            joined({noise(5000), gzip(edited(text)), noise(3000, 2), noise(10, 8), gzip(prose(20'000, 3))})};
}

std::vector<Pair> pairs_with_members() {
    const Bytes text = prose(200'000);
    const Bytes other = prose(90'000, 21);
    const Bytes stored = noise(70'000, 3);
    return {
        changelogs(),
        {"a member and nothing else", gzip(text), gzip(edited(text))},
        {"members that touch", joined({gzip(text), gzip(other)}), joined({gzip(edited(text)), gzip(edited(other))})},
        {"exchanged", joined({gzip(text), noise(99), gzip(other)}), joined({gzip(edited(other)), gzip(edited(text))})},
        {"one that no longer is", joined({gzip(text), noise(5000), gzip(other)}),
         joined({noise(5000), gzip(edited(other))})},
        {"one that is new", noise(5000), joined({noise(5000), gzip(text)})},
        {"what was plain is compressed now", text, gzip(edited(text))},
        {"what was compressed is plain now", joined({gzip(text), gzip(other)}), joined({text, gzip(edited(other))})},
        {"at other levels", joined({gzip(text, 1), gzip(other, 6)}),
         joined({gzip(edited(text), 4), gzip(edited(other), 9)})},
        {"what can't be compressed", gzip(stored), gzip(edited(stored))},
        {"xz", joined({noise(50), xz(text)}), joined({noise(40), xz(edited(text)), noise(5)})},
        {"zstd", joined({noise(50), zstd(text)}), joined({noise(40), zstd(edited(text)), noise(5)})},
        {"zstd of pipes", zstd(other, {.level = 19, .of_file = false}),
         zstd(edited(other), {.level = 19, .of_file = false})},
        {"all", joined({xz(text), zstd(text), gzip(other)}),
         joined({gzip(edited(other)), xz(edited(text)), zstd(edited(text))})},
        {"both", joined({xz(text), gzip(other)}), joined({gzip(edited(other)), xz(edited(text))})},
    };
}

// The list of a base with one member, of a result with one, and commands that copy this much of each view.
struct Lists {
    Members base;
    Members result;
};
Bytes written(const Lists &lists, const std::vector<Command> &commands) {
    Bytes bytes;
    append_members(bytes, lists.base, MembersOf::base);
    append_members(bytes, lists.result, MembersOf::result);
    return payload({{.commands = commands}}, {}, std::byte{1}, bytes);
}

Member deflate_member(std::uint64_t at, std::uint64_t bytes, std::uint64_t plain) {
    Member member;
    member.at = at;
    member.bytes = bytes;
    member.plain = plain;
    member.rules.deflate = {.program = mos::delta::DeflateRules::Program::zlib, .level = 9};
    return member;
}

const Bytes text = prose(20'000);
const Bytes deflated = zlib_deflated(text, 9, 8);
const Bytes framed = joined({bytes("<<"), deflated, bytes(">>")});
const Member right = deflate_member(2, deflated.size(), text.size());
const std::vector<Command> copy_all = {{.copied = text.size() + 4}};

Code code_of(const Lists &lists, std::uint64_t memory = mos::delta::default_apply_memory) {
    const Outcome outcome = apply(written(lists, copy_all), framed, framed, memory);
    CHECK(outcome.written.size() <= framed.size());
    return refusal(outcome.result);
}

}  // namespace

TEST_CASE("views: the new file comes back from what was made of its members' content" * skipped) {
    for (const Pair &pair : pairs_with_members()) {
        INFO(pair.what);
        const Bytes delta = must(made(pair.base, pair.result, {.apply_memory = 64U << 20U}));
        for (const std::size_t piece : {std::size_t{1} << 20U, std::size_t{7}}) {
            const auto [result, outcome] = applied(pair.base, delta, {.memory_limit = 64U << 20U}, piece);
            const auto info = must(outcome);
            const bool same = result == pair.result;
            CHECK(same);
            INFO("within what it says, and not within a byte less");
            must(applied(pair.base, delta, {.memory_limit = info.apply_memory}).outcome);
        }
    }
}

TEST_CASE("views: an edit costs little, though the compressed bytes differ from there to their end" * skipped) {
    const Pair pair = changelogs();
    CHECK(delta_of(pair.base, pair.result, Codec::suffix).size() < 1000);
    const Bytes code = prose(300'000);
    const Bytes of_xz = must(made(xz(code), xz(edited(code)), {.apply_memory = 64U << 20U}));
    CHECK(of_xz.size() < 1000);
    CHECK(delta_of(zstd(code), zstd(edited(code)), Codec::suffix).size() < 1000);
}

TEST_CASE("views: a device with little memory gets what it can apply, the same on every run" * skipped) {
    const Pair pair = changelogs();
    for (const std::uint64_t memory : {std::uint64_t{2} << 20U, std::uint64_t{4} << 20U, std::uint64_t{8} << 20U}) {
        const Bytes delta = must(made(pair.base, pair.result, {.apply_memory = memory}));
        const auto [result, outcome] = applied(pair.base, delta, {.memory_limit = memory});
        must(outcome);
        CHECK((result == pair.result));
        CHECK((must(made(pair.base, pair.result, {.apply_memory = memory})) == delta));
    }
}

TEST_CASE("views: a payload put together from the page of the format is applied") {
    const Outcome outcome = apply(written({{right}, {right}}, copy_all), framed, framed);
    must(outcome.result);
    CHECK((outcome.written == framed));
    INFO("also where only one of the two is expanded");
    must(apply(payload({{.commands = {{.copied = framed.size()}}}}, {}, std::byte{1}, joined({number(0), number(0)})),
               framed, framed)
             .result);
    const Bytes plain = joined({bytes("<<"), text, bytes(">>")});
    must(apply(written({{right}, {}}, copy_all), framed, plain).result);
    must(apply(written({{}, {right}}, copy_all), plain, framed).result);
}

TEST_CASE("views: members beyond the file, overlapping, empty or impossibly large are refused") {
    const auto refused = [](const Member &member) {
        CHECK(code_of({{member}, {right}}) == Code::FORMAT);
        CHECK(code_of({{right}, {member}}) == Code::FORMAT);
    };
    refused(deflate_member(framed.size(), 1, 1));
    refused(deflate_member(2, framed.size() - 1, text.size()));
    refused(deflate_member(UINT64_MAX, 1, 1));
    refused(deflate_member(2, UINT64_MAX, text.size()));
    refused(deflate_member(2, UINT64_MAX - 1, UINT64_MAX));
    refused(deflate_member(2, deflated.size(), UINT64_MAX));
    refused(deflate_member(2, 0, text.size()));
    refused(deflate_member(2, deflated.size(), 0));
    refused(deflate_member(2, deflated.size(), deflated.size() * 1032 + 1));
    INFO("a second one that begins before the first one's end wraps round, for gaps have no sign");
    CHECK(code_of({{right, deflate_member(3, 5, 5)}, {right}}) == Code::FORMAT);
}

TEST_CASE("views: members that are not what they say are refused") {
    const auto of_base = [](const Member &member) { return code_of({{member}, {right}}); };
    INFO("the base's: more content, less, fewer bytes, more, and what is no such stream");
    CHECK(of_base(deflate_member(2, deflated.size(), text.size() + 1)) == Code::FORMAT);
    CHECK(of_base(deflate_member(2, deflated.size(), text.size() - 1)) == Code::FORMAT);
    CHECK(of_base(deflate_member(2, deflated.size() - 1, text.size())) == Code::FORMAT);
    CHECK(of_base(deflate_member(2, deflated.size() + 1, text.size())) == Code::FORMAT);
    CHECK(of_base(deflate_member(1, deflated.size(), text.size())) == Code::FORMAT);
    INFO("the result's: its content becomes more compressed bytes than it says, or fewer");
    CHECK(code_of({{right}, {deflate_member(2, deflated.size() - 1, text.size())}}) == Code::FORMAT);
    CHECK(code_of({{right}, {deflate_member(2, deflated.size() + 1, text.size())}}) == Code::FORMAT);
    Member other = right;
    other.rules.deflate.level = 1;
    CHECK(code_of({{right}, {other}}) == Code::FORMAT);
}

TEST_CASE("views: kinds and rules of later writers are told as unsupported") {
    const auto code = [](const Bytes &lists) {
        return refusal(apply(payload({{.commands = copy_all}}, {}, std::byte{1}, lists), framed, framed).result);
    };
    CHECK(code(joined({number(1), number(2), number(3), number(5), number(5), number(0)})) == Code::UNSUPPORTED);
    const auto deflate = [](std::uint64_t program, std::uint64_t level) {
        return joined(
            {number(0), number(1), number(2), number(0), number(program), number(level), number(5), number(5)});
    };
    CHECK(code(deflate(3, 9)) == Code::UNSUPPORTED);
    CHECK(code(deflate(0, 0)) == Code::FORMAT);
    CHECK(code(deflate(0, 10)) == Code::FORMAT);
    const auto xz_rules = [](std::uint64_t check, std::uint64_t filter, std::uint64_t preset, std::uint64_t window) {
        return joined({number(0), number(1), number(2), number(1), number(50'040'012), number(check), number(filter),
                       number(preset), number(window), number(0), number(5), number(5)});
    };
    CHECK(code(xz_rules(99, 0, 6, 10)) == Code::UNSUPPORTED);
    CHECK(code(xz_rules(1, 3, 6, 10)) == Code::UNSUPPORTED);
    CHECK(code(xz_rules(1, 0, 10, 10)) == Code::UNSUPPORTED);
    CHECK(code(xz_rules(1, 0, 32, 10)) == Code::UNSUPPORTED);
    CHECK(code(xz_rules(1, 0, 6, 41)) == Code::UNSUPPORTED);
    const auto zstd_rules = [](std::uint64_t flags, std::uint64_t level) {
        return joined({number(0), number(1), number(2), number(2), number(10'504), number(flags), number(level),
                       number(0), number(5), number(5)});
    };
    CHECK(code(zstd_rules(4, 3)) == Code::UNSUPPORTED);
    CHECK(code(zstd_rules(0, 0)) == Code::UNSUPPORTED);
    CHECK(code(zstd_rules(0, 23)) == Code::UNSUPPORTED);
    INFO("tables of 90 MB for five bytes");
    const auto costly = apply(payload({{.commands = copy_all}}, {}, std::byte{1}, zstd_rules(0, 19)), framed, framed);
    REQUIRE(refusal(costly.result) == Code::FORMAT);
    CHECK(costly.result.error().full_message().find("than its content is worth") != std::string::npos);
    INFO("more members than any file has");
    CHECK(code(number(mos::delta::max_members + 1)) == Code::FORMAT);
}

TEST_CASE("views: memory for lists, content and coders is refused before it is taken") {
    INFO("the list");
    CHECK(code_of({{}, {}}, 100) == Code::LIMIT);
    CHECK(refusal(apply(payload({{.commands = copy_all}}, {}, std::byte{1}, number(mos::delta::max_members)), framed,
                        framed, 1U << 20U)
                      .result) == Code::LIMIT);
    INFO("a member of the base that says it becomes large");
    const Bytes zeros = zlib_deflated(Bytes(50'000'000), 9, 8);
    const Lists large{{deflate_member(0, zeros.size(), 50'000'000)}, {}};
    CHECK(refusal(apply(written(large, {{.copied = 4}}), zeros, Bytes(4)).result) == Code::LIMIT);
    INFO("an encoder");
    Member member;
    member.kind = MemberKind::xz;
    member.bytes = framed.size();
    member.plain = 4;
    member.rules.xz = {.encoder_version = 1, .check = 1, .filter = 0, .preset = 6, .dictionary = 30};
    CHECK(refusal(apply(written({{}, {member}}, {{.copied = 4}}), framed, framed).result) == Code::LIMIT);
    member.kind = MemberKind::zstd;
    member.plain = framed.size() * 1000;
    member.rules.zstd = {.encoder_version = 1, .level = 22};
    CHECK(refusal(apply(written({{}, {member}}, {{.copied = framed.size()}}), framed, framed).result) == Code::LIMIT);
    INFO("a frame whose header asks for a window of a gigabyte");
    const Bytes wide = joined({bytes("\x28\xb5\x2f\xfd"), Bytes{std::byte{}, std::byte{20U << 3U}}, Bytes(30)});
    Member frame;
    frame.kind = MemberKind::zstd;
    frame.bytes = wide.size();
    frame.plain = 1000;
    CHECK(refusal(apply(written({{frame}, {}}, {{.copied = 1000}}), wide, Bytes(1000)).result) == Code::LIMIT);
}

TEST_CASE("views: an .xz member that this liblzma makes otherwise is told with both versions") {
    const Bytes stream = xz(text);
    Member member;
    member.kind = MemberKind::xz;
    member.bytes = stream.size();
    member.plain = text.size();
    member.rules.crc32 = lzma_crc32(reinterpret_cast<const std::uint8_t *>(stream.data()), stream.size(), 0);
    member.rules.xz = {.encoder_version = 50'020'032, .check = 1, .filter = 0, .preset = 6, .dictionary = 16};
    const std::vector<Command> copy{{.copied = text.size()}};
    must(apply(written({{}, {member}}, copy), text, stream).result);
    for (const int change : {0, 1, 2}) {
        Member other = member;
        if (change == 0)
            other.rules.crc32 ^= 1U;
        else
            other.bytes = change == 1 ? stream.size() - 4 : stream.size() + 4;
        const Bytes expected(static_cast<std::size_t>(other.bytes));
        const Outcome outcome = apply(written({{}, {other}}, copy), text, expected);
        REQUIRE(refusal(outcome.result) == Code::UNSUPPORTED);
        CHECK(outcome.result.error().full_message().find("liblzma 5.2.3") != std::string::npos);
    }
}

TEST_CASE("views: a zstd member that this libzstd makes otherwise is told with both versions") {
    const Bytes frame = zstd(text);
    Member member;
    member.kind = MemberKind::zstd;
    member.bytes = frame.size();
    member.plain = text.size();
    member.rules.crc32 = lzma_crc32(reinterpret_cast<const std::uint8_t *>(frame.data()), frame.size(), 0);
    member.rules.zstd = {.encoder_version = 10'203, .level = 3, .has_checksum = true, .has_size = true};
    const std::vector<Command> copy{{.copied = text.size()}};
    must(apply(written({{}, {member}}, copy), text, frame).result);
    for (const int change : {0, 1, 2}) {
        Member other = member;
        if (change == 0)
            other.rules.crc32 ^= 1U;
        else
            other.bytes = change == 1 ? frame.size() - 4 : frame.size() + 4;
        const Outcome outcome = apply(written({{}, {other}}, copy), text, Bytes(static_cast<std::size_t>(other.bytes)));
        REQUIRE(refusal(outcome.result) == Code::UNSUPPORTED);
        CHECK(outcome.result.error().full_message().find("libzstd 1.2.3, and differs with 1.") != std::string::npos);
    }
}

TEST_CASE("views: each member asks whether to go on, however small it is" * skipped) {
    constexpr int count = 30;
    Bytes old_file;
    Bytes new_file;
    for (std::uint32_t i = 0; i < count; ++i) {
        const Bytes content = prose(5000, i + 1);
        old_file = joined({old_file, gzip(content)});
        new_file = joined({new_file, gzip(edited(content))});
    }
    const Bytes delta = delta_of(old_file, new_file, Codec::suffix);
    CancelsAfter observer{-1};
    must(applied(old_file, delta, {.observer = &observer}).outcome);
    CHECK(observer.asked > count * 3 / 2);  // each is expanded and made again
    for (int passing = 0; passing < observer.asked; passing += 7) {
        CancelsAfter cancelling{passing};
        CHECK(refusal(applied(old_file, delta, {.observer = &cancelling}).outcome) == Code::CANCELLED);
    }
}

TEST_CASE("views: a delta with members that is cut short or changed anywhere never makes another file" * skipped) {
    const Bytes old_text = prose(3000);
    const Bytes old_file = joined({bytes("head"), gzip(old_text)});
    const Bytes new_file = joined({bytes("head"), gzip(edited(old_text))});
    const Bytes delta = delta_of(old_file, new_file, Codec::suffix);
    REQUIRE(payload_of(delta)[1] == std::byte{1});
    const Bytes payload = payload_of(delta);
    for (std::size_t size = 0; size < payload.size(); ++size)
        CHECK_FALSE(
            applied(old_file, with_payload(delta, base::to_bytes(base::ByteView{payload}.first(size)))).outcome.ok());
    for (std::size_t i = 0; i < payload.size(); ++i)
        for (const unsigned flip : {0x01U, 0x10U, 0x80U, 0xffU}) {
            Bytes changed = payload;
            changed[i] ^= static_cast<std::byte>(flip);
            const auto [result, outcome] = applied(old_file, with_payload(delta, changed));
            if (outcome)
                CHECK((result == new_file));
        }
}
