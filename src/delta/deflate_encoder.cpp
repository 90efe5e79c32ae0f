#include "deflate_encoder.hpp"

#include <algorithm>
#include <cstring>

namespace mos::delta {

namespace {

constexpr unsigned window_bytes = 32768;
constexpr unsigned least_match = 3;
constexpr unsigned longest_match = 258;
// So many bytes must be there to look for a match, unless the content ends.
constexpr unsigned least_ahead = longest_match + least_match + 1;
constexpr unsigned farthest = window_bytes - least_ahead;
constexpr unsigned too_far_for_three = 4096;
constexpr unsigned none = 0;  // also a place, at which therefore no match is found

// How hard a level tries.
struct Effort {
    unsigned good;   // from this length on, a quarter of the chain is enough to look for a better one
    unsigned lazy;   // from this length on, none is looked for; of the fast levels: longer matches are not entered
    unsigned nice;   // so long, and no other place is looked at
    unsigned chain;  // so many places are
};
constexpr std::array<Effort, deflate_levels> efforts{{{4, 4, 8, 4},
                                                      {4, 5, 16, 8},
                                                      {4, 6, 32, 32},
                                                      {4, 4, 16, 16},
                                                      {8, 16, 32, 32},
                                                      {8, 16, 128, 128},
                                                      {8, 32, 128, 256},
                                                      {32, 128, 258, 1024},
                                                      {32, 258, 258, 4096}}};
constexpr unsigned last_fast_level = 3;

// What the programs do differently.
struct Habits {
    unsigned hash_bits;
    std::size_t block_symbols;  // a block ends when it has so many
    bool guesses;               // whether a block may end earlier, where that seems to pay
    bool looks_beyond;          // whether matches are compared beyond the end of the content, and cut afterwards
};
constexpr std::array<Habits, deflate_programs> habits{
    {{15, 32767, true, true}, {15, 16383, false, false}, {16, 32767, false, false}}};

}  // namespace

struct DeflateEncoder::State {
    void begin(DeflateRules rules, const base::ByteSink &sink) noexcept {
        effort = efforts[rules.level - 1U];
        habit = habits[static_cast<unsigned>(rules.program)];
        level = rules.level;
        out = BitWriter{sink};
        block.clear();
        heads.fill(none);
        // What is beyond the content can be compared, see Habits.
        window.fill(std::byte{});
        at = 0;
        ahead = 0;
        wanted = 2 * window_bytes;
        block_at = 0;
        match_at = 0;
        match_bytes = least_match - 1;
        is_waiting = false;
        is_ended = false;
    }

    // The programs read as much as fits; less means that the content ends, and is noticed when nothing more comes.
    [[nodiscard]] Result<void> add(base::ByteView content) {
        while (!content.empty()) {
            if (wanted == 0)
                MOS_CHECK(advance());
            const auto count = std::min<std::size_t>(wanted, content.size());
            std::memcpy(window.data() + at + ahead, content.data(), count);
            ahead += static_cast<unsigned>(count);
            wanted -= static_cast<unsigned>(count);
            content = content.subspan(count);
        }
        return {};
    }

    [[nodiscard]] Result<void> finish() {
        for (;;) {
            MOS_CHECK(advance());
            if (is_ended)
                break;
            // Nothing comes any more.
            is_ended = true;
            wanted = 0;
            std::fill_n(window.begin() + at + ahead, std::min<std::size_t>(least_match - 1, window.size() - at - ahead),
                        std::byte{});
        }
        if (is_waiting)
            block.add_literal(window[at - 1]);
        MOS_CHECK(end_block(true));
        out.align();
        return out.flush();
    }

    // Works until more must be read, and makes room for it.
    [[nodiscard]] Result<void> advance() {
        while (ahead >= least_ahead || (is_ended && ahead > 0))
            MOS_CHECK(level <= last_fast_level ? step_fast() : step_lazy());
        if (!is_ended)
            make_room();
        return {};
    }

    void make_room() noexcept {
        wanted = 2 * window_bytes - ahead - at;
        if (at < window_bytes + farthest)
            return;
        std::memcpy(window.data(), window.data() + window_bytes, window_bytes);
        match_at -= static_cast<int>(window_bytes);
        at -= window_bytes;
        block_at -= static_cast<int>(window_bytes);
        for (std::uint16_t &place : heads)
            place = static_cast<std::uint16_t>(place >= window_bytes ? place - window_bytes : none);
        for (std::uint16_t &place : earlier)
            place = static_cast<std::uint16_t>(place >= window_bytes ? place - window_bytes : none);
        wanted += window_bytes;
    }

    // Enters the three bytes at `place`, and tells where they, or others with their hash, were last.
    unsigned enter(unsigned place) noexcept {
        const unsigned shift = (habit.hash_bits + least_match - 1) / least_match;
        const auto byte = [&](unsigned i) { return std::to_integer<unsigned>(window[place + i]); };
        const unsigned hash = (byte(0) << 2 * shift ^ byte(1) << shift ^ byte(2)) & ((1U << habit.hash_bits) - 1);
        const unsigned head = heads[hash];
        earlier[place % window_bytes] = static_cast<std::uint16_t>(head);
        heads[hash] = static_cast<std::uint16_t>(place);
        return head;
    }

    [[nodiscard]] unsigned enter_if_whole(unsigned place, unsigned bytes) noexcept {
        return bytes >= least_match ? enter(place) : none;
    }

    [[nodiscard]] bool is_worth_a_search(unsigned place) const noexcept {
        const bool has_room = !habit.looks_beyond || at <= 2 * window_bytes - least_ahead;
        return place != none && at - place <= farthest && has_room;
    }

    // The longest match along the chain that begins at `place`, where longer than `best`. match_at is where it is.
    [[nodiscard]] unsigned search(unsigned place, unsigned best) noexcept {
        const std::byte *const here = window.data() + at;
        const unsigned limit = at > farthest ? at - farthest : none;
        const unsigned nice = habit.looks_beyond ? effort.nice : std::min(effort.nice, ahead);
        unsigned left = best >= effort.good ? effort.chain >> 2U : effort.chain;
        do {
            const std::byte *const there = window.data() + place;
            if (there[best] != here[best] || there[best - 1] != here[best - 1] || there[0] != here[0] ||
                there[1] != here[1])
                continue;
            unsigned length = 2;
            while (length < longest_match && there[length] == here[length])
                ++length;
            if (length > best) {
                match_at = static_cast<int>(place);
                best = length;
                if (length >= nice)
                    break;
            }
        } while ((place = earlier[place % window_bytes]) > limit && --left != 0);
        return std::min(best, ahead);
    }

    [[nodiscard]] Result<void> step_fast() {
        const unsigned head = enter_if_whole(at, ahead);
        const unsigned length = is_worth_a_search(head) ? search(head, least_match - 1) : 0;
        if (length < least_match) {
            block.add_literal(window[at]);
            const bool full = is_full();
            ++at;
            --ahead;
            return full ? end_block(false) : Result<void>{};
        }
        block.add_match(at - static_cast<unsigned>(match_at), length);
        const bool full = is_full();
        ahead -= length;
        if (length <= effort.lazy && ahead >= least_match)
            for (unsigned i = 1; i < length; ++i)
                enter(at + i);
        at += length;
        return full ? end_block(false) : Result<void>{};
    }

    // A match is kept for one step: a longer one may begin at the next byte.
    [[nodiscard]] Result<void> step_lazy() {
        const unsigned head = enter_if_whole(at, ahead);
        const unsigned last_bytes = match_bytes;
        const int last_at = match_at;
        match_bytes = least_match - 1;
        if (is_worth_a_search(head) && last_bytes < effort.lazy) {
            match_bytes = search(head, last_bytes);
            if (match_bytes == least_match && static_cast<int>(at) - match_at > static_cast<int>(too_far_for_three))
                match_bytes = least_match - 1;
        }
        if (last_bytes >= least_match && match_bytes <= last_bytes)
            return take_last(last_at, last_bytes);
        bool full = false;
        if (is_waiting) {
            block.add_literal(window[at - 1]);
            full = is_full();
        }
        is_waiting = true;
        if (full)
            MOS_CHECK(end_block(false));
        ++at;
        --ahead;
        return {};
    }

    [[nodiscard]] Result<void> take_last(int last_at, unsigned bytes) {
        block.add_match(at - 1 - static_cast<unsigned>(last_at), bytes);
        const bool full = is_full();
        const unsigned last_whole = at + ahead - least_match;
        ahead -= bytes - 1;
        for (unsigned left = bytes - 2; left > 0; --left)
            if (++at <= last_whole)
                enter(at);
        ++at;
        is_waiting = false;
        match_bytes = least_match - 1;
        return full ? end_block(false) : Result<void>{};
    }

    [[nodiscard]] bool is_full() const noexcept {
        if (habit.guesses && level > 2 && (block.symbols() & 0xfffU) == 0 && block.matches() < block.symbols() / 2 &&
            block.guessed_bytes() < static_cast<std::uint64_t>(static_cast<int>(at) - block_at) / 2)
            return true;
        return block.symbols() == habit.block_symbols;
    }

    [[nodiscard]] Result<void> end_block(bool last) {
        const auto bytes = static_cast<std::uint64_t>(static_cast<int>(at) - block_at);
        MOS_CHECK(block.write(out, bytes, block_at >= 0 ? window.data() + block_at : nullptr, last));
        block_at = static_cast<int>(at);
        return {};
    }

    Effort effort{};
    Habits habit{};
    unsigned level = 0;
    BitWriter out{m_nowhere};
    DeflateBlock block;
    unsigned at = 0;      // in the window
    unsigned ahead = 0;   // bytes behind it that are there
    unsigned wanted = 0;  // that must be read before it goes on
    int block_at = 0;     // where the block began; negative when that has left the window
    int match_at = 0;
    unsigned match_bytes = 0;
    bool is_waiting = false;  // the byte before is in no symbol yet
    bool is_ended = false;
    std::array<std::uint16_t, window_bytes> earlier{};  // of each place: the last with its hash
    std::array<std::uint16_t, 1U << 16U> heads{};       // of each hash: its last place
    std::array<std::byte, 2 * window_bytes + longest_match> window{};

  private:
    base::ByteSink m_nowhere;
};

DeflateEncoder::DeflateEncoder(MemoryClaim claim) : m_claim(std::move(claim)), m_state(std::make_unique<State>()) {}
DeflateEncoder::DeflateEncoder(DeflateEncoder &&) noexcept = default;
DeflateEncoder &DeflateEncoder::operator=(DeflateEncoder &&) noexcept = default;
DeflateEncoder::~DeflateEncoder() = default;

std::uint64_t DeflateEncoder::memory_bytes() noexcept { return sizeof(State); }

Result<DeflateEncoder> DeflateEncoder::create(MemoryBudget &memory) {
    MOS_TRY(MemoryClaim claim, MemoryClaim::create(memory, memory_bytes(), "compressing again"));
    return DeflateEncoder{std::move(claim)};
}

void DeflateEncoder::begin(DeflateRules rules, const base::ByteSink &out) noexcept { m_state->begin(rules, out); }
Result<void> DeflateEncoder::add(base::ByteView content) { return m_state->add(content); }
Result<void> DeflateEncoder::finish() { return m_state->finish(); }

}  // namespace mos::delta
