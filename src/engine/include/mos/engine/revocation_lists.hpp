// The revocation lists of a trust folder: stored, listed, removed.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/crypto/trust_store.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace mos::engine {

// Stores a revocation list in the place of the one of the same issuer and key. SIGNER_UNTRUSTED when no entry's
// certificate has signed it: the list of an authority that only comes with packages is put there by hand.
// INVALID_ARGUMENT when its number is not larger than that of the one that is there; LIMIT beyond
// max_revocation_lists; TRUST_UNREADABLE when the folder is not good as it is.
[[nodiscard]] Result<void> add_revocation_list(base::Directory &folder, const crypto::RevocationList &list);

struct StoredList {
    std::string id;  // the name of its file without the ending
    crypto::RevocationList list;

    // "SHA256:" and the digest of its DER.
    [[nodiscard]] std::string fingerprint() const;
};

// By file name. TRUST_UNREADABLE, naming the file, when one can't be read.
[[nodiscard]] Result<std::vector<StoredList>> stored_revocation_lists(base::Directory &folder);

// Whether a list is one of now, or why not. What is not is no reason to let anybody in (profile.hpp).
enum class Freshness : std::uint8_t { fresh, stale, early };
[[nodiscard]] Freshness freshness(const crypto::RevocationList &list, std::int64_t now_unix_s) noexcept;
[[nodiscard]] std::string_view freshness_name(Freshness freshness) noexcept;  // "fresh", "stale", "early"

// Whether revocations may be forgotten.
enum class Forgetting : std::uint8_t { refused, allowed };

// Removes one list, named by its id, its fingerprint or its issuer. NOT_FOUND; INVALID_ARGUMENT, telling the ids, when
// there are several of that issuer. NEEDS_ANSWER unless forgetting is allowed, when no list of the same issuer and key
// stays that is as new: what it revokes may count again. A list that can't be read keeps everybody out; it has its id
// alone, and what it revokes can't be told, so that it is removed only where forgetting is allowed.
[[nodiscard]] Result<void> remove_revocation_list(base::Directory &folder, const std::string &name,
                                                  Forgetting forgetting);

}  // namespace mos::engine
