// find-duplicates: which files of packages and folders have the same content, and what that costs.
#include "commands.hpp"
#include "trust.hpp"

#include "frame/job.hpp"
#include "frame/listing.hpp"
#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

using namespace frame;
using nlohmann::ordered_json;

namespace package_tool {

namespace {

// A place: a path in a package or a folder, or a file by itself.
std::string shown_place(const char *source, const char *path) {
    return *path == '\0' ? std::string{source} : fmt::format("{}: {}", source, path);
}

const Columns<mos_duplicate> &duplicate_columns() {
    static const Columns<mos_duplicate> columns{
        {{For::people, "size", "SIZE", Align::right},
         [](const mos_duplicate &one) -> Cell { return size_text(one.size); }},
        {{For::programs, "bytes", ""}, [](const mos_duplicate &one) -> Cell { return one.size; }},
        {{For::people, "file", "FILE"},
         [](const mos_duplicate &one) -> Cell { return shown_place(one.source, one.path); }},
        {{For::people, "original", "SAME AS"},
         [](const mos_duplicate &one) -> Cell { return shown_place(one.original_source, one.original_path); }},
        {{For::people, "", ""},
         [](const mos_duplicate &one) -> Cell { return std::string{one.is_stored_once ? "stored once" : ""}; }},
        {{For::programs, "source", "", Align::left, Holds::path},
         [](const mos_duplicate &one) -> Cell { return Path{one.source}; }},
        {{For::programs, "path", "", Align::left, Holds::path},
         [](const mos_duplicate &one) -> Cell { return Path{one.path}; }},
        {{For::programs, "original_source", "", Align::left, Holds::path},
         [](const mos_duplicate &one) -> Cell { return Path{one.original_source}; }},
        {{For::programs, "original_path", "", Align::left, Holds::path},
         [](const mos_duplicate &one) -> Cell { return Path{one.original_path}; }},
        {{For::programs, "stored_once", ""}, [](const mos_duplicate &one) -> Cell { return one.is_stored_once; }},
    };
    return columns;
}

Result<void> add(const Session &session, mos_duplicates *duplicates, const std::string &path) {
    if (path.ends_with(".mos") || path.ends_with(".multos")) {
        FRAME_TRY(const Package package, open_package(session, path));
        return check(
            [&](auto error) { return mos_duplicates_add_package(duplicates, package.get(), path.c_str(), error); });
    }
    FRAME_CHECK(check_interrupt());
    FRAME_TRY(Job job, make<Job>([&](auto out, auto error) {
                  return mos_duplicates_add_job(duplicates, path.c_str(), out, error);
              }));
    FRAME_TRY([[maybe_unused]] const EndedJob ended, run_job(session, std::move(job)));
    return {};
}

Result<std::vector<mos_duplicate>> read_duplicates(mos_duplicates *duplicates) {
    std::vector<mos_duplicate> rows(mos_duplicates_count(duplicates), MOS_DUPLICATE_INIT);
    for (std::size_t i = 0; i < rows.size(); ++i)
        FRAME_CHECK(check([&](auto error) { return mos_duplicates_at(duplicates, i, &rows[i], error); }));
    return rows;
}

ordered_json document(const mos_duplicates_totals &totals, ordered_json rows) {
    return {{"files", totals.files},
            {"bytes", totals.bytes},
            {"duplicate_bytes", totals.duplicate_bytes},
            {"saved_bytes", totals.duplicate_bytes - totals.stored_once_bytes},
            {"duplicates", std::move(rows)}};
}

void put_summary(const mos_duplicates_totals &totals) {
    std::string text = fmt::format("{} of {} ({} of {}) {} there already.", count_text(totals.duplicates),
                                   counted(totals.files, "file"), size_text(totals.duplicate_bytes),
                                   size_text(totals.bytes), totals.duplicates == 1 ? "is" : "are");
    if (totals.duplicates > 0)
        text += fmt::format(" {} could be saved", size_text(totals.duplicate_bytes - totals.stored_once_bytes));
    if (totals.stored_once_bytes > 0)
        text += fmt::format("; {} take no room as it is", size_text(totals.stored_once_bytes));
    put_line(Stream::out, totals.duplicates > 0 ? text + "." : text);
}

Result<ExitCode> find_duplicates(Session &session) {
    FRAME_TRY(const Duplicates duplicates, make<Duplicates>([&](auto out, auto error) {
                  return mos_duplicates_create(session.context, out, error);
              }));
    for (const std::string &path : session.values.operands())
        FRAME_CHECK(add(session, duplicates.get(), path));
    FRAME_TRY(const std::vector<mos_duplicate> rows, read_duplicates(duplicates.get()));
    mos_duplicates_totals totals = MOS_DUPLICATES_TOTALS_INIT;
    FRAME_CHECK(check([&](auto error) { return mos_duplicates_totals_get(duplicates.get(), &totals, error); }));
    put_listing(
        session, duplicate_columns(), rows, [&](ordered_json list) { return document(totals, std::move(list)); },
        [&] {
            if (!rows.empty())
                put_table(table_of(duplicate_columns(), rows));
            put_summary(totals);
        });
    return ExitCode::done;
}

}  // namespace

Command find_duplicates_command() {
    return with_csv(
        {
            "find-duplicates",
            "show which files of packages and folders have the same content, and what that costs",
            "multios-package find-duplicates app-1.0.0.mos libfoo-1.3.mos /srv/tree",
            Effect::reads,
            find_duplicates,
            {"PATH", 1, any_number},
            {},
        },
        duplicate_columns());
}

}  // namespace package_tool
