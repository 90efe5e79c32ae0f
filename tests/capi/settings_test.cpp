// A root's settings, read and changed through the C API.
#include "capi_bench.hpp"

#include <array>
#include <cstring>
#include <vector>

using namespace mos::test::capi;

namespace {

using Settings = std::unique_ptr<mos_settings, Freer<mos_settings_free>>;

Settings load(const Bench &bench, const mos_settings_options *options = nullptr) {
    return made_by<Settings>(
        [&](auto out, auto error) { return mos_engine_settings_load(bench.engine.get(), options, out, error); });
}

mos_setting find(const Settings &settings, const char *path) {
    mos_setting setting = MOS_SETTING_INIT;
    mos_error *error = nullptr;
    must(mos_settings_find(settings.get(), path, &setting, &error), error);
    return setting;
}

int change(const Bench &bench, mos_settings_files files, const char *name, const char *path, const char *value,
           mos_error **error = nullptr) {
    mos_settings_change change = MOS_SETTINGS_CHANGE_INIT;
    change.files = files;
    change.name = name;
    change.paths = &path;
    change.values = &value;
    change.count = 1;
    return mos_engine_settings_change(bench.engine.get(), &change, nullptr, error);
}

mos_settings_problem problem_at(const Settings &settings, std::size_t index) {
    mos_settings_problem problem = MOS_SETTINGS_PROBLEM_INIT;
    mos_error *error = nullptr;
    must(mos_settings_problem_at(settings.get(), index, &problem, &error), error);
    return problem;
}

}  // namespace

TEST_CASE("a setting comes with its value, its origin and what it steers") {
    const Bench bench;
    bench.root.put("etc/multios/network.yml", "network:\n  timeout: 90s\n");
    const Settings settings = load(bench);
    const mos_setting timeout = find(settings, "network.timeout");
    CHECK(std::string{timeout.value} == "90s");
    CHECK(timeout.has_number == 1);
    CHECK(timeout.number == 90);
    CHECK(timeout.layer == MOS_SETTINGS_SYSTEM);
    CHECK(std::string{timeout.file} == "etc/multios/network.yml");
    CHECK(timeout.line == 2);
    CHECK(std::string{timeout.kind} == "duration");
    CHECK(std::string{timeout.built_in} == "300s");
    CHECK(std::strlen(timeout.meaning) > 10);
    const mos_setting retries = find(settings, "network.retry_count");
    CHECK(retries.layer == MOS_SETTINGS_BUILT_IN);
    CHECK(retries.number == 3);
    const mos_setting proxy = find(settings, "network.proxy_url");
    CHECK(std::string{proxy.value}.empty());
    CHECK(std::string{timeout.value} == "90s");  // what was found before stays
}

TEST_CASE("a path that is no setting is refused with the nearest one") {
    const Bench bench;
    const Settings settings = load(bench);
    mos_setting setting = MOS_SETTING_INIT;
    const auto failure =
        failure_of([&](auto error) { return mos_settings_find(settings.get(), "network.timeuot", &setting, error); });
    CHECK(failure.code == MOS_E_INVALID_ARGUMENT);
    CHECK(std::string{mos_error_message(failure.error.get())}.find("network.timeout") != std::string::npos);
}

TEST_CASE("all that holds is listed, and what is wrong in a file is a problem and no error") {
    const Bench bench;
    bench.root.put("etc/multios/network.yml", "network:\n  timeout: soon\n  retry_count: 7\n");
    const Settings settings = load(bench);
    CHECK(mos_settings_count(settings.get()) > 150);
    CHECK(mos_settings_file_count(settings.get()) == 1);
    CHECK(std::string{mos_settings_file_at(settings.get(), 0)} == "etc/multios/network.yml");
    CHECK(mos_settings_file_at(settings.get(), 1) == nullptr);
    CHECK(std::string{mos_settings_environment(settings.get())} == "production");
    REQUIRE(mos_settings_problem_count(settings.get()) == 1);
    const mos_settings_problem problem = problem_at(settings, 0);
    CHECK(std::string{problem.path} == "network.timeout");
    CHECK(problem.line == 2);
    CHECK(problem.column == 3);
    CHECK(find(settings, "network.retry_count").number == 7);
    CHECK(find(settings, "network.timeout").number == 300);
}

TEST_CASE("the command line's layer beats all others, and is checked") {
    const Bench bench;
    bench.root.put("etc/multios/users/john.yml", "user_preferences:\n  notification_level: low\n");
    std::array<const char *, 1> paths = {"network.retry_count"};
    std::array<const char *, 1> values = {"9"};
    mos_settings_options options = MOS_SETTINGS_OPTIONS_INIT;
    options.user = "john";
    options.paths = paths.data();
    options.values = values.data();
    options.count = 1;
    const Settings settings = load(bench, &options);
    CHECK(find(settings, "network.retry_count").layer == MOS_SETTINGS_COMMAND_LINE);
    CHECK(find(settings, "user_preferences.notification_level").layer == MOS_SETTINGS_USER);
    values[0] = "many";
    mos_settings *none = nullptr;
    CHECK(failure_of([&](auto error) {
              return mos_engine_settings_load(bench.engine.get(), &options, &none, error);
          }).code == MOS_E_INVALID_ARGUMENT);
    CHECK(none == nullptr);
}

TEST_CASE("a change is written and holds; a wrong one changes nothing") {
    const Bench bench;
    CHECK(change(bench, MOS_SETTINGS_OF_SYSTEM, nullptr, "network.retry_count", "5") == MOS_OK);
    CHECK(bench.root.read("etc/multios/network.yml") == "network:\n  retry_count: 5\n");
    CHECK(find(load(bench), "network.retry_count").number == 5);
    CHECK(failure_of([&](auto error) {
              return change(bench, MOS_SETTINGS_OF_SYSTEM, nullptr, "network.retry_count", "-1", error);
          }).code == MOS_E_INVALID_ARGUMENT);
    CHECK(find(load(bench), "network.retry_count").number == 5);
}

TEST_CASE("a security policy that could not be followed is not written, though each of its values is allowed") {
    const Bench bench;
    const std::array<const char *, 2> paths = {"security_policy.update_validation.allowed_signature_algorithms",
                                               "security_policy.update_validation.require_strong_signature"};
    const std::array<const char *, 2> values = {"ECC-P256-SHA256", "true"};
    mos_settings_change both = MOS_SETTINGS_CHANGE_INIT;
    both.paths = paths.data();
    both.values = values.data();
    both.count = paths.size();
    CHECK(failure_of([&](auto error) {
              return mos_engine_settings_change(bench.engine.get(), &both, nullptr, error);
          }).code == MOS_E_POLICY_UNREADABLE);
    CHECK_FALSE(std::filesystem::exists(bench.root.at("etc/multios/security-policy.yml")));
    CHECK(change(bench, MOS_SETTINGS_OF_SYSTEM, nullptr, "security_policy.update_validation.required_signatures",
                 "2") == MOS_OK);
    CHECK(find(load(bench), "security_policy.update_validation.required_signatures").is_in_effect == 1);
}

TEST_CASE("users and templates have files of their own, which are listed, read and taken away") {
    const Bench bench;
    CHECK(change(bench, MOS_SETTINGS_OF_USER, "john", "user_preferences.backup_required", "false") == MOS_OK);
    CHECK(change(bench, MOS_SETTINGS_OF_POLICY, "office", "policy_template.maintenance_window", "18:00-08:00") ==
          MOS_OK);
    const auto john = made_by<Settings>([&](auto out, auto error) {
        return mos_engine_settings_of(bench.engine.get(), MOS_SETTINGS_OF_USER, "john", out, error);
    });
    CHECK(mos_settings_count(john.get()) == 1);
    mos_report *report = nullptr;
    mos_error *error = nullptr;
    must(mos_engine_settings_names(bench.engine.get(), MOS_SETTINGS_OF_POLICY, &report, &error), error);
    mos_report_row row = MOS_REPORT_ROW_INIT;
    must(mos_report_next(report, &row, &error), error);
    CHECK(std::string{row.object} == "office");
    CHECK(mos_report_next(report, &row, &error) == MOS_END);
    mos_report_free(report);
    must(mos_engine_settings_remove(bench.engine.get(), MOS_SETTINGS_OF_USER, "john", &error), error);
    CHECK(failure_of([&](auto failed) {
              return mos_engine_settings_remove(bench.engine.get(), MOS_SETTINGS_OF_USER, "john", failed);
          }).code == MOS_E_NOT_FOUND);
    CHECK(failure_of([&](auto failed) {
              return mos_engine_settings_remove(bench.engine.get(), MOS_SETTINGS_OF_SYSTEM, nullptr, failed);
          }).code == MOS_E_INVALID_ARGUMENT);
}

TEST_CASE("any file can be read by itself") {
    const Bench bench;
    bench.work.put("some.ini", "[network]\nretry_count = 5\nnonsense = 1\n");
    const auto settings = made_by<Settings>([&](auto out, auto error) {
        return mos_settings_read_path(bench.context.get(), bench.work.at("some.ini").c_str(), out, error);
    });
    CHECK(mos_settings_count(settings.get()) == 1);
    CHECK(mos_settings_problem_count(settings.get()) == 1);
    mos_settings *none = nullptr;
    for (const char *name : {"missing.yml", "some.txt"}) {
        const auto failure = failure_of([&](auto error) {
            return mos_settings_read_path(bench.context.get(), bench.work.at(name).c_str(), &none, error);
        });
        CHECK((failure.code == MOS_E_NOT_FOUND || failure.code == MOS_E_INVALID_ARGUMENT));
    }
}

TEST_CASE("every declared setting tells what it is") {
    CHECK(mos_settings_declared_count() > 250);
    mos_setting setting = MOS_SETTING_INIT;
    mos_error *error = nullptr;
    must(mos_settings_declared_at(0, &setting, &error), error);
    CHECK(std::string{setting.path} == "update_system.version");
    CHECK(failure_of([&](auto failed) {
              return mos_settings_declared_at(mos_settings_declared_count(), &setting, failed);
          }).code == MOS_E_INVALID_ARGUMENT);
}

TEST_CASE("a change is told as an event, with what was set and by whom") {
    const Bench bench;
    bench.install(bench.pack("1", "one"));  // a root has a journal from its first change on
    mos_events_options options = MOS_EVENTS_OPTIONS_INIT;
    options.types = "setting_changed policy_changed";
    mos_error *error = nullptr;
    mos_events *events = nullptr;
    must(mos_events_open(bench.engine.get(), &options, &events, &error), error);
    const std::unique_ptr<mos_events, Freer<mos_events_free>> owned{events};
    CHECK(change(bench, MOS_SETTINGS_OF_SYSTEM, nullptr, "network.retry_count", "5") == MOS_OK);
    CHECK(change(bench, MOS_SETTINGS_OF_SYSTEM, nullptr, "security_policy.update_validation.required_signatures",
                 "2") == MOS_OK);
    mos_event event = MOS_EVENT_INIT;
    must(mos_events_next(events, &event, &error), error);
    CHECK(std::string{event.type} == "setting_changed");
    CHECK(std::string{event.subject} == "network.retry_count");
    CHECK(std::string{event.payload} == R"({"network.retry_count":"5"})");
    must(mos_events_next(events, &event, &error), error);
    CHECK(std::string{event.type} == "policy_changed");
    CHECK(change(bench, MOS_SETTINGS_OF_SYSTEM, nullptr, "alerting.channels.pagerduty.integration_key", "hush") ==
          MOS_OK);
    CHECK(change(bench, MOS_SETTINGS_OF_SYSTEM, nullptr, "network.proxy_url", "http://me:hush@proxy") == MOS_OK);
    for (int i = 0; i < 2; ++i) {
        must(mos_events_next(events, &event, &error), error);
        CHECK(std::string{event.payload}.find("(not shown)") != std::string::npos);
        CHECK((std::string{event.payload} + event.message).find("hush") == std::string::npos);
    }
    CHECK(mos_events_next(events, &event, &error) == MOS_END);
}
