#include <mos/crypto/signature.hpp>

namespace mos::crypto {

std::string_view algorithm_name(SignatureAlgorithm algorithm) noexcept {
    switch (algorithm) {
    case SignatureAlgorithm::rsa_pkcs1_sha256:
        return "RSA-SHA256";
    case SignatureAlgorithm::ecdsa_p384_sha384:
        return "ECC-P384-SHA384";
    case SignatureAlgorithm::ed25519:
        return "Ed25519";
    case SignatureAlgorithm::rsa_pss_sha256:
        return "RSA-PSS-SHA256";
    case SignatureAlgorithm::ecdsa_p256_sha256:
        return "ECC-P256-SHA256";
    }
    return "unknown";
}

std::optional<SignatureAlgorithm> algorithm_from_number(std::uint16_t number) noexcept {
    for (const SignatureAlgorithm algorithm : every_signature_algorithm)
        if (number == static_cast<std::uint16_t>(algorithm))
            return algorithm;
    return std::nullopt;
}

SignatureScheme scheme_of(SignatureAlgorithm algorithm) noexcept {
    switch (algorithm) {
    case SignatureAlgorithm::ecdsa_p384_sha384:
        return {.digest = DigestAlgorithm::sha384};
    case SignatureAlgorithm::rsa_pss_sha256:
        return {.padding = RsaPadding::pss};
    case SignatureAlgorithm::rsa_pkcs1_sha256:
    case SignatureAlgorithm::ecdsa_p256_sha256:
    case SignatureAlgorithm::ed25519:
        break;
    }
    return {};
}

}  // namespace mos::crypto
