#include "certificate_fields.hpp"
#include "name.hpp"
#include "oids.hpp"
#include "other_extensions.hpp"

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

struct KnownPurpose {
    std::string_view oid;
    KeyPurpose purpose;
};

constexpr std::array known_purposes = {
    KnownPurpose{oid::code_signing, KeyPurpose::code_signing},
    KnownPurpose{oid::server_auth, KeyPurpose::server_auth},
    KnownPurpose{oid::client_auth, KeyPurpose::client_auth},
    KnownPurpose{oid::email_protection, KeyPurpose::email_protection},
    KnownPurpose{oid::time_stamping, KeyPurpose::time_stamping},
};

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

Result<void> read_extended_key_usage(CertificateFields &fields, const Extension &extension) {
    MOS_TRY(der::Reader reader, der::open(extension.value, Tag::sequence));
    if (reader.at_end())
        return malformed("extended key usage is empty");
    ExtendedKeyUsage usage{.is_critical = extension.is_critical, .purposes = {}};
    while (!reader.at_end()) {
        MOS_TRY(const ByteView purpose, reader.object_identifier());
        for (const KnownPurpose &known : known_purposes)
            if (oid::is(purpose, known.oid))
                usage.purposes.push_back(known.purpose);
        usage.any = usage.any || oid::is(purpose, oid::any_extended_key_usage);
    }
    fields.extended_key_usage = std::move(usage);
    return {};
}

Result<void> read_subject_key_id(CertificateFields &fields, const Extension &extension) {
    der::Reader reader{extension.value};
    MOS_TRY(const der::Element id, reader.next(Tag::octet_string));
    MOS_CHECK(reader.expect_end());
    if (id.content.empty())
        return malformed("the subject key identifier is empty");
    fields.subject_key_id = SubjectKeyId{extension.is_critical, id.content};
    return {};
}

Result<void> read_extension_value(CertificateFields &fields, const Extension &extension) {
    const auto is = [&](std::string_view id) { return oid::is(extension.id, id); };
    if (is(oid::basic_constraints))
        return read_basic_constraints(fields, extension.value, extension.is_critical);
    if (is(oid::key_usage))
        return read_key_usage(fields, extension.value);
    if (is(oid::extended_key_usage))
        return read_extended_key_usage(fields, extension);
    if (is(oid::subject_key_identifier))
        return read_subject_key_id(fields, extension);
    if (is(oid::authority_key_identifier)) {
        MOS_TRY(fields.authority_key_id, read_authority_key_id(extension));
    } else if (is(oid::subject_alternative_name)) {
        MOS_TRY(std::vector<GeneralName> names, read_general_names(extension.value));
        fields.alternative_names = AlternativeNames{extension.is_critical, std::move(names)};
    } else if (is(oid::name_constraints)) {
        MOS_TRY(fields.name_constraints, read_name_constraints(extension.value));
    } else if (extension.is_critical && fields.unknown_critical_extension.empty()) {
        fields.unknown_critical_extension = der::dotted(extension.id);
    } else if (is(oid::policy_constraints)) {
        fields.has_ordinary_policy_constraints = true;
    } else {
        return check_other_extension(extension);
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
Result<void> read_to_be_signed(CertificateFields &fields) {
    MOS_TRY(der::Reader reader, der::open(fields.signature.to_be_signed, Tag::sequence));
    MOS_CHECK(read_version(fields, reader));
    MOS_TRY(fields.serial, reader.integer());
    MOS_TRY(const der::Element algorithm, reader.next(Tag::sequence));
    MOS_CHECK(check_same_algorithm(fields.signature, algorithm.whole));
    MOS_CHECK(read_names_and_validity(fields, reader));
    MOS_TRY(const der::Element key, reader.next(Tag::sequence));
    MOS_TRY(fields.public_key, PublicKey::from_der(key.whole, "its public key"));
    if (reader.next_is(der::context_constructed(3))) {
        if (fields.version != 3)  // section 4.1.2.9
            return malformed("there are extensions, but the version is not 3");
        MOS_TRY(der::Reader explicit_tag, reader.enter(der::context_constructed(3)));
        MOS_TRY(const der::Reader list, explicit_tag.enter(Tag::sequence));
        MOS_CHECK(explicit_tag.expect_end());
        MOS_TRY(const std::vector<Extension> extensions, read_extensions(list));
        for (const Extension &extension : extensions)
            MOS_CHECK(read_extension_value(fields, extension));
    }
    return reader.expect_end();  // unique identifiers too, which no CA may write (section 4.1.2.8)
}

}  // namespace

Result<std::shared_ptr<const CertificateFields>> read_certificate(ByteView der) {
    auto fields = std::make_shared<CertificateFields>(der);
    MOS_TRY(fields->signature, read_issuer_signature(fields->der));
    MOS_CHECK(read_to_be_signed(*fields));
    return std::shared_ptr<const CertificateFields>{std::move(fields)};
}

}  // namespace mos::crypto
