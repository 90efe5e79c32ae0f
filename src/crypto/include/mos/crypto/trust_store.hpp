// Whom we trust: entries, each a CA certificate or a pinned public key, and the revocation lists of their authorities.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/crypto/revocation_list.hpp>
#include <mos/crypto/trust_entry.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mos::crypto {

class TrustStore {
  public:
    // Trusts nobody.
    TrustStore() = default;

    // Reads a folder, one file an entry, in the order of their names; the entry's id is the name without its ending:
    //
    //   x.json        an entry with its limits (trust_entry.hpp)
    //   x.crt, x.pem  one CA certificate in PEM, trusted for everything, at level high
    //   x.pub         one public key in PEM, likewise
    //   x.crl         one revocation list, PEM or DER; no entry
    //
    // Names that begin with '.' or end in "README" or ".txt" are passed over. An empty folder is a store that trusts
    // nobody. TRUST_UNREADABLE, naming the file, when one can't be read, is none of these, is malformed, or has the id,
    // the certificate or the pinned key of another entry: who may sign must never depend on what was overlooked. LIMIT
    // beyond max_trust_entries; the error of `folder` itself when it can't be listed.
    [[nodiscard]] static Result<TrustStore> load(base::Directory &folder);

    // TRUST_UNREADABLE when the certificate is no CA's, or the id, the certificate or the pinned key is there already.
    [[nodiscard]] Result<void> add(TrustEntry entry);
    // With an id alone: trusted for everything.
    [[nodiscard]] Result<void> add(std::string id, Certificate certificate);
    [[nodiscard]] Result<void> add(std::string id, PublicKey key);
    void add(RevocationList list) { m_revocation_lists.push_back(std::move(list)); }

    [[nodiscard]] std::span<const TrustEntry> entries() const noexcept { return m_entries; }
    [[nodiscard]] std::span<const RevocationList> revocation_lists() const noexcept { return m_revocation_lists; }
    // Both live as long as the store; nullptr when there is none. A pinned key is found by its id (Signature::key_id).
    [[nodiscard]] const TrustEntry *find(std::string_view id) const noexcept;
    [[nodiscard]] const TrustEntry *find_pinned(base::ByteView key_id) const noexcept;
    [[nodiscard]] bool empty() const noexcept { return m_entries.empty(); }

  private:
    [[nodiscard]] Result<void> load_file(base::Directory &folder, const base::DirectoryEntry &file);

    std::vector<TrustEntry> m_entries;
    std::vector<RevocationList> m_revocation_lists;
};

// The names of an entry's file in a trust folder, by which it is found and removed: those of load() with this id.
[[nodiscard]] std::vector<std::string> trust_file_names(std::string_view id);

}  // namespace mos::crypto
