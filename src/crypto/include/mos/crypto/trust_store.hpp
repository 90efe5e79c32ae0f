// Whom we trust: CA certificates and pinned public keys, each with a name.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/crypto/certificate.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mos::crypto {

class TrustStore {
  public:
    struct PinnedKey {
        std::string name;
        PublicKey key;
    };

    // Trusts nobody.
    TrustStore() = default;

    // Reads a folder, one file an entry, in the order of their names: "x.crt" or "x.pem" is one CA certificate, "x.pub"
    // one public key, all in PEM; the entry's name is "x". Names that begin with '.' or end in "README" or ".txt" are
    // passed over. An empty folder is a store that trusts nobody. TRUST_UNREADABLE, naming the file, when one can't be
    // read, is none of these, is malformed, or has the name of another entry: who may sign must never depend on what
    // was overlooked. LIMIT beyond max_trust_entries; the error of `folder` itself when it can't be listed.
    [[nodiscard]] static Result<TrustStore> load(base::Directory &folder);

    // TRUST_UNREADABLE when the certificate is no CA's or the name is taken.
    [[nodiscard]] Result<void> add(std::string name, Certificate certificate);
    [[nodiscard]] Result<void> add(std::string name, PublicKey key);

    [[nodiscard]] std::span<const Certificate> roots() const noexcept { return m_roots; }
    // The entry's name of roots()[index].
    [[nodiscard]] const std::string &root_name(std::size_t index) const { return m_root_names.at(index); }
    [[nodiscard]] std::span<const PinnedKey> pinned_keys() const noexcept { return m_pinned; }
    // Lives as long as the store; nullptr when no pinned key has this id.
    [[nodiscard]] const PinnedKey *find_pinned(base::ByteView key_id) const noexcept;
    [[nodiscard]] bool empty() const noexcept { return m_roots.empty() && m_pinned.empty(); }

  private:
    [[nodiscard]] Result<void> check_new_name(const std::string &name) const;
    [[nodiscard]] Result<void> load_entry(base::Directory &folder, const base::DirectoryEntry &entry);

    std::vector<Certificate> m_roots;
    std::vector<std::string> m_root_names;
    std::vector<PinnedKey> m_pinned;
};

}  // namespace mos::crypto
