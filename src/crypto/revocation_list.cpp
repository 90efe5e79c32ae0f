#include <mos/crypto/revocation_list.hpp>

#include "certificate_fields.hpp"
#include "pem.hpp"
#include "revocation_list_fields.hpp"

#include <mos/crypto/limits.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mos::crypto {

using base::ByteView;

namespace {

constexpr std::string_view pem_label = "X509 CRL";

// By the number that CRLReason gives them; 7 is not used, 8 (removed from the list) is for delta lists.
constexpr std::array<std::string_view, 11> reasons = {"unspecified",
                                                      "key compromise",
                                                      "CA compromise",
                                                      "affiliation changed",
                                                      "superseded",
                                                      "cessation of operation",
                                                      "on hold",
                                                      "",
                                                      "",
                                                      "privilege withdrawn",
                                                      "AA compromise"};

Error unusable(std::string_view name, Error cause) {
    return Error{Code::CERTIFICATE_INVALID, fmt::format("{} is no usable revocation list", base::in_quotes(name))}
        .about(std::string{name})
        .caused_by(std::move(cause));
}

Result<void> check_size(std::size_t size, std::size_t limit, std::string_view name) {
    if (size > limit)
        return Error{Code::LIMIT, fmt::format("revocation list {} has {} bytes, at most {} are allowed",
                                              base::in_quotes(name), size, limit)}
            .about(std::string{name});
    return {};
}

}  // namespace

std::optional<std::string_view> revocation_reason_text(std::uint32_t reason) noexcept {
    if (reason >= reasons.size() || reasons[reason].empty())
        return std::nullopt;
    return reasons[reason];
}

std::optional<std::uint8_t> revocation_reason_from_text(std::string_view text) noexcept {
    for (std::size_t i = 0; i < reasons.size(); ++i)
        if (!text.empty() && reasons[i] == text)
            return static_cast<std::uint8_t>(i);
    return std::nullopt;
}

Result<RevocationList> RevocationList::from_der(ByteView der, std::string_view name) {
    MOS_CHECK(check_size(der.size(), max_revocation_list_bytes, name));
    auto fields = read_revocation_list(der);
    if (!fields)
        return unusable(name, std::move(fields).error());
    return RevocationList{std::move(fields).value()};
}

Result<RevocationList> RevocationList::from_pem(std::string_view pem, std::string_view name) {
    MOS_CHECK(check_size(pem.size(), max_revocation_list_file_bytes, name));
    const Result<SecretBytes> der = parse_single_pem(pem, pem_label);
    if (!der)
        return unusable(name, der.error());
    return from_der(*der, name);
}

Result<RevocationList> RevocationList::from_file(ByteView content, std::string_view name) {
    constexpr std::byte sequence{static_cast<std::uint8_t>(der::Tag::sequence)};
    const bool is_der = !content.empty() && content.front() == sequence;
    return is_der ? from_der(content, name) : from_pem(base::as_text(content), name);
}

ByteView RevocationList::der() const noexcept { return m_fields->der; }

std::string RevocationList::to_pem() const {
    const SecretBytes pem = write_pem(pem_label, m_fields->der);
    return std::string{base::as_text(pem)};
}

const std::string &RevocationList::issuer() const noexcept { return m_fields->issuer_text; }
ByteView RevocationList::number() const noexcept { return m_fields->number; }

// Big-endian and without leading zeros: the longer one is the larger one.
bool RevocationList::is_newer_than(const RevocationList &other) const noexcept {
    const std::string_view own = base::as_text(number());
    const std::string_view others = base::as_text(other.number());
    return own.size() != others.size() ? own.size() > others.size() : own > others;
}

std::int64_t RevocationList::this_update_unix_s() const noexcept { return m_fields->this_update_unix_s; }
std::int64_t RevocationList::next_update_unix_s() const noexcept { return m_fields->next_update_unix_s; }
base::ByteView RevocationList::issuer_key_id() const noexcept { return m_fields->authority_key_id.key_id; }
std::size_t RevocationList::size() const noexcept { return m_fields->entries.size(); }

RevokedCertificate RevocationList::at(std::size_t place) const {
    const RevocationEntry &entry = m_fields->entries.at(place);
    return {base::to_bytes(entry.serial),
            {entry.revoked_unix_s, std::string{revocation_reason_text(entry.reason).value_or("")}}};
}

bool RevocationList::is_signed_by(const Certificate &issuer) const {
    return check_issuer_signature(m_fields->signature, "the list", issuer.public_key(), issuer.subject()).ok();
}

std::optional<Revocation> RevocationList::find(const Certificate &certificate) const {
    const std::string_view serial = base::as_text(certificate.serial());
    const auto found = std::lower_bound(
        m_fields->entries.begin(), m_fields->entries.end(), serial,
        [](const RevocationEntry &entry, std::string_view wanted) { return base::as_text(entry.serial) < wanted; });
    if (found == m_fields->entries.end() || base::as_text(found->serial) != serial)
        return std::nullopt;
    return at(static_cast<std::size_t>(found - m_fields->entries.begin())).revocation;
}

}  // namespace mos::crypto
