// A fast 128-bit content hash, to tell equal states of a test disk from different ones. Not for adversaries.
#pragma once

#include <mos/base/bytes.hpp>

#include <compare>
#include <cstring>

namespace mos::test::twin {

struct Digest {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    friend auto operator<=>(const Digest &, const Digest &) = default;
};

class Hasher {
  public:
    void word(std::uint64_t value) noexcept {
        m_low = mix(m_low ^ value, 0x9E3779B97F4A7C15ULL);
        m_high = mix(m_high + value, 0xD6E8FEB86659FD93ULL);
    }
    void bytes(base::ByteView view) noexcept {
        word(view.size());
        for (; view.size() >= 8; view = view.subspan(8))
            word(load(view.first(8)));
        if (!view.empty())
            word(load(view));
    }
    void text(std::string_view value) noexcept { bytes(base::as_bytes(value)); }
    void digest(const Digest &value) noexcept {
        word(value.low);
        word(value.high);
    }
    [[nodiscard]] Digest finish() const noexcept { return {m_low, m_high}; }

  private:
    // Multiplication modulo 2^64 by an odd number is a bijection, and so is a xor-shift: no input is swallowed.
    static std::uint64_t mix(std::uint64_t value, std::uint64_t factor) noexcept {
        value = (value ^ (value >> 32U)) * factor;
        return value ^ (value >> 29U);
    }
    static std::uint64_t load(base::ByteView view) noexcept {
        std::uint64_t value = 0;
        std::memcpy(&value, view.data(), view.size());
        return value;
    }

    std::uint64_t m_low = 0x243F6A8885A308D3ULL;
    std::uint64_t m_high = 0x13198A2E03707344ULL;
};

}  // namespace mos::test::twin
