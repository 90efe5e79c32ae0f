// Expands members, and puts them back as they were.
#pragma once

#include "inflate.hpp"
#include "members.hpp"

#include <functional>
#include <optional>

namespace mos::delta {

// Reads the compressed bytes of a member from an offset in them on.
using ReadMember = std::function<Result<void>(std::uint64_t, base::MutableByteView)>;

// Besides the decoder.
inline constexpr std::uint64_t expanding_bytes = 64U << 10U;

// Expands a member in pieces for `out`, and sees that it takes and gives exactly what the member says.
[[nodiscard]] Result<void> expand(const Member &member, const ReadMember &read, MemoryBudget &memory,
                                  const base::ByteSink &out);
[[nodiscard]] Result<void> expand(const Member &member, base::ByteView compressed, MemoryBudget &memory,
                                  const base::ByteSink &out);

// Compresses one member after another.
class Recompressor {
  public:
    explicit Recompressor(MemoryBudget &memory) noexcept : m_memory(&memory) {}

    // `out` gets the bytes in pieces, and is borrowed until finish().
    [[nodiscard]] Result<void> begin(const Member &member, const base::ByteSink &out);
    [[nodiscard]] Result<void> add(base::ByteView content);
    [[nodiscard]] Result<void> finish();
    // Instead of finish(): what was begun is of no use.
    void abandon() noexcept {
        m_xz.reset();
        m_zstd.reset();
    }

  private:
    MemoryBudget *m_memory;
    const base::ByteSink *m_out = nullptr;
    std::optional<DeflateEncoder> m_deflate;  // once there is one, it stays for the next
    std::optional<XzEncoder> m_xz;            // while it is at work
    std::optional<ZstdEncoder> m_zstd;        // the same
};

}  // namespace mos::delta
