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
TEST_CASE("blackouts, cutoffs and splays are read") {
    const Policy policy = must(schedule::read_policy(settings(R"(
scheduling_policy:
  maintenance_windows:
    - name: night
      start_time: "02:00"
      end_time: "06:00"
      cutoff: 30m
      splay: 1h
  blackouts:
    - name: holidays
      begins: "*-12-20 00:00"
      lasts: 14d
      timezone: Europe/Berlin
    - begins: "2024-05-01 12:00 UTC"
)")));
    REQUIRE(policy.windows.windows.size() == 1);
    CHECK(policy.windows.windows[0].cutoff_s == 30 * minutes);
    CHECK(policy.windows.windows[0].splay_s == hours);
    REQUIRE(policy.windows.blackouts.size() == 2);
    CHECK(policy.windows.blackouts[0].name == "holidays");
    CHECK(text_of(policy.windows.blackouts[0].open_at(at("2024-12-24T00:00:00Z"))) ==
          "2024-12-19T23:00:00Z/2025-01-02T23:00:00Z");
    CHECK(policy.windows.blackouts[1].name == "blackout 2");
    CHECK(text_of(policy.windows.blackouts[1].open_at(at("2024-05-01T13:00:00Z"))) ==
          "2024-05-01T12:00:00Z/2024-05-02T12:00:00Z");
}

TEST_CASE("a rollout's stages are read, and one that leaves somebody out is refused") {
    const Policy policy = must(schedule::read_policy(settings(R"(
scheduling_policy:
  rollout:
    group: canary
    stages:
      - group: canary
      - percentage: 10
        after: 1d
      - after: 7d
)")));
    CHECK(policy.rollout.group == "canary");
    REQUIRE(policy.rollout.stages.size() == 3);
    CHECK(policy.rollout.stages[0].group == "canary");
    CHECK(policy.rollout.stages[1].percentage == 10);
    CHECK(policy.rollout.stages[1].after_s == days);
    CHECK(policy.rollout.stages[2].percentage == 100);
    CHECK(refusal(schedule::read_policy(settings("scheduling_policy: {rollout: {stages: [{percentage: 50}]}}"))) ==
          Code::INVALID_ARGUMENT);
}

TEST_CASE("whether the network is metered is the machine's word, unless the policy has one") {
    const auto is_metered = [](const std::string &text) {
        return must(schedule::read_policy(settings("scheduling_policy: {" + text + "}"))).is_metered;
    };
    CHECK_FALSE(is_metered(""));
    CHECK_FALSE(is_metered("metered_network: auto"));
    CHECK(is_metered("metered_network: always") == true);
    CHECK(is_metered("metered_network: never") == false);
}

TEST_CASE("a blackout without a beginning, or in a zone that there is not, is refused by its name") {
    const auto nameless = schedule::read_policy(settings("scheduling_policy: {blackouts: [{name: frost}]}"));
    CHECK(refusal(nameless) == Code::INVALID_ARGUMENT);
    CHECK(nameless.error().message().starts_with("the blackout 'frost' has no beginning"));
    CHECK(refusal(schedule::read_policy(
              settings("scheduling_policy: {blackouts: [{begins: weekly, timezone: Middle/Earth}]}"))) ==
          Code::INVALID_ARGUMENT);
}

TEST_CASE("what is said of approvals of all updates goes over what each priority has") {
    const auto approval = [](std::string_view text, Priority priority) {
        return must(schedule::read_policy(settings(text))).rule(priority).approval;
    };
    const std::string_view none = "scheduling_policy: {auto_scheduling: {user_approval_required: false}}";
    CHECK(approval(none, Priority::optional) == Approval::none);
    const std::string_view all = "scheduling_policy: {auto_scheduling: {user_approval_required: true}}";
    CHECK(approval(all, Priority::critical) == Approval::none);
    CHECK(approval(all, Priority::security) == Approval::none);
    CHECK(approval(all, Priority::important) == Approval::supervisor);
    const std::string_view security = "scheduling_policy: {auto_scheduling: {user_approval_required: true, "
                                      "auto_approval_security: false}}";
    CHECK(approval(security, Priority::security) == Approval::supervisor);
}

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
