#include "certificate_fields.hpp"
#include "name.hpp"
#include "oids.hpp"

#include <mos/crypto/der.hpp>
#include <mos/crypto/limits.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mos::crypto {

using base::ByteView;
using der::Tag;

namespace {

Error malformed(std::string_view what) { return Error{Code::FORMAT, std::string{what}}; }

struct KnownSignature {
    std::string_view oid;
    CertificateSignatureAlgorithm algorithm;
};

constexpr std::array known_signatures = {
    KnownSignature{oid::rsa_with_sha256, {DigestAlgorithm::sha256, true}},
    KnownSignature{oid::rsa_with_sha384, {DigestAlgorithm::sha384, true}},
    KnownSignature{oid::rsa_with_sha512, {DigestAlgorithm::sha512, true}},
    KnownSignature{oid::ecdsa_with_sha256, {DigestAlgorithm::sha256, false}},
    KnownSignature{oid::ecdsa_with_sha384, {DigestAlgorithm::sha384, false}},
    KnownSignature{oid::ecdsa_with_sha512, {DigestAlgorithm::sha512, false}},
};

Result<void> read_signature_algorithm(CertificateFields &fields, ByteView identifier) {
    MOS_TRY(der::Reader reader, der::open(identifier, Tag::sequence));
    MOS_TRY(const ByteView algorithm, reader.object_identifier());
    fields.signature_algorithm_oid = der::dotted(algorithm);
    const auto *const known = std::find_if(known_signatures.begin(), known_signatures.end(),
                                           [&](const KnownSignature &k) { return oid::is(algorithm, k.oid); });
    if (known == known_signatures.end())
        return {};                  // the profile refuses it by its identifier
    if (known->algorithm.is_rsa) {  // RFC 4055 section 5: parameters are NULL; RFC 5758 section 3.2: ECDSA has none
        MOS_TRY(const der::Element parameters, reader.next(Tag::null));
        if (!parameters.content.empty())
            return malformed("a NULL has content");
    }
    MOS_CHECK(reader.expect_end());
    fields.signature_algorithm = known->algorithm;
    return {};
}

Result<void> read_basic_constraints(CertificateFields &fields, ByteView value, bool is_critical) {
    MOS_TRY(der::Reader reader, der::open(value, Tag::sequence));
    BasicConstraints constraints;
    constraints.is_critical = is_critical;
    if (reader.next_is(Tag::boolean)) {
        MOS_TRY(constraints.is_ca, reader.boolean());
        if (!constraints.is_ca)
            return malformed("basic constraints write out a default");
    }
    if (!reader.at_end()) {
        MOS_TRY(constraints.path_length, reader.small_unsigned_integer());
        if (!constraints.is_ca)  // RFC 5280 section 4.2.1.9
            return malformed("basic constraints give a path length to what is no CA");
    }
    MOS_CHECK(reader.expect_end());
    fields.basic_constraints = constraints;
    return {};
}

Result<void> read_key_usage(CertificateFields &fields, ByteView value) {
    der::Reader reader{value};
    MOS_TRY(const std::uint16_t usage, reader.named_bits());
    MOS_CHECK(reader.expect_end());
    if (usage == 0)  // RFC 5280 section 4.2.1.3: at least one bit
        return malformed("key usage allows nothing");
    fields.key_usage = usage;
    return {};
}

Result<void> read_extended_key_usage(CertificateFields &fields, ByteView value) {
    MOS_TRY(der::Reader reader, der::open(value, Tag::sequence));
    if (reader.at_end())
        return malformed("extended key usage is empty");
    ExtendedKeyUsage usage;
    while (!reader.at_end()) {
        MOS_TRY(const ByteView purpose, reader.object_identifier());
        usage.code_signing = usage.code_signing || oid::is(purpose, oid::code_signing);
        usage.any = usage.any || oid::is(purpose, oid::any_extended_key_usage);
    }
    fields.extended_key_usage = usage;
    return {};
}

Result<void> read_subject_key_id(CertificateFields &fields, ByteView value) {
    der::Reader reader{value};
    MOS_TRY(const der::Element id, reader.next(Tag::octet_string));
    MOS_CHECK(reader.expect_end());
    if (id.content.empty())
        return malformed("the subject key identifier is empty");
    fields.subject_key_id = id.content;
    return {};
}

// keyIdentifier [0], authorityCertIssuer [1], authorityCertSerialNumber [2]; only the first chooses an issuer here.
Result<void> read_authority_key_id(CertificateFields &fields, ByteView value) {
    MOS_TRY(der::Reader reader, der::open(value, Tag::sequence));
    if (reader.next_is(der::context(0))) {
        MOS_TRY(const der::Element id, reader.next());
        fields.authority_key_id = id.content;
    }
    for (const Tag tag : {der::context_constructed(1), der::context(2)})
        if (reader.next_is(tag)) {
            MOS_TRY([[maybe_unused]] const der::Element skipped, reader.next());
        }
    return reader.expect_end();
}

Result<void> read_extension_value(CertificateFields &fields, ByteView id, ByteView value, bool is_critical) {
    if (oid::is(id, oid::basic_constraints))
        return read_basic_constraints(fields, value, is_critical);
    if (oid::is(id, oid::key_usage))
        return read_key_usage(fields, value);
    if (oid::is(id, oid::extended_key_usage))
        return read_extended_key_usage(fields, value);
    if (oid::is(id, oid::subject_key_identifier))
        return read_subject_key_id(fields, value);
    if (oid::is(id, oid::authority_key_identifier))
        return read_authority_key_id(fields, value);
    if (oid::is(id, oid::name_constraints))
        fields.has_name_constraints = true;
    else if (is_critical && fields.unknown_critical_extension.empty())
        fields.unknown_critical_extension = der::dotted(id);
    return {};
}

Result<void> read_extensions(CertificateFields &fields, der::Reader explicit_tag) {
    MOS_TRY(der::Reader extensions, explicit_tag.enter(Tag::sequence));
    MOS_CHECK(explicit_tag.expect_end());
    if (extensions.at_end())
        return malformed("the list of extensions is empty");
    std::vector<ByteView> seen;
    while (!extensions.at_end()) {
        if (seen.size() == max_certificate_extensions)
            return Error{Code::LIMIT, fmt::format("there are more than {} extensions", max_certificate_extensions)};
        MOS_TRY(der::Reader extension, extensions.enter(Tag::sequence));
        MOS_TRY(const ByteView id, extension.object_identifier());
        bool is_critical = false;
        if (extension.next_is(Tag::boolean)) {
            MOS_TRY(is_critical, extension.boolean());
            if (!is_critical)
                return malformed("an extension writes out a default");
        }
        MOS_TRY(const der::Element value, extension.next(Tag::octet_string));
        MOS_CHECK(extension.expect_end());
        const bool is_repeated =
            std::any_of(seen.begin(), seen.end(), [&](ByteView other) { return oid::is(id, base::as_text(other)); });
        if (is_repeated)
            return malformed(fmt::format("extension {} stands twice", der::dotted(id)));
        seen.push_back(id);
        MOS_CHECK(read_extension_value(fields, id, value.content, is_critical));
    }
    return {};
}

Result<void> read_version(CertificateFields &fields, der::Reader &reader) {
    if (!reader.next_is(der::context_constructed(0)))
        return {};  // version 1
    MOS_TRY(der::Reader explicit_tag, reader.enter(der::context_constructed(0)));
    MOS_TRY(const std::uint32_t version, explicit_tag.small_unsigned_integer());
    MOS_CHECK(explicit_tag.expect_end());
    if (version < 1 || version > 2)
        return malformed("the version is written out though it is 1, or is unknown");
    fields.version = version + 1;
    return {};
}

Result<void> read_names_and_validity(CertificateFields &fields, der::Reader &reader) {
    MOS_TRY(const der::Element issuer, reader.next(Tag::sequence));
    MOS_TRY(der::Reader validity, reader.enter(Tag::sequence));
    MOS_TRY(fields.validity.not_before_unix_s, validity.time_unix_s());
    MOS_TRY(fields.validity.not_after_unix_s, validity.time_unix_s());
    MOS_CHECK(validity.expect_end());
    MOS_TRY(const der::Element subject, reader.next(Tag::sequence));
    fields.issuer = issuer.whole;
    fields.subject = subject.whole;
    MOS_TRY(fields.issuer_text, name_text(issuer.whole));
    MOS_TRY(fields.subject_text, name_text(subject.whole));
    return {};
}

// TBSCertificate (RFC 5280 section 4.1).
Result<void> read_to_be_signed(CertificateFields &fields, ByteView outer_algorithm) {
    MOS_TRY(der::Reader reader, der::open(fields.to_be_signed, Tag::sequence));
    MOS_CHECK(read_version(fields, reader));
    MOS_TRY(const der::Element serial, reader.next(Tag::integer));
    fields.serial = serial.content;
    MOS_TRY(const der::Element algorithm, reader.next(Tag::sequence));
    if (base::as_text(algorithm.whole) != base::as_text(outer_algorithm))  // section 4.1.1.2
        return malformed("the signature algorithm that is signed differs from the one outside");
    MOS_CHECK(read_signature_algorithm(fields, algorithm.whole));
    MOS_CHECK(read_names_and_validity(fields, reader));
    MOS_TRY(const der::Element key, reader.next(Tag::sequence));
    MOS_TRY(fields.public_key, PublicKey::from_der(key.whole, "its public key"));
    if (reader.next_is(der::context_constructed(3))) {
        if (fields.version != 3)  // section 4.1.2.9
            return malformed("there are extensions, but the version is not 3");
        MOS_TRY(const der::Reader explicit_tag, reader.enter(der::context_constructed(3)));
        MOS_CHECK(read_extensions(fields, explicit_tag));
    }
    return reader.expect_end();  // unique identifiers too, which no CA may write (section 4.1.2.8)
}

}  // namespace

Result<std::shared_ptr<const CertificateFields>> read_certificate(ByteView der) {
    auto fields = std::make_shared<CertificateFields>(der);
    MOS_TRY(der::Reader reader, der::open(fields->der, Tag::sequence));
    MOS_TRY(const der::Element to_be_signed, reader.next(Tag::sequence));
    MOS_TRY(const der::Element algorithm, reader.next(Tag::sequence));
    MOS_TRY(fields->signature, reader.bit_string());
    MOS_CHECK(reader.expect_end());
    fields->to_be_signed = to_be_signed.whole;
    MOS_CHECK(read_to_be_signed(*fields, algorithm.whole));
    return std::shared_ptr<const CertificateFields>{std::move(fields)};
}

}  // namespace mos::crypto
