// A rollout by stages, without a server: each device finds its own turn, the same on every machine and each time.
#pragma once

#include <mos/base/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::schedule {

// From `after_s` after an update was made on, these devices may take it.
struct RolloutStage {
    std::string group = {};         // the devices of this group; empty: all
    std::int64_t percentage = 100;  // of these, by their places
    std::int64_t after_s = 0;
};

struct Rollout {
    std::string group;                 // this device's
    std::vector<RolloutStage> stages;  // empty: no rollout, and every update may be taken at once
};

inline constexpr std::int64_t rollout_places = 10'000;

// Where this device stands among all that take this update, from 0 up to, and without, rollout_places: spread evenly,
// always the same, and for each update another, so that it is not always the same ones who go first. Hashed as
// splay_of() does.
[[nodiscard]] std::int64_t rollout_place(std::string_view device, std::string_view update);

// When this device's turn comes for an update that was made at `made_s`, a time in seconds since 1970 UTC: at the first
// stage that it belongs to. nullopt where there is no rollout.
[[nodiscard]] std::optional<std::int64_t> rollout_turn(const Rollout &rollout, std::string_view device,
                                                       std::string_view update, std::int64_t made_s);

// INVALID_ARGUMENT for percentages that are none, times before 0, a stage for less than those who have had their turn,
// and where the last stage is not for everybody: a device that no stage names would wait for ever.
[[nodiscard]] Result<void> check_rollout(const Rollout &rollout);

}  // namespace mos::schedule
