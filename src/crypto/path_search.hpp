// Finds the path of a chain: from a leaf, over any of the certificates that came with it, to a root.
#pragma once

#include "revocation.hpp"

#include <mos/crypto/profile.hpp>

#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace mos::crypto {

// Searches upwards from the leaf, the roots first at each step; what was found wrong on the way is kept for the error.
// For one search.
class PathSearch {
  public:
    // Both live as long as this.
    PathSearch(const ChainInput &input, const Profile &profile);

    [[nodiscard]] Result<TrustedPath> run();

  private:
    // The root of the first path that passes; none when all that go on from m_path fail.
    [[nodiscard]] Result<std::optional<std::size_t>> extend();
    [[nodiscard]] Result<std::optional<std::size_t>> extend_by_root();
    // True when the last certificate of the path is signed by `issuer`, which then stands behind it.
    [[nodiscard]] Result<bool> append_issuer(const Certificate &issuer);
    [[nodiscard]] Result<bool> is_signed_by(const Certificate &certificate, const Certificate &issuer);
    [[nodiscard]] Result<void> spend();
    [[nodiscard]] bool is_in_path(const Certificate &certificate) const;
    [[nodiscard]] bool has_room_for(const Certificate &intermediate) const;
    [[nodiscard]] Result<bool> judge();
    [[nodiscard]] Result<void> check_whole_path();
    [[nodiscard]] Error failure() const;

    const ChainInput &m_input;
    const Profile &m_profile;
    std::size_t m_max_intermediates;
    RevocationCheck m_revocation;
    std::vector<Certificate> m_path;
    std::map<std::pair<const std::byte *, const std::byte *>, bool> m_links;  // certificate and issuer: verified?
    std::size_t m_steps = 0;
    bool m_is_cut_off = false;          // a path went on beyond the limit
    std::optional<Error> m_path_error;  // of the first path that reached a root
    std::optional<Error> m_link_error;  // of the first signature that did not verify
};

}  // namespace mos::crypto
