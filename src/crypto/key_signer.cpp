#include <mos/crypto/key_signer.hpp>

#include <mos/crypto/limits.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::crypto {

namespace {

// An Ecdsa-Sig-Value (RFC 3279 section 2.2.3) of a curve below 512 bits is a header of two bytes and two integers of
// two bytes of header, a zero, and the number.
std::size_t largest_value_bytes(const PublicKey &key) {
    constexpr std::size_t ed25519_bytes = 64;
    constexpr std::size_t bits_of_byte = 8;
    const std::size_t number_bytes = (std::size_t{key.bits()} + bits_of_byte - 1) / bits_of_byte;
    switch (key.family()) {
    case KeyFamily::ed25519:
        return ed25519_bytes;
    case KeyFamily::rsa:
        return number_bytes;
    default:
        return 2 + 2 * (number_bytes + 3);
    }
}

class KeySigner final : public Signer {
  public:
    KeySigner(PublicKey key, RemoteSign sign, SignatureAlgorithm algorithm, std::vector<base::Bytes> certificates)
        : m_key(std::move(key)), m_sign(std::move(sign)), m_algorithm(algorithm),
          m_certificates(std::move(certificates)) {}

    [[nodiscard]] Result<Signature> sign(base::ByteView message) override {
        MOS_TRY(base::Bytes value, m_sign(m_algorithm, message));
        if (Result<void> verified = m_key.verify(m_algorithm, message, value); !verified)
            return base::in_context(std::move(verified).error(), "what was signed with does not fit its public key")
                .about(m_key.fingerprint())
                .with_remedy("give the public key of the key that signs, or mend what signs by it");
        return Signature{m_algorithm, base::to_bytes(m_key.id()), std::move(value), m_certificates};
    }

    [[nodiscard]] std::optional<Signature> largest_signature() const override {
        return Signature{m_algorithm, base::to_bytes(m_key.id()), base::Bytes(largest_value_bytes(m_key)),
                         m_certificates};
    }

  private:
    PublicKey m_key;
    RemoteSign m_sign;
    SignatureAlgorithm m_algorithm;
    std::vector<base::Bytes> m_certificates;
};

Result<void> check_chain_of_key(const PublicKey &key, const std::vector<Certificate> &chain) {
    if (chain.size() > max_chain_certificates)
        return Error{Code::LIMIT,
                     fmt::format("the chain of key {} has {} certificates, at most {} are allowed",
                                 base::in_quotes(key.fingerprint()), chain.size(), max_chain_certificates)};
    if (!chain.empty() && chain.front().public_key() != key)
        return Error{Code::CERTIFICATE_INVALID,
                     fmt::format("certificate {} is not that of the key {}", base::in_quotes(chain.front().subject()),
                                 base::in_quotes(key.fingerprint()))}
            .about(chain.front().subject());
    for (std::size_t i = 1; i < chain.size(); ++i)
        if (chain[i - 1].issuer() != chain[i].subject())
            return Error{Code::CERTIFICATE_INVALID,
                         fmt::format("certificate {} is followed by {}, which is not its issuer",
                                     base::in_quotes(chain[i - 1].subject()), base::in_quotes(chain[i].subject()))}
                .about(chain[i].subject());
    return {};
}

}  // namespace

Result<std::unique_ptr<Signer>> make_signer(PrivateKey key, std::vector<Certificate> chain,
                                            std::optional<SignatureAlgorithm> algorithm) {
    PublicKey public_key = key.public_key();
    const auto shared = std::make_shared<const PrivateKey>(std::move(key));  // a function must be copyable
    return make_signer(
        std::move(public_key),
        [shared](SignatureAlgorithm by, base::ByteView message) { return shared->sign(by, message); }, std::move(chain),
        algorithm);
}

Result<std::unique_ptr<Signer>> make_signer(PublicKey key, RemoteSign sign, std::vector<Certificate> chain,
                                            std::optional<SignatureAlgorithm> algorithm) {
    const std::span<const SignatureAlgorithm> own = key.algorithms();
    if (algorithm && std::find(own.begin(), own.end(), *algorithm) == own.end())
        return Error{Code::INVALID_ARGUMENT, fmt::format("a key of the kind {} makes no signature of the kind {}",
                                                         key.algorithm_name(), algorithm_name(*algorithm))}
            .about(key.fingerprint());
    MOS_CHECK(check_chain_of_key(key, chain));
    if (chain.size() > 1 && chain.back().subject() == chain.back().issuer())
        chain.pop_back();  // the root: who verifies has it, or does not trust it
    std::vector<base::Bytes> certificates;
    certificates.reserve(chain.size());
    for (const Certificate &certificate : chain)
        certificates.push_back(base::to_bytes(certificate.der()));
    return std::make_unique<KeySigner>(std::move(key), std::move(sign), algorithm.value_or(own.front()),
                                       std::move(certificates));
}

}  // namespace mos::crypto
