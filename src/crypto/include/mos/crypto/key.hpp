// Public and private keys: Ed25519 (RFC 8032), ECDSA on P-384 and P-256 (FIPS 186-4), RSA (RFC 8017).
//
// A key object always holds a key that was checked: a point on its curve, a modulus within limits.hpp. `name` is how
// the caller calls what it hands in (a file name, say); messages quote it. Objects are immutable: any number of threads
// may use one.
#pragma once

#include <mos/crypto/digest.hpp>
#include <mos/crypto/secret.hpp>
#include <mos/crypto/signature.hpp>

#include <span>
#include <string>
#include <string_view>

namespace mos::crypto {

// What generate() makes.
enum class KeyType : std::uint8_t { ed25519, ecc_p384, rsa_4096, ecc_p256, rsa_3072, rsa_2048 };

// "ed25519", "ecc-p384", "ecc-p256", "rsa-4096", "rsa-3072", "rsa-2048"; INVALID_ARGUMENT for anything else.
[[nodiscard]] Result<KeyType> parse_key_type(std::string_view text);
[[nodiscard]] std::string_view key_type_name(KeyType type) noexcept;

// What a key is, apart from its size.
enum class KeyFamily : std::uint8_t { ed25519, ecc_p256, ecc_p384, rsa };

class PublicKey {
  public:
    // A SubjectPublicKeyInfo (RFC 5280 section 4.1) in DER, to its last byte; in PEM as "PUBLIC KEY". LIMIT beyond
    // max_key_bytes; KEY_INVALID when it is malformed, of another type, off its curve, of small order, or weaker than
    // RSA-2048.
    [[nodiscard]] static Result<PublicKey> from_der(base::ByteView der, std::string_view name);
    [[nodiscard]] static Result<PublicKey> from_pem(std::string_view pem, std::string_view name);

    [[nodiscard]] base::ByteView der() const noexcept { return m_der; }
    [[nodiscard]] std::string to_pem() const;

    // SHA-256 of der(): what a Signature calls key_id.
    [[nodiscard]] const Sha256Digest &id() const noexcept { return m_id; }
    [[nodiscard]] std::string fingerprint() const;  // "SHA256:" and 64 hexadecimal digits

    [[nodiscard]] KeyFamily family() const noexcept { return m_family; }
    [[nodiscard]] unsigned bits() const noexcept { return m_bits; }
    // How this key may sign messages, the usual way first; only an RSA key has a second one.
    [[nodiscard]] std::span<const SignatureAlgorithm> algorithms() const noexcept;
    // "Ed25519", "ECC-P384-SHA384", "RSA-4096-SHA256", "RSA-PSS-4096-SHA256": the family, the size, the digest.
    [[nodiscard]] std::string algorithm_name(SignatureAlgorithm algorithm) const;
    [[nodiscard]] std::string algorithm_name() const { return algorithm_name(algorithms().front()); }

    // Succeeds when `signature` is this key's over `message`. ALGORITHM_REFUSED when `algorithm` is none of the key's
    // own, SIGNATURE_INVALID otherwise. An ECDSA signature must be DER to the bit (no BER length, no padded integer,
    // nothing after it) with 0 < r, s < n, so that a signature has one encoding.
    [[nodiscard]] Result<void> verify(SignatureAlgorithm algorithm, base::ByteView message,
                                      base::ByteView signature) const;

    // The same by any scheme of the key's family, as a certificate names one. False also for a scheme without sense:
    // a digest that is not SHA-2, a salt that the key has no room for.
    [[nodiscard]] bool verifies(const SignatureScheme &scheme, base::ByteView message, base::ByteView signature) const;

    friend bool operator==(const PublicKey &a, const PublicKey &b) noexcept { return a.m_der == b.m_der; }

  private:
    friend class PrivateKey;
    PublicKey() = default;

    KeyFamily m_family = KeyFamily::ed25519;
    unsigned m_bits = 0;
    base::Bytes m_der;
    base::Bytes m_number;    // the Ed25519 key, the uncompressed point, or the modulus
    base::Bytes m_exponent;  // RSA only
    Sha256Digest m_id{};
};

// Movable, not copyable; its memory is wiped when it goes. One that was moved from may only be destroyed or assigned
// to.
class PrivateKey {
  public:
    // From the operating system's random source. RSA takes seconds.
    [[nodiscard]] static Result<PrivateKey> generate(KeyType type);

    // PKCS #8 (RFC 5958): a "PRIVATE KEY" block; Ed25519 as in RFC 8410, P-384 and P-256 as in RFC 5915, RSA as in
    // RFC 8017 appendix A.1.2. With a passphrase, an "ENCRYPTED PRIVATE KEY" block (encrypted_key.hpp). LIMIT beyond
    // max_key_bytes; WRONG_PASSPHRASE when the block is encrypted and there is none, or it does not open it;
    // KEY_INVALID when malformed, not encrypted though there is a passphrase, of another type, or when its parts do
    // not fit each other.
    [[nodiscard]] static Result<PrivateKey> from_pem(std::string_view pem, std::string_view name,
                                                     std::string_view passphrase = {});
    [[nodiscard]] static Result<PrivateKey> from_der(base::ByteView der, std::string_view name);

    // PKCS #8 again, to be written where nobody else can read it.
    [[nodiscard]] SecretBytes to_pem() const;
    // INVALID_ARGUMENT for an empty passphrase.
    [[nodiscard]] Result<SecretBytes> to_encrypted_pem(std::string_view passphrase) const;

    [[nodiscard]] const PublicKey &public_key() const noexcept { return m_public; }

    // ECDSA is deterministic (RFC 6979), RSA-PSS is not. INVALID_ARGUMENT when the algorithm is none of the key's;
    // INTERNAL when the result does not verify (a fault in the machine could give the key away).
    [[nodiscard]] Result<base::Bytes> sign(SignatureAlgorithm algorithm, base::ByteView message) const;
    [[nodiscard]] Result<base::Bytes> sign(base::ByteView message) const {
        return sign(m_public.algorithms().front(), message);
    }

    // The same by any scheme of the key's family: for certificates. INVALID_ARGUMENT for one that verifies() calls
    // without sense.
    [[nodiscard]] Result<base::Bytes> sign(const SignatureScheme &scheme, base::ByteView message) const;

  private:
    PrivateKey(PublicKey public_key, SecretBytes secret)
        : m_public(std::move(public_key)), m_secret(std::move(secret)) {}
    [[nodiscard]] static Result<PrivateKey> from_secret(KeyFamily family, SecretBytes secret, std::string_view name);
    [[nodiscard]] SecretBytes to_der() const;
    [[nodiscard]] Result<base::Bytes> sign_unchecked(const SignatureScheme &scheme, base::ByteView message) const;

    PublicKey m_public;
    SecretBytes m_secret;  // Ed25519: seed; ECDSA: scalar, as long as the order; RSA: RSAPrivateKey in DER
};

}  // namespace mos::crypto
