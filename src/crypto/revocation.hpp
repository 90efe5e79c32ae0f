// Looks up a path in revocation lists (RFC 5280 section 6.3).
#pragma once

#include <mos/crypto/profile.hpp>

#include <map>
#include <optional>
#include <span>
#include <utility>

namespace mos::crypto {

// For one search of a path: what was found out of a list is kept for the next path.
class RevocationCheck {
  public:
    // Both live as long as this.
    RevocationCheck(const ChainInput &input, const Profile &profile)
        : m_lists(input.revocation_lists), m_now_unix_s(input.now_unix_s), m_signed_unix_s(input.signed_unix_s),
          m_profile(profile), m_budget(input.budget) {}

    // Of a path, leaf first: CERTIFICATE_REVOKED, REVOCATION_UNKNOWN or LIMIT, as profile.hpp says.
    [[nodiscard]] Result<void> check(std::span<const Certificate> path);

  private:
    [[nodiscard]] Result<void> check_certificate(const Certificate &certificate, const Certificate &issuer,
                                                 bool may_be_revoked);
    // The newest of the issuer's lists that are good; none when there is no list of it at all.
    [[nodiscard]] Result<const RevocationList *> find_list(const Certificate &issuer);
    [[nodiscard]] Result<bool> is_signed_by(const RevocationList &list, const Certificate &issuer);
    [[nodiscard]] Result<void> check_list(const RevocationList &list, const Certificate &issuer);

    std::span<const RevocationList> m_lists;
    std::int64_t m_now_unix_s;
    std::optional<std::int64_t> m_signed_unix_s;
    const Profile &m_profile;
    PublicKeyBudget *m_budget;
    std::map<std::pair<const std::byte *, const std::byte *>, bool> m_signatures;  // list and issuer: verified?
};

}  // namespace mos::crypto
