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
    }
    return "unknown";
}

std::optional<SignatureAlgorithm> algorithm_from_number(std::uint16_t number) noexcept {
    for (const SignatureAlgorithm algorithm :
         {SignatureAlgorithm::rsa_pkcs1_sha256, SignatureAlgorithm::ecdsa_p384_sha384, SignatureAlgorithm::ed25519})
        if (number == static_cast<std::uint16_t>(algorithm))
            return algorithm;
    return std::nullopt;
}

}  // namespace mos::crypto
