// What the C API promises about an embedder's callbacks: when they are called, and that their data are freed once.
#include "capi_bench.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <vector>

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

TEST_CASE("the health callback is asked after a change; its no takes the change back, and history says so") {
    Bench bench;
    struct Asked : Counted {
        int answer = 0;
        std::int64_t time_left_ms = 0;
    } asked;
    mos_engine_options options = MOS_ENGINE_OPTIONS_INIT;
    options.root_path = bench.root.path().c_str();
    options.health = [](void *data, std::int64_t time_left_ms) {
        static_cast<Asked *>(data)->time_left_ms = time_left_ms;
        return static_cast<Asked *>(data)->answer;
    };
    options.health_user_data = &asked;
    options.health_destroy = [](void *data) { Counted::destroy(static_cast<Asked *>(data)); };
    const auto run = [&](const std::string &path) {
        mos_engine *engine = nullptr;
        mos_plan *plan = nullptr;
        mos_job *job = nullptr;
        must(mos_engine_open(bench.context.get(), &options, &engine, nullptr), nullptr);
        must(mos_plan_create(engine, &plan, nullptr), nullptr);
        must(mos_plan_install_path(plan, path.c_str(), nullptr, nullptr), nullptr);
        must(mos_plan_job(plan, nullptr, &job, nullptr), nullptr);
        const int code = mos_job_run(job, nullptr, nullptr, nullptr);
        mos_job_free(job);
        mos_plan_free(plan);
        mos_engine_free(engine);
        return code;
    };
    CHECK(run(bench.pack("1", "one")) == MOS_OK);
    CHECK(asked.time_left_ms <= 300'000);
    CHECK(asked.time_left_ms > 0);  // the clock runs from before the call
    asked.answer = 7;
    CHECK(run(bench.pack("2", "two")) == MOS_E_REVERTED);
    CHECK(asked.destroyed == 2);
    const auto history =
        made_by<History>([&](auto out, auto error) { return mos_history_open(bench.engine.get(), out, error); });
    mos_history_record record = MOS_HISTORY_RECORD_INIT;
    must(mos_history_next(history.get(), &record, nullptr), nullptr);
    CHECK(record.went_back == MOS_WENT_BACK_FAILED_HEALTH_CHECK);
    CHECK(std::string{record.cause}.find("answered 7") != std::string::npos);
    CHECK(std::string{record.takes_back}.empty());
    must(mos_history_next(history.get(), &record, nullptr), nullptr);
    CHECK(record.went_back == MOS_WENT_BACK_NOT);
    CHECK(std::string{record.cause}.empty());
}

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

// What must not be, and may not cost the root anything all the same.

TEST_CASE("a callback that throws has failed, the error names it, and nothing is changed") {
    const Bench bench;
    const auto words = [](const Failure &failure) {
        std::string all;
        for (const mos_error *one = failure.error.get(); one != nullptr; one = mos_error_cause(one))
            all += std::string{mos_error_message(one)} + "\n" + mos_error_remedy(one) + "\n";
        return all;
    };
    const Plan plan = bench.plan();
    const Failure read = failure_of([&](auto error) {
        return mos_plan_install_source(
            plan.get(), 100'000, "far", nullptr,
            [](void *, std::uint64_t, void *, std::size_t) -> std::int64_t { throw std::runtime_error{"read"}; },
            nullptr, nullptr, error);
    });
    CHECK(read.code == MOS_E_IO);
    CHECK(words(read).find("'read_at' threw") != std::string::npos);
    CHECK(words(read).find("it may throw nothing") != std::string::npos);

    bench.root.put("app/file", "mine");
    mos_install_options options = MOS_INSTALL_OPTIONS_INIT;
    options.on_conflict = MOS_CONFLICT_ASK;
    must(mos_plan_install_path(plan.get(), bench.pack("1", "one").c_str(), &options, nullptr), nullptr);
    const Job job = Bench::job_of(plan);
    const Failure asked = failure_of([&](auto error) {
        return mos_job_run(
            job.get(), [](void *, const mos_question *) -> const char * { throw 1; }, nullptr, error);
    });
    CHECK(asked.code == MOS_E_INVALID_ARGUMENT);
    CHECK(words(asked).find("'ask' threw") != std::string::npos);
    CHECK(bench.root.read("app/file") == "mine");
}

TEST_CASE("what the log, the clock or a watcher of events throws is dropped, and the change is done") {
    const Bench bench;
    mos_context_options context_options = MOS_CONTEXT_OPTIONS_INIT;
    context_options.log = [](void *, mos_log_level, const char *) { throw 1; };
    context_options.clock = [](void *) -> std::int64_t { throw 1; };
    const auto context =
        made_by<Context>([&](auto out, auto error) { return mos_context_create(&context_options, out, error); });
    mos_engine_options options = MOS_ENGINE_OPTIONS_INIT;
    options.root_path = bench.root.path().c_str();
    options.event = [](void *, const mos_event *) { throw 1; };
    const auto engine =
        made_by<Engine>([&](auto out, auto error) { return mos_engine_open(context.get(), &options, out, error); });
    const auto plan = made_by<Plan>([&](auto out, auto error) { return mos_plan_create(engine.get(), out, error); });
    mos_error *error = nullptr;
    must(mos_plan_install_path(plan.get(), bench.pack("1", "one").c_str(), nullptr, &error), error);
    must(mos_job_run(Bench::job_of(plan).get(), nullptr, nullptr, &error), error);
    CHECK(bench.root.read("app/file") == "one");
}

TEST_CASE("users are told of scheduled updates by the embedder's callback, whose failure fails no update") {
    const Bench bench;
    struct Users : Counted {
        int answer = 0;
        std::vector<mos_notice_kind> kinds;
        std::string last;
        std::size_t entries = 0;
        std::uint64_t entry = 0;
        std::int64_t start_s = 0;
    } users;
    mos_engine_options options = MOS_ENGINE_OPTIONS_INIT;
    options.root_path = bench.root.path().c_str();
    options.notify = [](void *data, const mos_notice *notice) {
        auto *told = static_cast<Users *>(data);
        CHECK(notice->struct_size == sizeof(mos_notice));
        CHECK(notice->level == MOS_NOTICE_URGENT);
        told->kinds.push_back(notice->kind);
        told->last = notice->text;
        told->entries = notice->entry_count;
        told->entry = notice->entries[0];
        told->start_s = notice->start_unix_s;
        return told->answer;
    };
    options.notify_user_data = &users;
    options.notify_destroy = [](void *data) { Counted::destroy(static_cast<Users *>(data)); };
    const auto engine = made_by<Engine>(
        [&](auto out, auto error) { return mos_engine_open(bench.context.get(), &options, out, error); });
    const auto run = [&](const char *version) {
        const std::string path = bench.pack(version, version);
        const char *paths = path.c_str();
        mos_schedule_options asked = MOS_SCHEDULE_OPTIONS_INIT;
        asked.packages = &paths;
        asked.package_count = 1;
        asked.priority = MOS_PRIORITY_CRITICAL;
        std::uint64_t id = 0;
        mos_error *error = nullptr;
        must(mos_schedule_submit(engine.get(), &asked, &id, &error), error);
        const auto job = made_by<Job>([&](auto out, auto err) { return mos_schedule_run_due(engine.get(), out, err); });
        must(mos_job_run(job.get(), nullptr, nullptr, &error), error);
        return id;
    };
    const std::uint64_t id = run("1");
    CHECK(users.kinds == std::vector<mos_notice_kind>{MOS_NOTICE_BEGUN, MOS_NOTICE_DONE});
    CHECK(users.last.find(" is done.") != std::string::npos);
    CHECK(users.entries == 1);
    CHECK(users.entry == id);
    CHECK(users.start_s == -1);
    users.answer = 7;
    run("2");
    CHECK(users.kinds.size() == 4);
    char version[256] = {};
    must(mos_engine_installed_version(engine.get(), "app", version, sizeof version, nullptr), nullptr);
    CHECK(std::string{version}.starts_with("2"));
}

TEST_CASE("a source that is spared is asked for what the root does not have, and the plan says how much that is") {
    const Bench bench;
    const std::string content = numbers_text(1'000'000, 1);
    bench.install(bench.pack_at("1.0", "app/old-name", content));
    struct Spared : BytesSource {
        std::uint64_t given = 0;
        static std::int64_t count(void *data, std::uint64_t offset, void *buffer, std::size_t size) {
            auto *spared = static_cast<Spared *>(data);
            const std::int64_t read = BytesSource::read(spared, offset, buffer, size);
            spared->given += static_cast<std::uint64_t>(read);
            return read;
        }
    } source;
    source.bytes = Folder::read_file(bench.pack_at("1.1", "app/new-name", content));
    const Plan plan = bench.plan();
    mos_install_options options = MOS_INSTALL_OPTIONS_INIT;
    options.reuse_installed = true;
    mos_error *error = nullptr;
    must(mos_plan_install_source(plan.get(), source.bytes.size(), "far", &options, &Spared::count, &source, nullptr,
                                 &error),
         error);
    must(mos_plan_resolve(plan.get(), &error), error);
    mos_plan_totals totals = MOS_PLAN_TOTALS_INIT;
    must(mos_plan_totals_get(plan.get(), &totals, &error), error);
    CHECK(totals.package_bytes == source.bytes.size());
    CHECK(totals.read_bytes < totals.package_bytes / 4);
    CHECK(totals.write_bytes == content.size());
    must(mos_job_run(Bench::job_of(plan).get(), nullptr, nullptr, &error), error);
    CHECK(source.given == totals.read_bytes);  // and nothing twice
    CHECK(bench.root.read("app/new-name") == content);
    CHECK_FALSE(std::filesystem::exists(bench.root.at("app/old-name")));
}
