#include <mos/schedule/rollout.hpp>

#include "scatter.hpp"

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::schedule {

namespace {

constexpr std::int64_t everybody = 100;
constexpr std::int64_t places_of_a_percent = rollout_places / everybody;

Error wrong_stage(std::size_t index, std::string_view what) {
    return Error{Code::INVALID_ARGUMENT, fmt::format("stage {} of the rollout {}", index + 1, what)};
}

// One stage after another: time and, within a group, the share of its devices grow.
Result<void> check_stage(const std::vector<RolloutStage> &stages, std::size_t index) {
    const RolloutStage &stage = stages[index];
    if (stage.percentage < 1 || stage.percentage > everybody)
        return wrong_stage(index, fmt::format("is for {} % of the devices: give 1 to 100", stage.percentage));
    if (stage.after_s < 0)
        return wrong_stage(index, "lies before the update was made");
    for (std::size_t earlier = 0; earlier < index; ++earlier) {
        if (stages[earlier].after_s > stage.after_s)
            return wrong_stage(index, fmt::format("comes before stage {}: order them by 'after'", earlier + 1));
        if (stages[earlier].group == stage.group && stages[earlier].percentage >= stage.percentage)
            return wrong_stage(index, fmt::format("is for nobody who was not in stage {}: percentages count from the "
                                                  "first device on, so they have to grow",
                                                  earlier + 1));
    }
    return {};
}

}  // namespace

std::int64_t rollout_place(std::string_view device, std::string_view update) {
    return static_cast<std::int64_t>(scatter(device, update) % static_cast<std::uint64_t>(rollout_places));
}

std::optional<std::int64_t> rollout_turn(const Rollout &rollout, std::string_view device, std::string_view update,
                                         std::int64_t made_s) {
    const std::int64_t place = rollout_place(device, update);
    const auto is_in = [&](const RolloutStage &stage) {
        return (stage.group.empty() || stage.group == rollout.group) && place < stage.percentage * places_of_a_percent;
    };
    const auto stage = std::find_if(rollout.stages.begin(), rollout.stages.end(), is_in);
    return stage == rollout.stages.end() ? std::nullopt : std::optional{made_s + stage->after_s};
}

Result<void> check_rollout(const Rollout &rollout) {
    if (rollout.stages.empty())
        return {};
    for (std::size_t i = 0; i < rollout.stages.size(); ++i)
        MOS_CHECK(check_stage(rollout.stages, i));
    const RolloutStage &last = rollout.stages.back();
    if (!last.group.empty() || last.percentage != everybody)
        return wrong_stage(rollout.stages.size() - 1,
                           "is the last, and not for everybody: who is in none would wait for ever. Add one with "
                           "'percentage: 100' and without a group");
    return {};
}

}  // namespace mos::schedule
