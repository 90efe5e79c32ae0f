#include <mos/engine/protection.hpp>

#include "job_events.hpp"
#include "session_job.hpp"

#include <mos/base/path.hpp>
#include <mos/engine/report.hpp>
#include <mos/engine/root_settings.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace mos::engine {

using base::EventType;
using base::in_quotes;
using snapshot::BackupRecord;

namespace {

constexpr unsigned most_threads = 8;

Result<config::SettingValue> setting(const config::Settings &settings, const std::string &name) {
    const auto found = settings.find("data_protection." + name);
    if (!found)
        return Error{Code::INTERNAL, fmt::format("the table has no setting 'data_protection.{}'", name)};
    return found->value;
}

std::string shown_place(const BackupRecord &record) {
    if (record.file.empty())
        return {};
    return fmt::format("{}{}/{}", record.folder.outside ? "" : "/", record.folder.path, record.file);
}

unsigned threads_of(unsigned asked) {
    if (asked != 0)
        return std::min(asked, most_threads);
    return std::clamp(std::thread::hardware_concurrency(), 1U, most_threads);
}

base::Event backup_event(EventType type, const BackupRecord &record, const std::string &message,
                         const std::string &job) {
    base::Event event = base::make_event(type, snapshot::backup_name(record.number), message);
    event.cause = job;
    event.payload = {{"archive", base::printable(shown_place(record))},
                     {"archive_bytes", static_cast<std::int64_t>(record.archive_bytes)},
                     {"entries", static_cast<std::int64_t>(record.entries)}};
    return event;
}

// ---- backups ----

snapshot::BackupRequest request_of(const BackupOrder &order, const ProtectionSettings &settings,
                                   const snapshot::Classifier &classifier) {
    snapshot::BackupRequest request;
    for (const std::string &path : order.paths)
        request.paths.emplace_back(base::without_outer_slashes(path));
    request.folder = order.folder.value_or(settings.folder);
    request.sink = order.sink;
    request.compression = order.compression.value_or(settings.compression);
    request.verification = order.verification.value_or(settings.verification);
    request.threads = threads_of(order.threads);
    request.exclude = [&classifier, &leave_out = order.leave_out,
                       asked = request.paths](std::string_view path) -> std::string {
        const snapshot::ClassRule *const rule = leave_out.empty() ? nullptr : classifier.rule_of(path);
        const bool is_left_out = rule != nullptr && std::ranges::find(leave_out, rule->data_class) != leave_out.end() &&
                                 std::ranges::find(asked, path) == asked.end();
        return is_left_out ? fmt::format("it is {} data: {}", class_name(rule->data_class), rule->meaning)
                           : std::string{};
    };
    return request;
}

ReportRow backup_row(const BackupRecord &record) {
    const std::string place = shown_place(record);
    return {.kind = "backup",
            .package = snapshot::backup_name(record.number),
            .object = place,
            .sentence = fmt::format("{} entries with {} bytes of content, {} bytes in {}{}", record.entries,
                                    record.content_bytes, record.archive_bytes,
                                    place.empty() ? std::string{"the caller's hands"} : in_quotes(place),
                                    record.verified ? ", verified" : "")};
}

Result<void> back_up(Engine &engine, Session &session, const BackupOrder &order, JobOutcome &outcome) {
    const std::string &job = session.observer().cause();
    MOS_TRY(const ProtectionSettings settings, protection_settings(engine));
    const snapshot::Classifier classifier{settings.rules};
    MOS_CHECK(snapshot::tidy_backups(engine.root(), session.observer()));
    const auto made = snapshot::make_backup(engine.root(), request_of(order, settings, classifier), engine.clock(),
                                            session.observer());
    if (!made) {
        engine.events().tell([&] {
            base::Event event = base::make_event(EventType::backup_failed, {}, made.error().full_message());
            event.cause = job;
            event.payload = error_fields(made.error());
            return event;
        });
        return made.error();
    }
    outcome.written_bytes = made->archive_bytes;
    outcome.rows.push_back(backup_row(*made));
    engine.events().tell(
        [&] { return backup_event(EventType::backup_created, *made, outcome.rows.front().sentence, job); });
    return {};
}

// ---- checks ----

std::string_view entry_kind(const snapshot::BackupEntry &entry) {
    if (!entry.hard_link_to.empty())
        return "hard-link";
    switch (entry.type) {
    case base::FileType::directory:
        return "folder";
    case base::FileType::symlink:
        return "symbolic-link";
    default:
        return "file";
    }
}

std::string entry_sentence(const snapshot::BackupEntry &entry, const crypto::Sha256Digest &digest) {
    if (!entry.hard_link_to.empty())
        return fmt::format("another name of {}", in_quotes(entry.hard_link_to));
    if (entry.type == base::FileType::symlink)
        return fmt::format("leads to {}", in_quotes(entry.symlink_target));
    if (entry.type == base::FileType::directory)
        return fmt::format("mode {:04o}", entry.attributes.mode);
    return fmt::format("{} bytes, SHA-256 {}", entry.size, base::to_hex(digest));
}

// Every entry as a row, once the whole is known to be sound.
Result<void> list_entries(snapshot::OpenedBackup &backup, base::Observer &observer, JobOutcome &outcome) {
    constexpr std::size_t block_bytes = 256U << 10U;
    MOS_TRY(snapshot::BackupReader reader, snapshot::BackupReader::open(*backup.source));
    base::Bytes buffer(block_bytes);
    for (;;) {
        MOS_CHECK(observer.checkpoint());
        MOS_TRY(const snapshot::BackupEntry *const entry, reader.next());
        if (entry == nullptr)
            return {};
        if (outcome.rows.size() >= max_report_rows)
            continue;
        for (std::size_t count = 1; count != 0;) {
            MOS_TRY(count, reader.read(buffer));
        }
        outcome.rows.push_back({.kind = std::string{entry_kind(*entry)},
                                .package = {},
                                .object = entry->path,
                                .sentence = entry_sentence(*entry, reader.content_digest())});
    }
}

Result<JobOutcome> check(Engine &engine, const BackupChoice &choice, Detail detail, base::Observer &observer,
                         const std::string &job) {
    MOS_TRY(snapshot::OpenedBackup backup, open_chosen(engine, choice));
    const std::string name = shown_backup(backup);
    const auto totals = snapshot::check_backup(backup, {}, observer);
    if (!totals) {
        if (totals.error().code() == Code::BACKUP_DAMAGED)
            engine.events().tell([&] {
                base::Event event = base::make_event(EventType::backup_damaged, name, totals.error().full_message());
                event.cause = job;
                event.payload = error_fields(totals.error());
                return event;
            });
        return totals.error();
    }
    JobOutcome outcome;
    const auto add = [&](const char *kind, std::string sentence) {
        outcome.rows.push_back(
            {.kind = kind, .package = name, .object = backup.source->name(), .sentence = std::move(sentence)});
    };
    if (backup.record)
        add("archive", fmt::format("its SHA-256 is the catalogue's, {}", backup.record->digest));
    add("entries", fmt::format("all {} entries are as they were listed", totals->entries));
    add("content", fmt::format("all {} bytes of content have their digests", totals->content_bytes));
    if (detail == Detail::every_entry)
        MOS_CHECK(list_entries(backup, observer, outcome));
    return outcome;
}

// Of those that are there whole.
std::vector<BackupRecord> complete_ones(const std::vector<ListedBackup> &listed) {
    std::vector<BackupRecord> records;
    for (const ListedBackup &one : listed) {
        if (one.standing == snapshot::BackupStanding::complete)
            records.push_back(one.record);
    }
    return records;
}

}  // namespace

Result<ProtectionSettings> protection_settings(Engine &engine) {
    MOS_TRY(const config::LoadedSettings loaded, load_root_settings(engine, {}));
    const config::Settings &settings = loaded.settings;
    ProtectionSettings protection;
    MOS_TRY(const auto folder, setting(settings, "backup.destination"));
    protection.folder.path = base::without_outer_slashes(folder.words.front());
    MOS_TRY(const auto compression, setting(settings, "backup.compression"));
    MOS_TRY(protection.compression, snapshot::compression_named(compression.words.front()));
    MOS_TRY(const auto verify, setting(settings, "backup.verify"));
    if (verify.number.value_or(1) == 0)
        protection.verification = snapshot::Verification::left_out;
    MOS_TRY(const auto most, setting(settings, "backup.maximum_backups"));
    protection.retention.keep_at_most = static_cast<std::uint64_t>(most.number.value_or(0));
    MOS_TRY(const auto age, setting(settings, "backup.retention"));
    protection.retention.older_than_s = age.number;
    using enum snapshot::DataClass;
    for (const snapshot::DataClass one : {critical, important, user, system, cache, temporary}) {
        const auto patterns = settings.find(fmt::format("data_protection.{}", class_name(one)));
        if (!patterns)
            continue;
        for (const std::string &pattern : patterns->value.words) {
            if (pattern.empty())
                continue;
            MOS_TRY(snapshot::ClassRule rule, snapshot::make_rule(one, pattern));
            protection.rules.push_back(std::move(rule));
        }
    }
    return protection;
}

Result<std::unique_ptr<Job>> make_backup_job(std::shared_ptr<Engine> engine, BackupOrder order) {
    return Job::create(
        [engine = std::move(engine), order = std::move(order)](base::Observer &observer, const Job::Ask & /*ask*/) {
            return run_in_session(
                *engine, observer, "backup", Session::Purpose::change,
                [&](Session &session, JobOutcome &outcome) { return back_up(*engine, session, order, outcome); });
        });
}

Result<snapshot::OpenedBackup> open_chosen(Engine &engine, const BackupChoice &choice) {
    if (choice.number)
        return snapshot::open_backup(engine.root(), *choice.number);
    return snapshot::open_backup(engine.root(), choice.place);
}

std::string shown_backup(const snapshot::OpenedBackup &backup) {
    return backup.record ? snapshot::backup_name(backup.record->number) : backup.source->name();
}

Result<std::unique_ptr<Job>> make_backup_check_job(std::shared_ptr<Engine> engine, BackupChoice choice, Detail detail) {
    return Job::create([engine = std::move(engine), choice = std::move(choice),
                        detail](base::Observer &observer, const Job::Ask & /*ask*/) -> Result<JobOutcome> {
        JobEvents events{*engine, "verify"};
        events.begin();
        Result<JobOutcome> outcome = check(*engine, choice, detail, observer, events.name());
        events.end(outcome);
        return outcome;
    });
}

Result<std::vector<ListedBackup>> list_backups(Engine &engine) {
    snapshot::BackupCatalogue catalogue{engine.root()};
    MOS_TRY(const std::vector<BackupRecord> records, catalogue.list());
    for (const std::string &name : catalogue.unreadable())
        write_log(engine.log(), LogLevel::warning,
                  fmt::format("'{}/{}' can't be read; that backup is not listed", snapshot::catalogue_path, name));
    std::vector<ListedBackup> listed;
    listed.reserve(records.size());
    for (const BackupRecord &record : records) {
        const auto standing = snapshot::standing_of(engine.root(), record);
        listed.push_back({record, standing ? *standing : snapshot::BackupStanding::missing});
    }
    return listed;
}

Result<std::vector<ListedBackup>> clean_up_backups(Engine &engine, const snapshot::BackupRetention &retention,
                                                   BackupCleanUp clean_up) {
    MOS_TRY(const ProtectionSettings settings, protection_settings(engine));
    snapshot::BackupRetention due_by = retention;
    if (!retention.keep_at_most && !retention.older_than_s) {
        due_by.keep_at_most = settings.retention.keep_at_most;
        due_by.older_than_s = settings.retention.older_than_s;
    }
    std::optional<RootLock> lock;
    if (clean_up == BackupCleanUp::done) {
        MOS_TRY(RootLock taken, RootLock::take(engine));
        lock.emplace(std::move(taken));
        MOS_CHECK(snapshot::tidy_backups(engine.root(), base::silent_observer()));
    }
    MOS_TRY(const std::vector<ListedBackup> listed, list_backups(engine));
    const std::vector<BackupRecord> complete = complete_ones(listed);
    std::vector<ListedBackup> gone;
    for (const BackupRecord &record : snapshot::due_for_removal(complete, due_by, engine.clock().now_unix_s())) {
        if (clean_up == BackupCleanUp::done) {
            MOS_CHECK(snapshot::remove_backup(engine.root(), record));
            engine.events().tell([&] {
                return backup_event(EventType::backup_removed, record,
                                    fmt::format("{} was deleted", snapshot::backup_name(record.number)), {});
            });
        }
        gone.push_back({record, snapshot::BackupStanding::complete});
    }
    return gone;
}

Result<std::vector<ReportRow>> protected_paths(Engine &engine, const std::vector<snapshot::DataClass> &classes) {
    MOS_TRY(const ProtectionSettings settings, protection_settings(engine));
    const snapshot::Classifier classifier{settings.rules};
    using enum snapshot::DataClass;
    const std::vector<snapshot::DataClass> wanted = classes.empty() ? std::vector{critical, important} : classes;
    MOS_TRY(const std::vector<snapshot::ClassifiedPath> found,
            snapshot::find_classified(engine.root(), classifier, wanted, base::silent_observer()));
    std::vector<ReportRow> rows;
    rows.reserve(found.size());
    for (const snapshot::ClassifiedPath &one : found)
        rows.push_back({.kind = std::string{class_name(one.rule->data_class)},
                        .package = {},
                        .object = one.path,
                        .sentence = one.rule->meaning});
    return rows;
}

}  // namespace mos::engine
