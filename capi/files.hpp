// Files by paths of the caller's: keys, certificates, packages to be written.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/config/settings_files.hpp>
#include <mos/crypto/key.hpp>

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

// What one file of settings says, and nothing else; its problems are told with the path as it was given.
[[nodiscard]] Result<config::LoadedSettings> read_settings_path(const std::string &path);

// The key's private half. UNSUPPORTED for a key that is elsewhere, which signs packages and does nothing else.
[[nodiscard]] Result<std::shared_ptr<const crypto::PrivateKey>> private_half(const mos_key *key);

// A signer of the key, with the certificate's chain where there is one.
[[nodiscard]] Result<std::unique_ptr<crypto::Signer>> make_signer(const mos_key *key,
                                                                  const mos_certificate *certificate);

// As mos_build_options has it: 0 is what is usual, negative is uncompressed. INVALID_ARGUMENT.
[[nodiscard]] Result<int> compression_level(std::int32_t given, int usual);

}  // namespace mos::capi
