// Raw LZMA2 streams whose memory is counted. Which dictionary a stream needs stands before it, in one byte.
#pragma once

#include "memory_budget.hpp"

#include <lzma.h>

#include <memory>

namespace mos::delta {

inline constexpr std::uint32_t least_dictionary = 4096;          // LZMA_DICT_SIZE_MIN
inline constexpr std::uint32_t largest_dictionary = 64U << 20U;  // of what we write

// A coder of liblzma, which keeps the addresses of these.
struct LzmaCoder {
    explicit LzmaCoder(MemoryBudget &budget) noexcept;
    LzmaCoder(const LzmaCoder &) = delete;
    LzmaCoder &operator=(const LzmaCoder &) = delete;
    ~LzmaCoder() { lzma_end(&stream); }

    void give(base::ByteView in, base::MutableByteView out) noexcept;
    lzma_stream stream = LZMA_STREAM_INIT;
    lzma_allocator allocator = {};
    MemoryBudget *memory = nullptr;
};

// How literals are predicted; what fits depends on what a stream holds.
struct LzmaContext {
    std::uint32_t literal_context_bits = 3;
    std::uint32_t literal_position_bits = 0;
    std::uint32_t position_bits = 2;
};

// The smallest size that LZMA2's property byte can name and that holds `content` bytes, at most `most`.
[[nodiscard]] std::uint32_t dictionary_for(std::uint64_t content, std::uint64_t most) noexcept;

// Compresses parts of one stream, each so that it can be decoded without those after it.
class LzmaEncoder {
  public:
    [[nodiscard]] static Result<LzmaEncoder> create(MemoryBudget &memory, std::uint32_t dictionary_bytes,
                                                    LzmaContext context);
    // LZMA2's property byte of the dictionary.
    [[nodiscard]] std::byte property() const noexcept { return m_state->property; }
    // Appends what comes out to `out`. `end` finishes the stream, `flush` makes what was given decodable.
    enum class Action : std::uint8_t { more, flush, end };
    [[nodiscard]] Result<void> code(base::ByteView in, Action action, base::Bytes &out);

  private:
    struct State : LzmaCoder {
        using LzmaCoder::LzmaCoder;
        std::byte property{};
    };
    std::unique_ptr<State> m_state;
};

class LzmaDecoder {
  public:
    // LIMIT when its dictionary is beyond the budget, FORMAT for a property that means none.
    [[nodiscard]] static Result<LzmaDecoder> create(MemoryBudget &memory, std::byte property);

    struct Progress {
        std::size_t taken = 0;
        std::size_t given = 0;
        bool ended = false;
    };
    // Decodes as much of `in` into `out` as fits. FORMAT for what is no such stream.
    [[nodiscard]] Result<Progress> decode(base::ByteView in, base::MutableByteView out);

  private:
    std::unique_ptr<LzmaCoder> m_state;
};

}  // namespace mos::delta
