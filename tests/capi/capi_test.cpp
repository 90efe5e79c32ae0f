// The C API's promises about handles, structs, cursors, errors and callbacks.
#include "capi_bench.hpp"
#include "sanitized.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace mos::test::capi;

namespace {

// Counts how often the data of a callback are freed.
struct Counted {
    int destroyed = 0;
    static void destroy(void *data) { ++static_cast<Counted *>(data)->destroyed; }
};

struct BytesSource : Counted {
    std::string bytes;
    std::int64_t failure = 0;  // returned instead, when negative
    static std::int64_t read(void *data, std::uint64_t offset, void *buffer, std::size_t size) {
        const auto *source = static_cast<BytesSource *>(data);
        if (source->failure < 0)
            return source->failure;
        const std::size_t count = std::min<std::size_t>(size, source->bytes.size() - static_cast<std::size_t>(offset));
        std::memcpy(buffer, source->bytes.data() + offset, count);
        return static_cast<std::int64_t>(count);
    }
    static void free(void *data) { Counted::destroy(static_cast<BytesSource *>(data)); }
};

}  // namespace

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

TEST_CASE("the data of the services' callback are freed once, when the engine is gone or was never opened") {
    const Bench bench;
    Counted counted;
    mos_engine_options options = MOS_ENGINE_OPTIONS_INIT;
    options.root_path = bench.root.path().c_str();
    options.service_action = [](void *, const char *, mos_service_action) { return 0; };
    options.service_user_data = &counted;
    options.service_destroy = &Counted::destroy;
    mos_engine *engine = nullptr;
    must(mos_engine_open(bench.context.get(), &options, &engine, nullptr), nullptr);
    CHECK(counted.destroyed == 0);
    mos_engine_free(engine);
    CHECK(counted.destroyed == 1);
    options.flags = 0x80;
    CHECK(mos_engine_open(bench.context.get(), &options, &engine, nullptr) == MOS_E_INVALID_ARGUMENT);
    CHECK(counted.destroyed == 2);
    options.flags = 0;
    options.service_action = nullptr;
    must(mos_engine_open(bench.context.get(), &options, &engine, nullptr), nullptr);
    CHECK(counted.destroyed == 3);
    mos_engine_free(engine);
    CHECK(counted.destroyed == 3);
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

// ---- Callbacks ----

TEST_CASE("a package comes from a callback, whose data are freed once, with the last that uses them") {
    const Bench bench;
    BytesSource source;
    const std::string path = bench.pack("1", "one");
    source.bytes = bench.work.read("app-1.mos");
    Plan plan = bench.plan();
    must(mos_plan_install_source(plan.get(), source.bytes.size(), "from memory", nullptr, BytesSource::read, &source,
                                 BytesSource::free, nullptr),
         nullptr);
    Job job = Bench::job_of(plan);
    plan.reset();
    CHECK(source.destroyed == 0);
    must(mos_job_run(job.get(), nullptr, nullptr, nullptr), nullptr);
    CHECK(bench.root.read("app/file") == "one");
    job.reset();
    CHECK(source.destroyed == 1);
}

TEST_CASE("a callback's data are freed once also when the call that took them failed") {
    const Bench bench;
    const Plan plan = bench.plan();
    mos_package *package = nullptr;
    const auto destroyed_by = [](const auto &call) {
        BytesSource source;
        CHECK(call(source) < 0);
        return source.destroyed;
    };
    mos_install_options bad = MOS_INSTALL_OPTIONS_INIT;
    bad.on_conflict = 9;
    CHECK(destroyed_by([&](BytesSource &source) {
              return mos_plan_install_source(plan.get(), 10, "x", nullptr, nullptr, &source, BytesSource::free,
                                             nullptr);
          }) == 1);
    CHECK(destroyed_by([&](BytesSource &source) {
              return mos_plan_install_source(nullptr, 10, "x", nullptr, BytesSource::read, &source, BytesSource::free,
                                             nullptr);
          }) == 1);
    CHECK(destroyed_by([&](BytesSource &source) {
              return mos_plan_install_source(plan.get(), 10, "x", &bad, BytesSource::read, &source, BytesSource::free,
                                             nullptr);
          }) == 1);
    CHECK(destroyed_by([&](BytesSource &source) {
              source.bytes = "no package";
              return mos_plan_install_source(plan.get(), 10, "x", nullptr, BytesSource::read, &source,
                                             BytesSource::free, nullptr);
          }) == 1);
    CHECK(destroyed_by([&](BytesSource &source) {
              return mos_package_open_source(bench.context.get(), 10, "x", BytesSource::read, &source,
                                             BytesSource::free, nullptr, nullptr);
          }) == 1);
    CHECK(destroyed_by([&](BytesSource &source) {
              return mos_package_open_source(nullptr, 10, "x", BytesSource::read, &source, BytesSource::free, &package,
                                             nullptr);
          }) == 1);
}

TEST_CASE("a context that can't be made frees the data of its callbacks once") {
    Counted log;
    Counted clock;
    struct Newer {
        mos_context_options known;
        std::uint64_t unknown;
    } options{MOS_CONTEXT_OPTIONS_INIT, 0};
    options.known.log_user_data = &log;
    options.known.log_destroy = Counted::destroy;
    options.known.clock_user_data = &clock;
    options.known.clock_destroy = Counted::destroy;
    CHECK(mos_context_create(&options.known, nullptr, nullptr) == MOS_E_INVALID_ARGUMENT);
    CHECK(log.destroyed == 1);
    CHECK(clock.destroyed == 1);
    options.known.struct_size = sizeof options;
    options.unknown = 1;
    mos_context *context = nullptr;
    CHECK(mos_context_create(&options.known, &context, nullptr) == MOS_E_UNSUPPORTED);
    CHECK(context == nullptr);
    CHECK(log.destroyed == 2);
    CHECK(clock.destroyed == 2);
}

TEST_CASE("the context's log is told what a change to a root noticed") {
    struct Log : Counted {
        std::string lines;
        static void take(void *data, mos_log_level level, const char *message) {
            CHECK(level == MOS_LOG_WARNING);
            static_cast<Log *>(data)->lines += std::string{message} + "\n";
        }
        static void free(void *data) { Counted::destroy(static_cast<Log *>(data)); }
    } log;
    const Bench bench;
    bench.install(bench.pack("1", "one"));
    bench.install(bench.pack("2", "two"));
    bench.root.put("app/file", "mine, and longer");
    {
        mos_context_options options = MOS_CONTEXT_OPTIONS_INIT;
        options.log = Log::take;
        options.log_user_data = &log;
        options.log_destroy = Log::free;
        const auto context =
            made_by<Context>([&](auto out, auto error) { return mos_context_create(&options, out, error); });
        mos_engine_options root = MOS_ENGINE_OPTIONS_INIT;
        root.root_path = bench.root.path().c_str();
        const auto engine =
            made_by<Engine>([&](auto out, auto error) { return mos_engine_open(context.get(), &root, out, error); });
        const auto plan =
            made_by<Plan>([&](auto out, auto error) { return mos_plan_create(engine.get(), out, error); });
        must(mos_plan_rollback(plan.get(), nullptr, nullptr), nullptr);
        must(mos_job_run(Bench::job_of(plan).get(), nullptr, nullptr, nullptr), nullptr);
    }
    CHECK(log.lines == "'app/file' is kept: it was changed since\n");
    CHECK(log.destroyed == 1);
    CHECK(bench.root.read("app/file") == "mine, and longer");
}

TEST_CASE("the value with which a read callback fails is in the error") {
    const Bench bench;
    BytesSource source;
    source.failure = -77;
    mos_package *package = nullptr;
    const Failure failure = failure_of([&](auto error) {
        return mos_package_open_source(bench.context.get(), 100'000, "broken", BytesSource::read, &source,
                                       BytesSource::free, &package, error);
    });
    CHECK(failure.code == MOS_E_IO);
    std::string words;
    for (const mos_error *error = failure.error.get(); error != nullptr; error = mos_error_cause(error))
        words += mos_error_message(error);
    CHECK(words.find("-77") != std::string::npos);
}

TEST_CASE("the context's clock is asked, and freed with the last that needs it") {
    struct Clock : Counted {
        std::int64_t now = 1'234'567'890;
        static std::int64_t tell(void *data) { return static_cast<Clock *>(data)->now; }
        static void free(void *data) { Counted::destroy(static_cast<Clock *>(data)); }
    } clock;
    const Bench bench;
    {
        mos_context_options options = MOS_CONTEXT_OPTIONS_INIT;
        options.clock = Clock::tell;
        options.clock_user_data = &clock;
        options.clock_destroy = Clock::free;
        auto context = made_by<Context>([&](auto out, auto error) { return mos_context_create(&options, out, error); });
        mos_engine_options root = MOS_ENGINE_OPTIONS_INIT;
        root.root_path = bench.root.path().c_str();
        const auto engine =
            made_by<Engine>([&](auto out, auto error) { return mos_engine_open(context.get(), &root, out, error); });
        context.reset();
        CHECK(clock.destroyed == 0);
        const auto plan =
            made_by<Plan>([&](auto out, auto error) { return mos_plan_create(engine.get(), out, error); });
        must(mos_plan_install_path(plan.get(), bench.pack("1", "one").c_str(), nullptr, nullptr), nullptr);
        must(mos_job_run(Bench::job_of(plan).get(), nullptr, nullptr, nullptr), nullptr);
    }
    CHECK(clock.destroyed == 1);
    const auto history =
        made_by<History>([&](auto out, auto error) { return mos_history_open(bench.engine.get(), out, error); });
    mos_history_record record = MOS_HISTORY_RECORD_INIT;
    REQUIRE(mos_history_next(history.get(), &record, nullptr) == MOS_OK);
    CHECK(record.time_unix_s == clock.now);
}

TEST_CASE("a question goes to the ask callback, whose NULL is the default") {
    for (const char *answer : {"keep", "replace", static_cast<const char *>(nullptr)}) {
        const Bench bench;
        bench.root.put("app/file", "mine");
        const Plan plan = bench.plan();
        mos_install_options options = MOS_INSTALL_OPTIONS_INIT;
        options.on_conflict = MOS_CONFLICT_ASK;
        must(mos_plan_install_path(plan.get(), bench.pack("1", "one").c_str(), &options, nullptr), nullptr);
        struct Asked {
            const char *answer;
            std::string object;
            std::string choices;
        } asked{answer, {}, {}};
        const auto ask = [](void *data, const mos_question *question) -> const char * {
            auto *to = static_cast<Asked *>(data);
            to->object = question->object;
            to->choices = question->choices;
            return to->answer;
        };
        const Job job = Bench::job_of(plan);
        const int code = mos_job_run(job.get(), ask, &asked, nullptr);
        CHECK(asked.object == "app/file");
        CHECK(asked.choices == "keep|replace|stop");
        CHECK(code == (answer != nullptr ? int{MOS_OK} : int{MOS_E_CONFLICT}));
        CHECK(bench.root.read("app/file") == (answer != nullptr && *answer == 'r' ? "one" : "mine"));
        CHECK(mos_job_outcome(job.get(), nullptr, nullptr) == code);
    }
}

// ---- Keys and certificates ----

TEST_CASE("a certificate that would end beyond all times is refused") {
    const Bench bench;
    const auto key = made_by<Key>(
        [&](auto out, auto error) { return mos_key_generate(bench.context.get(), MOS_KEY_ECC_P384, out, error); });
    mos_certificate_options options = MOS_CERTIFICATE_OPTIONS_INIT;
    options.common_name = "CA";
    options.not_before_unix_s = INT64_MAX - 86'400;
    options.validity_days = 2;
    mos_certificate *certificate = nullptr;
    CHECK(mos_certificate_create_ca(key.get(), &options, &certificate, nullptr) == MOS_E_INVALID_ARGUMENT);
    CHECK(certificate == nullptr);
}

TEST_CASE("a private key that can't be written in full leaves nothing behind") {
    const Bench bench;
    const std::string path = bench.work.at("private.pem");
    struct rlimit before {};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    struct rlimit small = before;
    small.rlim_cur = 10;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const int code = mos_key_store(bench.key.get(), path.c_str(), nullptr);
    ::setrlimit(RLIMIT_FSIZE, &before);
    static_cast<void>(std::signal(SIGXFSZ, handler));
    CHECK(code < 0);
    CHECK_FALSE(std::filesystem::exists(path));
    CHECK(mos_key_store(bench.key.get(), path.c_str(), nullptr) == MOS_OK);
    CHECK(mos_key_store(bench.key.get(), path.c_str(), nullptr) == MOS_E_EXISTS);
}

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

// ---- Jobs, descriptors and roots ----

TEST_CASE("the outcome is pending before the end, and the same however often it is asked for") {
    const Bench bench;
    const Plan plan = bench.plan();
    must(mos_plan_install_path(plan.get(), bench.pack("1", "one").c_str(), nullptr, nullptr), nullptr);
    const Job job = Bench::job_of(plan);
    const mos_outcome *outcome = nullptr;
    CHECK(mos_job_outcome(job.get(), &outcome, nullptr) == MOS_PENDING);
    CHECK(outcome == nullptr);
    must(mos_job_start(job.get(), nullptr), nullptr);
    CHECK(mos_job_wait(job.get(), -1) == MOS_OK);
    CHECK(mos_job_outcome(job.get(), &outcome, nullptr) == MOS_OK);
    const mos_outcome *again = nullptr;
    CHECK(mos_job_outcome(job.get(), &again, nullptr) == MOS_OK);
    CHECK(again == outcome);
    CHECK(std::string{mos_outcome_recovery_point(outcome)} == "rp-1");
    CHECK(mos_outcome_changed_paths(outcome) == 2);
    CHECK(mos_outcome_written_bytes(outcome) == 3);
    CHECK(mos_outcome_notice_count(outcome) == 0);
    CHECK(std::string{mos_outcome_notice_at(outcome, 0)}.empty());
    CHECK(mos_job_start(job.get(), nullptr) == MOS_E_INVALID_ARGUMENT);
    mos_progress progress = MOS_PROGRESS_INIT;
    CHECK(mos_job_progress(job.get(), &progress) == MOS_OK);
    CHECK(progress.state == MOS_JOB_ENDED);
    mos_question question = MOS_QUESTION_INIT;
    CHECK(mos_job_question(job.get(), &question) == MOS_END);
}

TEST_CASE("a job that failed gives a copy of its error each time") {
    const Bench bench;
    const Plan plan = bench.plan();
    must(mos_plan_remove(plan.get(), "app", nullptr, nullptr), nullptr);
    const Job job = Bench::job_of(plan);
    const auto run = failure_of([&](auto error) { return mos_job_run(job.get(), nullptr, nullptr, error); });
    CHECK(run.code == MOS_E_NOT_INSTALLED);
    for (int i = 0; i < 2; ++i) {
        const auto outcome = failure_of([&](auto error) { return mos_job_outcome(job.get(), nullptr, error); });
        CHECK(outcome.code == MOS_E_NOT_INSTALLED);
        CHECK(outcome.error != run.error);
    }
}

TEST_CASE("root and package by descriptor are duplicated: the caller may close his at once") {
    const Bench bench;
    const int root = ::open(bench.root.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    mos_engine_options options = MOS_ENGINE_OPTIONS_INIT;
    options.flags = MOS_ENGINE_ROOT_DESCRIPTOR;
    options.root_descriptor = root;
    const auto engine = made_by<Engine>(
        [&](auto out, auto error) { return mos_engine_open(bench.context.get(), &options, out, error); });
    ::close(root);
    const int package = ::open(bench.pack("1", "one").c_str(), O_RDONLY | O_CLOEXEC);
    const auto plan = made_by<Plan>([&](auto out, auto error) { return mos_plan_create(engine.get(), out, error); });
    must(mos_plan_install_descriptor(plan.get(), package, "by descriptor", nullptr, nullptr), nullptr);
    ::close(package);
    must(mos_job_run(Bench::job_of(plan).get(), nullptr, nullptr, nullptr), nullptr);
    CHECK(bench.root.read("app/file") == "one");
    options.root_descriptor = -1;
    mos_engine *none = nullptr;
    CHECK(mos_engine_open(bench.context.get(), &options, &none, nullptr) < 0);
    CHECK(mos_plan_install_descriptor(bench.plan().get(), -1, "none", nullptr, nullptr) < 0);
}

TEST_CASE("the installed version is told, with the ways in which it can't be") {
    const Bench bench;
    char version[256] = "untouched";
    CHECK(mos_engine_installed_version(bench.engine.get(), "app", version, sizeof version, nullptr) == MOS_END);
    CHECK(std::string{version} == "untouched");
    bench.install(bench.pack("1.0", "one"));
    CHECK(mos_engine_installed_version(bench.engine.get(), "app", version, 3, nullptr) == MOS_E_LIMIT);
    CHECK(std::string{version} == "untouched");
    CHECK(mos_engine_installed_version(bench.engine.get(), "app", version, 4, nullptr) == MOS_OK);
    CHECK(std::string{version} == "1.0");
}

TEST_CASE("a package that is no file, and a root that is no folder, are refused") {
    const Bench bench;
    mos_package *package = nullptr;
    CHECK(mos_package_open_path(bench.context.get(), bench.root.path().c_str(), &package, nullptr) ==
          MOS_E_UNSUPPORTED);
    bench.work.put("file", "f");
    const std::string file = bench.work.at("file");
    mos_engine_options options = MOS_ENGINE_OPTIONS_INIT;
    options.root_path = file.c_str();
    mos_engine *engine = nullptr;
    CHECK(mos_engine_open(bench.context.get(), &options, &engine, nullptr) < 0);
    CHECK(mos_package_open_path(bench.context.get(), file.c_str(), &package, nullptr) < 0);
    CHECK(package == nullptr);
}
