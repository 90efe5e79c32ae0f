// revoke: an authority takes back a certificate.
#include "commands.hpp"
#include "signing.hpp"

#include "frame/terminal.hpp"

#include <fmt/format.h>

using namespace frame;

namespace package_tool {

namespace {

constexpr std::int64_t most_days = 3650;

// "key-compromise" as the library has it.
std::string reason_of(const Session &session) {
    std::string reason = session.values.text_or("reason", "unspecified");
    for (char &c : reason)
        if (c == '-')
            c = ' ';
    return reason;
}

Result<ExitCode> revoke(Session &session) {
    const std::string issuer = session.values.text_or("issuer", "");
    const std::string output = session.values.text_or("output", issuer + ".crl");
    const std::string reason = reason_of(session);
    FRAME_TRY(const Key ca_key, load_key(session, issuer + ".key", "issuer-passphrase-file"));
    FRAME_TRY(const Certificate ca, load_certificate(session, issuer + ".crt"));
    Certificate revoked;
    if (const auto path = session.values.text("certificate")) {
        FRAME_TRY(revoked, load_certificate(session, *path));
    }
    const auto days = static_cast<std::uint32_t>(session.values.number("days").value_or(0));
    FRAME_CHECK(check([&](auto error) {
        return mos_certificate_revoke(ca_key.get(), ca.get(), revoked.get(), reason.c_str(), days, output.c_str(),
                                      error);
    }));
    const std::string subject = revoked ? mos_certificate_subject(revoked.get()) : "";
    session.json()
        ? put_json({{"list", output}, {"revoked", subject}, {"reason", reason}})
        : put_line(Stream::out,
                   {{Style::good, revoked ? "revoked" : "renewed"},
                    {Style::plain, fmt::format("  {}: 'multios-update trust add-crl --file={}' puts the list "
                                               "into effect where it is installed",
                                               revoked ? subject : output, output)}});
    return ExitCode::done;
}

}  // namespace

Command revoke_command() {
    return {
        "revoke",
        "take back a certificate, in its authority's revocation list",
        "multios-package revoke --issuer=release-ca --certificate=signer.crt --reason=key-compromise",
        Effect::writes_files,
        revoke,
        {},
        {
            required(text("issuer", "NAME", "the authority in NAME.key and NAME.crt")),
            text("certificate", "FILE", "the certificate to take back; without it the list is only renewed"),
            choice(
                "reason",
                "unspecified|key-compromise|affiliation-changed|superseded|cessation-of-operation|privilege-withdrawn",
                "why; unspecified otherwise"),
            text("output", "FILE", "the list; one that is there is extended. NAME.crl otherwise"),
            text("issuer-passphrase-file", "FILE", "the passphrase of the issuer's key"),
            number(
                "days", 1, most_days,
                "how long the list is good; 30 otherwise. Who has it refuses the authority's signers afterwards until "
                "there is a newer one"),
        },
    };
}

}  // namespace package_tool
