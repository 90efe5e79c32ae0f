// Who is trusted, changed: an entry comes or goes as one file, whole or not at all.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/crypto/trust_store.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace mos::engine {

struct NewTrust {
    std::string name;  // for people
    std::variant<crypto::Certificate, crypto::PublicKey> anchor;
    // "sha256:" and 64 hexadecimal digits in any case, with or without colons between them: of the certificate's DER,
    // or of the key's. Whoever adds it has it from the publisher on another way.
    std::string fingerprint;
    crypto::TrustScope scope = {};
};

// ROOT/etc/multios/trust, made where it is missing.
[[nodiscard]] Result<std::unique_ptr<base::Directory>> make_trust_folder(base::Directory &root);

// The entry that it would be, if it may be one: what add_trust() finds out without the folder, before anything is made.
[[nodiscard]] Result<crypto::TrustEntry> check_trust(const NewTrust &trust);

// Stores it and returns the entry, whose id is new: "ca-" or "key-" and the first twelve digits of the fingerprint.
// Before anything is stored: INVALID_ARGUMENT when the fingerprint is none, KEY_INVALID when it is another one, EXISTS
// when an entry has this certificate or key, TRUST_UNREADABLE when it is no CA's or the folder is not good as it is.
[[nodiscard]] Result<crypto::TrustEntry> add_trust(base::Directory &folder, const NewTrust &trust);

// Removes the entry, whoever put it there. NOT_FOUND when there is none of that id. It is not read first: one that
// can't be read keeps everybody out until it is gone.
[[nodiscard]] Result<void> remove_trust(base::Directory &folder, const std::string &id);

}  // namespace mos::engine
