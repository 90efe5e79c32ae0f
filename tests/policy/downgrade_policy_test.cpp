#include <mos/policy/downgrade_policy.hpp>

#include "expect.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mos::policy;
using namespace mos::test;
using mos::Code;
using mos::Result;

#if defined(MOS_HAVE_YAML)

namespace {

Result<DowngradePolicy> by(const std::string &yaml, const std::string &environment = "production") {
    const auto file =
        mos::config::read_settings(yaml, mos::config::Format::yaml, "etc/multios/x.yml", mos::config::FileKind::system);
    mos::config::LoadedSettings loaded;
    std::vector<mos::config::Setting> settings = file.settings;
    for (auto &setting : settings)
        setting.origin = {mos::config::Layer::system, "etc/multios/x.yml", {}};
    loaded.settings.lay(std::move(settings));
    loaded.problems = file.problems;
    loaded.environment = environment;
    return downgrade_policy(loaded);
}

DowngradeRule rule(const std::string &yaml, const std::string &environment = "production") {
    return must(by(yaml, environment)).rule;
}

std::string enterprise(const std::string &sections) { return "enterprise_policies:\n" + sections; }

}  // namespace

TEST_CASE("where no file says anything the caller decides") {
    CHECK(rule("update_system:\n  enabled: true\n") == DowngradeRule::unsaid);
    CHECK(must(by("update_system:\n  enabled: true\n")).said_by.empty());
}

TEST_CASE("what is said holds, and who said it is told") {
    const auto policy = must(by("update_system:\n  allow_downgrade: true\n"));
    CHECK(policy.rule == DowngradeRule::allowed);
    CHECK(policy.said_by == "update_system.allow_downgrade in etc/multios/x.yml");
    CHECK(rule("update_system:\n  allow_downgrade: false\n") == DowngradeRule::refused);
}

TEST_CASE("no beats yes, whoever says it") {
    const std::string no = enterprise("  default_policy:\n    allow_downgrade: false\n");
    CHECK(rule(no + "update_system:\n  allow_downgrade: true\n") == DowngradeRule::refused);
    const std::string yes = enterprise("  default_policy:\n    allow_downgrade: true\n");
    CHECK(rule(yes + "update_system:\n  allow_downgrade: false\n") == DowngradeRule::refused);
    CHECK(rule(yes) == DowngradeRule::allowed);
}

TEST_CASE("an environment's policy stands in the place of the default one, and inherits what it says it does") {
    const std::string policies = enterprise("  default_policy:\n    allow_downgrade: false\n"
                                            "  environment_policies:\n"
                                            "    production:\n      inherit_from: default_policy\n"
                                            "    staging:\n      inherit_from: production\n"
                                            "    development:\n      allow_downgrade: true\n"
                                            "      inherit_from: default_policy\n"
                                            "    lonely:\n      backup_required: true\n");
    CHECK(rule(policies, "production") == DowngradeRule::refused);
    CHECK(rule(policies, "staging") == DowngradeRule::refused);
    CHECK(rule(policies, "development") == DowngradeRule::allowed);
    CHECK(rule(policies, "lonely") == DowngradeRule::unsaid);
    INFO("an environment without a policy has the default one");
    CHECK(rule(policies, "elsewhere") == DowngradeRule::refused);
}

TEST_CASE("policies that inherit in a circle, and files that may hide what is said, are refused") {
    CHECK(refusal(by(enterprise("  environment_policies:\n    a:\n      inherit_from: b\n    b:\n      "
                                "inherit_from: a\n"),
                     "a")) == Code::POLICY_UNREADABLE);
    CHECK(refusal(by(enterprise("  default_policy:\n    allow_downgrade: perhaps\n"))) == Code::POLICY_UNREADABLE);
    CHECK(refusal(by("update_system: [\n")) == Code::POLICY_UNREADABLE);
    INFO("what is wrong elsewhere hides nothing");
    CHECK(rule("update_system:\n  enabled: perhaps\n") == DowngradeRule::unsaid);
}

#endif
