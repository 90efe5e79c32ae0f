#include <mos/schedule/conditions.hpp>

#include "expect.hpp"

using namespace mos;
using namespace mos::test;
using schedule::Condition;
using schedule::Facts;
using schedule::parse_conditions;

namespace {

bool hold(std::string_view text, const Facts &facts) {
    for (const Condition &condition : must(parse_conditions(text)))
        if (!schedule::holds(condition, schedule::measured(condition, facts)))
            return false;
    return true;
}

}  // namespace

TEST_CASE("the guide's conditions are understood") {
    const auto conditions = must(parse_conditions("cpu_usage<50,no_active_sessions,maintenance_window"));
    REQUIRE(conditions.size() == 3);
    CHECK(conditions[0].subject == schedule::Subject::cpu_usage);
    CHECK(conditions[0].limit == 50);
    CHECK(conditions[1].subject == schedule::Subject::active_sessions);
    CHECK(conditions[2].subject == schedule::Subject::maintenance_window);
}

TEST_CASE("each condition is held to what was measured") {
    Facts facts;
    facts.cpu_usage = 49;
    facts.active_sessions = 0;
    facts.free_bytes = 2'000'000'000;
    facts.battery = 40;
    facts.on_mains = true;
    facts.metered = false;
    facts.io_pressure = 7;
    facts.features = {"tpm2"};
    CHECK(hold("cpu_usage<50, no_active_sessions", facts));
    CHECK(hold("free_space>=2GB,battery>39,on_mains,not_metered,io_pressure<=7%,feature:tpm2", facts));
    CHECK_FALSE(hold("cpu_usage<49", facts));
    CHECK_FALSE(hold("cpu_usage>49", facts));
    CHECK_FALSE(hold("battery>40", facts));
    CHECK_FALSE(hold("free_space>2GB", facts));
    CHECK_FALSE(hold("feature:uefi", facts));
    CHECK_FALSE(hold("active_sessions>=1", facts));
    facts.metered = true;
    CHECK_FALSE(hold("not_metered", facts));
}

TEST_CASE("what nobody could measure holds nothing") {
    for (const char *text :
         {"cpu_usage<100", "memory_usage>=0", "disk_io<=100", "cpu_pressure<100", "memory_pressure<100",
          "no_active_sessions", "battery>=0", "free_space>=0", "on_mains", "not_metered"})
        CHECK_MESSAGE(!hold(text, {}), text);
}

TEST_CASE("conditions are written as they are read") {
    for (const char *text :
         {"cpu_usage<50", "memory_usage<=50", "disk_io>1", "battery>=20", "free_space>=1000", "active_sessions=3",
          "no_active_sessions", "on_mains", "not_metered", "maintenance_window", "feature:tpm2"})
        CHECK(schedule::text_of(must(parse_conditions(text)).front()) == text);
}

TEST_CASE("what is no condition is refused by name") {
    for (const char *text :
         {"", ",", "cpu_usage", "cpu_usage<", "cpu_usage<101", "cpu_usage<-1", "cpu<50", "on_mains=1",
          "maintenance_window<3", "cpu_usage<50,", "feature:", "feature:a b", "active_sessions<x", "free_space>2XB",
          "cpu_usage<<50", "active_sessions<99999999999999999999"})
        CHECK_MESSAGE(refusal(parse_conditions(text)) == Code::INVALID_ARGUMENT, text);
    std::string many = "on_mains";
    for (int i = 0; i < 100; ++i)
        many += ",on_mains";
    CHECK(refusal(parse_conditions(many)) == Code::LIMIT);
}

TEST_CASE("a feature that nobody looks for is refused, for it would be waited for in vain") {
    for (const std::string_view feature : schedule::known_features)
        CHECK(parse_conditions("feature:" + std::string{feature}).ok());
    const auto refused = parse_conditions("cpu_usage<50,feature:tmp2");
    CHECK(refusal(refused) == Code::INVALID_ARGUMENT);
    CHECK(refused.error().message() ==
          "'tmp2' is no feature that is looked for, so that 'feature:tmp2' would never come true; there are battery, "
          "kvm, systemd, tpm2, uefi");
}

TEST_CASE("conditions that can't come true are refused when they are given, not waited for") {
    for (const char *text : {"cpu_usage<10,cpu_usage>50", "cpu_usage<0", "cpu_usage>100",
                             "no_active_sessions,active_sessions>2", "battery=5,battery=6", "free_space<0"})
        CHECK_MESSAGE(refusal(parse_conditions(text)) == Code::INVALID_ARGUMENT, text);
    must(parse_conditions("cpu_usage>10,cpu_usage<50,memory_usage<5"));
}
