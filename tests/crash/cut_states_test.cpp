#include "cut_states.hpp"
#include "expect.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

using namespace mos;
using namespace mos::test;

namespace {

constexpr std::uint64_t disk_bytes = 64 * block_bytes;
constexpr std::uint64_t variants = 8;

base::Bytes filled(std::size_t size, char with) { return base::Bytes(size, static_cast<std::byte>(with)); }

// A recording put together by hand. The bytes that its records borrow are kept until the program ends.
class Tape {
  public:
    Tape &write(std::uint64_t offset, std::size_t size, char with) {
        return add(RecordKind::write, offset, size, filled(size, with));
    }
    Tape &zero(std::uint64_t offset, std::uint64_t length) { return add(RecordKind::zero, offset, length, {}); }
    Tape &flush() { return add(RecordKind::flush, 0, 0, {}); }
    Tape &flush_part(std::uint64_t offset, std::uint64_t length) { return add(RecordKind::flush, offset, length, {}); }
    Tape &allow(Allowed allowed) { return mark(mark_of(allowed)); }
    Tape &mark(std::string_view text) {
        return add(RecordKind::mark, 0, text.size(), base::to_bytes(base::as_bytes(text)));
    }

    [[nodiscard]] Recording recording() const {
        Recording recording{.base = DiskImage{disk_bytes}, .allowed = 1, .records = {}, .whole_blocks = {}};
        static std::deque<base::Bytes> kept;
        recording.records = must(read_disk_log(kept.emplace_back(m_log), disk_bytes));
        return recording;
    }

  private:
    Tape &add(RecordKind kind, std::uint64_t offset, std::uint64_t length, const base::Bytes &data) {
        append_record(m_log, {kind, offset, length, data});
        return *this;
    }
    base::Bytes m_log;
};

char at(const DiskImage &image, std::uint64_t offset) {
    const Block *const block = image.block(offset / block_bytes);
    return block == nullptr ? '\0' : static_cast<char>((*block)[offset % block_bytes]);
}

std::string sectors(const DiskImage &image, std::uint64_t count) {
    std::string text;
    for (std::uint64_t i = 0; i < count; ++i)
        text += at(image, i * sector_bytes_of_disk) == '\0' ? '.' : at(image, i * sector_bytes_of_disk);
    return text;
}

// What the first `count` sectors hold in the states after the last record.
std::set<std::string> last_states(const Recording &recording, std::uint64_t count, std::uint64_t seed = 1) {
    std::set<std::string> found;
    must(for_each_state(recording, variants * 4, seed, [&](const CutState &state) -> Result<void> {
        if (state.record == recording.records.size())
            found.insert(sectors(state.image, count));
        return {};
    }));
    return found;
}

}  // namespace

TEST_CASE("a flush of one device leaves what was written to another unflushed, however they follow each other") {
    const auto recording = Tape{}.write(0, 512, 'a').write(512, 512, 'b').write(1024, 512, 'c').flush_part(512, 512);
    CHECK(last_states(recording.recording(), 3) == std::set<std::string>{"ab.", ".b.", ".bc", "abc"});
}

TEST_CASE("what was flushed is in every later state, what was not may be missing") {
    const auto states = last_states(Tape{}.write(0, 512, 'a').flush().write(512, 512, 'b').recording(), 2);
    CHECK(states == std::set<std::string>{"a.", "ab"});
}

TEST_CASE("a later write may have arrived without an earlier one") {
    const auto states = last_states(Tape{}.write(0, 512, 'a').write(512, 512, 'b').recording(), 2);
    CHECK(states == std::set<std::string>{"..", "a.", ".b", "ab"});
}

TEST_CASE("a write is torn between sectors, never inside one") {
    const Recording recording = Tape{}.write(0, 4096, 'x').recording();
    const auto states = last_states(recording, 8);
    CHECK(states.size() > 8);
    must(for_each_state(recording, variants, 1, [&](const CutState &state) -> Result<void> {
        for (std::uint64_t sector = 0; sector < 8; ++sector)
            CHECK(at(state.image, sector * 512) == at(state.image, sector * 512 + 511));
        return {};
    }));
}

TEST_CASE("a whole block arrives whole or not at all") {
    Recording recording = Tape{}.write(0, 8192, 'x').recording();
    recording.whole_blocks = {4096};
    std::set<std::string> halves;
    for (const std::string &state : last_states(recording, 16)) {
        CHECK((state.substr(8) == "xxxxxxxx" || state.substr(8) == "........"));
        halves.insert(state.substr(0, 8));
    }
    CHECK(halves.size() > 2);
    recording.tear_bytes = block_bytes;
    CHECK(last_states(recording, 16) ==
          std::set<std::string>{"................", "xxxxxxxxxxxxxxxx", "xxxxxxxx........", "........xxxxxxxx"});
}

TEST_CASE("a discard that was not flushed may not have happened") {
    const auto states = last_states(Tape{}.write(0, 512, 'a').flush().zero(0, 512).recording(), 1);
    CHECK(states == std::set<std::string>{"a", "."});
}

TEST_CASE("a mark says what is allowed from there on") {
    const Recording recording = Tape{}.write(0, 512, 'a').allow(3).write(512, 512, 'b').allow(2).recording();
    std::map<std::uint64_t, Allowed> allowed;
    must(for_each_state(recording, variants, 1, [&](const CutState &state) -> Result<void> {
        allowed[state.record] = state.allowed;
        return {};
    }));
    CHECK(allowed == std::map<std::uint64_t, Allowed>{{1, 1}, {2, 3}, {3, 3}, {4, 2}});
}

TEST_CASE("a mark that no workload writes is refused") {
    for (const std::string_view text :
         {"", "allowed", "allowed ", "allowed 0", "allowed x", "allowed 1 ", "permitted 1"}) {
        const auto read = for_each_state(Tape{}.mark(text).recording(), 1, 1,
                                         [](const CutState & /*state*/) { return Result<void>{}; });
        CHECK(refusal(read) == Code::FORMAT);
    }
}

TEST_CASE("the same seed gives the same states, another one others") {
    const Recording recording = Tape{}.write(0, 4096, 'x').recording();
    CHECK(last_states(recording, 8, 7) == last_states(recording, 8, 7));
    CHECK(last_states(recording, 8, 7) != last_states(recording, 8, 8));
}

TEST_CASE("equal states are chosen once, and again where something else is allowed") {
    const Recording recording = Tape{}.write(0, 512, 'a').flush().flush().allow(1).allow(2).recording();
    const Choice choice = must(choose_states(recording, variants, 1, 100));
    CHECK(choice.states == variants + 4);
    CHECK(choice.distinct == 3);  // without 'a', with it, with it and 2 allowed
    CHECK(choice.chosen.size() == 3);
}

TEST_CASE("at most as many states are chosen as asked for, in order and by the seed") {
    Tape tape;
    for (std::uint64_t i = 0; i < 40; ++i)
        tape.write(i * 512, 512, 'a');
    const Recording recording = tape.recording();
    const Choice choice = must(choose_states(recording, variants, 1, 10));
    CHECK(choice.chosen.size() == 10);
    CHECK(std::is_sorted(choice.chosen.begin(), choice.chosen.end()));
    CHECK(choice.chosen != must(choose_states(recording, variants, 2, 10)).chosen);
}

TEST_CASE("an image's hash follows from its content alone") {
    DiskImage one{disk_bytes};
    DiskImage other{disk_bytes};
    const std::uint64_t empty = one.hash();
    one.write(100, filled(9000, 'a'));
    CHECK(one.hash() != empty);
    other.write(5000, filled(4100, 'a'));
    other.write(100, filled(4900, 'a'));
    CHECK(one.hash() == other.hash());
    other.write(4096, filled(1, 'b'));
    CHECK(one.hash() != other.hash());
    one.zero(0, disk_bytes);
    CHECK(one.hash() == empty);
    CHECK(one.block(1) == nullptr);
}

TEST_CASE("a block's hash depends on where it lies") {
    DiskImage one{disk_bytes};
    DiskImage other{disk_bytes};
    one.write(0, filled(4096, 'a'));
    other.write(4096, filled(4096, 'a'));
    CHECK(one.hash() != other.hash());
}

TEST_CASE("a copy of an image is independent of it") {
    DiskImage image{disk_bytes};
    image.write(0, filled(512, 'a'));
    const DiskImage copy = image;
    image.write(0, filled(512, 'b'));
    CHECK(at(copy, 0) == 'a');
    CHECK(at(image, 0) == 'b');
    CHECK(copy.hash() != image.hash());
}
