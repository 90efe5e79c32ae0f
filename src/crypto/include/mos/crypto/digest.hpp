// Message digests: SHA-2 (FIPS 180-4) and BLAKE2b (RFC 7693), streaming.
//
// Computed by OpenSSL's libcrypto where the build found it (SHA instructions: several times faster), else by libsodium
// and mbedTLS. Digests are all that libcrypto is used for.
#pragma once

#include <mos/base/bytes.hpp>

#include <array>
#include <memory>
#include <string_view>

namespace mos::crypto {

enum class DigestAlgorithm : std::uint8_t { sha256, sha384, sha512, blake2b_512 };

[[nodiscard]] std::size_t digest_bytes(DigestAlgorithm algorithm) noexcept;

// A running digest. Movable; one thread at a time.
class Hasher {
  public:
    explicit Hasher(DigestAlgorithm algorithm);
    Hasher(Hasher &&) noexcept;
    Hasher &operator=(Hasher &&) noexcept;
    ~Hasher();

    void update(base::ByteView bytes);
    // The digest of all that was given; the hasher then starts anew.
    [[nodiscard]] base::Bytes finish();

  private:
    struct State;
    std::unique_ptr<State> m_state;
};

using Sha256Digest = std::array<std::byte, 32>;

// The digest that the package format and the trust store use everywhere.
class Sha256 {
  public:
    Sha256() : m_hasher(DigestAlgorithm::sha256) {}
    void update(base::ByteView bytes) { m_hasher.update(bytes); }
    [[nodiscard]] Sha256Digest finish();

  private:
    Hasher m_hasher;
};

[[nodiscard]] Sha256Digest sha256(base::ByteView bytes);
[[nodiscard]] base::Bytes digest(DigestAlgorithm algorithm, base::ByteView bytes);

// Exactly 64 hexadecimal digits; FORMAT otherwise.
[[nodiscard]] Result<Sha256Digest> sha256_from_hex(std::string_view text);

// In constant time for equal sizes.
[[nodiscard]] bool equal_in_constant_time(base::ByteView a, base::ByteView b) noexcept;

}  // namespace mos::crypto
