#include <mos/schedule/rollout.hpp>

#include "seed.hpp"
#include "times.hpp"

#include <fmt/format.h>

using namespace mos;
using namespace mos::test;
using schedule::Rollout;
using schedule::rollout_place;
using schedule::rollout_turn;

namespace {

constexpr std::int64_t made = 1714392000;  // 2024-04-29T12:00:00Z

// The canaries at once, a tenth of all after a day, half after three, the rest after a week.
Rollout by_stages(std::string group = "") {
    return {.group = std::move(group),
            .stages = {{.group = "canary"},
                       {.percentage = 10, .after_s = days},
                       {.percentage = 50, .after_s = 3 * days},
                       {.after_s = 7 * days}}};
}

std::string refusal(const Rollout &rollout) {
    const auto checked = schedule::check_rollout(rollout);
    REQUIRE_FALSE(checked.ok());
    CHECK(checked.error().code() == base::Code::INVALID_ARGUMENT);
    return checked.error().message();
}

}  // namespace

TEST_CASE("a rollout reaches as many devices at each stage as it says, each at one of its stages") {
    const Rollout rollout = by_stages();
    constexpr int devices = 10'000;
    int first = 0;
    int second = 0;
    for (int i = 0; i < devices; ++i) {
        const auto turn = rollout_turn(rollout, fmt::format("device-{}", i), "kernel 2-1", made);
        REQUIRE(turn.has_value());
        CHECK((*turn == made + days || *turn == made + 3 * days || *turn == made + 7 * days));
        first += *turn == made + days ? 1 : 0;
        second += *turn == made + 3 * days ? 1 : 0;
    }
    CHECK(first > 900);  // 1,000 are meant; three standard deviations are 90
    CHECK(first < 1100);
    CHECK(second > 3850);  // 4,000
    CHECK(second < 4150);
}

TEST_CASE("a stage ends before the first place that is not its own") {
    const auto turn_at = [](std::int64_t place) {
        for (int i = 0;; ++i)
            if (const std::string device = fmt::format("device-{}", i); rollout_place(device, "kernel 2-1") == place)
                return rollout_turn(by_stages(), device, "kernel 2-1", made);
    };
    CHECK(turn_at(999) == made + days);
    CHECK(turn_at(1000) == made + 3 * days);
}

TEST_CASE("a device's group has its own stages") {
    for (int i = 0; i < 100; ++i)
        CHECK(rollout_turn(by_stages("canary"), fmt::format("device-{}", i), "kernel 2-1", made) == made);
    CHECK(rollout_turn(by_stages("kiosks"), "device-1", "kernel 2-1", made) ==
          rollout_turn(by_stages(), "device-1", "kernel 2-1", made));
}

TEST_CASE("it is not always the same devices that go first") {
    int both = 0;
    int either = 0;
    for (int i = 0; i < 1000; ++i) {
        const std::string device = fmt::format("device-{}", i);
        const bool one = rollout_place(device, "kernel 2-1") < schedule::rollout_places / 10;
        const bool other = rollout_place(device, "kernel 3-1") < schedule::rollout_places / 10;
        both += one && other ? 1 : 0;
        either += one || other ? 1 : 0;
    }
    CHECK(both < 40);  // a tenth of a tenth is 10
    CHECK(either > 130);
}

TEST_CASE("a device's place is the same on every machine, for a server may reckon it too") {
    CHECK(rollout_place("4c4c4544-0042", "kernel 1.2.3-1") == 1450);
    CHECK(rollout_place("", "") == 4608);
}

TEST_CASE("without stages there is no turn to wait for") {
    CHECK(rollout_turn({}, "device-1", "kernel 2-1", made) == std::nullopt);
    CHECK(schedule::check_rollout({}).ok());
}

TEST_CASE("a rollout that leaves somebody out, or goes backwards, is refused with what to do") {
    CHECK(schedule::check_rollout(by_stages()).ok());
    CHECK(refusal({.group = "", .stages = {{.percentage = 50}}}) ==
          "stage 1 of the rollout is the last, and not for everybody: who is in none would wait for ever. Add one with "
          "'percentage: 100' and without a group");
    CHECK(refusal({.group = "", .stages = {{.group = "canary"}}}).find("not for everybody") != std::string::npos);
    CHECK(refusal({.group = "", .stages = {{.percentage = 10, .after_s = days}, {}}}) ==
          "stage 2 of the rollout comes before stage 1: order them by 'after'");
    CHECK(refusal({.group = "", .stages = {{.percentage = 10}, {.percentage = 10, .after_s = days}, {.after_s = days}}})
              .starts_with("stage 2 of the rollout is for nobody who was not in stage 1"));
    CHECK(refusal({.group = "", .stages = {{.percentage = 0}, {}}}) ==
          "stage 1 of the rollout is for 0 % of the devices: give 1 to 100");
    CHECK(refusal({.group = "", .stages = {{.after_s = -1}}}) ==
          "stage 1 of the rollout lies before the update was made");
}
