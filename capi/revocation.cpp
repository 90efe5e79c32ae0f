#include "files.hpp"
#include "guard.hpp"

#include <mos/base/bytes.hpp>
#include <mos/crypto/limits.hpp>
#include <mos/crypto/revocation_list.hpp>

namespace base = mos::base;
using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::crypto::RevocationList;

namespace {

constexpr std::uint32_t usual_days = 30;
constexpr std::int64_t day_s = 86'400;
constexpr std::uint32_t list_mode = 0644;

// The authority's list as it stands, held until the next one has taken its place: of two that are made from the same
// one, the later would forget what the earlier revoked.
struct Previous {
    std::unique_ptr<base::File> held;  // null where there is none yet
    std::optional<RevocationList> list;
};

Error made_by_another(const std::string &path) {
    return Error{Code::LOCKED, "the list is being renewed by another process; try again"}.about(path);
}

Result<Previous> hold_previous(const NamedPlace &place, const std::string &path) {
    Previous previous;
    auto opened = place.folder->open_file(place.name, base::OpenMode::read);
    if (!opened && opened.error().code() == Code::NOT_FOUND)
        return previous;
    MOS_TRY(previous.held, std::move(opened));
    auto locked = previous.held->lock(base::LockMode::exclusive);
    if (!locked && locked.error().code() == Code::LOCKED)
        return made_by_another(path);
    MOS_CHECK(std::move(locked));
    MOS_TRY(const base::FileStatus own, previous.held->status());
    MOS_TRY(const auto named, place.folder->find(place.name));
    if (!named || named->inode != own.inode)  // replaced before it was locked
        return made_by_another(path);
    MOS_TRY(const base::Bytes content,
            base::read_file(*place.folder, place.name, mos::crypto::max_revocation_list_file_bytes));
    MOS_TRY(previous.list, RevocationList::from_file(content, path));
    return previous;
}

Result<void> put_next(const NamedPlace &place, const Previous &previous, base::ByteView list, const std::string &path) {
    if (previous.held != nullptr)
        return base::replace_file(*place.folder, place.name, list, list_mode);
    auto created = base::create_file(*place.folder, place.name, list, list_mode);
    if (!created && created.error().code() == Code::EXISTS)
        return made_by_another(path);
    return created;
}

}  // namespace

// NOLINTNEXTLINE(readability-function-size): its parameters are the C API's
int mos_certificate_revoke(const mos_key *ca_key, const mos_certificate *ca, const mos_certificate *revoked,
                           const char *reason, uint32_t validity_days, const char *path, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(ca_key);
        MOS_TRY(const auto secret, private_half(ca_key));
        MOS_CHECK_HANDLE(ca);
        MOS_TRY(const std::string where, required_text(path, "the list's path"));
        const std::int64_t now = ca_key->context->clock->now_unix_s();
        const std::int64_t until = now + (validity_days != 0 ? validity_days : usual_days) * day_s;
        mos::crypto::NextList next{nullptr, text_or(reason, ""), now, until};
        if (revoked != nullptr) {
            MOS_CHECK_HANDLE(revoked);
            next.revoked = &revoked->chain.front();
        }
        MOS_TRY(const NamedPlace place, open_place(where));
        MOS_TRY(const Previous previous, hold_previous(place, where));
        MOS_TRY(const RevocationList made,
                mos::crypto::make_next_revocation_list(*secret, ca->chain.front(),
                                                       previous.list ? &*previous.list : nullptr, next));
        return put_next(place, previous, base::as_bytes(made.to_pem()), where);
    });
}
