// The C API's promises about handles, structs, cursors and errors.
#include "capi_bench.hpp"
#include "sanitized.hpp"

#include <algorithm>
#include <cstring>

using namespace mos::test::capi;

// ---- Handles ----

TEST_CASE("a handle of another type is an error, and no crash") {
    const Bench bench;
    auto *const engine_as_plan = reinterpret_cast<mos_plan *>(bench.engine.get());
    CHECK(failure_of([&](auto error) { return mos_plan_resolve(engine_as_plan, error); }).code == MOS_E_WRONG_HANDLE);
    auto *const context_as_job = reinterpret_cast<mos_job *>(bench.context.get());
    CHECK(mos_job_cancel(context_as_job) == MOS_E_WRONG_HANDLE);
    CHECK(mos_job_descriptor(context_as_job) == MOS_E_WRONG_HANDLE);
    CHECK(std::string{mos_plan_digest(engine_as_plan)}.empty());
    mos_plan_free(engine_as_plan);  // left alone
    CHECK(bench.plan() != nullptr);
}

#ifndef MOS_SANITIZED
TEST_CASE("a freed handle is an error where that can be told") {
    mos_context *context = nullptr;
    must(mos_context_create(nullptr, &context, nullptr), nullptr);
    mos_context_free(context);
    mos_engine *engine = nullptr;
    CHECK(failure_of([&](auto error) { return mos_engine_open(context, nullptr, &engine, error); }).code ==
          MOS_E_WRONG_HANDLE);
}
#endif

TEST_CASE("a missing handle, output or text is an invalid argument, and outputs are NULL then") {
    const Bench bench;
    auto *plan = reinterpret_cast<mos_plan *>(1);
    CHECK(failure_of([&](auto error) { return mos_plan_create(nullptr, &plan, error); }).code ==
          MOS_E_INVALID_ARGUMENT);
    CHECK(plan == nullptr);
    CHECK(mos_plan_create(bench.engine.get(), nullptr, nullptr) == MOS_E_INVALID_ARGUMENT);
    CHECK(mos_context_create(nullptr, nullptr, nullptr) == MOS_E_INVALID_ARGUMENT);
    CHECK(mos_job_wait(nullptr, 0) == MOS_E_INVALID_ARGUMENT);
    const Plan made = bench.plan();
    CHECK(mos_plan_install_path(made.get(), nullptr, nullptr, nullptr) == MOS_E_INVALID_ARGUMENT);
    CHECK(mos_plan_remove(made.get(), "", nullptr, nullptr) == MOS_E_INVALID_ARGUMENT);
    CHECK(mos_engine_installed_version(bench.engine.get(), "app", nullptr, 0, nullptr) == MOS_E_INVALID_ARGUMENT);
}

TEST_CASE("the error names the argument that is missing, or no such handle, as the header does") {
    const Bench bench;
    const auto words = [](const auto &call) { return std::string{mos_error_message(failure_of(call).error.get())}; };
    mos_plan *plan = nullptr;
    CHECK(words([&](auto error) { return mos_plan_create(nullptr, &plan, error); }) == "the argument 'engine' is NULL");
    CHECK(words([&](auto error) { return mos_plan_create(bench.engine.get(), nullptr, error); }) ==
          "the argument 'plan' is NULL");
    const Plan made = bench.plan();
    must(mos_plan_install_path(made.get(), bench.pack("1", "one").c_str(), nullptr, nullptr), nullptr);
    must(mos_plan_resolve(made.get(), nullptr), nullptr);
    CHECK(words([&](auto error) { return mos_plan_totals_get(made.get(), nullptr, error); }) ==
          "the argument 'totals' is NULL");
    mos_plan_totals unset{};
    CHECK(words([&](auto error) { return mos_plan_totals_get(made.get(), &unset, error); }) ==
          "struct_size of 'totals' is not set; use the _INIT macro");
    CHECK(words([&](auto error) { return mos_schedule_submit(bench.engine.get(), nullptr, nullptr, error); }) ==
          "the argument 'id' is NULL");
    mos_certificate *certificate = nullptr;
    CHECK(words([&](auto error) {
              return mos_certificate_issue(nullptr, nullptr, nullptr, nullptr, &certificate, error);
          }) == "the argument 'ca_key' is NULL");
    auto *const engine_as_plan = reinterpret_cast<mos_plan *>(bench.engine.get());
    CHECK(words([&](auto error) { return mos_plan_resolve(engine_as_plan, error); }) ==
          "the handle 'plan' is of another type or was freed");
}

TEST_CASE("an engine and a job outlive what they were made from") {
    auto bench = std::make_unique<Bench>();
    const Plan plan = bench->plan();
    must(mos_plan_install_path(plan.get(), bench->pack("1", "one").c_str(), nullptr, nullptr), nullptr);
    bench->engine.reset();
    bench->context.reset();
    const Job job = Bench::job_of(plan);
    must(mos_job_run(job.get(), nullptr, nullptr, nullptr), nullptr);
    CHECK(bench->root.read("app/file") == "one");
}

// ---- Structs ----

TEST_CASE("options without their size, of an older and of a newer header are told apart") {
    const Bench bench;
    mos_engine *engine = nullptr;
    mos_engine_options unset{};
    CHECK(mos_engine_open(bench.context.get(), &unset, &engine, nullptr) == MOS_E_INVALID_ARGUMENT);
    mos_engine_options wild = MOS_ENGINE_OPTIONS_INIT;
    wild.struct_size = 0xcdcdcdcd;
    CHECK(mos_engine_open(bench.context.get(), &wild, &engine, nullptr) == MOS_E_INVALID_ARGUMENT);

    // An older header ended after root_path: what follows is not looked at.
    mos_engine_options older = MOS_ENGINE_OPTIONS_INIT;
    older.struct_size = offsetof(mos_engine_options, root_descriptor);
    older.root_path = bench.root.path().c_str();
    older.required_signatures = 99;
    must(mos_engine_open(bench.context.get(), &older, &engine, nullptr), nullptr);
    mos_engine_free(engine);

    struct Newer {
        mos_engine_options known;
        std::uint64_t unknown;
    } newer{MOS_ENGINE_OPTIONS_INIT, 0};
    newer.known.struct_size = sizeof newer;
    newer.known.root_path = bench.root.path().c_str();
    must(mos_engine_open(bench.context.get(), &newer.known, &engine, nullptr), nullptr);
    mos_engine_free(engine);
    newer.unknown = 1;
    CHECK(mos_engine_open(bench.context.get(), &newer.known, &engine, nullptr) == MOS_E_UNSUPPORTED);
    CHECK(engine == nullptr);
}

TEST_CASE("a rollback's options are checked, and NULL takes back the newest change") {
    Bench bench;
    bench.install(bench.pack("1", "one"));
    bench.install(bench.pack("2", "two"));
    mos_plan *raw = nullptr;
    must(mos_plan_create(bench.engine.get(), &raw, nullptr), nullptr);
    const Plan plan{raw};
    mos_rollback_options options = MOS_ROLLBACK_OPTIONS_INIT;
    options.scope = 3;
    CHECK(mos_plan_rollback_to(plan.get(), &options, nullptr) == MOS_E_INVALID_ARGUMENT);
    options.scope = MOS_ROLLBACK_EVERYTHING;
    options.merge = 8;
    CHECK(mos_plan_rollback_to(plan.get(), &options, nullptr) == MOS_E_INVALID_ARGUMENT);
    options.merge = MOS_MERGE_KEEP;
    options.keep_way_forward = true;
    options.emergency = true;
    CHECK(mos_plan_rollback_to(plan.get(), &options, nullptr) == MOS_E_INVALID_ARGUMENT);
    // It would take back everything, where one package was meant.
    options = MOS_ROLLBACK_OPTIONS_INIT;
    options.name = "app";
    CHECK(mos_plan_rollback_to(plan.get(), &options, nullptr) == MOS_E_INVALID_ARGUMENT);
    must(mos_plan_rollback_to(plan.get(), nullptr, nullptr), nullptr);
    must(mos_plan_resolve(plan.get(), nullptr), nullptr);
    mos_step step = MOS_STEP_INIT;
    must(mos_plan_step_at(plan.get(), 0, &step, nullptr), nullptr);
    CHECK(step.action == MOS_STEP_ROLL_BACK);
    CHECK(std::string{step.name} == "rp-2");
}

TEST_CASE("a system check has no row where all is as it was installed, and one for what is not") {
    Bench bench;
    bench.install(bench.pack("1", "one"));
    const auto rows = [&] {
        mos_system_check_options options = MOS_SYSTEM_CHECK_OPTIONS_INIT;
        options.dependencies = options.signatures = options.health = true;
        mos_job *raw = nullptr;
        must(mos_engine_system_check_job(bench.engine.get(), &options, &raw, nullptr), nullptr);
        const Job job{raw};
        must(mos_job_run(job.get(), nullptr, nullptr, nullptr), nullptr);
        const mos_outcome *outcome = nullptr;
        must(mos_job_outcome(job.get(), &outcome, nullptr), nullptr);
        return mos_outcome_row_count(outcome);
    };
    CHECK(rows() == 0);
    std::filesystem::remove(bench.root.at("app/file"));
    CHECK(rows() == 1);
}

TEST_CASE("unknown flags and rules are refused") {
    const Bench bench;
    mos_engine *engine = nullptr;
    mos_engine_options options = MOS_ENGINE_OPTIONS_INIT;
    options.flags = 0x80;
    CHECK(mos_engine_open(bench.context.get(), &options, &engine, nullptr) == MOS_E_INVALID_ARGUMENT);
    const Plan plan = bench.plan();
    mos_install_options install = MOS_INSTALL_OPTIONS_INIT;
    install.on_conflict = 4;
    CHECK(mos_plan_install_path(plan.get(), bench.pack("1", "one").c_str(), &install, nullptr) ==
          MOS_E_INVALID_ARGUMENT);
}

TEST_CASE("what is reserved for later versions is refused, not ignored") {
    const Bench bench;
    const auto refused = [&](auto options, const auto &call) {
        mos_error *error = nullptr;
        options.reserved = 1;
        CHECK(call(&options, &error) == MOS_E_UNSUPPORTED);
        CHECK(std::string{mos_error_message(error)}.find("'reserved'") != std::string::npos);
        mos_error_free(error);
    };
    const Plan plan = bench.plan();
    const std::string path = bench.pack("1", "one");
    mos_job *job = nullptr;
    refused(mos_install_options MOS_INSTALL_OPTIONS_INIT, [&](const auto *options, auto error) {
        return mos_plan_install_path(plan.get(), path.c_str(), options, error);
    });
    refused(mos_plan_job_options MOS_PLAN_JOB_OPTIONS_INIT,
            [&](const auto *options, auto error) { return mos_plan_job(plan.get(), options, &job, error); });
    refused(mos_build_options MOS_BUILD_OPTIONS_INIT, [&](const auto *options, auto error) {
        return mos_package_build_job(bench.context.get(), options, &job, error);
    });
    mos_settings *settings = nullptr;
    refused(mos_settings_options MOS_SETTINGS_OPTIONS_INIT, [&](const auto *options, auto error) {
        return mos_engine_settings_load(bench.engine.get(), options, &settings, error);
    });
    mos_events *events = nullptr;
    refused(mos_events_options MOS_EVENTS_OPTIONS_INIT, [&](const auto *options, auto error) {
        return mos_events_open(bench.engine.get(), options, &events, error);
    });
    std::uint64_t id = 0;
    refused(mos_schedule_options MOS_SCHEDULE_OPTIONS_INIT, [&](const auto *options, auto error) {
        return mos_schedule_submit(bench.engine.get(), options, &id, error);
    });
}

TEST_CASE("an environment whose name can't be one is refused when the engine is opened") {
    const Bench bench;
    mos_engine_options options = MOS_ENGINE_OPTIONS_INIT;
    options.root_path = bench.root.path().c_str();
    mos_engine *engine = nullptr;
    for (const char *name : {"../../x", "a b", "-x", ".hidden", "\xff"}) {
        options.environment = name;
        CHECK(mos_engine_open(bench.context.get(), &options, &engine, nullptr) == MOS_E_INVALID_ARGUMENT);
        CHECK(engine == nullptr);
    }
    options.environment = "mine-2.1";  // which may get its settings later
    must(mos_engine_open(bench.context.get(), &options, &engine, nullptr), nullptr);
    mos_engine_free(engine);
}

TEST_CASE("a reason that no line can hold is refused before the job is made, and the plan stays") {
    const Bench bench;
    const Plan plan = bench.plan();
    must(mos_plan_install_path(plan.get(), bench.pack("1", "one").c_str(), nullptr, nullptr), nullptr);
    mos_plan_job_options options = MOS_PLAN_JOB_OPTIONS_INIT;
    mos_job *raw = nullptr;
    for (const char *reason : {"\xff\xfe", "two\nlines", "\x1b[31mred"}) {
        options.reason = reason;
        CHECK(mos_plan_job(plan.get(), &options, &raw, nullptr) == MOS_E_INVALID_ARGUMENT);
    }
    const std::string longest(4096, 'a');
    const std::string longer = longest + "a";
    options.reason = longer.c_str();
    CHECK(mos_plan_job(plan.get(), &options, &raw, nullptr) == MOS_E_LIMIT);
    CHECK(raw == nullptr);
    options.reason = longest.c_str();
    must(mos_plan_job(plan.get(), &options, &raw, nullptr), nullptr);
    const Job job{raw};
    must(mos_job_run(job.get(), nullptr, nullptr, nullptr), nullptr);
    const auto history =
        made_by<History>([&](auto out, auto error) { return mos_history_open(bench.engine.get(), out, error); });
    mos_history_record record = MOS_HISTORY_RECORD_INIT;
    must(mos_history_next(history.get(), &record, nullptr), nullptr);
    CHECK(record.reason == longest);
}

TEST_CASE("an error is short whatever it was given, and its object is whole") {
    const Bench bench;
    const std::string kind(std::size_t{1} << 20U, 'k');
    mos_doctor *doctor = nullptr;
    const Failure failure =
        failure_of([&](auto error) { return mos_doctor_repair(bench.engine.get(), kind.c_str(), &doctor, error); });
    CHECK(std::strlen(mos_error_message(failure.error.get())) < 1000);
    const std::string path = "/" + kind;
    const Plan plan = bench.plan();
    const Failure long_path =
        failure_of([&](auto error) { return mos_plan_install_path(plan.get(), path.c_str(), nullptr, error); });
    CHECK(std::strlen(mos_error_message(long_path.error.get())) < 1000);
    CHECK(mos_error_object(long_path.error.get()) == path);
}

TEST_CASE("an output struct is filled as far as it reaches") {
    const Bench bench;
    const Plan plan = bench.plan();
    must(mos_plan_install_path(plan.get(), bench.pack("1", "one").c_str(), nullptr, nullptr), nullptr);
    mos_plan_totals totals = MOS_PLAN_TOTALS_INIT;
    CHECK(mos_plan_totals_get(plan.get(), &totals, nullptr) == MOS_E_INVALID_ARGUMENT);  // not resolved
    must(mos_plan_resolve(plan.get(), nullptr), nullptr);
    totals.struct_size = offsetof(mos_plan_totals, replaced);
    totals.replaced = 4711;
    must(mos_plan_totals_get(plan.get(), &totals, nullptr), nullptr);
    CHECK(totals.added == 2);
    CHECK(totals.replaced == 4711);
    CHECK(totals.struct_size == offsetof(mos_plan_totals, replaced));
    totals.struct_size = 0;
    CHECK(mos_plan_totals_get(plan.get(), &totals, nullptr) == MOS_E_INVALID_ARGUMENT);
    CHECK(mos_plan_totals_get(plan.get(), nullptr, nullptr) == MOS_E_INVALID_ARGUMENT);
    mos_step step = MOS_STEP_INIT;
    CHECK(mos_plan_step_count(plan.get()) == 1);
    must(mos_plan_step_at(plan.get(), 0, &step, nullptr), nullptr);
    CHECK(std::string{step.name} == "app");
    CHECK(std::string{step.signer} == "publisher");
    CHECK(mos_plan_step_at(plan.get(), 1, &step, nullptr) == MOS_E_INVALID_ARGUMENT);
    CHECK(std::strlen(mos_plan_digest(plan.get())) == 64);
}

// ---- Cursors ----

TEST_CASE("cursors go to MOS_END and stay there") {
    const Bench bench;
    const std::string path = bench.pack("1", "one");
    bench.install(path);
    const auto package = made_by<Package>(
        [&](auto out, auto error) { return mos_package_open_path(bench.context.get(), path.c_str(), out, error); });
    const auto cursor =
        made_by<Cursor>([&](auto out, auto error) { return mos_package_entries(package.get(), out, error); });
    CHECK(mos_entry_cursor_next(cursor.get(), nullptr, nullptr) == MOS_E_INVALID_ARGUMENT);  // and nothing is lost
    mos_entry entry = MOS_ENTRY_INIT;
    std::string paths;
    int code = MOS_OK;
    while ((code = mos_entry_cursor_next(cursor.get(), &entry, nullptr)) == MOS_OK)
        paths += std::string{entry.path} + "\n";
    CHECK(code == MOS_END);
    CHECK(mos_entry_cursor_next(cursor.get(), &entry, nullptr) == MOS_END);
    CHECK(paths.find("content/files/app\ncontent/files/app/file\n") != std::string::npos);
    CHECK(paths.find("content/files/app\n") == 0);
    mos_package_information information = MOS_PACKAGE_INFORMATION_INIT;
    must(mos_package_information_get(package.get(), &information, nullptr), nullptr);
    CHECK(information.entries == static_cast<std::uint64_t>(std::count(paths.begin(), paths.end(), '\n')));

    const auto history =
        made_by<History>([&](auto out, auto error) { return mos_history_open(bench.engine.get(), out, error); });
    mos_history_record record = MOS_HISTORY_RECORD_INIT;
    CHECK(mos_history_next(history.get(), &record, nullptr) == MOS_OK);
    CHECK(std::string{record.recovery_point} == "rp-1");
    CHECK(std::string{record.summary} == "install app 1");
    CHECK(record.in_effect);
    CHECK(record.can_roll_back);
    CHECK(record.changed_paths == 2);
    CHECK(mos_history_next(history.get(), &record, nullptr) == MOS_END);
    CHECK(mos_history_next(history.get(), &record, nullptr) == MOS_END);
}

TEST_CASE("the doctor's findings come one by one, and repairing answers what was mended") {
    Bench bench;
    bench.install(bench.pack("1", "one"));
    CHECK(unlink(bench.root.at("var/lib/multios/state.db").c_str()) == 0);
    const auto findings = [&](auto open) {
        const auto doctor = made_by<Doctor>(open);
        std::string kinds;
        mos_finding finding = MOS_FINDING_INIT;
        while (mos_doctor_next(doctor.get(), &finding, nullptr) == MOS_OK) {
            if (finding.severity == MOS_SEVERITY_ERROR) {
                kinds += std::string{finding.kind} + " ";
                CHECK(std::strlen(finding.sentence) > 0);
                CHECK(std::string{finding.object} == "var/lib/multios/state.db");
                CHECK(std::strlen(finding.repair) > 0);
            }
        }
        CHECK(mos_doctor_next(doctor.get(), &finding, nullptr) == MOS_END);
        return kinds;
    };
    const auto examine = [&](auto out, auto error) { return mos_doctor_examine(bench.engine.get(), out, error); };
    const auto repair = [&](auto out, auto error) {
        return mos_doctor_repair(bench.engine.get(), nullptr, out, error);
    };
    CHECK(findings(examine) == "database-missing ");
    CHECK(findings(repair) == "database-missing ");
    CHECK(findings(examine).empty());
    CHECK(findings(repair).empty());
    mos_doctor *doctor = nullptr;
    CHECK(mos_doctor_repair(bench.engine.get(), "nothing", &doctor, nullptr) == MOS_E_INVALID_ARGUMENT);
    CHECK(doctor == nullptr);
    CHECK(mos_doctor_examine(nullptr, &doctor, nullptr) == MOS_E_INVALID_ARGUMENT);
    CHECK(mos_doctor_next(nullptr, nullptr, nullptr) == MOS_E_INVALID_ARGUMENT);
}

TEST_CASE("every free function accepts NULL") {
    mos_context_free(nullptr);
    mos_engine_free(nullptr);
    mos_history_free(nullptr);
    mos_doctor_free(nullptr);
    mos_plan_free(nullptr);
    mos_job_free(nullptr);
    mos_package_free(nullptr);
    mos_entry_cursor_free(nullptr);
    mos_key_free(nullptr);
    mos_certificate_free(nullptr);
    mos_error_free(nullptr);
}

// ---- Errors ----

TEST_CASE("an error says what failed on what, why, and what to do about it") {
    const Bench bench;
    const Plan plan = bench.plan();
    const std::string missing = bench.work.at("missing.mos");
    const Failure failure =
        failure_of([&](auto error) { return mos_plan_install_path(plan.get(), missing.c_str(), nullptr, error); });
    CHECK(failure.code == MOS_E_NOT_FOUND);
    CHECK(std::string{mos_error_message(failure.error.get())}.find("'" + missing + "'") != std::string::npos);
    CHECK(std::string{mos_error_object(failure.error.get())} == missing);
    CHECK(mos_error_errno(failure.error.get()) == ENOENT);
    CHECK_FALSE(mos_error_retryable(failure.error.get()));
    CHECK(std::string{mos_error_remedy(failure.error.get())} == mos_error_code_remedy(MOS_E_NOT_FOUND));
    CHECK(mos_error_cause(failure.error.get()) == nullptr);
}

TEST_CASE("an error leads to its cause, which it owns") {
    const Bench bench;
    const auto package = made_by<Package>([&](auto out, auto error) {
        return mos_package_open_path(bench.context.get(), bench.pack("1", "one").c_str(), out, error);
    });
    mos_trust_options trust = MOS_TRUST_OPTIONS_INIT;
    const std::string nowhere = bench.work.at("nowhere");
    trust.trust_path = nowhere.c_str();
    const Failure failure =
        failure_of([&](auto error) { return mos_package_authenticate(package.get(), &trust, error); });
    CHECK(failure.code == MOS_E_TRUST_UNREADABLE);
    const mos_error *const cause = mos_error_cause(failure.error.get());
    REQUIRE(cause != nullptr);
    CHECK(mos_error_code(cause) == MOS_E_NOT_FOUND);
    CHECK(mos_error_errno(cause) == ENOENT);
}

TEST_CASE("no error is described as an internal one, an unknown code too") {
    CHECK(mos_error_code(nullptr) == MOS_E_INTERNAL);
    CHECK(std::string{mos_error_message(nullptr)} == "internal error");
    CHECK(std::string{mos_error_object(nullptr)}.empty());
    CHECK(mos_error_cause(nullptr) == nullptr);
    CHECK(std::string{mos_error_code_name(MOS_E_SIGNATURE_INVALID)} == "SIGNATURE_INVALID");
    CHECK(std::string{mos_error_code_name(-9999)} == "INTERNAL");
    CHECK(std::string{mos_error_code_name(INT32_MIN)} == "INTERNAL");
}

TEST_CASE("a call that succeeds sets the error to NULL") {
    auto *error = reinterpret_cast<mos_error *>(1);
    mos_context *context = nullptr;
    CHECK(mos_context_create(nullptr, &context, &error) == MOS_OK);
    CHECK(error == nullptr);
    mos_context_free(context);
}

// ---- Building ----

TEST_CASE("a key of the metadata that no manifest has is told by the build, with the one that was meant") {
    const Bench bench;
    mos_build_options options = MOS_BUILD_OPTIONS_INIT;
    options.name = "app";
    options.version = "1";
    options.manifest_json = R"({"dependencies": {"dependz": ["x"]}})";
    options.input_path = bench.work.path().c_str();
    const Folder output;
    const std::string path = output.at("app.mos");
    options.output_path = path.c_str();
    const auto job = made_by<Job>(
        [&](auto out, auto error) { return mos_package_build_job(bench.context.get(), &options, out, error); });
    must(mos_job_run(job.get(), nullptr, nullptr, nullptr), nullptr);
    const mos_outcome *outcome = nullptr;
    must(mos_job_outcome(job.get(), &outcome, nullptr), nullptr);
    REQUIRE(mos_outcome_notice_count(outcome) == 1);
    CHECK(std::string{mos_outcome_notice_at(outcome, 0)} ==
          "the metadata's 'dependencies.dependz' is no key of a manifest, and has no effect; did you mean "
          "'dependencies.depends'?");
    options.name = "a b";
    const Failure wrong = failure_of([&](auto error) {
        mos_job *refused = nullptr;
        return mos_package_build_job(bench.context.get(), &options, &refused, error);
    });
    CHECK(wrong.code == MOS_E_FORMAT);
    CHECK(std::string{mos_error_remedy(wrong.error.get())} == "correct what is named, in the options or the metadata");
}
