// Which recovery points are kept, and what they keep.
#pragma once

#include <mos/snapshot/points.hpp>
#include <mos/state/transactions.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mos::snapshot {

// A point of either kind.
struct ListedPoint {
    std::uint64_t id = 0;
    std::int64_t time_unix_s = 0;
    std::optional<state::Point> captured;         // or
    std::optional<state::Transaction> of_change;  // the state before it
    // Whether there is a way back to it: of a change that is in effect, and all since are still there.
    bool can_go_back = false;
};
// The oldest first.
[[nodiscard]] Result<std::vector<ListedPoint>> list_points(state::Database &database);

struct Retention {
    std::optional<std::uint64_t> max_age_s = {};  // older ones go
    std::optional<std::size_t> count = {};        // the newest stay
    std::size_t keep_minimum = 0;                 // so many stay whatever is said above
    // A point that a person has captured goes only when a person asks for it.
    enum class Kinds : std::uint8_t { of_changes, all } kinds = Kinds::of_changes;
};
// Those that would go, the oldest first. Of the points of changes the older ones go first, since there is no way back
// over one that is gone. One that was taken back takes no place, and goes with those of its age; those of changes that
// failed go always.
[[nodiscard]] std::vector<ListedPoint> chosen_to_go(std::vector<ListedPoint> points, const Retention &retention,
                                                    std::int64_t now_unix_s);

// Gives one up.
[[nodiscard]] Result<void> give_up(transaction::Site &site, const ListedPoint &point);

// The state at a point of either kind. NOT_FOUND, and the errors of open_change_source() and open_point_source().
[[nodiscard]] Result<std::unique_ptr<RestorationSource>> open_source(transaction::Site &site, std::uint64_t id);

// Reads everything that going back would need, and tells what is not as it was recorded; of a point whose index or
// stage can't be read that alone. NOT_FOUND and others. Reports Phase::verifying.
[[nodiscard]] Result<void> verify_point(transaction::Site &site, std::uint64_t id,
                                        const std::function<Result<void>(const PointFault &)> &take);

}  // namespace mos::snapshot
