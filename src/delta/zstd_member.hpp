// Zstandard frames (RFC 8878), made again as the command zstd makes them on one thread; memory is counted. Frames that
// its worker has cut into jobs are not: the memory of libzstd's workers has no bound that holds whatever the pace of
// those who read and write, they can't be stopped, and they take the signals of the program.
#pragma once

#include "lzma.hpp"

#include <array>
#include <memory>
#include <optional>
#include <span>

namespace mos::delta {

// A frame without a dictionary, of one of the command's levels and nothing else that was asked for.
struct ZstdRules {
    std::uint32_t encoder_version = 0;  // libzstd's, with which the bytes were seen to come out the same
    std::uint8_t level = 0;             // 1 to 22; 0 while it is not known
    bool has_checksum = false;
    bool has_size = false;     // of the content, in the header: from a file, not from a pipe
    std::uint64_t window = 0;  // bytes that a decoder keeps; it stands in the frame, not in a delta
    friend bool operator==(const ZstdRules &, const ZstdRules &) = default;
};

// What each frame begins with; those of zstd's first versions begin otherwise.
inline constexpr std::array<std::uint8_t, 4> zstd_magic = {0x28, 0xb5, 0x2f, 0xfd};

[[nodiscard]] std::uint32_t this_zstd_version() noexcept;
// Whether this version knows what they say.
[[nodiscard]] bool are_known(const ZstdRules &rules) noexcept;

class ZstdEncoder {
  public:
    // An upper bound; of a level that is not known, that of the least one.
    [[nodiscard]] static std::uint64_t memory_bytes(const ZstdRules &rules, std::uint64_t content_bytes) noexcept;
    // UNSUPPORTED where this libzstd does not take the rules.
    [[nodiscard]] static Result<ZstdEncoder> create(MemoryBudget &memory, const ZstdRules &rules,
                                                    std::uint64_t content_bytes);
    // Hands what comes out to `out`. After the content, once with nothing and `ends`.
    [[nodiscard]] Result<void> code(base::ByteView in, bool ends, const base::ByteSink &out);

  private:
    struct State;
    struct Deleter {
        void operator()(State *state) const noexcept;
    };
    std::unique_ptr<State, Deleter> m_state;
};

class ZstdDecoder {
  public:
    [[nodiscard]] static std::uint64_t memory_bytes(const ZstdRules &rules) noexcept;
    [[nodiscard]] static Result<ZstdDecoder> create(MemoryBudget &memory);
    // LIMIT where the budget does not have what the frame asks for; FORMAT for what does not begin as a frame: libzstd
    // would take those of its first versions as well, and not count their memory.
    [[nodiscard]] Result<LzmaDecoder::Progress> decode(base::ByteView in, base::MutableByteView out);

  private:
    struct State;
    struct Deleter {
        void operator()(State *state) const noexcept;
    };
    std::unique_ptr<State, Deleter> m_state;
};

// Whether so little content is worth the tables that its encoder clears: a list of thousands of such members would cost
// hours.
[[nodiscard]] bool is_worth_its_tables(const ZstdRules &rules, std::uint64_t content_bytes) noexcept;
// What the header of a frame says of how it was made; its level remains to be found. Nothing for what is no such frame.
[[nodiscard]] std::optional<ZstdRules> zstd_rules_of(base::ByteView frame);
// The levels by which a frame of so much content can have been made, by its window; the usual ones first.
[[nodiscard]] std::vector<std::uint8_t> zstd_levels(const ZstdRules &rules, std::uint64_t content_bytes);

}  // namespace mos::delta
