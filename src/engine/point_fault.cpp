#include "point_fault.hpp"

#include <mos/snapshot/rollback.hpp>
#include <mos/transaction/stages.hpp>
#include <mos/transaction/volumes.hpp>

#include <fmt/format.h>

namespace mos::engine {

using base::Directory;
using state::Operation;
using state::OperationKind;

namespace {

constexpr std::size_t most_names = 20;

// Of a folder that was removed nobody knows whether it went: it stays where something is in it. What was removed and
// has come back left its slot.
bool has_slot(const state::Transaction &point, const Operation &operation) {
    return operation.kind == OperationKind::exchange ||
           (operation.kind == OperationKind::remove && operation.active && point.in_effect);
}

Result<std::optional<std::string>> what_lacks(transaction::Stages &stages, const Operation &operation) {
    MOS_TRY(Directory *const stage, stages.find(operation.volume));
    if (stage == nullptr)
        return std::optional{
            fmt::format("its part on {} is missing, which may not be mounted", base::in_quotes(operation.volume))};
    MOS_TRY(const auto slot, stage->find(transaction::number_name(operation.slot)));
    if (slot)
        return std::optional<std::string>{};
    return std::optional{
        fmt::format("what stood at {} is missing in its stage, or was deleted by somebody before the change",
                    base::in_quotes(operation.path))};
}

}  // namespace

Result<std::optional<PointFault>> fault_of(Directory &root, state::Database &database,
                                           const state::Transaction &point) {
    std::optional<PointFault> fault;
    transaction::Stages stages{root, point.stage};
    MOS_TRY(const Directory *const primary, stages.find({}));
    if (primary == nullptr)
        return std::optional{PointFault{.sentence = "its stage is missing", .may_be_given_up = true}};
    MOS_CHECK(state::Transactions{database}.for_each_operation(
        point.id, state::Direction::forward, [&](const Operation &operation) -> Result<void> {
            if (fault || !has_slot(point, operation))
                return {};
            MOS_TRY(auto sentence, what_lacks(stages, operation));
            if (sentence)
                fault = PointFault{.sentence = std::move(*sentence)};
            return {};
        }));
    return fault;
}

std::string what_it_costs(const std::vector<snapshot::ListedPoint> &points, const snapshot::ListedPoint &lost) {
    std::string names;
    std::size_t count = 0;
    for (const snapshot::ListedPoint &point : points) {
        if (point.id >= lost.id || !point.of_change || !point.can_go_back || !lost.can_go_back)
            continue;
        if (++count <= most_names)
            names += (names.empty() ? "" : ", ") + snapshot::recovery_point_name(point.id);
    }
    if (count == 0)
        return {};
    const std::string more = count > most_names ? fmt::format(" and {} more", count - most_names) : std::string{};
    return fmt::format(", and with it the way back to {}{}", names, more);
}

}  // namespace mos::engine
