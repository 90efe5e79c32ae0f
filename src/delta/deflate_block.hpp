// The second half of a deflate encoder: a block's symbols become bits, by the codes that zlib and GNU gzip choose.
#pragma once

#include "prefix_code.hpp"

#include <mos/base/bytes.hpp>

namespace mos::delta {

// Bits into bytes, the low ones first. The sink gets pieces.
class BitWriter {
  public:
    explicit BitWriter(const base::ByteSink &sink) noexcept : m_sink(&sink) {}

    void put(std::uint32_t bits, unsigned count) noexcept {
        m_bits |= static_cast<std::uint64_t>(bits) << m_count;
        for (m_count += count; m_count >= 8; m_count -= 8) {
            m_piece[m_used++] = static_cast<std::byte>(m_bits);
            m_bits >>= 8U;
        }
    }
    // Fills the byte that was begun with zeros.
    void align() noexcept {
        if (m_count > 0)
            put(0, 8 - m_count);
    }
    // Hands on what is ready, where it has become much; put() has room for 8192 bits afterwards.
    [[nodiscard]] Result<void> drain() { return m_used > m_piece.size() - 1024 ? flush() : Result<void>{}; }
    [[nodiscard]] Result<void> flush() {
        const std::size_t count = std::exchange(m_used, 0);
        return count > 0 ? (*m_sink)(base::ByteView{m_piece}.first(count)) : Result<void>{};
    }

  private:
    const base::ByteSink *m_sink;
    std::uint64_t m_bits = 0;
    unsigned m_count = 0;
    std::size_t m_used = 0;
    std::array<std::byte, 8192> m_piece{};
};

// One block: its symbols as they are found, and how it is written.
class DeflateBlock {
  public:
    static constexpr std::size_t most_symbols = 32768;

    DeflateBlock() noexcept;
    void clear() noexcept;
    void add_literal(std::byte byte) noexcept;
    void add_match(unsigned distance, unsigned length) noexcept;
    [[nodiscard]] std::size_t symbols() const noexcept { return m_used; }
    [[nodiscard]] std::size_t matches() const noexcept { return m_matches; }
    // As GNU gzip guesses what the block takes so far, in bytes.
    [[nodiscard]] std::uint64_t guessed_bytes() const noexcept;

    // `content` is what the block stands for, where it is still at hand: stored as it is when that is smaller.
    [[nodiscard]] Result<void> write(BitWriter &out, std::uint64_t content_bytes, const std::byte *content, bool last);

  private:
    struct Symbol {
        std::uint16_t distance;  // 0: a literal
        std::uint8_t value;      // it, or the length less 3
    };
    template <class Take>
    void walk_lengths(const PrefixCode &code, Take &&take) const;
    void count_lengths(const PrefixCode &code) noexcept;
    void write_lengths(BitWriter &out, const PrefixCode &code) const noexcept;
    void write_codes(BitWriter &out, unsigned described) const noexcept;
    [[nodiscard]] static Result<void> write_stored(BitWriter &out, std::uint64_t bytes, const std::byte *content,
                                                   bool last);
    template <class Literal, class Distance>
    [[nodiscard]] Result<void> write_symbols(BitWriter &out, Literal &&literal, Distance &&distance) const;

    PrefixCode m_literals;
    PrefixCode m_distances;
    PrefixCode m_lengths;  // the code of the lengths of the other two
    std::size_t m_used = 0;
    std::size_t m_matches = 0;
    std::array<Symbol, most_symbols> m_symbols{};
};

}  // namespace mos::delta
