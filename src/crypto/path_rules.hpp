// The rules of the profile for a path that was found, apart from names and revocation.
#pragma once

#include <mos/crypto/profile.hpp>

#include <span>
#include <string>
#include <string_view>

namespace mos::crypto {

// The subject, or the fingerprint where there is none.
[[nodiscard]] std::string shown_name(const Certificate &certificate);
// "certificate 'CN=x' <why>".
[[nodiscard]] Error refusal(const Certificate &certificate, std::string_view why,
                            Code code = Code::CERTIFICATE_INVALID);
[[nodiscard]] std::string date_text(std::int64_t unix_s);

// Subject and issuer are one name (RFC 5280 section 3.2).
[[nodiscard]] bool is_self_issued(const Certificate &certificate);
// By name and, where both give one, by key identifier (RFC 5280 section 4.2.1.1).
[[nodiscard]] bool may_have_issued(const Certificate &issuer, const Certificate &certificate);
[[nodiscard]] Result<void> check_signature(const Certificate &certificate, const Certificate &issuer);

// Everything that certificates alone tell, of a path whose signatures were verified, leaf first.
[[nodiscard]] Result<void> check_path(std::span<const Certificate> path, const ChainInput &input,
                                      const Profile &profile);

}  // namespace mos::crypto
