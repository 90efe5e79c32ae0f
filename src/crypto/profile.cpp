#include <mos/crypto/profile.hpp>

#include "certificate_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

namespace mos::crypto {

namespace {

constexpr std::size_t max_serial_bytes = 20;

std::string date_text(std::int64_t unix_s) {
    const std::chrono::sys_seconds moment{std::chrono::seconds{unix_s}};
    const auto midnight = std::chrono::floor<std::chrono::days>(moment);
    const std::chrono::year_month_day date{midnight};
    const std::chrono::hh_mm_ss clock{moment - midnight};
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count());
}

Error refusal(const Certificate &certificate, std::string_view why, Code code = Code::CERTIFICATE_INVALID) {
    return Error{code, fmt::format("certificate {} {}", base::in_quotes(certificate.subject()), why)}.about(
        certificate.subject());
}

bool same(base::ByteView a, base::ByteView b) { return base::as_text(a) == base::as_text(b); }

// What holds for every certificate, whatever its place.
Result<void> check_form(const Certificate &certificate) {
    const CertificateFields &fields = certificate.fields();
    if (fields.version != 3)
        return refusal(certificate, fmt::format("is of version {}, not 3", fields.version));
    // RFC 5280 section 4.1.2.2.
    const bool is_negative = fields.serial.empty() || (fields.serial[0] & std::byte{0x80}) != std::byte{0};
    if (is_negative || std::ranges::all_of(fields.serial, [](std::byte b) { return b == std::byte{0}; }))
        return refusal(certificate, "has a serial number that is not positive");
    if (fields.serial.size() > max_serial_bytes)
        return refusal(certificate, fmt::format("has a serial number of more than {} bytes", max_serial_bytes));
    if (fields.subject_text.empty())
        return refusal(certificate, "has no subject");
    if (fields.has_name_constraints)
        return refusal(certificate, "has name constraints, which are not supported");
    if (!fields.unknown_critical_extension.empty())
        return refusal(certificate,
                       fmt::format("has an unknown critical extension {}", fields.unknown_critical_extension));
    return {};
}

Result<void> check_time(const Certificate &certificate, std::int64_t now_unix_s) {
    const Validity validity = certificate.validity();
    if (now_unix_s < validity.not_before_unix_s)
        return refusal(certificate,
                       fmt::format("is not valid before {}, and it is {}", date_text(validity.not_before_unix_s),
                                   date_text(now_unix_s)),
                       Code::CERTIFICATE_EXPIRED);
    if (now_unix_s > validity.not_after_unix_s)
        return refusal(certificate,
                       fmt::format("was valid until {}, and it is {}", date_text(validity.not_after_unix_s),
                                   date_text(now_unix_s)),
                       Code::CERTIFICATE_EXPIRED);
    return {};
}

// RFC 5280 section 6.1.4 (k) to (n), stricter: a CA says what it may do.
Result<void> check_issuer(const Certificate &certificate, std::size_t intermediates_below) {
    const CertificateFields &fields = certificate.fields();
    if (!certificate.is_ca())
        return refusal(certificate, "issued a certificate, but is no CA");
    if (!fields.basic_constraints->is_critical)  // section 4.2.1.9
        return refusal(certificate, "has basic constraints that are not critical");
    if (!fields.key_usage || (*fields.key_usage & key_usage_certificate_sign) == 0)
        return refusal(certificate, "issued a certificate, but its key usage does not allow it");
    const std::optional<std::uint32_t> path_length = fields.basic_constraints->path_length;
    if (path_length && intermediates_below > *path_length)
        return refusal(certificate,
                       fmt::format("allows {} CAs below it, and there are {}", *path_length, intermediates_below));
    // An extended key usage in a CA restricts what it issues: so CAs for other purposes can't sign packages.
    if (fields.extended_key_usage && !fields.extended_key_usage->code_signing && !fields.extended_key_usage->any)
        return refusal(certificate, "is not for code signing (extended key usage)");
    return {};
}

Result<void> check_leaf(const Certificate &certificate) {
    const CertificateFields &fields = certificate.fields();
    if (certificate.is_ca())
        return refusal(certificate, "is a CA, and a CA signs no packages");
    if (!fields.key_usage || (*fields.key_usage & key_usage_digital_signature) == 0)
        return refusal(certificate, "may not sign (key usage)");
    if ((*fields.key_usage & key_usage_certificate_sign) != 0)  // RFC 5280 section 4.2.1.3
        return refusal(certificate, "may sign certificates though it is no CA");
    if (!fields.extended_key_usage || !fields.extended_key_usage->code_signing)
        return refusal(certificate, "is not for code signing (extended key usage)");
    return {};
}

bool is_self_issued(const Certificate &certificate) {
    return same(certificate.fields().subject, certificate.fields().issuer);
}

Result<void> check_signature(const Certificate &certificate, const Certificate &issuer) {
    const CertificateFields &fields = certificate.fields();
    if (!fields.signature_algorithm)
        return refusal(certificate, fmt::format("is signed by an algorithm that is not allowed ({})",
                                                fields.signature_algorithm_oid));
    const bool is_rsa = issuer.public_key().family() == KeyFamily::rsa;
    const DigestAlgorithm algorithm = fields.signature_algorithm->digest;
    if (fields.signature_algorithm->is_rsa != is_rsa ||
        !issuer.public_key().verifies({.digest = algorithm}, fields.to_be_signed, fields.signature))
        return refusal(certificate, fmt::format("names {} as its issuer, but was not signed by it",
                                                base::in_quotes(issuer.subject())));
    return {};
}

// By name and, where both give one, by key identifier (RFC 5280 section 4.2.1.1).
bool may_have_issued(const Certificate &issuer, const Certificate &certificate) {
    const CertificateFields &above = issuer.fields();
    const CertificateFields &below = certificate.fields();
    if (!same(above.subject, below.issuer))
        return false;
    return below.authority_key_id.empty() || above.subject_key_id.empty() ||
           same(below.authority_key_id, above.subject_key_id);
}

// Every rule for a path whose signatures were verified. Times come first: most often it is the time that is wrong.
Result<void> check_path(std::span<const Certificate> path, std::int64_t now_unix_s, const Profile &profile) {
    for (const Certificate &certificate : path)
        MOS_CHECK(check_time(certificate, now_unix_s));
    std::size_t intermediates = 0;  // self-issued ones are not counted (RFC 5280 section 4.2.1.9)
    for (std::size_t i = 0; i < path.size(); ++i) {
        MOS_CHECK(check_form(path[i]));
        MOS_CHECK(check_key_strength(path[i].public_key(), path[i].subject(), profile));
        MOS_CHECK(i == 0 ? check_leaf(path[i]) : check_issuer(path[i], intermediates));
        if (i > 0 && !is_self_issued(path[i]))
            ++intermediates;
    }
    return {};
}

// Searches upwards from the leaf, the roots first at each step; what was found wrong on the way is kept for the error.
class PathSearch {
  public:
    PathSearch(std::span<const Certificate> intermediates, std::span<const Certificate> roots, std::int64_t now_unix_s,
               const Profile &profile)
        : m_intermediates(intermediates), m_roots(roots), m_now_unix_s(now_unix_s), m_profile(profile) {}

    Result<TrustedPath> run(const Certificate &leaf) {
        m_path = {leaf};
        MOS_TRY(const std::optional<std::size_t> root, extend());
        if (root)
            return TrustedPath{std::move(m_path), *root};
        if (m_path_error)
            return std::move(*m_path_error);
        if (m_link_error)
            return std::move(*m_link_error);
        if (m_is_cut_off)
            return refusal(leaf, fmt::format("needs more than {} certificates to reach a root", max_path_certificates));
        return Error{Code::SIGNER_UNTRUSTED,
                     fmt::format("nothing in the trust folder vouches for {}, issued by {}",
                                 base::in_quotes(leaf.subject()), base::in_quotes(leaf.issuer()))}
            .about(leaf.subject());
    }

  private:
    // The root of the first path that passes; none when all that go on from m_path fail.
    Result<std::optional<std::size_t>> extend() {
        for (std::size_t i = 0; i < m_roots.size(); ++i) {
            MOS_TRY(const bool linked, append_issuer(m_roots[i]));
            if (!linked)
                continue;
            if (judge())
                return std::optional{i};
            m_path.pop_back();
        }
        if (m_path.size() + 1 >= max_path_certificates) {  // room for a root only
            m_is_cut_off = m_is_cut_off || std::ranges::any_of(m_intermediates, [&](const Certificate &candidate) {
                               return !is_in_path(candidate) && may_have_issued(candidate, m_path.back());
                           });
            return std::optional<std::size_t>{};
        }
        for (const Certificate &candidate : m_intermediates) {
            MOS_TRY(const bool linked, append_issuer(candidate));
            if (!linked)
                continue;
            MOS_TRY(const std::optional<std::size_t> root, extend());
            if (root)
                return root;
            m_path.pop_back();
        }
        return std::optional<std::size_t>{};
    }

    [[nodiscard]] bool is_in_path(const Certificate &certificate) const {
        return std::ranges::any_of(m_path, [&](const Certificate &c) { return same(c.der(), certificate.der()); });
    }

    // True when the last certificate of the path is signed by `issuer`, which then stands behind it.
    Result<bool> append_issuer(const Certificate &issuer) {
        const Certificate &last = m_path.back();
        if (is_in_path(issuer) || !may_have_issued(issuer, last))
            return false;
        if (++m_trials > max_signature_trials)
            return refusal(m_path.front(),
                           fmt::format("needs a search of more than {} signatures", max_signature_trials), Code::LIMIT);
        if (Result<void> checked = check_signature(last, issuer); !checked) {
            if (!m_link_error)
                m_link_error = std::move(checked).error();
            return false;
        }
        m_path.push_back(issuer);
        return true;
    }

    bool judge() {
        Result<void> judged;
        if (is_self_issued(m_path.back()))
            judged = check_signature(m_path.back(), m_path.back());
        if (judged.ok())
            judged = check_path(m_path, m_now_unix_s, m_profile);
        if (!judged && !m_path_error)
            m_path_error = std::move(judged).error();
        return judged.ok();
    }

    std::span<const Certificate> m_intermediates;
    std::span<const Certificate> m_roots;
    std::int64_t m_now_unix_s;
    const Profile &m_profile;
    std::vector<Certificate> m_path;
    std::size_t m_trials = 0;
    bool m_is_cut_off = false;          // a path went on beyond max_path_certificates
    std::optional<Error> m_path_error;  // of the first path that reached a root
    std::optional<Error> m_link_error;  // of the first signature that did not verify
};

}  // namespace

Result<void> check_key_strength(const PublicKey &key, std::string_view owner, const Profile &profile) {
    const auto refuse = [&](std::string_view why) {
        return Error{Code::ALGORITHM_REFUSED, fmt::format("the key of {} {}", base::in_quotes(owner), why)}.about(
            std::string{owner});
    };
    const unsigned minimum = std::max(profile.minimum_rsa_bits, min_rsa_bits);
    switch (key.family()) {
    case KeyFamily::rsa:
        if (key.bits() < minimum)
            return refuse(fmt::format("is RSA of {} bits, at least {} are required", key.bits(), minimum));
        break;
    case KeyFamily::ecc_p256:
        if (profile.curves != EllipticCurves::p256_and_p384)
            return refuse("is on the curve P-256, P-384 is required");
        break;
    case KeyFamily::ecc_p384:
    case KeyFamily::ed25519:
        break;
    }
    return {};
}

Result<TrustedPath> check_chain(const ChainInput &input, const Profile &profile) {
    if (input.intermediates.size() > max_chain_certificates)
        return refusal(input.leaf,
                       fmt::format("comes with {} certificates, at most {} are allowed", input.intermediates.size(),
                                   max_chain_certificates),
                       Code::LIMIT);
    return PathSearch{input.intermediates, input.roots, input.now_unix_s, profile}.run(input.leaf);
}

}  // namespace mos::crypto
