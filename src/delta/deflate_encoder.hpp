// Deflate streams (RFC 1951) as zlib and GNU gzip make them, bit for bit: what was inflated can be put back.
//
// Which bytes a deflate encoder makes is its own affair; RFC 1951 only says how they are read. Nearly all .gz files
// were made by GNU gzip or by zlib, whose rules have not changed since the nineties, and are written down here once
// more instead of calling zlib: so no device makes other bytes because it has another version, or one of zlib's faster
// heirs.
#pragma once

#include "deflate_block.hpp"
#include "memory_budget.hpp"

#include <memory>

namespace mos::delta {

struct DeflateRules {
    enum class Program : std::uint8_t {
        gzip = 0,   // GNU gzip
        zlib = 1,   // zlib with its usual memory (memLevel 8)
        zlib9 = 2,  // zlib with memLevel 9
    };
    Program program = Program::gzip;
    std::uint8_t level = 9;  // 1 to 9
    friend bool operator==(const DeflateRules &, const DeflateRules &) = default;
};
inline constexpr unsigned deflate_programs = 3;
inline constexpr unsigned deflate_levels = 9;

// One stream after another; the memory is taken once.
class DeflateEncoder {
  public:
    [[nodiscard]] static Result<DeflateEncoder> create(MemoryBudget &memory);
    DeflateEncoder(DeflateEncoder &&) noexcept;
    DeflateEncoder &operator=(DeflateEncoder &&) noexcept;
    ~DeflateEncoder();

    // What create() takes.
    [[nodiscard]] static std::uint64_t memory_bytes() noexcept;

    // Begins a stream. `out` gets its bytes in pieces, and is borrowed until finish().
    void begin(DeflateRules rules, const base::ByteSink &out) noexcept;
    // The same pieces or others: what comes out depends on their sum alone.
    [[nodiscard]] Result<void> add(base::ByteView content);
    [[nodiscard]] Result<void> finish();

  private:
    struct State;
    explicit DeflateEncoder(MemoryClaim claim);
    MemoryClaim m_claim;
    std::unique_ptr<State> m_state;
};

}  // namespace mos::delta
