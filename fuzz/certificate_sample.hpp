// Certificates with the extensions that the library reads and never writes.
#pragma once

#include <mos/crypto/key.hpp>

#include <vector>

namespace mos::fuzz {

// Self-signed by `key`, which is ECDSA on P-384, and the same in every run.
[[nodiscard]] base::Bytes certificate_with(const crypto::PrivateKey &key, const std::vector<base::Bytes> &extensions);

// Alternative names, and name constraints, of every kind there is; with some that are malformed.
[[nodiscard]] base::Bytes all_alternative_names();
[[nodiscard]] base::Bytes all_name_constraints();

// With extensions that are passed over when they are well formed, and with one alternative name and one constraint, of
// each kind that is compared.
struct NamedCertificate {
    const char *name;
    base::Bytes der;
};
[[nodiscard]] std::vector<NamedCertificate> special_certificates(const crypto::PrivateKey &key);

}  // namespace mos::fuzz
