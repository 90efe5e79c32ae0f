#include "signing.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>

using frame::Result;

namespace package_tool {

Result<std::string> read_passphrase(const frame::Session &session, std::string_view option) {
    const auto path = session.values.text(option);
    if (!path)
        return std::string{};
    std::ifstream file{*path};
    if (!file)
        return frame::system_failure(errno, "open", *path);
    std::string line;
    if (!std::getline(file, line) || line.empty())
        return frame::usage_failure(fmt::format("'{}' has no passphrase in its first line", *path),
                                    fmt::format("give a file that can be read with --{}", option));
    return line;
}

Result<frame::Key> load_key(const frame::Session &session, const std::string &path,
                            std::string_view passphrase_option) {
    FRAME_TRY(const std::string passphrase, read_passphrase(session, passphrase_option));
    return frame::make<frame::Key>([&](auto out, auto error) {
        return passphrase.empty()
                   ? mos_key_load(session.context, path.c_str(), out, error)
                   : mos_key_load_encrypted(session.context, path.c_str(), passphrase.c_str(), out, error);
    });
}

std::vector<frame::Option> signing_options() {
    return {
        frame::text("certificate", "FILE", "certificate of that key, with its chain"),
        frame::text("passphrase-file", "FILE", "the first line of FILE opens the key, when it is encrypted"),
        frame::choice("algorithm", "RSA-SHA256|RSA-PSS-SHA256", "how an RSA key signs; RSA-SHA256 otherwise"),
    };
}

Result<frame::Certificate> load_certificate(const frame::Session &session, const std::string &path) {
    return frame::make<frame::Certificate>(
        [&](auto out, auto error) { return mos_certificate_load(session.context, path.c_str(), out, error); });
}

Result<Signer> load_signer(const frame::Session &session) {
    Signer signer;
    const auto key_path = session.values.text("sign-key");
    const auto certificate_path = session.values.text("certificate");
    if (certificate_path && !key_path)
        return frame::usage_failure("option '--certificate' needs '--sign-key'",
                                    "give the private key that the certificate is for");
    if (key_path) {
        FRAME_TRY(signer.key, load_key(session, *key_path, "passphrase-file"));
        if (const auto algorithm = session.values.text("algorithm"))
            FRAME_CHECK(frame::check(
                [&](auto error) { return mos_key_use_algorithm(signer.key.get(), algorithm->c_str(), error); }));
    }
    if (certificate_path) {
        FRAME_TRY(signer.certificate, load_certificate(session, *certificate_path));
    }
    return signer;
}

std::string signer_name(const Signer &signer) {
    if (signer.certificate)
        return mos_certificate_subject(signer.certificate.get());
    return signer.key ? mos_key_fingerprint(signer.key.get()) : "";
}

}  // namespace package_tool
