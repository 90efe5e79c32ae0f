// Files by paths of the caller's: keys, certificates, packages to be written.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/crypto/signature.hpp>

#include <multiosupdate/types.h>

#include <memory>
#include <string>

namespace mos::capi {

struct NamedPlace {
    std::unique_ptr<base::Directory> folder;
    std::string name;
};

// The folder of `path` and its last component.
[[nodiscard]] Result<NamedPlace> open_place(const std::string &path);

// A file of at most `limit` bytes.
[[nodiscard]] Result<base::Bytes> read_whole(const std::string &path, std::size_t limit);

// A signer of the key, with the certificate's chain where there is one.
[[nodiscard]] Result<std::unique_ptr<crypto::Signer>> make_signer(const mos_key *key,
                                                                  const mos_certificate *certificate);

}  // namespace mos::capi
