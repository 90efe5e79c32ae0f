// .xz streams, made again as the command xz made them; memory is counted.
#pragma once

#include "lzma.hpp"

#include <optional>

namespace mos::delta {

// Streams of one block without sizes in its header, as xz writes with one thread.
struct XzRules {
    std::uint32_t encoder_version = 0;  // liblzma's, with which the bytes were seen to come out the same
    std::uint8_t check = 0;             // lzma_check
    std::uint8_t filter = 0;            // before LZMA2: none, or the number of a branch filter, such as 4 for x86
    std::uint8_t preset = 0;            // 0 to 9; 16 more is xz's --extreme
    std::uint8_t dictionary = 0;        // LZMA2's property byte
    friend bool operator==(const XzRules &, const XzRules &) = default;
};

// Whether this version knows what they say.
[[nodiscard]] bool are_known(const XzRules &rules) noexcept;

class XzEncoder {
  public:
    [[nodiscard]] static Result<XzEncoder> create(MemoryBudget &memory, const XzRules &rules);
    [[nodiscard]] static std::uint64_t memory_bytes(const XzRules &rules) noexcept;
    // Hands what comes out to `out`. `ends` with the last piece.
    [[nodiscard]] Result<void> code(base::ByteView in, bool ends, const base::ByteSink &out);

  private:
    std::unique_ptr<LzmaCoder> m_state;
};

class XzDecoder {
  public:
    [[nodiscard]] static Result<XzDecoder> create(MemoryBudget &memory);
    [[nodiscard]] static std::uint64_t memory_bytes(const XzRules &rules) noexcept;
    // LIMIT where the budget does not have what the stream asks for.
    [[nodiscard]] Result<LzmaDecoder::Progress> decode(base::ByteView in, base::MutableByteView out);

  private:
    std::unique_ptr<LzmaCoder> m_state;
};

// What the first bytes of a stream say of how it was made; which preset remains to be found. Nothing for what is no
// such stream, or was made in a way that can't be repeated here.
[[nodiscard]] std::optional<XzRules> xz_rules_of(base::ByteView stream);
// The presets that differ in more than the dictionary, the usual ones first.
[[nodiscard]] std::span<const std::uint8_t> xz_presets() noexcept;

}  // namespace mos::delta
