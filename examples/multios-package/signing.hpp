// What --sign-key, --certificate and the options about them name.
#pragma once

#include "frame/command.hpp"

namespace package_tool {

struct Signer {
    frame::Key key;                  // NULL: unsigned
    frame::Certificate certificate;  // NULL: the bare key signs
};

// Loads what the two options name; a certificate without a key is a usage failure.
[[nodiscard]] frame::Result<Signer> load_signer(const frame::Session &session);

// The options besides --sign-key, which a command requires or not.
[[nodiscard]] std::vector<frame::Option> signing_options();

// The first line of the file that the option names; "" without the option.
[[nodiscard]] frame::Result<std::string> read_passphrase(const frame::Session &session, std::string_view option);

// Opened by the passphrase that the option's file has, if it is given.
[[nodiscard]] frame::Result<frame::Key> load_key(const frame::Session &session, const std::string &path,
                                                 std::string_view passphrase_option);
[[nodiscard]] frame::Result<frame::Certificate> load_certificate(const frame::Session &session,
                                                                 const std::string &path);

// "CN=Example" of a certificate, or the key's fingerprint; "" when there is no signer.
[[nodiscard]] std::string signer_name(const Signer &signer);

}  // namespace package_tool
