#include "revocation.hpp"

#include "certificate_fields.hpp"
#include "name.hpp"
#include "path_rules.hpp"
#include "revocation_list_fields.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mos::crypto {

namespace {

// Lists of others are passed over; also those of another key of the same issuer, which its key identifier tells.
bool is_list_of(const RevocationList &list, const Certificate &issuer) {
    const RevocationListFields &fields = list.fields();
    if (compare_names(fields.issuer, issuer.fields().subject) != Likeness::same)
        return false;
    return !issuer.fields().subject_key_id ||
           std::ranges::equal(fields.authority_key_id.key_id, issuer.fields().subject_key_id->key_id);
}

Error unknown(const Certificate &issuer, std::string_view why) {
    return Error{Code::REVOCATION_UNKNOWN,
                 fmt::format("the revocation list of {} {}", base::in_quotes(issuer.subject()), why)}
        .about(issuer.subject());
}

}  // namespace

Result<void> RevocationCheck::check(std::span<const Certificate> path) {
    if (m_profile.revocation == RevocationRule::never)
        return {};
    for (std::size_t i = 0; i + 1 < path.size(); ++i)
        MOS_CHECK(check_certificate(path[i], path[i + 1], i == 0 && m_profile.accept_revoked));
    return {};
}

Result<void> RevocationCheck::check_certificate(const Certificate &certificate, const Certificate &issuer,
                                                bool may_be_revoked) {
    MOS_TRY(const RevocationList *const list, find_list(issuer));
    if (list == nullptr && m_profile.revocation == RevocationRule::required)
        return unknown(issuer, "is not there");
    if (list == nullptr)
        return {};
    const std::optional<Revocation> revocation = list->find(certificate);
    const bool was_signed_before =
        revocation && may_be_revoked && m_signed_unix_s && *m_signed_unix_s < revocation->revoked_unix_s;
    if (revocation && !was_signed_before)
        return refusal(certificate,
                       fmt::format("was revoked by {} on {} ({})", base::in_quotes(issuer.subject()),
                                   date_text(revocation->revoked_unix_s), revocation->reason),
                       Code::CERTIFICATE_REVOKED);
    return {};
}

Result<const RevocationList *> RevocationCheck::find_list(const Certificate &issuer) {
    const RevocationList *newest = nullptr;
    std::optional<Error> first_error;
    for (const RevocationList &list : m_lists) {
        if (!is_list_of(list, issuer))
            continue;
        if (Result<void> checked = check_list(list, issuer); !checked) {
            // Without a look at this one an older one must not count in its place.
            if (checked.error().code() == Code::LIMIT)
                return std::move(checked).error();
            if (!first_error)
                first_error = std::move(checked).error();
        } else if (newest == nullptr || list.is_newer_than(*newest)) {
            newest = &list;
        }
    }
    if (newest == nullptr && first_error)
        return std::move(*first_error);
    return newest;
}

Result<void> RevocationCheck::check_list(const RevocationList &list, const Certificate &issuer) {
    const std::optional<std::uint16_t> usage = issuer.fields().key_usage;
    if (usage && (*usage & key_usage_crl_sign) == 0)  // RFC 5280 section 6.3.3 (f)
        return unknown(issuer, "counts for nothing: its key usage does not allow it to sign lists");
    MOS_TRY(const bool is_signed, is_signed_by(list, issuer));
    if (!is_signed)
        return unknown(issuer, "was not signed by it, or by an algorithm that is not allowed");
    if (m_now_unix_s < list.this_update_unix_s())
        return unknown(issuer, fmt::format("is of {}, and it is {}", date_text(list.this_update_unix_s()),
                                           date_text(m_now_unix_s)));
    if (m_now_unix_s > list.next_update_unix_s())
        return unknown(issuer, fmt::format("was good until {}, and it is {}: get the next one",
                                           date_text(list.next_update_unix_s()), date_text(m_now_unix_s)));
    return {};
}

Result<bool> RevocationCheck::is_signed_by(const RevocationList &list, const Certificate &issuer) {
    const std::pair key{list.der().data(), issuer.der().data()};
    const auto known = m_signatures.find(key);
    if (known != m_signatures.end())
        return known->second;
    if (m_budget != nullptr)
        MOS_CHECK(m_budget->spend());
    const bool is_good = list.is_signed_by(issuer);
    m_signatures.emplace(key, is_good);
    return is_good;
}

}  // namespace mos::crypto
