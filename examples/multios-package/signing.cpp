#include "signing.hpp"

using frame::Result;

namespace package_tool {

Result<frame::Key> load_key(const frame::Session &session, const std::string &path) {
    return frame::make<frame::Key>(
        [&](auto out, auto error) { return mos_key_load(session.context, path.c_str(), out, error); });
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
        FRAME_TRY(signer.key, load_key(session, *key_path));
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
