#include "files.hpp"
#include "guard.hpp"

#include <mos/base/bytes.hpp>
#include <mos/crypto/limits.hpp>
#include <mos/crypto/revocation_list.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>

using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::crypto::Certificate;
using mos::crypto::RevocationList;
using mos::crypto::RevokedCertificate;

namespace {

constexpr std::uint32_t usual_days = 30;
constexpr std::int64_t day_s = 86'400;
constexpr std::uint32_t list_mode = 0644;

// What the next list goes on from.
struct Previous {
    std::vector<RevokedCertificate> entries;
    std::uint64_t number = 0;
};

Result<Previous> read_previous(const std::string &path, const Certificate &ca) {
    const auto content = read_whole(path, 2 * mos::crypto::max_revocation_list_bytes);
    if (!content && content.error().code() == Code::NOT_FOUND)
        return Previous{};
    if (!content)
        return content.error();
    MOS_TRY(const RevocationList list, RevocationList::from_pem(mos::base::as_text(*content), path));
    if (list.issuer() != ca.subject())
        return Error{Code::CERTIFICATE_INVALID,
                     fmt::format("{} is the list of {}, not of {}", mos::base::in_quotes(path),
                                 mos::base::in_quotes(list.issuer()), mos::base::in_quotes(ca.subject()))}
            .about(path);
    if (!list.is_signed_by(ca))
        return Error{Code::CERTIFICATE_INVALID,
                     fmt::format("{} was not signed by {}: it is not gone on from", mos::base::in_quotes(path),
                                 mos::base::in_quotes(ca.subject()))}
            .about(path);
    Previous previous;
    if (list.number().size() > sizeof previous.number)
        return Error{Code::UNSUPPORTED, fmt::format("the number of {} is too large", mos::base::in_quotes(path))};
    for (const std::byte byte : list.number())
        previous.number = previous.number << 8U | std::to_integer<std::uint64_t>(byte);
    if (previous.number == std::numeric_limits<std::uint64_t>::max())
        return Error{Code::LIMIT, fmt::format("no number comes after that of {}", mos::base::in_quotes(path))};
    for (std::size_t i = 0; i < list.size(); ++i)
        previous.entries.push_back(list.at(i));
    return previous;
}

Result<void> add(Previous &list, const Certificate &ca, const Certificate &revoked, const char *reason,
                 std::int64_t now_unix_s) {
    if (revoked.issuer() != ca.subject())
        return Error{Code::CERTIFICATE_INVALID,
                     fmt::format("{} was issued by {}, not by {}", mos::base::in_quotes(revoked.subject()),
                                 mos::base::in_quotes(revoked.issuer()), mos::base::in_quotes(ca.subject()))}
            .about(revoked.subject());
    const mos::base::Bytes serial = mos::base::to_bytes(revoked.serial());
    const bool is_there = std::any_of(list.entries.begin(), list.entries.end(),
                                      [&](const RevokedCertificate &one) { return one.serial == serial; });
    if (!is_there)
        list.entries.push_back({serial, {now_unix_s, text_or(reason, "")}});
    return {};
}

}  // namespace

int mos_certificate_revoke(const mos_key *ca_key, const mos_certificate *ca, const mos_certificate *revoked,
                           const char *reason, uint32_t validity_days, const char *path, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_TRY(const auto secret, private_half(ca_key));
        MOS_CHECK(check_handle(ca));
        MOS_TRY(const std::string where, required_text(path, "the list's path"));
        const std::int64_t now = ca_key->context->clock->now_unix_s();
        MOS_TRY(Previous list, read_previous(where, ca->chain.front()));
        if (revoked != nullptr) {
            MOS_CHECK(check_handle(revoked));
            MOS_CHECK(add(list, ca->chain.front(), revoked->chain.front(), reason, now));
        }
        const std::int64_t until = now + (validity_days != 0 ? validity_days : usual_days) * day_s;
        MOS_TRY(const RevocationList made, mos::crypto::make_revocation_list(*secret, ca->chain.front(), list.entries,
                                                                             list.number + 1, now, until));
        MOS_TRY(const NamedPlace place, open_place(where));
        return mos::base::replace_file(*place.folder, place.name, mos::base::as_bytes(made.to_pem()), list_mode);
    });
}
