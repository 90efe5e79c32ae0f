#include "delta_fixture.hpp"
#include "temporary_root.hpp"

#include <fstream>
#include <sstream>

using namespace mos;
using namespace mos::test::delta;
using mos::delta::DeltaInfo;
using mos::test::must;
using mos::test::refusal;

namespace {

std::string text_of(const std::string &path) {
    std::ostringstream text;
    text << std::ifstream{path, std::ios::binary}.rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("what every codec makes of every pair gives the new file back, however the delta comes in") {
    for (const Pair &pair : pairs()) {
        for (const Codec codec : codecs_for(pair)) {
            INFO(pair.what, ", ", delta::codec_name(codec));
            const Bytes delta = delta_of(pair.base, pair.result, codec);
            for (const std::size_t piece : {std::size_t{1} << 20U, std::size_t{4093}, std::size_t{7}}) {
                if (delta.size() / piece > 50'000)
                    continue;
                const auto [result, outcome] = applied(pair.base, delta, {}, piece);
                const DeltaInfo info = must(outcome);
                CHECK(result == pair.result);
                CHECK(info.result.size == pair.result.size());
            }
        }
    }
}

TEST_CASE("a delta says what it is for, what it makes, and what memory that takes") {
    const Bytes old = noise(100'000);
    const Bytes fresh = sprinkled(old);
    for (const Codec codec : codecs_for({"", old, fresh})) {
        const Bytes delta = delta_of(old, fresh, codec);
        const auto file = source(delta);
        const DeltaInfo info = must(delta::read_header(*file));
        CHECK(info.codec == codec);
        CHECK(info.base.size == old.size());
        CHECK(info.base.digest == crypto::sha256(old));
        CHECK(info.result.digest == crypto::sha256(fresh));
        CHECK(info.payload_bytes + delta::header_bytes == delta.size());
        CHECK(info.apply_memory > 0);
        CHECK(info.apply_memory < delta::default_apply_memory);
        INFO("it is applied within what it says, and not within a byte less");
        must(applied(old, delta, {.memory_limit = info.apply_memory}).outcome);
        const auto refused = applied(old, delta, {.memory_limit = info.apply_memory - 1});
        CHECK(refusal(refused.outcome) == Code::LIMIT);
        CHECK(refused.result.empty());
    }
}

TEST_CASE("memory is held to the caller's cap also where the header claims less") {
    const Bytes old = noise(3'000'000);
    const Bytes fresh = joined({old, noise(3'000'000, 5)});
    for (const Codec codec : codecs_for({"", old, fresh})) {
        INFO(delta::codec_name(codec));
        const Bytes delta = delta_of(old, fresh, codec);
        DeltaInfo info = must(delta::decode_header(base::ByteView{delta}.first(delta::header_bytes)));
        const std::uint64_t needed = std::exchange(info.apply_memory, 1);
        const Bytes lies = joined({delta::encode_header(info), payload_of(delta)});
        CHECK(refusal(applied(old, lies, {.memory_limit = needed - 1}).outcome) == Code::LIMIT);
    }
}

TEST_CASE("a device that has little memory gets a delta that it can apply") {
    const Bytes old = noise(2'000'000);
    const Bytes fresh = sprinkled(old);
    constexpr std::uint64_t little = 2U << 20U;
    for (const Codec codec : codecs_for({"", old, fresh})) {
        INFO(delta::codec_name(codec));
        const Bytes delta = must(made(old, fresh, {.codec = codec, .apply_memory = little}));
        const auto [result, outcome] = applied(old, delta, {.memory_limit = little});
        must(outcome);
        CHECK(result == fresh);
    }
}

TEST_CASE("the same files give the same delta") {
    for (const Pair &pair : pairs())
        for (const Codec codec : codecs_for(pair))
            CHECK(delta_of(pair.base, pair.result, codec) == delta_of(pair.base, pair.result, codec));
}

TEST_CASE("'keep' is refused for files that differ") {
    CHECK(refusal(made(noise(10), noise(11), {.codec = Codec::keep})) == Code::INVALID_ARGUMENT);
}

TEST_CASE("what takes more memory to make than is allowed is refused") {
    const Bytes old = noise(1'000'000);
    for (const Codec codec : codecs_for({"", old, sprinkled(old)}))
        CHECK(refusal(made(old, sprinkled(old), {.codec = codec, .memory_limit = 100'000})) == Code::LIMIT);
}

TEST_CASE("a delta for another base is refused before anything is written") {
    const Bytes old = noise(50'000);
    for (const Codec codec : codecs_for({"", old, sprinkled(old)})) {
        const Bytes delta = delta_of(old, sprinkled(old), codec);
        for (const Bytes &other : {noise(50'000, 2), noise(49'999), Bytes{}}) {
            const auto [result, outcome] = applied(other, delta);
            CHECK(refusal(outcome) == Code::BASE_DIFFERS);
            CHECK(result.empty());
        }
    }
}

TEST_CASE("a delta that is cut short anywhere is refused") {
    const Bytes old = noise(3000);
    const Bytes fresh = joined({sprinkled(old), noise(500, 3)});
    for (const Codec codec : codecs_for({"", old, fresh})) {
        const Bytes delta = delta_of(old, fresh, codec);
        for (std::size_t size = 0; size < delta.size(); ++size) {
            const Bytes cut = base::to_bytes(base::ByteView{delta}.first(size));
            INFO(delta::codec_name(codec), " cut at ", size, " of ", delta.size());
            CHECK(refusal(applied(old, cut).outcome) == Code::TRUNCATED);
        }
    }
}

TEST_CASE("a payload that is cut short and whose length is told so is refused all the same") {
    const Bytes old = noise(3000);
    const Bytes fresh = joined({sprinkled(old), noise(500, 3)});
    for (const Codec codec : codecs_for({"", old, fresh})) {
        const Bytes delta = delta_of(old, fresh, codec);
        const Bytes payload = payload_of(delta);
        for (std::size_t size = 0; size < payload.size(); ++size) {
            const Bytes cut = with_payload(delta, base::to_bytes(base::ByteView{payload}.first(size)));
            INFO(delta::codec_name(codec), " cut at ", size);
            CHECK_FALSE(applied(old, cut).outcome.ok());
        }
    }
}

TEST_CASE("a delta that goes on after its end is refused") {
    const Bytes old = noise(3000);
    for (const Codec codec : codecs_for({"", old, sprinkled(old)})) {
        const Bytes delta = delta_of(old, sprinkled(old), codec);
        CHECK(refusal(applied(old, joined({delta, Bytes(1)})).outcome) == Code::TRAILING_DATA);
        INFO("also where its payload is told to be longer");
        CHECK_FALSE(applied(old, with_payload(delta, joined({payload_of(delta), Bytes(1)}))).outcome.ok());
    }
}

TEST_CASE("every changed byte of a delta is found, and never makes another file") {
    const Bytes old = noise(3000);
    const Bytes fresh = joined({sprinkled(old), noise(100, 3)});
    for (const Codec codec : codecs_for({"", old, fresh})) {
        Bytes delta = delta_of(old, fresh, codec);
        for (std::size_t i = 0; i < delta.size(); ++i) {
            const std::byte before = delta[i];
            for (const unsigned flip : {0x01U, 0x80U, 0xffU}) {
                delta[i] = before ^ static_cast<std::byte>(flip);
                INFO(delta::codec_name(codec), " changed at ", i);
                const auto [result, outcome] = applied(old, delta);
                // A bit that nobody reads may change; then the result is the right one.
                if (outcome)
                    CHECK(result == fresh);
                if (i < delta::header_bytes)
                    CHECK_FALSE(outcome.ok());
            }
            delta[i] = before;
        }
    }
}

TEST_CASE("a result other than the header promises is refused") {
    const Bytes old = noise(3000);
    const Bytes fresh = sprinkled(old);
    for (const Codec codec : codecs_for({"", old, fresh})) {
        const Bytes delta = delta_of(old, fresh, codec);
        DeltaInfo info = must(delta::decode_header(base::ByteView{delta}.first(delta::header_bytes)));
        INFO("another digest");
        info.result.digest[0] ^= std::byte{1};
        CHECK(refusal(applied(old, joined({delta::encode_header(info), payload_of(delta)})).outcome) ==
              Code::DIGEST_MISMATCH);
        INFO("fewer bytes than the payload makes");
        info.result = {.size = fresh.size() - 1, .digest = crypto::sha256(fresh)};
        const auto larger = applied(old, joined({delta::encode_header(info), payload_of(delta)}));
        CHECK_FALSE(larger.outcome.ok());
        CHECK(larger.result.size() < fresh.size());
        INFO("more bytes than it makes");
        info.result.size = fresh.size() + 1;
        CHECK_FALSE(applied(old, joined({delta::encode_header(info), payload_of(delta)})).outcome.ok());
    }
}

TEST_CASE("headers of what is no delta, of a newer version, and with impossible sizes are refused") {
    const Bytes delta = delta_of(noise(10), noise(10), Codec::keep);
    const auto header = base::ByteView{delta}.first(delta::header_bytes);
    CHECK(refusal(delta::decode_header(Bytes(delta::header_bytes))) == Code::FORMAT);
    CHECK(refusal(delta::decode_header(header.first(100))) == Code::FORMAT);
    CHECK(refusal(delta::read_header(*source(base::to_bytes(header.first(50))))) == Code::TRUNCATED);
    CHECK(refusal(delta::read_header(*source(noise(50)))) == Code::FORMAT);
    const auto changed = [&](std::size_t at, std::uint8_t value) {
        Bytes bytes = base::to_bytes(header.first(delta::header_bytes - 8));
        bytes[at] = std::byte{value};
        const auto check = crypto::sha256(bytes);
        return joined({bytes, base::ByteView{check}.first(8)});
    };
    CHECK(must(delta::decode_header(changed(0, 'M'))).codec == Codec::keep);
    CHECK(refusal(delta::decode_header(changed(8, 1))) == Code::UNSUPPORTED);
    CHECK(refusal(delta::decode_header(changed(10, 200))) == Code::UNSUPPORTED);
    CHECK(refusal(delta::decode_header(changed(11, 1))) == Code::UNSUPPORTED);
    CHECK(refusal(delta::decode_header(changed(12, 1))) == Code::UNSUPPORTED);
    CHECK(refusal(delta::decode_header(changed(16 + 7, 0x80))) == Code::FORMAT);
    CHECK(refusal(delta::decode_header(changed(112, 1))) == Code::UNSUPPORTED);
}

TEST_CASE("making and applying tell how far they are, and can be cancelled at any point") {
    const Bytes old = noise(3'000'000);
    const Bytes fresh = sprinkled(old);
    for (const Codec codec : codecs_for({"", old, fresh})) {
        INFO(delta::codec_name(codec));
        const Bytes delta = delta_of(old, fresh, codec);
        CancelsAfter never{-1};
        must(applied(old, delta, {.observer = &never}).outcome);
        CHECK(never.reports > 2);
        for (const int count : {0, 5, 13}) {
            CancelsAfter observer{count};
            CHECK(refusal(applied(old, delta, {.observer = &observer}).outcome) == Code::CANCELLED);
            CancelsAfter of_create{count};
            CHECK(refusal(made(old, fresh, {.codec = codec, .observer = &of_create})) == Code::CANCELLED);
        }
    }
}

TEST_CASE("into memory: the result counts against the cap") {
    const Bytes old = noise(100'000);
    const Bytes delta = delta_of(old, sprinkled(old), Codec::full);
    const auto base = source(old);
    const DeltaInfo info = must(delta::decode_header(base::ByteView{delta}.first(delta::header_bytes)));
    const std::uint64_t needed = info.apply_memory + info.result.size;
    CHECK(must(delta::apply_delta_to_bytes(*base, delta::stream_of(delta), {.memory_limit = needed})) ==
          sprinkled(old));
    CHECK(refusal(delta::apply_delta_to_bytes(*base, delta::stream_of(delta), {.memory_limit = needed - 1})) ==
          Code::LIMIT);
}

TEST_CASE("files: a delta that can't be applied leaves the old file and nothing else") {
    const test::TemporaryRoot folder;
    const auto root = folder.root();
    const Bytes old = noise(5000);
    const Bytes fresh = sprinkled(old);
    must(base::create_file(*root, "old", old, 0644));
    must(base::create_file(*root, "fresh", fresh, 0644));
    const auto old_file = must(base::open_file_source(folder.path() + "/old"));
    const auto fresh_file = must(base::open_file_source(folder.path() + "/fresh"));
    must(delta::create_delta_file(*old_file, *fresh_file, {.codec = Codec::full}, *root, "delta"));
    const Bytes good = must(base::read_file(*root, "delta", 1U << 20U));

    Bytes bad = good;
    bad.back() ^= std::byte{1};
    CHECK_FALSE(delta::apply_delta_file(*old_file, delta::stream_of(bad), {}, *root, "old").ok());
    CHECK(must(base::read_file(*root, "old", 1U << 20U)) == old);
    CHECK(must(root->list()).size() == 3);

    INFO("one that can takes the base's own place");
    must(delta::apply_delta_file(*old_file, delta::stream_of(good), {}, *root, "old"));
    CHECK(text_of(folder.path() + "/old") == base::as_text(fresh));
    CHECK(must(root->list()).size() == 3);
}

TEST_CASE("codecs are found by name and by number, and no others") {
    for (const Codec codec : {Codec::keep, Codec::full, Codec::vcdiff, Codec::suffix}) {
        CHECK(must(delta::codec_of_name(delta::codec_name(codec))) == codec);
        CHECK(must(delta::codec_of_number(static_cast<std::uint8_t>(codec))) == codec);
    }
    CHECK(refusal(delta::codec_of_name("bsdiff")) == Code::INVALID_ARGUMENT);
    CHECK(refusal(delta::codec_of_number(99)) == Code::UNSUPPORTED);
}
