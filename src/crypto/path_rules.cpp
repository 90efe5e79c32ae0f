#include "path_rules.hpp"

#include "certificate_fields.hpp"
#include "certificate_names.hpp"
#include "name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

namespace mos::crypto {

namespace {

constexpr std::size_t max_serial_bytes = 20;

// What a leaf must be certified for. Its key usage has one of the bits, and must be there at all where it is `needed`.
struct Purpose {
    KeyPurpose purpose;
    std::string_view words;
    std::uint16_t usages;  // RFC 5280 section 4.2.1.12: those consistent with the purpose
    bool is_usage_needed;
};

constexpr std::uint16_t signing = key_usage_digital_signature;
constexpr std::array purposes = {
    Purpose{KeyPurpose::code_signing, "code signing", signing, true},
    Purpose{KeyPurpose::server_auth, "the authentication of servers",
            signing | key_usage_key_encipherment | key_usage_key_agreement, false},
    Purpose{KeyPurpose::client_auth, "the authentication of clients", signing | key_usage_key_agreement, false},
    Purpose{KeyPurpose::email_protection, "mail",
            signing | key_usage_content_commitment | key_usage_key_encipherment | key_usage_key_agreement, false},
    Purpose{KeyPurpose::time_stamping, "time stamps", signing | key_usage_content_commitment, true},
};

const Purpose &description_of(KeyPurpose purpose) {
    return *std::find_if(purposes.begin(), purposes.end(), [&](const Purpose &p) { return p.purpose == purpose; });
}

bool is_for(const ExtendedKeyUsage &usage, KeyPurpose purpose) {
    return std::find(usage.purposes.begin(), usage.purposes.end(), purpose) != usage.purposes.end();
}

// RFC 5280 section 4.1.2.2. Nobody looks a root's number up, and some roots have been number 0 for decades.
Result<void> check_serial(const Certificate &certificate, bool is_self_signed) {
    const base::ByteView serial = certificate.serial();
    const bool is_negative = (serial[0] & std::byte{0x80}) != std::byte{0};
    const bool is_zero = serial.size() == 1 && serial[0] == std::byte{0};
    if (is_negative || (is_zero && !is_self_signed))
        return refusal(certificate, "has a serial number that is not positive");
    if (serial.size() > max_serial_bytes)
        return refusal(certificate, fmt::format("has a serial number of more than {} bytes", max_serial_bytes));
    return {};
}

// What holds for every certificate, whatever its place.
Result<void> check_form(const Certificate &certificate) {
    const CertificateFields &fields = certificate.fields();
    if (fields.version != 3)
        return refusal(certificate, fmt::format("is of version {}, not 3", fields.version));
    if (!fields.unknown_critical_extension.empty())
        return refusal(certificate,
                       fmt::format("has an unknown critical extension {}", fields.unknown_critical_extension));
    if (fields.has_ordinary_policy_constraints)  // section 4.2.1.11
        return refusal(certificate, "has policy constraints that are not critical");
    return {};
}

// RFC 5280 sections 4.2.1.1 and 4.2.1.2; Baseline Requirements section 7.1.2.11.1.
Result<void> check_key_ids(const Certificate &certificate, bool is_self_signed) {
    const CertificateFields &fields = certificate.fields();
    if (fields.subject_key_id && fields.subject_key_id->is_critical)
        return refusal(certificate, "has a subject key identifier that is critical");
    if (certificate.is_ca() && !fields.subject_key_id)
        return refusal(certificate, "is a CA without a subject key identifier");
    if (!fields.authority_key_id) {
        if (!is_self_signed)
            return refusal(certificate, "has no authority key identifier");
        return {};
    }
    if (fields.authority_key_id->is_critical)
        return refusal(certificate, "has an authority key identifier that is critical");
    if (fields.authority_key_id->key_id.empty())
        return refusal(certificate, "has an authority key identifier without a key");
    if (fields.authority_key_id->names_certificate)
        return refusal(certificate, "has an authority key identifier that names a certificate beside the key");
    if (is_self_signed && !std::ranges::equal(fields.authority_key_id->key_id, fields.subject_key_id->key_id))
        return refusal(certificate, "signed itself, but names another key as its issuer's");
    return {};
}

Result<void> check_time(const Certificate &certificate, std::int64_t now_unix_s, bool may_have_expired) {
    const Validity validity = certificate.validity();
    if (validity.not_after_unix_s < validity.not_before_unix_s)
        return refusal(certificate, "is valid at no time: it ends before it begins");
    if (now_unix_s < validity.not_before_unix_s)
        return refusal(certificate,
                       fmt::format("is not valid before {}, and it is {}", date_text(validity.not_before_unix_s),
                                   date_text(now_unix_s)),
                       Code::CERTIFICATE_EXPIRED);
    if (now_unix_s > validity.not_after_unix_s && !may_have_expired)
        return refusal(certificate,
                       fmt::format("was valid until {}, and it is {}", date_text(validity.not_after_unix_s),
                                   date_text(now_unix_s)),
                       Code::CERTIFICATE_EXPIRED);
    return {};
}

// What was signed says that it was made while the leaf was valid. Whoever has the key can say so at any time.
bool was_valid_when_signed(const Certificate &leaf, const ChainInput &input) {
    return input.signed_unix_s && *input.signed_unix_s >= leaf.validity().not_before_unix_s &&
           *input.signed_unix_s <= leaf.validity().not_after_unix_s;
}

// RFC 5280 section 6.1.4 (k) to (n), stricter: a CA says what it may do.
Result<void> check_issuer(const Certificate &certificate, std::size_t intermediates_below) {
    const CertificateFields &fields = certificate.fields();
    if (!certificate.is_ca())
        return refusal(certificate, "issued a certificate, but is no CA");
    if (!fields.basic_constraints->is_critical)  // section 4.2.1.9
        return refusal(certificate, "has basic constraints that are not critical");
    if (!fields.key_usage)  // section 4.2.1.3
        return refusal(certificate, "issued a certificate, but has no key usage");
    if ((*fields.key_usage & key_usage_certificate_sign) == 0)
        return refusal(certificate, "issued a certificate, but its key usage does not allow it");
    const std::optional<std::uint32_t> path_length = fields.basic_constraints->path_length;
    if (path_length && intermediates_below > *path_length)
        return refusal(certificate,
                       fmt::format("allows {} CAs below it, and there are {}", *path_length, intermediates_below));
    return {};
}

// An extended key usage in a CA restricts what it issues: so CAs for other purposes can't sign packages. A root has
// none (Baseline Requirements section 7.1.2.1.2): there it could only be meant to be passed over.
Result<void> check_issuer_purpose(const Certificate &certificate, bool is_self_signed, KeyPurpose purpose) {
    const std::optional<ExtendedKeyUsage> &usage = certificate.fields().extended_key_usage;
    if (usage && is_self_signed)
        return refusal(certificate, "is a root, but has an extended key usage");
    if (usage && !usage->any && !is_for(*usage, purpose))
        return refusal(certificate, fmt::format("is not for {} (extended key usage)", description_of(purpose).words));
    return {};
}

Result<void> check_leaf(const Certificate &certificate, KeyPurpose wanted) {
    const CertificateFields &fields = certificate.fields();
    const Purpose &purpose = description_of(wanted);
    if (certificate.is_ca())
        return refusal(certificate, "is a CA, and a CA signs certificates alone");
    if (fields.name_constraints)  // RFC 5280 section 4.2.1.10
        return refusal(certificate, "has name constraints though it is no CA");
    if (fields.key_usage && (*fields.key_usage & key_usage_certificate_sign) != 0)  // section 4.2.1.3
        return refusal(certificate, "may sign certificates though it is no CA");
    if (fields.key_usage ? (*fields.key_usage & purpose.usages) == 0 : purpose.is_usage_needed)
        return refusal(certificate, fmt::format("may not be used for {} (key usage)", purpose.words));
    return {};
}

Result<void> check_leaf_purpose(const Certificate &certificate, KeyPurpose wanted) {
    const std::optional<ExtendedKeyUsage> &usage = certificate.fields().extended_key_usage;
    if (!usage)
        return refusal(certificate,
                       fmt::format("is not for {}: it has no extended key usage", description_of(wanted).words));
    if (!is_for(*usage, wanted))
        return refusal(certificate, fmt::format("is not for {} (extended key usage)", description_of(wanted).words));
    if (usage->any)  // Baseline Requirements section 7.1.2.7.10, and those for code signing, section 7.1.2.3
        return refusal(certificate, "is for any purpose besides");
    if (usage->is_critical && wanted == KeyPurpose::server_auth)  // section 7.1.2.7.6
        return refusal(certificate, "has an extended key usage that is critical");
    if (!usage->is_critical && wanted == KeyPurpose::time_stamping)  // RFC 3161 section 2.3
        return refusal(certificate, "is for time stamps by an extended key usage that is not critical");
    return {};
}

// A root that names itself as its issuer; whether it signed itself was looked at when the path was found.
bool is_self_signed(std::span<const Certificate> path, std::size_t place) {
    return place + 1 == path.size() && is_self_issued(path[place]);
}

Result<void> check_place(std::span<const Certificate> path, std::size_t place, std::size_t intermediates_below,
                         KeyPurpose purpose) {
    const Certificate &certificate = path[place];
    MOS_CHECK(check_form(certificate));
    MOS_CHECK(check_serial(certificate, is_self_signed(path, place)));
    if (place == 0) {
        MOS_CHECK(check_leaf(certificate, purpose));
        MOS_CHECK(check_leaf_purpose(certificate, purpose));
    } else {
        MOS_CHECK(check_issuer(certificate, intermediates_below));
        MOS_CHECK(check_issuer_purpose(certificate, is_self_signed(path, place), purpose));
    }
    return check_key_ids(certificate, is_self_signed(path, place));
}

}  // namespace

std::string shown_name(const Certificate &certificate) {
    return certificate.subject().empty() ? certificate.fingerprint() : certificate.subject();
}

Error refusal(const Certificate &certificate, std::string_view why, Code code) {
    const std::string name = shown_name(certificate);
    return Error{code, fmt::format("certificate {} {}", base::in_quotes(name), why)}.about(name);
}

std::string date_text(std::int64_t unix_s) {
    const std::chrono::sys_seconds moment{std::chrono::seconds{unix_s}};
    const auto midnight = std::chrono::floor<std::chrono::days>(moment);
    const std::chrono::year_month_day date{midnight};
    const std::chrono::hh_mm_ss clock{moment - midnight};
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count());
}

bool is_self_issued(const Certificate &certificate) {
    return compare_names(certificate.fields().subject, certificate.fields().issuer) == Likeness::same;
}

bool may_have_issued(const Certificate &issuer, const Certificate &certificate) {
    const CertificateFields &above = issuer.fields();
    const CertificateFields &below = certificate.fields();
    if (compare_names(above.subject, below.issuer) != Likeness::same)
        return false;
    if (!above.subject_key_id || !below.authority_key_id || below.authority_key_id->key_id.empty())
        return true;
    return std::ranges::equal(below.authority_key_id->key_id, above.subject_key_id->key_id);
}

Result<void> check_signature(const Certificate &certificate, const Certificate &issuer) {
    const std::string name = shown_name(certificate);
    Result<void> checked = check_issuer_signature(
        certificate.fields().signature, "certificate " + base::in_quotes(name), issuer.public_key(), issuer.subject());
    if (!checked)
        return std::move(checked).error().about(name);
    return {};
}

// Times come first: most often it is the time that is wrong.
Result<void> check_path(std::span<const Certificate> path, const ChainInput &input, const Profile &profile) {
    for (std::size_t i = 0; i < path.size(); ++i)
        MOS_CHECK(check_time(path[i], input.now_unix_s,
                             i == 0 && profile.accept_expired && was_valid_when_signed(path[i], input)));
    std::size_t intermediates = 0;  // self-issued ones are not counted (RFC 5280 section 4.2.1.9)
    for (std::size_t i = 0; i < path.size(); ++i) {
        MOS_CHECK(check_place(path, i, intermediates, profile.purpose));
        if (path[i].public_key().family() == KeyFamily::ed25519)
            return refusal(path[i], "has an Ed25519 key, which is pinned and has no certificate");
        MOS_CHECK(check_key_strength(path[i].public_key(), shown_name(path[i]), profile));
        MOS_CHECK(check_names(path[i], i == 0));
        if (i > 0 && !is_self_issued(path[i]))
            ++intermediates;
    }
    return check_name_constraints(path);
}

}  // namespace mos::crypto
