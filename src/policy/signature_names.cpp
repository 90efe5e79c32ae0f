#include "signature_names.hpp"

#include <fmt/format.h>

#include <array>
#include <string>

namespace mos::policy {

using crypto::SignatureAlgorithm;

namespace {

constexpr unsigned strong_rsa_bits = 4096;

struct Row {
    std::string_view name;
    crypto::AllowedAlgorithm algorithm;
};

constexpr std::array rows = {
    Row{"RSA-4096-SHA256", {SignatureAlgorithm::rsa_pkcs1_sha256, 4096}},
    Row{"RSA-3072-SHA256", {SignatureAlgorithm::rsa_pkcs1_sha256, 3072}},
    Row{"RSA-2048-SHA256", {SignatureAlgorithm::rsa_pkcs1_sha256, 2048}},
    Row{"RSA-PSS-4096-SHA256", {SignatureAlgorithm::rsa_pss_sha256, 4096}},
    Row{"RSA-PSS-3072-SHA256", {SignatureAlgorithm::rsa_pss_sha256, 3072}},
    Row{"RSA-PSS-2048-SHA256", {SignatureAlgorithm::rsa_pss_sha256, 2048}},
    Row{"ECC-P384-SHA384", {SignatureAlgorithm::ecdsa_p384_sha384, 0}},
    Row{"ECC-P256-SHA256", {SignatureAlgorithm::ecdsa_p256_sha256, 0}},
    Row{"Ed25519", {SignatureAlgorithm::ed25519, 0}},
};

}  // namespace

Result<crypto::AllowedAlgorithm> parse_algorithm(std::string_view name) {
    std::string known;
    for (const Row &row : rows) {
        if (row.name == name)
            return row.algorithm;
        known += fmt::format("{}'{}'", known.empty() ? "" : ", ", row.name);
    }
    return Error{Code::INVALID_ARGUMENT, fmt::format("{} is none of {}", base::in_quotes(name), known)};
}

bool is_strong(const crypto::AllowedAlgorithm &allowed) noexcept {
    switch (allowed.algorithm) {
    case SignatureAlgorithm::rsa_pkcs1_sha256:
    case SignatureAlgorithm::rsa_pss_sha256:
        return allowed.minimum_rsa_bits >= strong_rsa_bits;
    case SignatureAlgorithm::ecdsa_p384_sha384:
    case SignatureAlgorithm::ed25519:
        return true;
    case SignatureAlgorithm::ecdsa_p256_sha256:
        break;
    }
    return false;
}

}  // namespace mos::policy
