// schedule: updates that run later.
#include "commands.hpp"
#include "queue_rows.hpp"

#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

using namespace frame;
using nlohmann::ordered_json;

namespace update_tool {

namespace {

// Relative to this process's folder, which is not that of the one that runs it.
Result<std::string> absolute(const std::string &path) {
    std::error_code problem;
    const std::filesystem::path whole = std::filesystem::absolute(path, problem);
    if (problem)
        return system_failure(problem.value(), "find", path);
    return whole.lexically_normal().string();
}

std::vector<std::string> split_list(const std::string &text) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    for (;;) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        if (end > begin)
            parts.push_back(text.substr(begin, end - begin));
        if (end == text.size())
            return parts;
        begin = end + 1;
    }
}

// What every command that submits has in common.
mos_schedule_options options_of(const Session &session) {
    mos_schedule_options options = MOS_SCHEDULE_OPTIONS_INIT;
    options.key = session.values.c_text("key");
    options.reason = session.values.c_text("reason");
    options.start = session.values.c_text("execute-at");
    options.deadline = session.values.c_text("deadline");
    options.notification = session.values.c_text("notification");
    options.priority = priority_of(session);
    if (session.values.flag("backup-required"))
        options.flags |= MOS_SCHEDULE_BACKUP_REQUIRED;
    if (session.values.flag("allow-downgrade"))
        options.flags |= MOS_SCHEDULE_ALLOW_DOWNGRADE;
    return options;
}

Result<std::uint64_t> submit(const Engine &engine, mos_schedule_options options,
                             const std::vector<std::string> &packages) {
    std::vector<std::string> paths;
    std::vector<const char *> pointers;
    for (const std::string &package : packages) {
        FRAME_TRY(std::string path, absolute(package));
        paths.push_back(std::move(path));
    }
    pointers.reserve(paths.size());
    for (const std::string &path : paths)
        pointers.push_back(path.c_str());
    options.packages = pointers.data();
    options.package_count = pointers.size();
    std::uint64_t id = 0;
    FRAME_CHECK(check([&](auto error) { return mos_schedule_submit(engine.get(), &options, &id, error); }));
    return id;
}

void tell_of_notices(const Session &session) {
    const auto notification = session.values.text("notification");
    if (notification && *notification != "none" && *notification != "wall" && *notification != "desktop")
        put_line(Stream::err,
                 {{Style::caution, "note"},
                  {Style::plain, fmt::format("  nobody is told by {} in this build, but by wall and on desktops: "
                                             "'multios-update events' tells who was told",
                                             in_quotes(*notification))}});
}

// What doesn't wait any more since this does: by the entry's log.
void tell_of_superseded(const Explained &told) {
    for (const QueueNote &note : told.notes)
        if (note.action.starts_with("supersedes "))
            put_line(Stream::err,
                     {{Style::caution, "note"}, {Style::plain, fmt::format("  {} {}", told.row.name, note.action)}});
}

Result<ExitCode> put_scheduled(const Session &session, const Engine &engine, std::uint64_t id) {
    FRAME_TRY(const Explained told, explain(session, engine, id));
    tell_of_superseded(told);
    tell_of_notices(session);
    return put_entry(session, engine, id, "scheduled");
}

Result<ExitCode> schedule(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const std::uint64_t id, submit(engine, options_of(session), {session.values.text_or("package", "")}));
    return put_scheduled(session, engine, id);
}

Result<ExitCode> schedule_conditional(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    mos_schedule_options options = options_of(session);
    options.conditions = session.values.c_text("conditions");
    options.timeout = session.values.c_text("timeout");
    if (session.values.flag("auto-cancel"))
        options.flags |= MOS_SCHEDULE_CANCEL_ON_TIMEOUT;
    FRAME_TRY(const std::uint64_t id, submit(engine, options, {session.values.text_or("package", "")}));
    return put_scheduled(session, engine, id);
}

// All as one update, which is done as a whole or not at all; or one update each, of which one that fails stops no
// other.
Result<ExitCode> schedule_batch(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    const std::vector<std::string> packages = split_list(session.values.text_or("packages", ""));
    if (packages.empty())
        return usage_failure("there is nothing to schedule", "give --packages=FILE,FILE");
    const bool together = session.values.text_or("stop-on-error", "true") == "true";
    std::vector<std::vector<std::string>> updates;
    if (together)
        updates.push_back(packages);
    else
        for (const std::string &package : packages)
            updates.push_back({package});
    std::vector<QueueRow> rows;
    for (const std::vector<std::string> &update : updates) {
        FRAME_TRY(const std::uint64_t id, submit(engine, options_of(session), update));
        FRAME_TRY(Explained told, explain(session, engine, id));
        tell_of_superseded(told);
        rows.push_back(std::move(told.row));
    }
    put_listing(
        session, queue_columns(), rows,
        [](const ordered_json &list) {
            return ordered_json{{"scheduled", list}};
        },
        [&] { put_table(table_of(queue_columns(), rows)); });
    return ExitCode::done;
}

Result<ExitCode> list(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const std::vector<QueueRow> rows, read_queue(session, engine, session.values.c_text("filter")));
    put_listing(
        session, queue_columns(), rows,
        [](const ordered_json &list) {
            return ordered_json{{"updates", list}};
        },
        [&] { put_table(queue_columns(), rows, "No such updates are in the queue."); });
    return ExitCode::done;
}

Result<ExitCode> cancel(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const std::uint64_t id, entry_id(session.values.text_or("update-id", "")));
    FRAME_CHECK(check([&](auto error) {
        return mos_schedule_act(engine.get(), id, MOS_SCHEDULE_CANCEL, session.values.c_text("reason"), error);
    }));
    return put_entry(session, engine, id, "cancelled");
}

std::vector<Option> submission_options() {
    return joined(
        {choice("priority", priority_words, "how urgent it is; important otherwise"),
         text("deadline", "TIME", "by when it has to have run"),
         text("key", "KEY", "a second one of the same key is not scheduled while the first waits"),
         text("notification", "NAME", "none: users are told nothing of it; other names are kept with the update"),
         flag("backup-required", "only with a recovery point, which every update makes"),
         flag("allow-downgrade", "an older version may take the place of a newer one"), reason_option()},
        {root_option(), trust_option()});
}

}  // namespace

Command schedule_command() {
    return {
        "schedule",
        "put an update into the queue, to run when it is due",
        "multios-update schedule --package=kernel-1.2.3.mos --execute-at=\"Sat 02:30\" --priority=security",
        Effect::changes_root,
        schedule,
        {},
        joined({required(text("package", "FILE", "the package, which must stay there until it is installed")),
                text("execute-at", "TIME", "not before: 2026-01-15 02:30, Sat 02:30, 2026-01-15T02:30:00Z")},
               submission_options()),
    };
}

Command schedule_conditional_command() {
    return {
        "schedule-conditional",
        "put an update into the queue, to run when conditions hold",
        "multios-update schedule-conditional --package=p.mos --conditions=\"cpu_usage<50,no_active_sessions\"",
        Effect::changes_root,
        schedule_conditional,
        {},
        joined({required(text("package", "FILE", "the package, which must stay there until it is installed")),
                required(text("conditions", "LIST",
                              "all must hold: cpu_usage<50,no_active_sessions,"
                              "maintenance_window; docs/scheduling.md has all")),
                text("timeout", "TIME", "how long it waits at most: 24h"),
                flag("auto-cancel", "after that it is cancelled; otherwise it stays, and does not run")},
               submission_options()),
    };
}

Command schedule_batch_command() {
    return with_csv(
        {
            "schedule-batch",
            "put several packages into the queue, as one update or one each",
            "multios-update schedule-batch --packages=pkg1.mos,pkg2.mos --stop-on-error=false",
            Effect::changes_root,
            schedule_batch,
            {},
            joined({required(text("packages", "FILE,FILE", "the packages")),
                    choice("stop-on-error", "true|false",
                           "true: one update, all or none; false: one each, and one that fails stops no other"),
                    choice("strategy", "sequential|parallel", "changes of one root are made one after another"),
                    number("max-concurrent", 1, 64, "at most so many at a time; one root takes one"),
                    text("execute-at", "TIME", "not before: 2026-01-15 02:30, Sat 02:30")},
                   submission_options()),
        },
        queue_columns());
}

Command schedule_list_command() {
    return with_csv(
        {
            "schedule list",
            "tell which updates wait, for what, and until when",
            "multios-update schedule list --filter=pending",
            Effect::reads,
            list,
            {},
            {text("filter", "STATE,STATE",
                  "only these: pending, approved, running, retrying, done, failed, cancelled, "
                  "superseded, or all; those that have not ended otherwise"),
             root_option()},
        },
        queue_columns());
}

Command schedule_cancel_command() {
    return {
        "schedule cancel",
        "take an update out of the queue",
        "multios-update schedule cancel --update-id=update-12 --reason=\"not wanted any more\"",
        Effect::changes_root,
        cancel,
        {},
        {update_id_option(), reason_option(), root_option()},
    };
}

}  // namespace update_tool
