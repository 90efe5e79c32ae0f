#include "certificate_fields.hpp"
#include "certificate_parts.hpp"
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
    MOS_TRY(const Bytes validity, write_validity(contents.validity));
    Bytes extensions;
    for (const Bytes &one : contents.extensions)
        extensions.insert(extensions.end(), one.begin(), one.end());
    constexpr std::byte version_3{2};
    const Bytes to_be_signed = der::element(
        Tag::sequence,
        {der::element(der::context_constructed(0), {der::unsigned_integer({&version_3, 1})}), random_serial(),
         signature_identifier(issuer_key.public_key()), contents.issuer, validity, contents.subject, contents.key.der(),
         der::element(der::context_constructed(3), {der::element(Tag::sequence, {extensions})})});
    MOS_TRY(const Bytes signed_certificate, sign_object(issuer_key, to_be_signed));
    return Certificate::from_der(signed_certificate, "new certificate");
}

Result<void> check_family(const PublicKey &key) {
    if (key.family() == KeyFamily::ed25519)
        return Error{Code::UNSUPPORTED, "an Ed25519 key gets no certificate; put its public key into the trust folder"}
            .about(key.fingerprint());
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
    MOS_CHECK(check_authority(ca_key, ca_certificate, key_usage_certificate_sign, "issue certificates"));
    MOS_TRY(const Bytes name, write_name(subject));
    return sign_certificate(
        ca_key, {.issuer = ca_certificate.fields().subject,
                 .subject = name,
                 .validity = validity,
                 .key = signer,
                 .extensions = {
                     basic_constraints(false),
                     extension(oid::key_usage, Criticality::critical, der::named_bits(key_usage_digital_signature)),
                     extension(oid::extended_key_usage, Criticality::ordinary,
                               der::element(Tag::sequence, {object_identifier(oid::code_signing)})),
                     subject_key_identifier(signer), authority_key_identifier(ca_certificate, ca_key.public_key())}});
}

}  // namespace mos::crypto
