// A digest over a list of fields of which no two lists have the same bytes.
#pragma once

#include <mos/crypto/digest.hpp>

#include <array>
#include <string>
#include <string_view>

namespace mos::crypto {

// SHA-256 over numbers (eight bytes, little-endian) and texts (their length as a number, then their bytes). Fields are
// gathered before they are hashed, for most are small and there may be millions.
class FieldDigest {
  public:
    void number(std::uint64_t value) {
        std::array<std::byte, 8> bytes{};
        for (std::size_t i = 0; i < bytes.size(); ++i)
            bytes[i] = static_cast<std::byte>(value >> (8 * i));
        gather(bytes);
    }
    void text(std::string_view text) {
        number(text.size());
        gather(base::as_bytes(text));
    }

    // 64 hexadecimal digits. Nothing may be added afterwards.
    [[nodiscard]] std::string finish() {
        hash_gathered();
        return base::to_hex(m_hasher.finish());
    }

  private:
    static constexpr std::size_t gathered_bytes = 4096;

    void gather(base::ByteView bytes) {
        if (m_gathered.size() + bytes.size() > gathered_bytes)
            hash_gathered();
        m_gathered.insert(m_gathered.end(), bytes.begin(), bytes.end());
    }
    void hash_gathered() {
        m_hasher.update(m_gathered);
        m_gathered.clear();
    }

    base::Bytes m_gathered;
    Sha256 m_hasher;
};

}  // namespace mos::crypto
