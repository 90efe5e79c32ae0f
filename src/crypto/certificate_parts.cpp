#include "certificate_parts.hpp"

#include "certificate_fields.hpp"
#include "oids.hpp"

#include <mos/crypto/der.hpp>

#include <fmt/format.h>

namespace mos::crypto {

using base::Bytes;
using base::ByteView;
using der::Tag;

namespace {

struct SignatureChoice {
    DigestAlgorithm digest;
    std::string_view oid;
    bool has_null;
};

SignatureChoice signature_choice(KeyFamily family) {
    switch (family) {
    case KeyFamily::ecc_p384:
        return {DigestAlgorithm::sha384, oid::ecdsa_with_sha384, false};
    case KeyFamily::ecc_p256:
        return {DigestAlgorithm::sha256, oid::ecdsa_with_sha256, false};
    case KeyFamily::rsa:
    case KeyFamily::ed25519:
        break;
    }
    return {DigestAlgorithm::sha256, oid::rsa_with_sha256, true};
}

}  // namespace

Bytes object_identifier(std::string_view oid) { return der::element(Tag::object_identifier, {base::as_bytes(oid)}); }

Bytes extension(std::string_view oid, Criticality criticality, ByteView value) {
    constexpr std::byte yes{0xFF};
    const Bytes critical =
        criticality == Criticality::critical ? der::element(Tag::boolean, {ByteView{&yes, 1}}) : Bytes{};
    return der::element(Tag::sequence, {object_identifier(oid), critical, der::element(Tag::octet_string, {value})});
}

Bytes key_identifier(const PublicKey &key) { return {key.id().begin(), key.id().end()}; }

Bytes authority_key_identifier(const Certificate &ca, const PublicKey &ca_key) {
    const std::optional<SubjectKeyId> &own = ca.fields().subject_key_id;
    const Bytes id = own ? base::to_bytes(own->key_id) : key_identifier(ca_key);
    return extension(oid::authority_key_identifier, Criticality::ordinary,
                     der::element(Tag::sequence, {der::element(der::context(0), {id})}));
}

Bytes signature_identifier(const PublicKey &key) {
    const SignatureChoice choice = signature_choice(key.family());
    return der::element(Tag::sequence,
                        {object_identifier(choice.oid), choice.has_null ? der::element(Tag::null, {}) : Bytes{}});
}

Result<Bytes> sign_object(const PrivateKey &key, ByteView to_be_signed) {
    const SignatureChoice choice = signature_choice(key.public_key().family());
    MOS_TRY(const Bytes signature, key.sign({.digest = choice.digest}, to_be_signed));
    return der::element(Tag::sequence,
                        {to_be_signed, signature_identifier(key.public_key()), der::bit_string(signature)});
}

Result<void> check_authority(const PrivateKey &key, const Certificate &ca, std::uint16_t usage, std::string_view what) {
    const auto refuse = [&](std::string_view why) {
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} {}", base::in_quotes(ca.subject()), why)}.about(
            ca.subject());
    };
    if (key.public_key() != ca.public_key())
        return refuse("is the certificate of another key");
    const CertificateFields &fields = ca.fields();
    if (!ca.is_ca() || !fields.key_usage || (*fields.key_usage & usage) == 0)
        return refuse(fmt::format("may not {}", what));
    return {};
}

}  // namespace mos::crypto
