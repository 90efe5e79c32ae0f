// Backups through the C API: written to a folder and to a callback, listed, verified, restored, cleaned up.
#include "capi_bench.hpp"

#include <filesystem>
#include <string>
#include <vector>

using namespace mos::test::capi;

namespace {

using Backups = std::unique_ptr<mos_backups, Freer<mos_backups_free>>;
using Report = std::unique_ptr<mos_report, Freer<mos_report_free>>;

struct Home : Bench {
    Home() {
        root.put("home/user/a", "first");
        root.put("home/user/b", "second");
    }

    [[nodiscard]] int back_up(const mos_backup_options &options, mos_error **error) const {
        mos_job *raw = nullptr;
        const int made = mos_engine_backup_job(engine.get(), &options, &raw, error);
        const Job job{raw};
        return made < 0 ? made : mos_job_run(job.get(), nullptr, nullptr, error);
    }
    void back_up(const char *destination = "/backup") const {
        mos_error *error = nullptr;
        must(back_up(options_for(destination), &error), error);
    }
    [[nodiscard]] static mos_backup_options options_for(const char *destination) {
        static const char *const paths[] = {"/home/user"};
        mos_backup_options options = MOS_BACKUP_OPTIONS_INIT;
        options.paths = paths;
        options.path_count = 1;
        options.destination = destination;
        return options;
    }
    [[nodiscard]] Backups list() const {
        return made_by<Backups>([&](auto out, auto error) { return mos_backups_open(engine.get(), out, error); });
    }
};

int next(const Backups &backups, mos_backup_record &record) {
    record = MOS_BACKUP_RECORD_INIT;
    mos_error *error = nullptr;
    const int found = mos_backups_next(backups.get(), &record, &error);
    CHECK(found >= 0);
    return found;
}

mos_backup_choice by_id(const char *id) {
    mos_backup_choice choice = MOS_BACKUP_CHOICE_INIT;
    choice.id = id;
    return choice;
}

int32_t append(void *text, const void *bytes, size_t size) {
    static_cast<std::string *>(text)->append(static_cast<const char *>(bytes), size);
    return 0;
}

int32_t refuse(void *, const void *, size_t) { return 7; }

void count(void *number) { ++*static_cast<int *>(number); }

}  // namespace

TEST_CASE("a backup is listed, verified, and put back by a plan that can be taken back") {
    const Home home;
    home.back_up();
    mos_backup_record record;
    const Backups backups = home.list();
    REQUIRE(next(backups, record) == MOS_OK);
    CHECK(std::string{record.id} == "backup-1");
    CHECK(record.standing == MOS_BACKUP_COMPLETE);
    CHECK(std::string{record.paths} == "home/user");
    CHECK(record.entries == 3);
    CHECK(record.verified);
    CHECK(next(backups, record) == MOS_END);

    const mos_backup_choice choice = by_id("backup-1");
    const auto check = made_by<Job>([&](auto out, auto error) {
        return mos_engine_backup_verify_job(home.engine.get(), &choice, MOS_BACKUP_DETAILED, out, error);
    });
    mos_error *error = nullptr;
    must(mos_job_run(check.get(), nullptr, nullptr, &error), error);
    const mos_outcome *outcome = nullptr;
    must(mos_job_outcome(check.get(), &outcome, &error), error);
    CHECK(mos_outcome_row_count(outcome) == 3 + 3);

    std::filesystem::remove(home.root.at("home/user/a"));
    const Plan plan = home.plan();
    must(mos_plan_restore(plan.get(), &choice, nullptr, &error), error);
    must(mos_plan_resolve(plan.get(), &error), error);
    mos_step step = MOS_STEP_INIT;
    must(mos_plan_step_at(plan.get(), 0, &step, &error), error);
    CHECK(step.action == MOS_STEP_RESTORE);
    CHECK(failure_of([&](auto err) { return mos_plan_rollback(plan.get(), nullptr, err); }).code ==
          MOS_E_INVALID_ARGUMENT);
    must(mos_job_run(Bench::job_of(plan).get(), nullptr, nullptr, &error), error);
    CHECK(home.root.read("home/user/a") == "first");
    const Plan back = home.plan();
    must(mos_plan_rollback(back.get(), nullptr, &error), error);
    must(mos_job_run(Bench::job_of(back).get(), nullptr, nullptr, &error), error);
    CHECK(!std::filesystem::exists(home.root.at("home/user/a")));
}

TEST_CASE("what lies where the catalogue's archive was, and is another backup, is not put back") {
    const Home home;
    home.back_up();
    home.root.put("home/user/a", "another");
    home.back_up();
    mos_backup_record record;
    const Backups backups = home.list();
    std::vector<std::filesystem::path> archives;
    while (next(backups, record) == MOS_OK)
        archives.emplace_back(home.root.at(std::string{record.archive}.substr(1)));
    REQUIRE(archives.size() == 2);
    std::filesystem::rename(archives[1], archives[0]);

    home.root.put("home/user/a", "today");
    const mos_backup_choice choice = by_id("backup-1");
    const Plan plan = home.plan();
    mos_error *error = nullptr;
    must(mos_plan_restore(plan.get(), &choice, nullptr, &error), error);
    CHECK(failure_of([&](auto err) { return mos_plan_resolve(plan.get(), err); }).code == MOS_E_BACKUP_DAMAGED);
    CHECK(home.root.read("home/user/a") == "today");
}

TEST_CASE("a callback gets the archive, its data are freed once, and what it refuses ends the backup") {
    const Home home;
    std::string archive;
    mos_backup_options options = Home::options_for(nullptr);
    options.write = append;
    options.write_user_data = &archive;
    mos_error *error = nullptr;
    must(home.back_up(options, &error), error);
    CHECK(archive.size() > 100);
    int freed = 0;
    options.write = refuse;
    options.write_user_data = &freed;
    options.write_destroy = count;
    const Failure refused = failure_of([&](auto err) { return home.back_up(options, err); });
    CHECK(refused.code == MOS_E_IO);
    CHECK(std::string{mos_error_remedy(refused.error.get())}.find("callback") != std::string::npos);
    CHECK(freed == 1);
    options.compression = 99;
    CHECK(failure_of([&](auto err) { return home.back_up(options, err); }).code == MOS_E_INVALID_ARGUMENT);
    CHECK(freed == 2);
}

TEST_CASE("what can't be meant is refused by name") {
    const Home home;
    mos_backup_options options = Home::options_for("/backup");
    options.flags = MOS_BACKUP_SIMULATE;
    CHECK(failure_of([&](auto err) { return home.back_up(options, err); }).code == MOS_E_INVALID_ARGUMENT);
    const Plan plan = home.plan();
    mos_backup_choice choice = by_id("backup-9");
    CHECK(failure_of([&](auto err) { return mos_plan_restore(plan.get(), &choice, nullptr, err); }).code ==
          MOS_E_NOT_FOUND);
    choice.path = "/backup";
    CHECK(failure_of([&](auto err) { return mos_plan_restore(plan.get(), &choice, nullptr, err); }).code ==
          MOS_E_INVALID_ARGUMENT);
    choice = MOS_BACKUP_CHOICE_INIT;
    CHECK(failure_of([&](auto err) { return mos_plan_restore(plan.get(), &choice, nullptr, err); }).code ==
          MOS_E_INVALID_ARGUMENT);
    mos_report *report = nullptr;
    CHECK(failure_of([&](auto err) { return mos_engine_protected(home.engine.get(), "vital", &report, err); }).code ==
          MOS_E_INVALID_ARGUMENT);
}

TEST_CASE("clean-up says what is due, and deletes it unless it is only simulated") {
    const Home home;
    home.back_up();
    home.back_up();
    mos_backup_retention retention = MOS_BACKUP_RETENTION_INIT;
    retention.keep_at_most = 1;
    const auto kinds = [&] {
        const auto report = made_by<Report>([&](auto out, auto error) {
            return mos_engine_backups_clean_up(home.engine.get(), &retention, out, error);
        });
        std::string text;
        mos_report_row row = MOS_REPORT_ROW_INIT;
        while (mos_report_next(report.get(), &row, nullptr) == MOS_OK)
            text += std::string{row.kind} + " " + row.package + "\n";
        return text;
    };
    retention.flags = MOS_BACKUP_SIMULATE;
    CHECK(kinds() == "due backup-1\n");
    retention.flags = 0;
    CHECK(kinds() == "removed backup-1\n");
    CHECK(kinds().empty());
    mos_backup_record record;
    const Backups left = home.list();
    CHECK(next(left, record) == MOS_OK);
    CHECK(std::string{record.id} == "backup-2");
    CHECK(next(left, record) == MOS_END);
}
