#include "memory_commands.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <functional>
#include <optional>

namespace mos::test::capi {

namespace {

constexpr std::size_t version_bytes = 256;
constexpr const char *configuration = "etc/app.conf";
constexpr const char *settings_text = "# ours\nnetwork:\n  retry_count: 4\n";
constexpr const char *changed_settings_text = "# ours\nnetwork:\n  retry_count: 9\n";

void write_inputs(const Folder &work) {
    work.put("input/app/file", "three");
    work.put("input/app/settings", "colour = red\n");
    work.put("templates/etc/app.conf", "port = {{ port }}\n");
    for (const char *const name : {"post-install", "undo", "pre-remove"}) {
        work.put(std::string{"scripts/"} + name, "#!/bin/sh\nexit 0\n");
        std::filesystem::permissions(work.at(std::string{"scripts/"} + name), std::filesystem::perms{0755});
    }
    work.put("values.yml", "port: 8080\n");
    std::filesystem::create_directories(work.at("created"));
}

void empty(const std::string &folder) {
    for (const auto &entry : std::filesystem::directory_iterator{folder})
        std::filesystem::remove(entry.path());
}

// A package with all that one can have, for `create`; and one without scripts, which need a root to run in.
enum class Scripts : std::uint8_t { none, some };

int build_job(const Rig &rig, const std::string &output, Scripts scripts, mos_job **job, mos_error **error) {
    mos_build_options options = MOS_BUILD_OPTIONS_INIT;
    options.flags = MOS_BUILD_KEEP_OWNERS;
    options.name = "app";
    options.version = "3";
    options.manifest_json = R"({"configuration": {"files": ["app/settings"]}, "data": {"paths": ["app/data"]}})";
    options.input_path = rig.input.c_str();
    options.output_path = output.c_str();
    options.source_date_epoch_unix_s = 1'600'000'000;  // so that the bytes are the same each time
    options.sign_key = rig.bench.key.get();
    options.templates_path = rig.templates.c_str();
    if (scripts == Scripts::some) {
        options.manifest_json = R"({"configuration": {"files": ["app/settings"]}, "data": {"paths": ["app/data"]},
                                   "scripts": {"outputs": ["app/cache"], "timeout_s": 5}})";
        options.scripts_path = rig.scripts.c_str();
    }
    return mos_package_build_job(rig.bench.context.get(), &options, job, error);
}

void build(const Rig &rig, const std::string &output, Scripts scripts) {
    mos_job *job = nullptr;
    mos_error *error = nullptr;
    must_have_memory(build_job(rig, output, scripts, &job, &error), error);
    const Job owned{job};
    must_have_memory(mos_job_run(job, nullptr, nullptr, &error), error);
}

// Calls the API step by step; the first that does not succeed ends the command.
class Caller {
  public:
    template <class Call>
    bool operator()(const Call &call) {
        mos_error *error = nullptr;
        m_code = call(&error);
        m_error.reset(error);
        return m_code == MOS_OK;
    }
    [[nodiscard]] Outcome outcome() && { return {m_code, std::move(m_error)}; }

  private:
    int m_code = MOS_OK;
    ErrorHandle m_error;
};

// Calls until there is no more, as a cursor is read.
template <class Next>
void read_all(Caller &call, const Next &next) {
    bool at_end = false;
    while (!at_end && call([&](auto error) {
        const int found = next(error);
        at_end = found == MOS_END;
        return at_end ? MOS_OK : found;
    })) {
    }
}

Outcome carry_out(const Rig &rig, const std::function<int(mos_plan *, mos_error **)> &add) {
    Caller call;
    mos_plan *plan = nullptr;
    mos_job *job = nullptr;
    const bool made = call([&](auto error) { return mos_plan_create(rig.bench.engine.get(), &plan, error); }) &&
                      call([&](auto error) { return add(plan, error); }) &&
                      call([&](auto error) { return mos_plan_job(plan, nullptr, &job, error); });
    if (made)
        call([&](auto error) { return mos_job_run(job, nullptr, nullptr, error); });
    mos_job_free(job);
    mos_plan_free(plan);
    return std::move(call).outcome();
}

Outcome install(const Rig &rig) {
    return carry_out(rig, [&](mos_plan *plan, mos_error **error) {
        return mos_plan_install_path(plan, rig.old_package.c_str(), nullptr, error);
    });
}

Outcome install_with_values(const Rig &rig) {
    return carry_out(rig, [&](mos_plan *plan, mos_error **error) {
        mos_install_options options = MOS_INSTALL_OPTIONS_INIT;
        options.config_path = rig.values.c_str();
        return mos_plan_install_path(plan, rig.configured_package.c_str(), &options, error);
    });
}

Outcome update(const Rig &rig) {
    return carry_out(rig, [&](mos_plan *plan, mos_error **error) {
        return mos_plan_install_path(plan, rig.new_package.c_str(), nullptr, error);
    });
}

Outcome remove_package(const Rig &rig) {
    return carry_out(rig,
                     [](mos_plan *plan, mos_error **error) { return mos_plan_remove(plan, "app", nullptr, error); });
}

Outcome roll_back(const Rig &rig) {
    return carry_out(rig, [](mos_plan *plan, mos_error **error) { return mos_plan_rollback(plan, nullptr, error); });
}

Outcome read_history(const Rig &rig) {
    Caller call;
    mos_history *history = nullptr;
    mos_history_record record = MOS_HISTORY_RECORD_INIT;
    if (call([&](auto error) { return mos_history_open(rig.bench.engine.get(), &history, error); }))
        read_all(call, [&](auto error) { return mos_history_next(history, &record, error); });
    mos_history_free(history);
    return std::move(call).outcome();
}

// What `make` reports, row by row.
Outcome read_report(Caller call, const std::function<int(mos_report **, mos_error **)> &make) {
    mos_report *report = nullptr;
    mos_report_row row = MOS_REPORT_ROW_INIT;
    if (call([&](auto error) { return make(&report, error); }))
        read_all(call, [&](auto error) { return mos_report_next(report, &row, error); });
    mos_report_free(report);
    return std::move(call).outcome();
}

Outcome list(const Rig &rig) {
    return read_report({}, [&](auto report, auto error) {
        return mos_engine_installed_packages(rig.bench.engine.get(), report, error);
    });
}

Outcome list_orphans(const Rig &rig) {
    return read_report(
        {}, [&](auto report, auto error) { return mos_engine_orphans(rig.bench.engine.get(), report, error); });
}

Outcome check_dependencies(const Rig &rig) {
    Caller call;
    mos_package *package = nullptr;
    if (!call([&](auto error) {
            return mos_package_open_path(rig.bench.context.get(), rig.configured_package.c_str(), &package, error);
        }))
        return std::move(call).outcome();
    const Package owned{package};
    return read_report(std::move(call), [&](auto report, auto error) {
        return mos_engine_check_dependencies(rig.bench.engine.get(), package, report, error);
    });
}

Outcome verify_installed(const Rig &rig) {
    Caller call;
    mos_job *job = nullptr;
    if (call([&](auto error) { return mos_engine_verify_job(rig.bench.engine.get(), nullptr, &job, error); }))
        call([&](auto error) { return mos_job_run(job, nullptr, nullptr, error); });
    mos_job_free(job);
    return std::move(call).outcome();
}

Outcome schedule(const Rig &rig) {
    const std::array packages = {rig.new_package.c_str()};
    mos_schedule_options options = MOS_SCHEDULE_OPTIONS_INIT;
    options.packages = packages.data();
    options.package_count = packages.size();
    options.conditions = "cpu_usage<50,feature:tpm2";
    options.start = "2099-01-01 00:00";
    Caller call;
    std::uint64_t id = 0;
    if (call([&](auto error) { return mos_schedule_submit(rig.bench.engine.get(), &options, &id, error); }))
        call([&](auto error) {
            return mos_schedule_act(rig.bench.engine.get(), id, MOS_SCHEDULE_CANCEL, nullptr, error);
        });
    return std::move(call).outcome();
}

Outcome create(const Rig &rig) {
    Caller call;
    mos_job *job = nullptr;
    if (call([&](auto error) { return build_job(rig, rig.created, Scripts::some, &job, error); }))
        call([&](auto error) { return mos_job_run(job, nullptr, nullptr, error); });
    mos_job_free(job);
    return std::move(call).outcome();
}

Outcome load_settings(const Rig &rig) {
    Caller call;
    mos_settings *settings = nullptr;
    mos_setting setting = MOS_SETTING_INIT;
    if (call([&](auto error) { return mos_engine_settings_load(rig.bench.engine.get(), nullptr, &settings, error); }))
        call([&](auto error) { return mos_settings_find(settings, "repositories[0].url", &setting, error); });
    mos_settings_free(settings);
    return std::move(call).outcome();
}

Outcome change_settings(const Rig &rig) {
    constexpr std::array paths = {"network.retry_count", "update_system.log_level"};
    constexpr std::array values = {"9", "warn"};
    mos_settings_change change = MOS_SETTINGS_CHANGE_INIT;
    change.paths = paths.data();
    change.values = values.data();
    change.count = paths.size();
    Caller call;
    call([&](auto error) { return mos_engine_settings_change(rig.bench.engine.get(), &change, nullptr, error); });
    return std::move(call).outcome();
}

// One file old and one new is as it may be: each is changed as a whole.
std::string look_at_settings(const Rig &rig, Ended ended) {
    std::string is = rig.bench.root.read("etc/multios/network.yml");
    if (is != settings_text && is != changed_settings_text)
        return fmt::format("the settings are '{}'", is);
    if (ended == Ended::successfully && is != changed_settings_text)
        return "the settings are as they were";
    rig.bench.root.put("etc/multios/network.yml", settings_text);
    return "";
}

Outcome begin_recovery_mode(const Rig &rig) {
    mos_recovery_mode_options options = MOS_RECOVERY_MODE_OPTIONS_INIT;
    options.wish = MOS_RECOVERY_MODE_BEGIN;
    options.stop_services = true;
    options.reason = "a test";
    Caller call;
    mos_job *job = nullptr;
    if (call([&](auto error) { return mos_recovery_mode_job(rig.bench.engine.get(), &options, &job, error); }))
        call([&](auto error) { return mos_job_run(job, nullptr, nullptr, error); });
    mos_job_free(job);
    return std::move(call).outcome();
}

// On with all that was said, or off.
std::string look_at_recovery_mode(const Rig &rig, Ended ended) {
    const std::string record = "var/lib/multios/recovery-mode";
    const bool is_on = std::filesystem::exists(rig.bench.root.at(record));
    const std::string text = rig.bench.root.read(record);
    if (is_on && text.find("\"reason\": \"a test\"") == std::string::npos)
        return fmt::format("the record is '{}'", text);
    if (!is_on && ended == Ended::successfully)
        return "recovery mode is off";
    std::filesystem::remove(rig.bench.root.at(record));
    return "";
}

Outcome open_and_recover(const Rig &rig) {
    Caller call;
    mos_engine_options options = MOS_ENGINE_OPTIONS_INIT;
    options.root_path = rig.bench.root.path().c_str();
    mos_engine *engine = nullptr;
    if (call([&](auto error) { return mos_engine_open(rig.bench.context.get(), &options, &engine, error); }))
        call([&](auto error) { return mos_engine_recover(engine, nullptr, error); });
    mos_engine_free(engine);
    return std::move(call).outcome();
}

// The whole package or none. A hidden file that could not be removed without memory may stay beside it.
std::string look_at_created(const Rig &rig, Ended ended) {
    std::string wrong;
    bool is_there = false;
    for (const auto &entry : std::filesystem::directory_iterator{rig.bench.work.at("created")}) {
        const std::string name = entry.path().filename();
        is_there = is_there || entry.path() == rig.created;
        if (entry.path() != rig.created && !name.starts_with(".app.mos."))
            wrong = fmt::format("'{}' was left behind", name);
    }
    if (is_there ? rig.bench.work.read("created/app.mos") != rig.created_bytes : ended == Ended::successfully)
        wrong = is_there ? "the package is another one than without a shortage" : "the package is missing";
    empty(rig.bench.work.at("created"));
    return wrong;
}

std::string look_at_configuration(const Rig &rig, Ended /*ended*/) {
    const std::string wanted = rig.version() == "3" ? "port = 8080\n" : "";
    const std::string is = rig.bench.root.read(configuration);
    return is == wanted ? "" : fmt::format("the configuration file holds '{}'", is);
}

constexpr std::array commands = {
    Command{"install", "", "1", install},
    Command{"update", "1", "2", update},
    Command{"rollback", "2", "1", roll_back},
    Command{"remove", "1", "", remove_package},
    Command{"history", "1", "1", read_history},
    Command{"open", "1", "1", open_and_recover},
    Command{"values", "1", "3", install_with_values, look_at_configuration},
    Command{"list", "1", "1", list},
    Command{"orphans", "1", "1", list_orphans},
    Command{"check-deps", "1", "1", check_dependencies},
    Command{"verify", "1", "1", verify_installed},
    Command{"settings", "1", "1", load_settings},
    Command{"set", "1", "1", change_settings, look_at_settings},
    Command{"recovery-mode", "1", "1", begin_recovery_mode, look_at_recovery_mode},
    Command{"schedule", "1", "1", schedule},
    Command{"create", "1", "1", create, look_at_created},
};

}  // namespace

void must_have_memory(int code, mos_error *error) {
    const ErrorHandle owned{error};
    if (code == MOS_OK)
        return;
    fmt::print("the bench broke: error {}: {}\n", code, mos_error_message(error));
    for (const mos_error *cause = mos_error_cause(error); cause != nullptr; cause = mos_error_cause(cause))
        fmt::print("    {}\n", mos_error_message(cause));
    std::exit(1);  // NOLINT(concurrency-mt-unsafe): no thread runs any more
}

Rig::Rig()
    : old_package(bench.pack("1", "one")), new_package(bench.pack("2", "two")),
      configured_package(bench.work.at("app-3.mos")), values(bench.work.at("values.yml")),
      input(bench.work.at("input")), scripts(bench.work.at("scripts")), templates(bench.work.at("templates")),
      created(bench.work.at("created/app.mos")) {
    write_inputs(bench.work);
    build(*this, configured_package, Scripts::none);
    build(*this, created, Scripts::some);
    created_bytes = bench.work.read("created/app.mos");
    empty(bench.work.at("created"));
    bench.root.put("etc/multios/network.yml", settings_text);
    bench.install(old_package);
}

void Rig::restart() {
    bench.engine.reset();
    mos_engine_options options = MOS_ENGINE_OPTIONS_INIT;
    options.root_path = bench.root.path().c_str();
    mos_engine *engine = nullptr;
    mos_error *error = nullptr;
    must_have_memory(mos_engine_open(bench.context.get(), &options, &engine, &error), error);
    bench.engine.reset(engine);
    static_cast<void>(recover());
}

std::uint32_t Rig::recover() const {
    std::uint32_t settled = 0;
    mos_error *error = nullptr;
    must_have_memory(mos_engine_recover(bench.engine.get(), &settled, &error), error);
    return settled;
}

std::string Rig::version() const {
    std::string text(version_bytes, '\0');
    mos_error *error = nullptr;
    const int code = mos_engine_installed_version(bench.engine.get(), "app", text.data(), text.size(), &error);
    if (code == MOS_END)
        return "";
    must_have_memory(code, error);
    text.resize(std::strlen(text.c_str()));
    return text;
}

void Rig::roll_back() const {
    auto [code, error] = capi::roll_back(*this);
    must_have_memory(code, error.release());
}

void Rig::remove() const {
    auto [code, error] = remove_package(*this);
    must_have_memory(code, error.release());
}

std::span<const Command> memory_commands() { return commands; }

}  // namespace mos::test::capi
