// Frames, checked and expanded ahead of whoever reads them in order.
#include "frame_reader.hpp"

#include "expect.hpp"

#include <algorithm>
#include <random>
#include <set>
#include <thread>

using mos::Code;
using mos::Error;
using mos::Result;
using mos::package::Frame;
using mos::package::FrameReader;
using mos::test::must;
using mos::test::refusal;
using namespace mos::base;

namespace {

constexpr std::size_t payload_at = 100;

// Notes from which thread it is read, and where.
class WatchedSource final : public Source {
  public:
    explicit WatchedSource(Bytes bytes) : m_bytes(std::move(bytes)) {}
    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override {
        readers.insert(std::this_thread::get_id());
        offsets.push_back(offset);
        if (offset >= broken_from)
            return Error{Code::IO, "the medium is gone"};
        const ByteView part = ByteView{m_bytes}.subspan(static_cast<std::size_t>(offset), out.size());
        std::copy(part.begin(), part.end(), out.begin());
        return out.size();
    }
    [[nodiscard]] Result<std::uint64_t> size() override { return m_bytes.size(); }
    [[nodiscard]] const std::string &name() const noexcept override { return m_name; }

    [[nodiscard]] Bytes &bytes() { return m_bytes; }

    std::set<std::thread::id> readers;
    std::vector<std::uint64_t> offsets;
    std::uint64_t broken_from = UINT64_MAX;

  private:
    Bytes m_bytes;
    const std::string m_name = "watched";
};

struct Payload {
    explicit Payload(std::size_t count, std::uint32_t plain_bytes = 20'000) {
        Bytes bytes(payload_at);
        mos::package::FrameCompressor compressor{3};
        std::uint64_t plain_offset = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const Bytes plain = content(i, plain_bytes);
            const Bytes stored = must(compressor.compress(plain));
            frames.push_back({bytes.size() - payload_at, plain_offset, static_cast<std::uint32_t>(stored.size()),
                              plain_bytes, mos::crypto::sha256(stored), mos::crypto::sha256(plain)});
            bytes.insert(bytes.end(), stored.begin(), stored.end());
            plain_offset += plain_bytes;
        }
        source = std::make_unique<WatchedSource>(std::move(bytes));
    }
    [[nodiscard]] static Bytes content(std::size_t number, std::size_t bytes) {
        Bytes plain(bytes);
        for (std::size_t i = 0; i < bytes; ++i)
            plain[i] = static_cast<std::byte>(number * 31 + i / 64);
        return plain;
    }
    [[nodiscard]] bool is_right(FrameReader &reader, std::uint32_t number) const {
        const ByteView plain = must(reader.frame(number));
        const Bytes wanted = content(number, frames[number].plain_bytes);
        return std::equal(plain.begin(), plain.end(), wanted.begin(), wanted.end());
    }
    void damage(std::size_t number) const {
        source->bytes()[payload_at + static_cast<std::size_t>(frames[number].stored_offset) + 15] ^= std::byte{1};
    }

    std::vector<Frame> frames;
    std::unique_ptr<WatchedSource> source;
    mos::package::Limits limits;
};

}  // namespace

TEST_CASE("frames come out right in whatever order they are asked for, and the source is read by one thread alone") {
    const Payload payload{60};
    FrameReader reader{*payload.source, payload.frames, payload_at, payload.limits};
    for (std::uint32_t number = 0; number < 60; ++number)
        REQUIRE(payload.is_right(reader, number));
    std::mt19937 random{7};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same
    for (int run = 0; run < 200; ++run) {
        auto number = static_cast<std::uint32_t>(random() % 60);
        const auto step = static_cast<std::uint32_t>(random() % 4);  // again and again, in order, and with gaps
        for (auto left = random() % 12; left > 0 && number < 60; --left, number += step)
            REQUIRE(payload.is_right(reader, number));
    }
    CHECK(payload.source->readers == std::set{std::this_thread::get_id()});
}

TEST_CASE("a reader that has rested goes on as before, also where frames were under way") {
    const Payload payload{20};
    FrameReader reader{*payload.source, payload.frames, payload_at, payload.limits};
    for (std::uint32_t number = 0; number < 20; ++number) {
        REQUIRE(payload.is_right(reader, number));
        if (number % 5 == 4)
            reader.rest();
        REQUIRE(payload.is_right(reader, number));
    }
}

TEST_CASE("each frame is read once by whoever reads in order") {
    const Payload payload{40};
    FrameReader reader{*payload.source, payload.frames, payload_at, payload.limits};
    for (std::uint32_t number = 0; number < 40; ++number)
        REQUIRE(payload.is_right(reader, number));
    CHECK(payload.source->offsets.size() == 40);
}

TEST_CASE("whoever reads in order has the next frames read before he asks, where there is another core") {
    const Payload payload{40};
    FrameReader reader{*payload.source, payload.frames, payload_at, payload.limits};
    const std::size_t ahead = mos::package::frame_threads() > 0 ? 1 : 0;
    REQUIRE(payload.is_right(reader, 0));
    CHECK(payload.source->offsets.size() == 1);
    REQUIRE(payload.is_right(reader, 1));
    CHECK(payload.source->offsets.size() == 2 + ahead);
}

TEST_CASE("whoever picks single frames has none read ahead") {
    const Payload payload{40};
    FrameReader reader{*payload.source, payload.frames, payload_at, payload.limits};
    for (std::uint32_t number = 0; number < 40; number += 2)
        REQUIRE(payload.is_right(reader, number));
    CHECK(payload.source->offsets.size() == 20);
}

TEST_CASE("only frames that are wanted are read ahead, over the gaps between them") {
    const Payload payload{60};
    FrameReader reader{*payload.source, payload.frames, payload_at, payload.limits};
    mos::package::FrameSet wanted(50);
    std::set<std::uint64_t> offsets;
    for (std::uint32_t number = 0; number < 50; number += number % 7 == 0 ? 1 : 3) {
        wanted[number] = true;
        offsets.insert(payload_at + payload.frames[number].stored_offset);
    }
    reader.read_ahead_only(wanted);
    for (std::uint32_t number = 0; number < 50; ++number)
        if (wanted[number])
            REQUIRE(payload.is_right(reader, number));
    CHECK(std::set(payload.source->offsets.begin(), payload.source->offsets.end()) == offsets);
    CHECK(payload.source->offsets.size() == offsets.size());
    wanted.resize(60);
    CHECK(reader.seen() == wanted);
    CHECK(payload.is_right(reader, 55));  // another one may be asked for all the same
}

TEST_CASE("frames that are too large to lie beside each other are expanded one by one") {
    const Payload payload{6, 5U << 20U};
    FrameReader reader{*payload.source, payload.frames, payload_at, payload.limits};
    for (std::uint32_t number = 0; number < 6; ++number) {
        REQUIRE(payload.is_right(reader, number));
        CHECK(payload.source->offsets.size() == number + 1);
    }
}

TEST_CASE("a frame that is damaged is told when it is asked for, and no other suffers") {
    const Payload payload{30};
    payload.damage(12);
    FrameReader reader{*payload.source, payload.frames, payload_at, payload.limits};
    for (std::uint32_t number = 0; number < 30; ++number) {
        if (number != 12) {
            REQUIRE(payload.is_right(reader, number));
            continue;
        }
        const auto refused = reader.frame(number);
        CHECK(refusal(refused) == Code::DIGEST_MISMATCH);
        CHECK(refused.error().message() == "package 'watched': frame 12 does not match its digest");
        CHECK(refusal(reader.frame(number)) == Code::DIGEST_MISMATCH);  // and again
    }
}

TEST_CASE("a source that can't be read any more says so where its bytes are needed") {
    const Payload payload{30};
    payload.source->broken_from = payload_at + payload.frames[20].stored_offset;
    FrameReader reader{*payload.source, payload.frames, payload_at, payload.limits};
    for (std::uint32_t number = 0; number < 20; ++number)
        REQUIRE(payload.is_right(reader, number));
    CHECK(refusal(reader.frame(20)) == Code::IO);
}

TEST_CASE("what a frame expands to is held against the index where that is asked for") {
    Payload payload{8};
    payload.frames[5].plain_sha256 = {};
    FrameReader reader{*payload.source, payload.frames, payload_at, payload.limits};
    CHECK(payload.is_right(reader, 5));
    reader.set_check(FrameReader::Check::stored_and_plain);
    CHECK(payload.is_right(reader, 4));
    CHECK(refusal(reader.frame(5)) == Code::DIGEST_MISMATCH);
    CHECK(payload.is_right(reader, 6));
    reader.set_check(FrameReader::Check::stored);
    CHECK(payload.is_right(reader, 5));
}
