#include <mos/schedule/policy.hpp>

#include "times.hpp"

#include <fmt/format.h>

using namespace mos;
using namespace mos::test;
using config::FileKind;
using config::Format;
using schedule::Approval;
using schedule::Policy;
using schedule::Priority;

namespace {

#ifdef MOS_HAVE_YAML
config::Settings settings(std::string_view text) {
    config::SettingsFile file = config::read_settings(text, Format::yaml, "test.yml", FileKind::system);
    for (const config::Problem &problem : file.problems)
        FAIL(describe(problem));
    config::Settings settings;
    CHECK(settings.lay(std::move(file.settings)).empty());
    return settings;
}
#endif

}  // namespace

TEST_CASE("the built-in policy has the guide's response times") {
    const Policy policy = schedule::default_policy();
    CHECK(policy.rule(Priority::critical).immediately);
    CHECK(policy.rule(Priority::critical).override_constraints);
    CHECK(policy.rule(Priority::security).within_s == days);
    CHECK(policy.rule(Priority::important).within_s == 7 * days);
    CHECK(policy.rule(Priority::optional).approval == Approval::supervisor);
    CHECK(policy.rule(Priority::low).within_s == std::nullopt);
    must(schedule::check_policy(policy));
}

TEST_CASE("priorities are numbered and named") {
    CHECK(schedule::priority_named("critical") == Priority::critical);
    CHECK(schedule::priority_named("low") == Priority::low);
    CHECK(static_cast<int>(Priority::low) == 4);
    CHECK(schedule::name_of(Priority::important) == "important");
    CHECK(schedule::priority_named("urgent") == std::nullopt);
}

TEST_CASE("settings that nobody has made give the built-in policy and window") {
    const Policy policy = must(schedule::read_policy(config::Settings{}));
    CHECK_FALSE(policy.enabled);
    CHECK(policy.rule(Priority::critical).immediately);
    CHECK(policy.rule(Priority::optional).approval == Approval::supervisor);
    REQUIRE(policy.windows.windows.size() == 1);
    CHECK(text_of(policy.windows.windows[0].open_at(at("2024-05-01T02:00:00Z"))) ==
          "2024-05-01T02:00:00Z/2024-05-01T06:00:00Z");
}

#ifdef MOS_HAVE_YAML
TEST_CASE("the guide's scheduling policy is what it says") {
    const Policy policy = must(schedule::read_policy(settings(R"(
scheduling_policy:
  auto_scheduling:
    enabled: true
  maintenance_windows:
    - name: "primary"
      start_time: "22:00"
      end_time: "06:00"
      timezone: "Europe/Berlin"
      days: [sunday, wednesday]
      allowed_update_types: [security, important]
  resource_awareness:
    cpu_threshold: 60
    active_sessions_threshold: 3
  priority_handling:
    important:
      schedule_within: "3d"
      require_maintenance_window: true
    optional:
      require_low_system_load: true
update_system:
  scheduling:
    priority_handling:
      optional: within_month
)")));
    CHECK(policy.enabled);
    CHECK(policy.thresholds.cpu == 60);
    CHECK(policy.thresholds.memory == 90);
    CHECK(policy.thresholds.sessions == 3);
    CHECK(policy.rule(Priority::important).within_s == 3 * days);
    CHECK(policy.rule(Priority::important).require_window);
    CHECK(policy.rule(Priority::optional).approval == Approval::none);
    CHECK(policy.rule(Priority::optional).within_s == 30 * days);
    REQUIRE(policy.windows.windows.size() == 1);
    const schedule::Period &window = policy.windows.windows[0];
    CHECK(window.name == "primary");
    CHECK(window.priorities == (schedule::only(Priority::security) | schedule::only(Priority::important)));
    CHECK(text_of(window.opening_after(at("2024-05-01T00:00:00Z"))) == "2024-05-01T20:00:00Z/2024-05-02T04:00:00Z");
}

TEST_CASE("a policy that contradicts itself, or can't be, is refused with what is wrong") {
    const auto refused = [](std::string_view text) {
        const auto policy = schedule::read_policy(settings(text));
        CHECK(refusal(policy) == Code::INVALID_ARGUMENT);
        return policy.ok() ? std::string{} : policy.error().message();
    };
    const auto of_priority = [&](std::string_view priority, std::string_view lines) {
        return refused(fmt::format("scheduling_policy:\n  priority_handling:\n    {}:\n{}", priority, lines));
    };
    CHECK(of_priority("critical", "      require_maintenance_window: true\n").find("at once") != std::string::npos);
    CHECK(of_priority("security", "      require_maintenance_window: true\n      allow_maintenance_window: false\n")
              .find("may not use one") != std::string::npos);
    CHECK(of_priority("critical", "      require_low_system_load: true\n").find("low load") != std::string::npos);
    const auto of_window = [&](std::string_view lines) {
        return refused(fmt::format("scheduling_policy:\n  maintenance_windows:\n    - name: a\n{}", lines));
    };
    CHECK(of_window("      timezone: Mars/Olympus\n").find("time zone") != std::string::npos);
    CHECK(of_window("      start_time: \"02:00\"\n      end_time: \"02:00\"\n").find("ends when it starts") !=
          std::string::npos);
    CHECK(of_window("    - name: a\n      start_time: \"03:00\"\n").find("two maintenance windows") !=
          std::string::npos);
    CHECK(refused("scheduling_policy:\n  maintenance_windows:\n    - name: a\n      allowed_update_types: [low]\n"
                  "  priority_handling:\n    security:\n      require_maintenance_window: true\n")
              .find("none is for them") != std::string::npos);
}
#endif
