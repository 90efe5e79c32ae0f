// The queue through the C API: what is handed in, what comes out, and what is refused.
#include "capi_bench.hpp"

#include <ctime>
#include <string>
#include <vector>

using namespace mos::test::capi;
using Schedule = std::unique_ptr<mos_schedule, Freer<mos_schedule_free>>;

namespace {

struct Queue : Bench {
    int submit(const char *path, mos_priority priority, std::uint64_t &id, mos_error **error) const {
        mos_schedule_options options = MOS_SCHEDULE_OPTIONS_INIT;
        options.packages = &path;
        options.package_count = 1;
        options.priority = priority;
        return mos_schedule_submit(engine.get(), &options, &id, error);
    }
    // What is told of an update whose options were spoilt.
    template <class Spoil>
    [[nodiscard]] int refusal_of(const char *path, const Spoil &spoil, std::uint64_t &id) const {
        mos_schedule_options options = MOS_SCHEDULE_OPTIONS_INIT;
        options.packages = &path;
        options.package_count = 1;
        spoil(options);
        return failure_of([&](auto out) { return mos_schedule_submit(engine.get(), &options, &id, out); }).code;
    }
    [[nodiscard]] std::uint64_t submitted(const std::string &version, mos_priority priority) const {
        const std::string path = pack(version, "content " + version);
        std::uint64_t id = 0;
        mos_error *error = nullptr;
        must(submit(path.c_str(), priority, id, &error), error);
        return id;
    }
    [[nodiscard]] Schedule explained(std::uint64_t id) const {
        return made_by<Schedule>(
            [&](auto out, auto error) { return mos_schedule_explain(engine.get(), id, out, error); });
    }
    // "update-1 pending, …"
    [[nodiscard]] std::string listed(const char *states) const {
        const auto list = made_by<Schedule>(
            [&](auto out, auto error) { return mos_schedule_open(engine.get(), states, out, error); });
        std::string text;
        mos_schedule_entry entry = MOS_SCHEDULE_ENTRY_INIT;
        while (mos_schedule_next(list.get(), &entry, nullptr) == MOS_OK)
            text += (text.empty() ? "" : ", ") + std::string{entry.name} + " " + entry.state;
        return text;
    }
    [[nodiscard]] std::string run() const {
        const auto job =
            made_by<Job>([&](auto out, auto error) { return mos_schedule_run_due(engine.get(), out, error); });
        mos_error *error = nullptr;
        must(mos_job_run(job.get(), nullptr, nullptr, &error), error);
        const mos_outcome *outcome = nullptr;
        must(mos_job_outcome(job.get(), &outcome, &error), error);
        std::string rows;
        for (std::size_t i = 0; i < mos_outcome_row_count(outcome); ++i) {
            mos_report_row row = MOS_REPORT_ROW_INIT;
            must(mos_outcome_row_at(outcome, i, &row, &error), error);
            rows += (rows.empty() ? "" : ", ") + std::string{row.kind} + " " +
                    (std::string{row.kind} == "next" ? "" : row.object);
        }
        return rows;
    }
    [[nodiscard]] static mos_schedule_entry first(const Schedule &schedule) {
        mos_schedule_entry entry = MOS_SCHEDULE_ENTRY_INIT;
        mos_error *error = nullptr;
        must(mos_schedule_next(schedule.get(), &entry, &error), error);
        return entry;
    }
};

}  // namespace

TEST_CASE("an update is scheduled, explained, and run when it is due") {
    const Queue queue;
    std::int64_t wakeup = -7;
    CHECK(mos_schedule_next_wakeup(queue.engine.get(), &wakeup, nullptr) == MOS_END);
    CHECK(wakeup == -7);
    const std::uint64_t id = queue.submitted("1", MOS_PRIORITY_CRITICAL);
    CHECK(id == 1);
    CHECK(queue.listed(nullptr) == "update-1 pending");
    CHECK(mos_schedule_next_wakeup(queue.engine.get(), &wakeup, nullptr) == MOS_OK);
    CHECK(wakeup <= std::time(nullptr) + 1);  // which may be behind by a tick
    {
        const Schedule told = queue.explained(id);
        const mos_schedule_entry entry = Queue::first(told);
        CHECK(entry.priority == MOS_PRIORITY_CRITICAL);
        CHECK(std::string{entry.verdict} == "run");
        CHECK(std::string{entry.rule} == "immediate");
        CHECK(std::string{entry.packages}.find(R"("name":"app")") != std::string::npos);
        CHECK(entry.at_unix_s == -1);
        mos_schedule_note note = MOS_SCHEDULE_NOTE_INIT;
        CHECK(mos_schedule_note_next(told.get(), &note, nullptr) == MOS_OK);
        CHECK(std::string{note.action} == "submitted");
        CHECK(mos_schedule_note_next(told.get(), &note, nullptr) == MOS_END);
        mos_schedule_entry none = MOS_SCHEDULE_ENTRY_INIT;
        CHECK(mos_schedule_next(told.get(), &none, nullptr) == MOS_END);
    }
    CHECK(queue.run() == "done update-1");
    CHECK(queue.root.read("app/file") == "content 1");
    CHECK(queue.listed(nullptr).empty());
    CHECK(queue.listed("done,failed") == "update-1 done");
    CHECK(std::string{Queue::first(queue.explained(id)).recovery_point} == "rp-1");
    CHECK(queue.run().empty());
}

TEST_CASE("a person's word is kept: no, yes, another priority, cancelled, again") {
    const Queue queue;
    const std::uint64_t id = queue.submitted("1", MOS_PRIORITY_OPTIONAL);
    mos_engine *const engine = queue.engine.get();
    mos_error *error = nullptr;
    must(mos_schedule_act(engine, id, MOS_SCHEDULE_REJECT, "not now", &error), error);
    CHECK(std::string{Queue::first(queue.explained(id)).approval} == "rejected");
    must(mos_schedule_act(engine, id, MOS_SCHEDULE_APPROVE, nullptr, &error), error);
    CHECK(std::string{Queue::first(queue.explained(id)).state} == "approved");
    must(mos_schedule_set_priority(engine, id, MOS_PRIORITY_SECURITY, "a hole", &error), error);
    CHECK(Queue::first(queue.explained(id)).priority == MOS_PRIORITY_SECURITY);
    CHECK(failure_of([&](auto out) { return mos_schedule_act(engine, id, MOS_SCHEDULE_CANCEL_RETRY, "", out); }).code ==
          MOS_E_INVALID_ARGUMENT);
    must(mos_schedule_act(engine, id, MOS_SCHEDULE_CANCEL, "", &error), error);
    mos_schedule_retry_options again = MOS_SCHEDULE_RETRY_OPTIONS_INIT;
    again.max_attempts = 5;
    again.force_download = true;
    must(mos_schedule_retry(engine, id, &again, &error), error);
    CHECK(queue.listed(nullptr) == "update-1 retrying");
    must(mos_schedule_act(engine, id, MOS_SCHEDULE_CANCEL_RETRY, "", &error), error);
    CHECK(queue.listed("all") == "update-1 failed");
}

TEST_CASE("what can't be scheduled is refused, and the queue stays empty") {
    const Queue queue;
    const std::string path = queue.pack("1", "one");
    const auto refused = [&](const auto &spoil, int code) {
        std::uint64_t id = 77;
        const int told = queue.refusal_of(path.c_str(), spoil, id);
        CHECK(told == code);
        CHECK(id == 77);
    };
    refused([](auto &options) { options.package_count = 0; }, MOS_E_INVALID_ARGUMENT);
    refused([](auto &options) { options.packages = nullptr; }, MOS_E_INVALID_ARGUMENT);
    refused([](auto &options) { options.flags = 1U << 20U; }, MOS_E_INVALID_ARGUMENT);
    refused([](auto &options) { options.priority = 6; }, MOS_E_INVALID_ARGUMENT);
    refused([](auto &options) { options.start = "2024-01-15 02:30:00"; }, MOS_E_INVALID_ARGUMENT);
    refused([](auto &options) { options.start = "1969-12-31 00:00"; }, MOS_E_INVALID_ARGUMENT);
    refused([](auto &options) { options.deadline = "2150-01-01 00:00"; }, MOS_E_INVALID_ARGUMENT);
    refused([](auto &options) { options.start = "Sat 02:30 Middle/Earth"; }, MOS_E_INVALID_ARGUMENT);
    refused([](auto &options) { options.timeout = "0s"; }, MOS_E_INVALID_ARGUMENT);
    refused([](auto &options) { options.conditions = "cpu_usage<10,cpu_usage>50"; }, MOS_E_INVALID_ARGUMENT);
    refused([](auto &options) { options.flags = MOS_SCHEDULE_CANCEL_ON_TIMEOUT; }, MOS_E_INVALID_ARGUMENT);
    for (const char *text : {"\xff", "a\nb", "\x1b[31m"}) {
        refused([&](auto &options) { options.notification = text; }, MOS_E_INVALID_ARGUMENT);
        refused([&](auto &options) { options.reason = text; }, MOS_E_INVALID_ARGUMENT);
    }
    const std::string longer(65'536, 'a');
    refused([&](auto &options) { options.notification = longer.c_str(); }, MOS_E_LIMIT);  // with what is round it
    CHECK(queue.listed("all").empty());
    CHECK(failure_of([&](auto out) { return mos_schedule_submit(queue.engine.get(), nullptr, nullptr, out); }).code ==
          MOS_E_INVALID_ARGUMENT);
}

TEST_CASE("what was learnt of the device's usage is told, and nothing before it was learnt") {
    const Queue queue;
    mos_engine *const engine = queue.engine.get();
    mos_error *error = nullptr;
    mos_schedule_usage usage = MOS_SCHEDULE_USAGE_INIT;
    must(mos_schedule_usage_get(engine, &usage, &error), error);
    CHECK_FALSE(usage.known);
    CHECK(usage.first_unix_s == -1);
    CHECK(queue.submitted("1", MOS_PRIORITY_CRITICAL) == 1);
    CHECK(queue.run() == "done update-1");
    must(mos_schedule_usage_get(engine, &usage, &error), error);
    CHECK_FALSE(usage.known);
    CHECK(usage.last_unix_s > usage.first_unix_s);
    for (const std::uint8_t kind : usage.kind)
        CHECK(kind == MOS_USAGE_USUAL);
    CHECK(failure_of([&](auto out) { return mos_schedule_usage_get(engine, nullptr, out); }).code ==
          MOS_E_INVALID_ARGUMENT);
    CHECK(failure_of([&](auto out) { return mos_schedule_usage_get(nullptr, &usage, out); }).code ==
          MOS_E_INVALID_ARGUMENT);
}

TEST_CASE("units of systemd are written that follow the policy") {
    const Queue queue;
    mos_engine *const engine = queue.engine.get();
    const auto take = [](void *text, const void *bytes, std::size_t size) -> std::int32_t {
        static_cast<std::string *>(text)->append(static_cast<const char *>(bytes), size);
        return 0;
    };
    const auto write = [&](mos_systemd_unit unit, const char *program, std::string &text, mos_error **error) {
        return mos_schedule_systemd_unit(engine, unit, program, take, &text, error);
    };
    std::string service;
    std::string timer;
    mos_error *error = nullptr;
    must(write(MOS_SYSTEMD_SERVICE, "/usr/bin/multios-update", service, &error), error);
    CHECK(service.find("\nExecStart=\"/usr/bin/multios-update\" run-due\n") != std::string::npos);
    must(write(MOS_SYSTEMD_TIMER, "/usr/bin/multios-update", timer, &error), error);
    CHECK(timer.find("\nOnCalendar=*-*-* 02:00:00 UTC\n") != std::string::npos);
    std::string none;
    CHECK(failure_of([&](auto out) { return write(MOS_SYSTEMD_SERVICE, "multios-update", none, out); }).code ==
          MOS_E_INVALID_ARGUMENT);
    CHECK(failure_of([&](auto out) { return write(7, "/m", none, out); }).code == MOS_E_INVALID_ARGUMENT);
    CHECK(failure_of([&](auto out) { return write(MOS_SYSTEMD_TIMER, nullptr, none, out); }).code ==
          MOS_E_INVALID_ARGUMENT);
    const auto refuse = [](void *, const void *, std::size_t) -> std::int32_t { return 5; };
    const auto failed = failure_of(
        [&](auto out) { return mos_schedule_systemd_unit(engine, MOS_SYSTEMD_TIMER, "/m", refuse, nullptr, out); });
    CHECK(failed.code == MOS_E_IO);
    CHECK(none.empty());
}

TEST_CASE("names of entries are read, and nothing else is one") {
    CHECK(mos_schedule_id_of("update-12") == 12);
    CHECK(mos_schedule_id_of("12") == 0);
    CHECK(mos_schedule_id_of("") == 0);
    CHECK(mos_schedule_id_of(nullptr) == 0);
}

TEST_CASE("handles, states and entries that there are not are refused") {
    const Queue queue;
    mos_engine *const engine = queue.engine.get();
    auto *list = reinterpret_cast<mos_schedule *>(1);
    CHECK(failure_of([&](auto out) { return mos_schedule_open(engine, "asleep", &list, out); }).code ==
          MOS_E_INVALID_ARGUMENT);
    CHECK(list == nullptr);
    CHECK(failure_of([&](auto out) { return mos_schedule_open(engine, "", &list, out); }).code ==
          MOS_E_INVALID_ARGUMENT);
    CHECK(failure_of([&](auto out) { return mos_schedule_explain(engine, 5, &list, out); }).code == MOS_E_NOT_FOUND);
    CHECK(failure_of([&](auto out) { return mos_schedule_act(engine, 5, MOS_SCHEDULE_CANCEL, nullptr, out); }).code ==
          MOS_E_NOT_FOUND);
    CHECK(failure_of([&](auto out) { return mos_schedule_act(engine, 5, 9, nullptr, out); }).code ==
          MOS_E_INVALID_ARGUMENT);
    CHECK(failure_of([&](auto out) { return mos_schedule_set_priority(engine, 5, -1, nullptr, out); }).code ==
          MOS_E_INVALID_ARGUMENT);
    CHECK(failure_of([&](auto out) { return mos_schedule_next(nullptr, nullptr, out); }).code ==
          MOS_E_INVALID_ARGUMENT);
    CHECK(failure_of([&](auto out) { return mos_schedule_note_next(nullptr, nullptr, out); }).code ==
          MOS_E_INVALID_ARGUMENT);
    CHECK(failure_of([&](auto out) { return mos_schedule_next_wakeup(nullptr, nullptr, out); }).code ==
          MOS_E_INVALID_ARGUMENT);
    CHECK(failure_of([&](auto out) { return mos_schedule_run_due(nullptr, nullptr, out); }).code ==
          MOS_E_INVALID_ARGUMENT);
    CHECK(failure_of([&](auto out) { return mos_schedule_retry(engine, 5, nullptr, out); }).code == MOS_E_NOT_FOUND);
    mos_schedule_free(nullptr);
}
