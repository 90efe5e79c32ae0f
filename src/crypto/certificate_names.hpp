// The profile's rules for the names of one certificate.
#pragma once

#include <mos/crypto/certificate.hpp>

namespace mos::crypto {

// CERTIFICATE_INVALID when issuer or subject is missing, an alternative name is none, their extension is critical
// though there is a subject or ordinary though there is none, or a leaf's common name is none of its alternative names.
[[nodiscard]] Result<void> check_names(const Certificate &certificate, bool is_leaf);

}  // namespace mos::crypto
