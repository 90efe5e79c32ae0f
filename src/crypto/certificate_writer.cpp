#include "certificate_fields.hpp"
#include "key_encoding.hpp"
#include "name.hpp"
#include "oids.hpp"

#include <mos/crypto/der.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <sodium.h>

namespace mos::crypto {

using base::Bytes;
using base::ByteView;
using der::Tag;

namespace {

constexpr std::size_t serial_bytes = 16;

Bytes object_identifier(std::string_view oid) { return der::element(Tag::object_identifier, {base::as_bytes(oid)}); }

enum class Criticality : std::uint8_t { ordinary, critical };

Bytes extension(std::string_view oid, Criticality criticality, ByteView value) {
    constexpr std::byte yes{0xFF};
    const Bytes critical =
        criticality == Criticality::critical ? der::element(Tag::boolean, {ByteView{&yes, 1}}) : Bytes{};
    return der::element(Tag::sequence, {object_identifier(oid), critical, der::element(Tag::octet_string, {value})});
}

// RFC 7093 section 2, method 4: a hash of the SubjectPublicKeyInfo, which is what a Signature calls key_id. (The
// methods of RFC 5280 itself are SHA-1.)
Bytes key_identifier(const PublicKey &key) { return {key.id().begin(), key.id().end()}; }

Bytes subject_key_identifier(const PublicKey &key) {
    return extension(oid::subject_key_identifier, Criticality::ordinary,
                     der::element(Tag::octet_string, {key_identifier(key)}));
}

Bytes basic_constraints(bool is_ca) {
    constexpr std::byte yes{0xFF};
    const Bytes ca = is_ca ? der::element(Tag::boolean, {ByteView{&yes, 1}}) : Bytes{};
    return extension(oid::basic_constraints, Criticality::critical, der::element(Tag::sequence, {ca}));
}

// RFC 5280 section 4.1.2.2: positive, at most 20 bytes; unpredictable, so that nobody can prepare a collision.
Bytes random_serial() {
    Bytes serial(serial_bytes);
    randombytes_buf(serial.data(), serial.size());
    serial[0] = (serial[0] & std::byte{0x7F}) | std::byte{0x40};  // positive, and always of the same length
    return der::unsigned_integer(serial);
}

struct SignatureChoice {
    DigestAlgorithm digest;
    Bytes identifier;
};

SignatureChoice signature_choice(KeyFamily family) {
    switch (family) {
    case KeyFamily::ecc_p384:
        return {DigestAlgorithm::sha384, der::element(Tag::sequence, {object_identifier(oid::ecdsa_with_sha384)})};
    case KeyFamily::ecc_p256:
        return {DigestAlgorithm::sha256, der::element(Tag::sequence, {object_identifier(oid::ecdsa_with_sha256)})};
    case KeyFamily::rsa:
    case KeyFamily::ed25519:
        break;
    }
    return {DigestAlgorithm::sha256,
            der::element(Tag::sequence, {object_identifier(oid::rsa_with_sha256), der::element(Tag::null, {})})};
}

Result<Bytes> write_validity(const Validity &validity) {
    if (validity.not_after_unix_s < validity.not_before_unix_s)
        return Error{Code::INVALID_ARGUMENT, "the certificate would end before it begins"};
    MOS_TRY(const Bytes not_before, der::time(validity.not_before_unix_s));
    MOS_TRY(const Bytes not_after, der::time(validity.not_after_unix_s));
    return der::element(Tag::sequence, {not_before, not_after});
}

struct Contents {
    ByteView issuer;
    ByteView subject;
    Validity validity;
    const PublicKey &key;
    std::vector<Bytes> extensions;
};

Result<Certificate> sign_certificate(const PrivateKey &issuer_key, const Contents &contents) {
    const SignatureChoice choice = signature_choice(issuer_key.public_key().family());
    MOS_TRY(const Bytes validity, write_validity(contents.validity));
    Bytes extensions;
    for (const Bytes &one : contents.extensions)
        extensions.insert(extensions.end(), one.begin(), one.end());
    constexpr std::byte version_3{2};
    const Bytes to_be_signed = der::element(
        Tag::sequence,
        {der::element(der::context_constructed(0), {der::unsigned_integer({&version_3, 1})}), random_serial(),
         choice.identifier, contents.issuer, validity, contents.subject, contents.key.der(),
         der::element(der::context_constructed(3), {der::element(Tag::sequence, {extensions})})});
    MOS_TRY(const Bytes signature, issuer_key.sign({.digest = choice.digest}, to_be_signed));
    return Certificate::from_der(
        der::element(Tag::sequence, {to_be_signed, choice.identifier, der::bit_string(signature)}), "new certificate");
}

Result<void> check_family(const PublicKey &key) {
    if (key.family() == KeyFamily::ed25519)
        return Error{Code::UNSUPPORTED, "an Ed25519 key gets no certificate; put its public key into the trust folder"}
            .about(key.fingerprint());
    return {};
}

Result<void> check_issuer(const PrivateKey &ca_key, const Certificate &ca_certificate) {
    const auto refuse = [&](std::string_view why) {
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} {}", base::in_quotes(ca_certificate.subject()), why)}
            .about(ca_certificate.subject());
    };
    if (ca_key.public_key() != ca_certificate.public_key())
        return refuse("is the certificate of another key");
    const CertificateFields &fields = ca_certificate.fields();
    if (!ca_certificate.is_ca() || !fields.key_usage || (*fields.key_usage & key_usage_certificate_sign) == 0)
        return refuse("may not issue certificates");
    return {};
}

}  // namespace

Result<Certificate> make_ca_certificate(const PrivateKey &key, std::string_view subject, const Validity &validity) {
    MOS_CHECK(check_family(key.public_key()));
    MOS_TRY(const Bytes name, write_name(subject));
    const std::uint16_t usage = key_usage_certificate_sign | key_usage_crl_sign;
    return sign_certificate(key,
                            {.issuer = name,
                             .subject = name,
                             .validity = validity,
                             .key = key.public_key(),
                             .extensions = {basic_constraints(true),
                                            extension(oid::key_usage, Criticality::critical, der::named_bits(usage)),
                                            subject_key_identifier(key.public_key())}});
}

Result<Certificate> issue_signer_certificate(const PrivateKey &ca_key, const Certificate &ca_certificate,
                                             const PublicKey &signer, std::string_view subject,
                                             const Validity &validity) {
    MOS_CHECK(check_family(signer));
    MOS_CHECK(check_issuer(ca_key, ca_certificate));
    MOS_TRY(const Bytes name, write_name(subject));
    const CertificateFields &ca = ca_certificate.fields();
    const Bytes authority =
        ca.subject_key_id.empty() ? key_identifier(ca_key.public_key()) : base::to_bytes(ca.subject_key_id);
    return sign_certificate(
        ca_key,
        {.issuer = ca.subject,
         .subject = name,
         .validity = validity,
         .key = signer,
         .extensions = {basic_constraints(false),
                        extension(oid::key_usage, Criticality::critical, der::named_bits(key_usage_digital_signature)),
                        extension(oid::extended_key_usage, Criticality::ordinary,
                                  der::element(Tag::sequence, {object_identifier(oid::code_signing)})),
                        subject_key_identifier(signer),
                        extension(oid::authority_key_identifier, Criticality::ordinary,
                                  der::element(Tag::sequence, {der::element(der::context(0), {authority})}))}});
}

}  // namespace mos::crypto
