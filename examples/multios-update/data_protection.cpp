// data-protection: backups, putting them back, and what is worth protecting; system restore.
#include "commands.hpp"

#include "frame/change.hpp"
#include "frame/job.hpp"
#include "frame/listing.hpp"
#include "frame/report.hpp"
#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

using namespace frame;
using nlohmann::ordered_json;

namespace update_tool {

namespace {

using Backups = std::unique_ptr<mos_backups, FreeWith<mos_backups_free>>;

constexpr std::string_view compressions = "none|gzip|zstd|lz4";
constexpr std::string_view newer_rules = "refuse|ask|keep|replace";

std::uint32_t outside(const Session &session) {
    return session.values.flag("outside-root") ? std::uint32_t{MOS_BACKUP_OUTSIDE_ROOT} : 0U;
}

Option outside_option() { return flag("outside-root", "the archive's path is the running system's, not --root's"); }

// The place of a word among those that an option has.
std::int32_t place_of(std::string_view word, std::string_view words) {
    std::int32_t place = 0;
    for (std::size_t begin = 0; begin <= words.size(); ++place) {
        const std::size_t end = std::min(words.find('|', begin), words.size());
        if (words.substr(begin, end - begin) == word)
            break;
        begin = end + 1;
    }
    return place;
}

// ---- list-protected ----

const Columns<ReportRow> &protected_columns() {
    static const Columns<ReportRow> columns{
        {{For::everyone, "class", "class"}, [](const ReportRow &row) -> Cell { return row.kind; }},
        {{For::everyone, "path", "path"}, [](const ReportRow &row) -> Cell { return "/" + row.object; }},
        {{For::everyone, "why", "why"}, [](const ReportRow &row) -> Cell { return row.sentence; }},
    };
    return columns;
}

Result<ExitCode> list_protected(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const std::vector<ReportRow> rows, report_of([&](auto out, auto error) {
                  return mos_engine_protected(engine.get(), session.values.c_text("filter"), out, error);
              }));
    put_listing(
        session, protected_columns(), rows,
        [](ordered_json list) {
            return ordered_json{{"protected", std::move(list)}};
        },
        [&] { put_table(protected_columns(), rows, "Nothing of these classes is here."); });
    return ExitCode::done;
}

// ---- backup and verify-integrity ----

void put_notices(const std::vector<std::string> &notices) {
    for (const std::string &notice : notices)
        put_line(Stream::out, {{Style::caution, "  note  "}, {Style::plain, notice}});
}

Result<ExitCode> back_up(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    const std::vector<std::string> paths = session.values.texts("path");
    std::vector<const char *> pointers;
    pointers.reserve(paths.size());
    for (const std::string &path : paths)
        pointers.push_back(path.c_str());
    mos_backup_options options = MOS_BACKUP_OPTIONS_INIT;
    options.paths = pointers.data();
    options.path_count = pointers.size();
    options.destination = session.values.c_text("destination");
    options.leave_out = session.values.c_text("leave-out");
    options.flags = outside(session);
    if (session.values.has("verify") && !session.values.flag("verify"))
        options.flags |= MOS_BACKUP_UNVERIFIED;
    if (const auto compression = session.values.text("compression"))
        options.compression = MOS_COMPRESSION_NONE + place_of(*compression, compressions);
    FRAME_TRY(Job job, make<Job>([&](auto out, auto error) {
                  return mos_engine_backup_job(engine.get(), &options, out, error);
              }));
    FRAME_TRY(const EndedJob ended, run_job(session, std::move(job)));
    FRAME_TRY(const std::vector<ReportRow> rows, read_rows(ended.outcome));
    const std::vector<std::string> notices = read_notices(ended.outcome);
    if (session.json()) {
        put_json({{"backup", rows.at(0).package},
                  {"archive", rows.at(0).object},
                  {"archive_bytes", mos_outcome_written_bytes(ended.outcome)},
                  {"summary", rows.at(0).sentence},
                  {"notices", notices},
                  {"elapsed_ms", ended.elapsed_ms}});
        return ExitCode::done;
    }
    put_notices(notices);
    put_line(Stream::out, {{Style::good, rows.at(0).package}, {Style::plain, "  " + rows.at(0).sentence}});
    return ExitCode::done;
}

Result<mos_backup_choice> choice_of(const Session &session, std::string_view path_option) {
    if (session.values.has("backup-id") && (session.values.has(path_option) || session.values.flag("outside-root")))
        return usage_failure("the backup is named twice: --backup-id is one of the catalogue's, wherever it lies",
                             fmt::format("give --backup-id alone, or --{} without it", path_option));
    mos_backup_choice choice = MOS_BACKUP_CHOICE_INIT;
    choice.flags = outside(session);
    choice.id = session.values.c_text("backup-id");
    choice.path = session.values.c_text(path_option);
    return choice;
}

const Columns<ReportRow> &check_columns() {
    static const Columns<ReportRow> columns{
        {{For::everyone, "kind", ""}, [](const ReportRow &row) -> Cell { return row.kind; }},
        {{For::everyone, "object", ""}, [](const ReportRow &row) -> Cell { return row.object; }},
        {{For::everyone, "sentence", ""}, [](const ReportRow &row) -> Cell { return row.sentence; }},
    };
    return columns;
}

Result<ExitCode> verify_integrity(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const mos_backup_choice choice, choice_of(session, "source"));
    const std::uint32_t flags = session.values.flag("detailed") ? std::uint32_t{MOS_BACKUP_DETAILED} : 0U;
    FRAME_TRY(Job job, make<Job>([&](auto out, auto error) {
                  return mos_engine_backup_verify_job(engine.get(), &choice, flags, out, error);
              }));
    FRAME_TRY(const EndedJob ended, run_job(session, std::move(job)));
    FRAME_TRY(const std::vector<ReportRow> rows, read_rows(ended.outcome));
    put_listing(
        session, check_columns(), rows,
        [&](ordered_json list) {
            return ordered_json{{"backup", rows.at(0).package}, {"intact", true}, {"checks", std::move(list)}};
        },
        [&] {
            put_table(check_columns(), rows, "");
            put_line(Stream::out, {{Style::good, "intact"}, {Style::plain, "  " + rows.at(0).package}});
        });
    return ExitCode::done;
}

// ---- restore ----

Result<ExitCode> restore_with(Session &session, const mos_backup_choice &choice, const mos_restore_options &options) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(Plan plan, new_plan(engine));
    FRAME_CHECK(check([&](auto error) { return mos_plan_restore(plan.get(), &choice, &options, error); }));
    return show_or_run(session, std::move(plan));
}

Result<ExitCode> restore(Session &session) {
    mos_restore_options options = MOS_RESTORE_OPTIONS_INIT;
    options.destination = session.values.c_text("destination");
    options.plain_permissions =
        session.values.has("preserve-permissions") && !session.values.flag("preserve-permissions");
    const auto rule = session.values.text("on-newer");
    if (rule && *rule != "ask" && session.values.flag("interactive"))
        return usage_failure(fmt::format("--interactive asks about newer files, and --on-newer={} does not", *rule),
                             "give one of them");
    if (rule)
        options.on_newer = place_of(*rule, newer_rules);
    else if (session.values.flag("interactive"))
        options.on_newer = MOS_NEWER_ASK;
    FRAME_TRY(const mos_backup_choice choice, choice_of(session, "source"));
    return restore_with(session, choice, options);
}

Result<ExitCode> system_restore(Session &session) {
    mos_restore_options options = MOS_RESTORE_OPTIONS_INIT;
    if (session.values.flag("preserve-recent-data"))
        options.on_newer = MOS_NEWER_KEEP;
    FRAME_TRY(const mos_backup_choice choice, choice_of(session, "from-backup"));
    return restore_with(session, choice, options);
}

// ---- list and cleanup ----

struct Listed {
    std::string id, paths, archive, compression, sha256, standing;
    std::int64_t time_unix_s;
    std::uint64_t archive_bytes, content_bytes, entries, left_out;
    bool verified;
};

std::string standing_name(mos_backup_standing standing) {
    constexpr std::array<std::string_view, 4> names{"complete", "unfinished", "missing", "elsewhere"};
    return std::string{names.at(static_cast<std::size_t>(standing))};
}

const Columns<Listed> &backup_columns() {
    static const Columns<Listed> columns{
        {{For::everyone, "backup", "backup"}, [](const Listed &row) -> Cell { return row.id; }},
        {{For::everyone, "time", "when"}, [](const Listed &row) -> Cell { return Time{row.time_unix_s}; }},
        {{For::people, "", "size", Align::right},
         [](const Listed &row) -> Cell { return size_text(row.archive_bytes); }},
        {{For::everyone, "standing", "state"}, [](const Listed &row) -> Cell { return row.standing; }},
        {{For::everyone, "paths", "of"}, [](const Listed &row) -> Cell { return row.paths; }},
        {{For::everyone, "archive", "archive"}, [](const Listed &row) -> Cell { return row.archive; }},
        {{For::programs, "compression", ""}, [](const Listed &row) -> Cell { return row.compression; }},
        {{For::programs, "sha256", ""}, [](const Listed &row) -> Cell { return row.sha256; }},
        {{For::programs, "archive_bytes", ""}, [](const Listed &row) -> Cell { return row.archive_bytes; }},
        {{For::programs, "content_bytes", ""}, [](const Listed &row) -> Cell { return row.content_bytes; }},
        {{For::programs, "entries", ""}, [](const Listed &row) -> Cell { return row.entries; }},
        {{For::programs, "left_out", ""}, [](const Listed &row) -> Cell { return row.left_out; }},
        {{For::programs, "verified", ""}, [](const Listed &row) -> Cell { return row.verified; }},
    };
    return columns;
}

Result<std::vector<Listed>> read_backups(const Engine &engine) {
    FRAME_TRY(const Backups backups,
              make<Backups>([&](auto out, auto error) { return mos_backups_open(engine.get(), out, error); }));
    std::vector<Listed> rows;
    for (;;) {
        mos_backup_record record = MOS_BACKUP_RECORD_INIT;
        FRAME_TRY(const int found, status([&](auto error) { return mos_backups_next(backups.get(), &record, error); }));
        if (found == MOS_END)
            return rows;
        std::string paths = record.paths;
        std::replace(paths.begin(), paths.end(), '\n', ' ');
        rows.push_back({record.id, std::move(paths), record.archive, record.compression, record.sha256,
                        standing_name(record.standing), record.time_unix_s, record.archive_bytes, record.content_bytes,
                        record.entries, record.left_out, record.verified});
    }
}

Result<ExitCode> list(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const std::vector<Listed> rows, read_backups(engine));
    put_listing(
        session, backup_columns(), rows,
        [](ordered_json list) {
            return ordered_json{{"backups", std::move(list)}};
        },
        [&] { put_table(backup_columns(), rows, "No backup was made here yet."); });
    return ExitCode::done;
}

// "90 days", "12h", "2w"; seconds without a unit.
Result<std::int64_t> seconds_of(const std::string &given) {
    std::int64_t count = 0;
    const auto [end, problem] = std::from_chars(given.data(), given.data() + given.size(), count);
    std::string_view unit{end, static_cast<std::size_t>(given.data() + given.size() - end)};
    while (unit.starts_with(' '))
        unit.remove_prefix(1);
    constexpr std::array<std::pair<char, std::int64_t>, 5> units{
        {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86'400}, {'w', 604'800}}};
    constexpr std::int64_t longest = 36'500;
    for (const auto &[letter, seconds] : units) {
        const bool fits = unit.empty() ? letter == 's' : unit.front() == letter;
        if (problem == std::errc{} && count > 0 && fits && count <= longest * 86'400 / seconds)
            return count * seconds;
    }
    return usage_failure(fmt::format("--older-than: {} is no age; write '90 days', '12h' or '2w'", in_quotes(given)));
}

Result<ExitCode> clean_up(Session &session) {
    mos_backup_retention retention = MOS_BACKUP_RETENTION_INIT;
    const bool simulated = session.values.flag("simulate");
    retention.flags = simulated ? std::uint32_t{MOS_BACKUP_SIMULATE} : 0U;
    retention.keep_at_most = static_cast<std::uint64_t>(session.values.number("keep-at-most").value_or(0));
    retention.keep_minimum = static_cast<std::uint64_t>(session.values.number("keep-minimum").value_or(0));
    if (const auto age = session.values.text("older-than")) {
        FRAME_TRY(retention.older_than_s, seconds_of(*age));
    }
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const std::vector<ReportRow> rows, report_of([&](auto out, auto error) {
                  return mos_engine_backups_clean_up(engine.get(), &retention, out, error);
              }));
    if (session.json()) {
        ordered_json gone = ordered_json::array();
        for (const ReportRow &row : rows)
            gone.push_back({{"backup", row.package}, {"archive", row.object}});
        put_json({{"simulated", simulated}, {"removed", std::move(gone)}});
        return ExitCode::done;
    }
    for (const ReportRow &row : rows)
        put_line(Stream::out, {{Style::caution, simulated ? "would delete" : "deleted"},
                               {Style::plain, fmt::format("  {}  {}", row.package, row.sentence)}});
    if (rows.empty())
        put_line(Stream::out, "Nothing is due to be deleted.");
    return ExitCode::done;
}

Option backup_id(std::string_view help) { return text("backup-id", "backup-N", help); }

}  // namespace

Command list_protected_command() {
    return with_csv(
        {
            "data-protection list-protected",
            "list what is worth protecting, and why",
            "multios-update data-protection list-protected --filter=critical,important",
            Effect::reads,
            list_protected,
            {},
            {text("filter", "CLASS,…", "critical, important, user, system, cache, temporary; the first two otherwise"),
             root_option()},
        },
        protected_columns());
}

Command backup_command() {
    return {
        "data-protection backup",
        "write a backup with a digest of each file, and verify it",
        "multios-update data-protection backup --path=/home/user --destination=/backup/home",
        Effect::changes_root,
        back_up,
        {},
        {repeatable(required(text("path", "PATH", "what to back up, beneath the root; / for all of it"))),
         text("destination", "FOLDER", "where the archive goes; as configured otherwise"),
         choice("compression", compressions, "as configured otherwise"),
         text("leave-out", "CLASS,…", "leave out data of these classes, such as cache,temporary"),
         flag("verify", "read it again before it counts; --verify=false leaves that out"), outside_option(),
         root_option()},
    };
}

Command restore_command() {
    return {
        "data-protection restore",
        "put files of a backup back, in one transaction that can be taken back",
        "multios-update data-protection restore --source=/backup/home --interactive --plan",
        Effect::changes_root,
        restore,
        {},
        joined({text("source", "PATH", "an archive, or a folder of which the newest backup is taken"),
                backup_id("which, instead of --source"),
                text("destination", "PATH", "where it goes; where it was otherwise"),
                flag("interactive", "ask about each file that is newer than the backup's"),
                choice("on-newer", newer_rules, "what becomes of files that are newer; refuse otherwise"),
                flag("preserve-permissions",
                     "owners, modes and capabilities as backed up, which is so; =false takes those of the place"),
                outside_option()},
               plan_options()),
    };
}

Command verify_integrity_command() {
    return with_csv(
        {
            "data-protection verify-integrity",
            "read a backup and compare every byte with its digests",
            "multios-update data-protection verify-integrity --backup-id=backup-3 --detailed",
            Effect::reads,
            verify_integrity,
            {},
            {backup_id("which"), text("source", "PATH", "an archive or a folder, instead of --backup-id"),
             flag("detailed", "list every entry"), outside_option(), root_option()},
        },
        check_columns());
}

Command list_backups_command() {
    return with_csv(
        {
            "data-protection list",
            "list the backups that were made here",
            "multios-update data-protection list",
            Effect::reads,
            list,
            {},
            {root_option()},
        },
        backup_columns());
}

Command clean_up_backups_command() {
    return {
        "data-protection cleanup",
        "delete old backups, but never the last one of anything",
        "multios-update data-protection cleanup --older-than='90 days' --simulate",
        Effect::changes_root,
        clean_up,
        {},
        {number("keep-at-most", 1, 1'000'000, "how many stay"),
         text("older-than", "AGE", "those that are older, '90 days'; without these two as configured"),
         number("keep-minimum", 1, 1'000'000, "so many of the newest stay whatever their age; 1 otherwise"),
         flag("simulate", "tell what would go, and delete nothing"), root_option()},
        Warnings::at_once,
    };
}

Command system_restore_command() {
    return {
        "system restore",
        "put everything of a backup back where it was",
        "multios-update system restore --from-backup=/backup/2024-01-01 --preserve-recent-data --plan",
        Effect::changes_root,
        system_restore,
        {},
        joined({required(text("from-backup", "PATH", "an archive, or a folder of which the newest backup is taken")),
                always_on("validate-checksums", "every digest is compared, twice, before anything counts"),
                flag("preserve-recent-data", "files that are newer than the backup's stay; else they refuse it"),
                outside_option()},
               plan_options()),
    };
}

}  // namespace update_tool
