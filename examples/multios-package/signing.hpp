// What --sign-key and --certificate name.
#pragma once

#include "frame/command.hpp"

namespace package_tool {

struct Signer {
    frame::Key key;                  // NULL: unsigned
    frame::Certificate certificate;  // NULL: the bare key signs
};

// Loads what the two options name; a certificate without a key is a usage failure.
[[nodiscard]] frame::Result<Signer> load_signer(const frame::Session &session);

[[nodiscard]] frame::Result<frame::Key> load_key(const frame::Session &session, const std::string &path);
[[nodiscard]] frame::Result<frame::Certificate> load_certificate(const frame::Session &session,
                                                                 const std::string &path);

// "CN=Example" of a certificate, or the key's fingerprint; "" when there is no signer.
[[nodiscard]] std::string signer_name(const Signer &signer);

}  // namespace package_tool
