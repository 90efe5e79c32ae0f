// Prefix codes of deflate, as zlib and GNU gzip choose them.
#pragma once

#include <array>
#include <cstdint>

namespace mos::delta {

// A code's bits are sent with the first one lowest.
[[nodiscard]] std::uint16_t reversed_bits(std::uint32_t code, unsigned bits) noexcept;

// A prefix code over symbols that were counted: no code has more bits than it may, and among equals the same is chosen
// as zlib does, for that is all that this is for.
struct CodeShape {
    unsigned symbols = 0;
    unsigned most_bits = 0;
    const std::uint8_t *extra_bits = nullptr;  // of each symbol from `extra_from` on
    unsigned extra_from = 0;
    const std::uint8_t *fixed_lengths = nullptr;  // of the code that needs no description; nullptr: there is none
};

class PrefixCode {
  public:
    explicit PrefixCode(const CodeShape &shape) noexcept : m_shape(&shape) {}

    void clear() noexcept { m_count.fill(0); }
    void count(unsigned symbol) noexcept { ++m_count[symbol]; }
    void count(unsigned symbol, unsigned times) noexcept {
        m_count[symbol] = static_cast<std::uint16_t>(m_count[symbol] + times);
    }
    [[nodiscard]] std::uint32_t counted(unsigned symbol) const noexcept { return m_count[symbol]; }
    // Chooses lengths and codes, and tells what all that was counted takes.
    void build() noexcept;

    [[nodiscard]] std::int64_t bits() const noexcept { return m_bits; }              // with this code
    [[nodiscard]] std::int64_t fixed_bits() const noexcept { return m_fixed_bits; }  // with the fixed one
    [[nodiscard]] unsigned largest_symbol() const noexcept { return m_largest; }
    [[nodiscard]] unsigned length(unsigned symbol) const noexcept { return m_length[symbol]; }
    [[nodiscard]] std::uint32_t code(unsigned symbol) const noexcept { return m_code[symbol]; }

    static constexpr unsigned most_symbols = 286;

  private:
    static constexpr unsigned nodes = 2 * most_symbols + 1;
    struct Heap;
    [[nodiscard]] bool goes_first(unsigned a, unsigned b) const noexcept;
    void sink(Heap &heap, unsigned at) const noexcept;
    void collect(Heap &heap) noexcept;
    void join(Heap &heap) noexcept;
    void choose_lengths(const Heap &heap) noexcept;
    void shorten(const Heap &heap, int overflow) noexcept;
    void choose_codes() noexcept;

    const CodeShape *m_shape;
    std::array<std::uint16_t, nodes> m_count{};
    std::array<std::uint16_t, nodes> m_parent{};
    std::array<std::uint8_t, nodes> m_depth{};
    std::array<std::uint8_t, nodes> m_length{};
    std::array<std::uint16_t, most_symbols> m_code{};
    std::array<std::uint16_t, 16> m_of_length{};
    unsigned m_largest = 0;
    std::int64_t m_bits = 0;
    std::int64_t m_fixed_bits = 0;
};

}  // namespace mos::delta
