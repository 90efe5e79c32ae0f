#include <mos/config/schema.hpp>

#include "expect.hpp"

#include <nlohmann/json.hpp>

#include <set>
#include <string>

using namespace mos::config;
using mos::Code;
using mos::test::must;
using mos::test::refusal;

namespace {

const Declaration &declaration_of(std::string_view path) {
    const auto node = find_node(path);
    INFO("path ", path);
    REQUIRE(node);
    REQUIRE(node->declaration != nullptr);
    return *node->declaration;
}

SettingValue value_of(std::string_view path, std::string_view text) {
    return must(check_text(declaration_of(path), text));
}

std::string refused(std::string_view path, std::string_view text) {
    const auto result = check_text(declaration_of(path), text);
    INFO(path, " = ", text);
    CHECK(refusal(result) == Code::INVALID_ARGUMENT);
    return result ? std::string{} : result.error().full_message();
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("each row of the table has a path of its own, a meaning that is a sentence, and a default that it allows") {
    std::set<std::string_view> paths;
    for (const Declaration &row : declarations()) {
        INFO("row ", row.path);
        CHECK(paths.insert(row.path).second);
        CHECK(row.meaning.ends_with('.'));
        CHECK_FALSE(row.since.empty());
        if (!row.default_value.empty())
            CHECK(check_text(row, row.default_value));
        if (row.kind == SettingKind::choice || row.kind == SettingKind::choices)
            CHECK_FALSE(row.allowed.empty());
    }
    CHECK(paths.size() > 250);
}

TEST_CASE("a path leads through names of the user's and elements of lists") {
    CHECK(declaration_of("update_system.log_level").path == "update_system.log_level");
    CHECK(declaration_of("logging.loggers.scheduler.level").path == "logging.loggers.*.level");
    CHECK(declaration_of("repositories[12].url").path == "repositories[].url");
    CHECK(declaration_of("enterprise_policies.department_policies.hr.require_approval").path ==
          "enterprise_policies.department_policies.*.require_approval");
    CHECK(find_node("logging.handlers")->declaration == nullptr);
    CHECK(find_node("repositories")->is_list);
}

TEST_CASE("what leads nowhere is told") {
    for (const char *path :
         {"nothing", "update_system.nothing", "update_system.log_level.more", "update_system[0]", "repositories[x].url",
          "repositories[0]url", "repositories[0].", "logging.loggers.a b.level", ".update_system",
          "update_system..debug", "logging.handlers..type"}) {
        INFO("path ", path);
        CHECK_FALSE(find_node(path));
    }
}

TEST_CASE("a setting is found by its last key, in a section or anywhere") {
    CHECK(settings_named("auto_check_interval", "").size() == 1);
    CHECK(settings_named("allow_downgrade", "").size() > 1);
    REQUIRE(settings_named("allow_downgrade", "update_system").size() == 1);
    CHECK(settings_named("allow_downgrade", "update_system").front()->path == "update_system.allow_downgrade");
    CHECK(settings_named("downgrade", "").empty());
    CHECK(settings_named("timeout", "network").front()->path == "network.timeout");
}

TEST_CASE("the nearest key and word are suggested, and none that is far") {
    CHECK(nearest_key({}, "loging") == "logging");
    CHECK(nearest_key(*find_node("update_system"), "auto_chek_interval") == "auto_check_interval");
    CHECK(nearest_key({}, "entirely_different") == "");
    CHECK(nearest_key({}, std::string(10'000, 'x')) == "");
    CHECK(contains(refused("logging.root_level", "inof"), "did you mean 'info'?"));
}

TEST_CASE("quantities come out as numbers, and stand as they were written") {
    CHECK(value_of("update_system.security.max_package_size", "2GB").number == 2'000'000'000);
    CHECK(value_of("update_system.security.max_package_size", "2GB").text == "2GB");
    CHECK(value_of("update_system.rollback.recovery_point_retention", "30d").number == 30 * 86'400);
    CHECK(value_of("network.bandwidth_limit", "10MB/s").number == 10'000'000);
    CHECK(value_of("scheduling_policy.resource_awareness.cpu_threshold", "80%").number == 80);
    CHECK(value_of("scheduling_policy.resource_awareness.cpu_threshold", "80").number == 80);
    CHECK(value_of("update_system.scheduling.maintenance_window.start", "02:00").number == 7200);
    CHECK(value_of("update_system.debug", "yes").text == "true");
    CHECK(value_of("update_system.debug", "off").number == 0);
}

TEST_CASE("a value that is out of range, or of another kind, is refused with what is expected") {
    CHECK(contains(refused("update_system.services.update_manager.port", "70000"), "from 1 to 65535"));
    CHECK(contains(refused("update_system.services.update_manager.port", "http"), "no whole number"));
    CHECK(contains(refused("update_system.debug", "maybe"), "neither true nor false"));
    CHECK(contains(refused("update_system.auto_check_interval", "1s"), "out of range"));
    CHECK(contains(refused("update_system.auto_check_interval", "soon"), "no duration like"));
    CHECK(contains(refused("update_system.security.max_package_size", "2XB"), "no size like"));
    CHECK(contains(refused("network.bandwidth_limit", "fast"), "no rate like"));
    CHECK(contains(refused("scheduling_policy.resource_awareness.cpu_threshold", "101%"), "percentage"));
    CHECK(contains(refused("scheduling_policy.maintenance_windows[0].start_time", "25:00"), "time of day"));
    CHECK(contains(refused("user_preferences.maintenance_window", "2-6"), "time window"));
    CHECK(contains(refused("repositories[0].url", "releases"), "no address"));
    CHECK(contains(refused("logging.handlers.file.path", "../x"), "absolute path"));
    CHECK(contains(refused("retry_policy.backoff_multiplier", "1e9"), "no number"));
    CHECK(contains(refused("retry_policy.backoff_multiplier", "0.5"), "from 1 to 100"));
    CHECK(contains(refused("logging.root_level", "a\nb"), "several lines"));
    CHECK(contains(refused("cluster.name", std::string(5000, 'x')), "longer than"));
}

TEST_CASE("what can't be switched is told so") {
    CHECK(contains(refused("security_policy.update_validation.required_signature", "false"), "can't be false"));
    CHECK(value_of("security_policy.update_validation.required_signature", "true").number == 1);
}

TEST_CASE("a list is one in YAML, and text with commas everywhere") {
    const Declaration &days = declaration_of("scheduling_policy.maintenance_windows[0].days");
    const auto list = nlohmann::json::parse(R"(["sunday", "wednesday"])");
    CHECK(must(check_value(days, list)).text == "[sunday, wednesday]");
    CHECK(must(check_text(days, "sunday, wednesday")) == must(check_value(days, list)));
    CHECK(must(check_text(days, "[\"sunday\", 'wednesday']")) == must(check_value(days, list)));
    CHECK(contains(refused("scheduling_policy.maintenance_windows[0].days", "sunday,wednsday"),
                   "did you mean 'wednesday'?"));
    CHECK(refusal(check_value(declaration_of("cluster.name"), list)) == Code::INVALID_ARGUMENT);
    CHECK(refusal(check_value(days, nlohmann::json::parse(R"([["sunday"]])"))) == Code::INVALID_ARGUMENT);
}

TEST_CASE("a schedule has five fields as in crontab(5), or is a calendar as in systemd.time(7)") {
    const auto taken = [](std::string_view text) {
        return check_text(declaration_of("repositories[0].sync_schedule"), text).ok();
    };
    for (const char *good : {"0 */6 * * *", "*/15 0-6/2 1,15 jan-mar mon-fri", "59 23 31 12 7", "0 0 * * SUN",
                             "Sun 02:00", "*-*~01 04:00:00 Europe/Berlin", "weekly"})
        CHECK_MESSAGE(taken(good), good);
    for (const char *bad : {"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *",
                            "* * * * 8", "5-1 * * * *", "*/0 * * * *", "3/2 * * * *", ", * * * *", "* * * foo *",
                            "-1 * * * *", "Sun 24:00", "sometimes", "02:00:00.5"})
        CHECK_MESSAGE(!taken(bad), bad);
}

TEST_CASE("words that YAML would take for something else get quotes") {
    CHECK(value_of("cluster.name", "plain-name_1").text == "plain-name_1");
    CHECK(value_of("cluster.name", "a: b").text == "\"a: b\"");
    CHECK(value_of("cluster.name", "say \"hi\" \\").text == R"("say \"hi\" \\")");
    CHECK(value_of("cluster.name", "").text == "\"\"");
    CHECK(value_of("cluster.name", "null").text == "\"null\"");
    CHECK(value_of("cluster.name", "#1").text == "\"#1\"");
    CHECK(value_of("alerting.channels.slack.channel", "- x").text == "\"- x\"");
}
