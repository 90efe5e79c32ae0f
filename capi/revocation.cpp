#include "files.hpp"
#include "guard.hpp"

#include <mos/base/bytes.hpp>
#include <mos/crypto/limits.hpp>
#include <mos/crypto/revocation_list.hpp>

using namespace mos::capi;
using mos::Code;
using mos::Result;
using mos::crypto::RevocationList;

namespace {

constexpr std::uint32_t usual_days = 30;
constexpr std::int64_t day_s = 86'400;
constexpr std::uint32_t list_mode = 0644;

Result<std::optional<RevocationList>> read_previous(const std::string &path) {
    const auto content = read_whole(path, mos::crypto::max_revocation_list_file_bytes);
    if (!content && content.error().code() == Code::NOT_FOUND)
        return std::optional<RevocationList>{};
    if (!content)
        return content.error();
    MOS_TRY(RevocationList list, RevocationList::from_file(*content, path));
    return std::optional{std::move(list)};
}

}  // namespace

// NOLINTNEXTLINE(readability-function-size): its parameters are the C API's
int mos_certificate_revoke(const mos_key *ca_key, const mos_certificate *ca, const mos_certificate *revoked,
                           const char *reason, uint32_t validity_days, const char *path, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_TRY(const auto secret, private_half(ca_key));
        MOS_CHECK(check_handle(ca));
        MOS_TRY(const std::string where, required_text(path, "the list's path"));
        const std::int64_t now = ca_key->context->clock->now_unix_s();
        const std::int64_t until = now + (validity_days != 0 ? validity_days : usual_days) * day_s;
        mos::crypto::NextList next{nullptr, text_or(reason, ""), now, until};
        if (revoked != nullptr) {
            MOS_CHECK(check_handle(revoked));
            next.revoked = &revoked->chain.front();
        }
        MOS_TRY(const std::optional<RevocationList> previous, read_previous(where));
        MOS_TRY(const RevocationList made, mos::crypto::make_next_revocation_list(
                                               *secret, ca->chain.front(), previous ? &*previous : nullptr, next));
        MOS_TRY(const NamedPlace place, open_place(where));
        return mos::base::replace_file(*place.folder, place.name, mos::base::as_bytes(made.to_pem()), list_mode);
    });
}
