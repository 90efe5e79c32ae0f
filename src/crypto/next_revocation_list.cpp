#include <mos/crypto/revocation_list.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace mos::crypto {

namespace {

Error not_of(std::string_view object, std::string_view issuer, std::string_view what, const Certificate &ca) {
    return Error{Code::CERTIFICATE_INVALID,
                 fmt::format("{} {}, not by {}", what, base::in_quotes(issuer), base::in_quotes(ca.subject()))}
        .about(std::string{object});
}

// Whoever could put a list of its own in the place of the last one could revoke, or take revocations back.
Result<void> check_previous(const RevocationList &list, const Certificate &ca) {
    if (list.issuer() != ca.subject())
        return not_of(list.issuer(), list.issuer(), "the list to go on from was issued by", ca);
    if (!list.is_signed_by(ca))
        return Error{Code::CERTIFICATE_INVALID,
                     fmt::format("the list to go on from was not signed by {}", base::in_quotes(ca.subject()))}
            .about(list.issuer());
    return {};
}

Result<std::uint64_t> number_after(const RevocationList &list) {
    std::uint64_t number = 0;
    if (list.number().size() > sizeof number)
        return Error{Code::UNSUPPORTED,
                     fmt::format("the number {} of the list to go on from is too large", base::to_hex(list.number()))};
    for (const std::byte byte : list.number())
        number = number << 8U | std::to_integer<std::uint64_t>(byte);
    if (number == std::numeric_limits<std::uint64_t>::max())
        return Error{Code::LIMIT, "no number comes after that of the list to go on from"};
    return number + 1;
}

// Whoever trusts an authority trusts its key itself, which no list is asked about, and its own least of all.
Result<void> check_is_anothers(const Certificate &revoked, const Certificate &ca) {
    if (revoked.subject() != ca.subject() || !std::ranges::equal(revoked.public_key().id(), ca.public_key().id()))
        return {};
    return Error{Code::INVALID_ARGUMENT,
                 fmt::format("{} is the authority's own certificate, which its list can't revoke: whoever trusts it "
                             "goes on to trust it",
                             base::in_quotes(revoked.subject()))}
        .about(revoked.subject())
        .with_remedy("take the trust back where it was given: 'multios-update trust remove-ca'; an authority that "
                     "another has certified is revoked by that one's list");
}

Result<void> take_back(std::vector<RevokedCertificate> &entries, const Certificate &ca, const NextList &next) {
    const Certificate &revoked = *next.revoked;
    if (revoked.issuer() != ca.subject())
        return not_of(revoked.subject(), revoked.issuer(),
                      fmt::format("{} was issued by", base::in_quotes(revoked.subject())), ca);
    MOS_CHECK(check_is_anothers(revoked, ca));
    const base::Bytes serial = base::to_bytes(revoked.serial());
    const bool is_there = std::any_of(entries.begin(), entries.end(),
                                      [&](const RevokedCertificate &one) { return one.serial == serial; });
    if (!is_there)
        entries.push_back({serial, {next.this_update_unix_s, next.reason}});
    return {};
}

}  // namespace

Result<RevocationList> make_next_revocation_list(const PrivateKey &ca_key, const Certificate &ca_certificate,
                                                 const RevocationList *previous, const NextList &next) {
    std::vector<RevokedCertificate> entries;
    std::uint64_t number = 1;
    if (previous != nullptr) {
        MOS_CHECK(check_previous(*previous, ca_certificate));
        MOS_TRY(number, number_after(*previous));
        for (std::size_t i = 0; i < previous->size(); ++i)
            entries.push_back(previous->at(i));
    }
    if (next.revoked != nullptr)
        MOS_CHECK(take_back(entries, ca_certificate, next));
    return make_revocation_list(ca_key, ca_certificate, entries, number, next.this_update_unix_s,
                                next.next_update_unix_s);
}

}  // namespace mos::crypto
