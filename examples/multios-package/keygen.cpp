// keygen: a private key, its public key, and a certificate.
#include "commands.hpp"
#include "signing.hpp"

#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <array>

#include <unistd.h>

using namespace frame;

namespace package_tool {

namespace {

constexpr std::int64_t most_days = 36'500;

struct KeyType {
    std::string_view name;
    mos_key_type type;
};
constexpr std::array key_types = {KeyType{"ed25519", MOS_KEY_ED25519},   KeyType{"ecc-p384", MOS_KEY_ECC_P384},
                                  KeyType{"ecc-p256", MOS_KEY_ECC_P256}, KeyType{"rsa-4096", MOS_KEY_RSA_4096},
                                  KeyType{"rsa-3072", MOS_KEY_RSA_3072}, KeyType{"rsa-2048", MOS_KEY_RSA_2048}};

mos_key_type key_type(std::string_view name) {
    for (const KeyType &row : key_types)
        if (row.name == name)
            return row.type;
    return MOS_KEY_ED25519;  // the command line has only the names above
}

Result<void> check_request(const Values &values) {
    const bool wants_certificate = values.flag("ca") || values.has("issuer");
    if (values.flag("ca") && values.has("issuer"))
        return usage_failure("'--ca' and '--issuer' exclude each other",
                             "--ca makes an authority, --issuer=NAME lets the authority NAME vouch for the new key");
    if (wants_certificate && values.text_or("type", "") == "ed25519")
        return usage_failure("an Ed25519 key has no certificate",
                             "take --type=ecc-p384 or --type=rsa-4096, or leave out --ca and --issuer and put the "
                             "public key into the trust folder");
    if (!wants_certificate && (values.has("common-name") || values.has("days")))
        return usage_failure("'--common-name' and '--days' belong to a certificate", "add --ca or --issuer=NAME");
    return {};
}

std::string common_name(const Values &values) {
    const std::string output = values.text_or("output", "");
    return values.text_or("common-name", output.substr(output.rfind('/') + 1));
}

// NULL when none was asked for.
Result<Certificate> make_certificate(const Session &session, const mos_key *key) {
    const std::string name = common_name(session.values);
    mos_certificate_options options = MOS_CERTIFICATE_OPTIONS_INIT;
    options.common_name = name.c_str();
    options.validity_days = static_cast<std::uint32_t>(session.values.number("days").value_or(0));
    if (session.values.flag("ca"))
        return make<Certificate>(
            [&](auto out, auto error) { return mos_certificate_create_ca(key, &options, out, error); });
    const auto issuer = session.values.text("issuer");
    if (!issuer)
        return Certificate{};
    FRAME_TRY(const Key ca_key, load_key(session, *issuer + ".key", "issuer-passphrase-file"));
    FRAME_TRY(const Certificate ca, load_certificate(session, *issuer + ".crt"));
    return make<Certificate>(
        [&](auto out, auto error) { return mos_certificate_issue(ca_key.get(), ca.get(), key, &options, out, error); });
}

// The private key first: it never replaces a file, and so protects the other two.
Result<void> store(const Session &session, const Key &key, const Certificate &certificate, const std::string &name) {
    const std::string private_path = name + ".key";
    FRAME_TRY(const std::string passphrase, read_passphrase(session, "passphrase-file"));
    FRAME_CHECK(check([&](auto error) {
        return passphrase.empty() ? mos_key_store(key.get(), private_path.c_str(), error)
                                  : mos_key_store_encrypted(key.get(), private_path.c_str(), passphrase.c_str(), error);
    }));
    Result<void> stored =
        check([&](auto error) { return mos_key_store_public(key.get(), (name + ".pub").c_str(), error); });
    if (stored && certificate)
        stored =
            check([&](auto error) { return mos_certificate_store(certificate.get(), (name + ".crt").c_str(), error); });
    if (!stored)
        (void)::unlink(private_path.c_str());  // so that the same command can be run again
    return stored;
}

void tell(const Session &session, const Key &key, const Certificate &certificate) {
    const std::string name = *session.values.text("output");
    if (session.json()) {
        nlohmann::ordered_json document{{"private_key", name + ".key"},
                                        {"public_key", name + ".pub"},
                                        {"key_fingerprint", mos_key_fingerprint(key.get())}};
        if (certificate) {
            document["certificate"] = name + ".crt";
            document["subject"] = mos_certificate_subject(certificate.get());
            document["certificate_fingerprint"] = mos_certificate_fingerprint(certificate.get());
        }
        return put_json(document);
    }
    Table table{{Align::left, Align::left}};
    table.add({name + ".key", "private key; keep it secret"});
    table.add({name + ".pub", fmt::format("public key {}", mos_key_fingerprint(key.get()))});
    if (certificate)
        table.add({name + ".crt", fmt::format("certificate of {}, {}", mos_certificate_subject(certificate.get()),
                                              mos_certificate_fingerprint(certificate.get()))});
    for (const std::string &line : table.lines())
        put_line(Stream::out, line);
}

Result<ExitCode> keygen(Session &session) {
    FRAME_CHECK(check_request(session.values));
    const mos_key_type type = key_type(*session.values.text("type"));
    FRAME_TRY(const Key key,
              make<Key>([&](auto out, auto error) { return mos_key_generate(session.context, type, out, error); }));
    FRAME_TRY(const Certificate certificate, make_certificate(session, key.get()));
    FRAME_CHECK(store(session, key, certificate, *session.values.text("output")));
    tell(session, key, certificate);
    return ExitCode::done;
}

}  // namespace

Command keygen_command() {
    return {
        "keygen",
        "make a key, and a certificate for it",
        "multios-package keygen --type=ecc-p384 --output=release-ca --ca --common-name='Example Release CA'",
        Effect::writes_files,
        keygen,
        {},
        {
            required(choice("type", "ed25519|ecc-p384|ecc-p256|rsa-4096|rsa-3072|rsa-2048",
                            "kind of key; ecc-p256 and the smaller RSA keys are good only where a policy allows them")),
            required(
                text("output", "NAME", "writes NAME.key (never replaced), NAME.pub and, with a certificate, NAME.crt")),
            flag("ca", "make it a certificate authority"),
            text("issuer", "NAME", "let the authority in NAME.key and NAME.crt vouch for the new key"),
            text("common-name", "TEXT", "who the certificate is for; the output's file name otherwise"),
            text("passphrase-file", "FILE", "encrypt NAME.key by the passphrase in FILE's first line"),
            text("issuer-passphrase-file", "FILE", "the passphrase of the issuer's key"),
            number("days", 1, most_days, "how long the certificate is valid; 3650 for an authority, else 825"),
        },
    };
}

}  // namespace package_tool
