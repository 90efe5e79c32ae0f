// Zstandard frames (RFC 8878), made again as the command zstd made them; memory is counted.
#pragma once

#include "lzma.hpp"

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
    bool by_worker = false;    // cut into jobs, as the command does above 512 KiB unless it has --single-thread
    std::uint64_t window = 0;  // bytes that a decoder keeps; it stands in the frame, not in a delta
    friend bool operator==(const ZstdRules &, const ZstdRules &) = default;
};

[[nodiscard]] std::uint32_t this_zstd_version() noexcept;
// Whether this version knows what they say.
[[nodiscard]] bool are_known(const ZstdRules &rules) noexcept;

class ZstdEncoder {
  public:
    // What create() takes, whatever comes: an upper bound, and the same for the same rules and content.
    [[nodiscard]] static std::uint64_t memory_bytes(const ZstdRules &rules, std::uint64_t content_bytes) noexcept;
    // UNSUPPORTED where this libzstd has no workers and they are asked for. LIMIT.
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
    // LIMIT where the budget does not have what the frame asks for.
    [[nodiscard]] Result<LzmaDecoder::Progress> decode(base::ByteView in, base::MutableByteView out);

  private:
    struct State;
    struct Deleter {
        void operator()(State *state) const noexcept;
    };
    std::unique_ptr<State, Deleter> m_state;
};

// What the header of a frame says of how it was made; its level remains to be found. Nothing for what is no such frame.
[[nodiscard]] std::optional<ZstdRules> zstd_rules_of(base::ByteView frame);
// The levels by which a frame of so much content can have been made, by its window; the usual ones first.
[[nodiscard]] std::vector<std::uint8_t> zstd_levels(const ZstdRules &rules, std::uint64_t content_bytes);
// Whether the command would have cut so much content into jobs, and this libzstd can do so.
[[nodiscard]] bool may_be_by_worker(std::uint64_t content_bytes) noexcept;

}  // namespace mos::delta
