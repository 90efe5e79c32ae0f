// What the point of a change lacks, as far as it shows without reading contents.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/snapshot/retention.hpp>

#include <optional>
#include <string>
#include <vector>

namespace mos::engine {

// What a rollback of a point would not find. A slot may also be empty because somebody had deleted what it was for: all
// else can be taken back then, so only a point whose stage is gone may be given up.
struct PointFault {
    std::string sentence;
    bool may_be_given_up = false;
};
[[nodiscard]] Result<std::optional<PointFault>> fault_of(base::Directory &root, state::Database &database,
                                                         const state::Transaction &point);

// ", and with it the way back to rp-1": the older points that lean on it. Nothing where there are none.
[[nodiscard]] std::string what_it_costs(const std::vector<snapshot::ListedPoint> &points,
                                        const snapshot::ListedPoint &lost);

}  // namespace mos::engine
