// Recovery points and rollback: what an update left behind so that it can be taken back.
//
// A recovery point is the stage of a finished transaction: the entries that were there before, moved not copied. Only
// the newest change that is in effect can be taken back, since an older one may have been built upon.
#pragma once

#include <mos/transaction/transaction.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mos::snapshot {

inline constexpr std::size_t default_recovery_points = 10;  // the user guide's maximum_rollback_points

// "rp-12" for the change that transaction 12 brought, and back; INVALID_ARGUMENT for any other text.
[[nodiscard]] std::string recovery_point_name(std::uint64_t transaction);
// NOTHING_TO_ROLL_BACK, about the point of that name, whatever was to be done with it.
[[nodiscard]] Error no_recovery_point(std::string_view name);
[[nodiscard]] Error no_recovery_point(std::uint64_t transaction);
[[nodiscard]] Result<std::uint64_t> recovery_point_number(std::string_view name);

// The first path below `directory` (which stands at `path`) that `is_ours` does not know; nothing when it knows all.
using IsOurs = std::function<Result<bool>(const std::string &path, const base::FileStatus &status)>;
[[nodiscard]] Result<std::optional<std::string>> find_foreign(base::Directory &directory, const std::string &path,
                                                              const IsOurs &is_ours);

// The change that a rollback would take back: the newest in effect, which must be `recovery_point` when one is named.
// NOTHING_TO_ROLL_BACK when there is none, when it is cleaned up, or when a newer one stands on it. CONFLICT when a
// directory that the change brought holds something of somebody else's by now, which would go with it.
[[nodiscard]] Result<state::Transaction> find_rollback(transaction::Site &site,
                                                       std::optional<std::string_view> recovery_point);

// Whether the stage of a change keeps what it put aside, as far as status calls tell: of which paths something is lost,
// or was written to since.
enum class PutAside : std::uint8_t {
    must_be_whole,  // POINT_DAMAGED with the first such path
    may_lack,       // each is a notice: an emergency goes back with what there is
};
[[nodiscard]] Result<void> check_put_aside(transaction::Site &site, const state::Transaction &owner, PutAside rule);

// Gives up the oldest recovery points until at most `count` of changes in effect are left, and those of changes that
// failed. One that was taken back takes no place; it goes with those of its age, since it may hold what was in the way
// of the rollback.
[[nodiscard]] Result<void> retain(transaction::Site &site, std::size_t count);

}  // namespace mos::snapshot
