// list-contents: what a package holds.
#include "commands.hpp"
#include "trust.hpp"

#include "frame/listing.hpp"

#include <fmt/format.h>

using namespace frame;

namespace package_tool {

namespace {

char type_letter(mos_entry_type type) {
    switch (type) {
    case MOS_ENTRY_DIRECTORY:
        return 'd';
    case MOS_ENTRY_SYMLINK:
        return 'l';
    case MOS_ENTRY_HARD_LINK:
        return 'h';
    default:
        return '-';
    }
}

std::string_view type_name(mos_entry_type type) {
    switch (type) {
    case MOS_ENTRY_DIRECTORY:
        return "directory";
    case MOS_ENTRY_SYMLINK:
        return "symlink";
    case MOS_ENTRY_HARD_LINK:
        return "hard_link";
    default:
        return "file";
    }
}

// Of a full package it goes without saying.
std::string_view origin_name(mos_entry_origin origin) {
    switch (origin) {
    case MOS_ORIGIN_PATCHED:
        return "patched";
    case MOS_ORIGIN_UNCHANGED:
        return "unchanged";
    case MOS_ORIGIN_DERIVED:
        return "derived";
    default:
        return "stored";
    }
}

void put_entry(const Session &session, const mos_entry &entry) {
    if (!session.values.flag("long"))
        return put_line(Stream::out, entry.path);
    // Columns of fixed width: a list of a hundred thousand lines is not held to measure it.
    std::string line = fmt::format("{} {:>5} {:>5} {:>12} {} {}", mode_text(type_letter(entry.type), entry.mode),
                                   entry.owner, entry.group, entry.size, local_time(entry.modified_unix_s), entry.path);
    if (*entry.link_target != '\0')
        line += fmt::format(" {} {}", arrow(), entry.link_target);
    if (entry.origin != MOS_ORIGIN_STORED)
        line += fmt::format("  ({})", origin_name(entry.origin));
    put_line(Stream::out, line);
}

std::string hex(const std::uint8_t *digest) { return digest == nullptr ? std::string{} : hexadecimal({digest, 32}); }

const Columns<mos_entry> &entry_columns() {
    static const Columns<mos_entry> columns{
        {{For::programs, "path", "", Align::left, Holds::path},
         [](const mos_entry &row) -> Cell { return Path{row.path}; }},
        {{For::programs, "type", ""}, [](const mos_entry &row) -> Cell { return std::string{type_name(row.type)}; }},
        {{For::programs, "mode", ""}, [](const mos_entry &row) -> Cell { return fmt::format("{:04o}", row.mode); }},
        {{For::programs, "owner", ""}, [](const mos_entry &row) -> Cell { return std::uint64_t{row.owner}; }},
        {{For::programs, "group", ""}, [](const mos_entry &row) -> Cell { return std::uint64_t{row.group}; }},
        {{For::programs, "size", ""}, [](const mos_entry &row) -> Cell { return row.size; }},
        {{For::json, "modified_unix_s", ""}, [](const mos_entry &row) -> Cell { return row.modified_unix_s; }},
        {{For::csv, "modified", ""}, [](const mos_entry &row) -> Cell { return Time{row.modified_unix_s}; }},
        {{For::programs, "link_target", "", Align::left, Holds::path},
         [](const mos_entry &row) -> Cell {
             return *row.link_target != '\0' ? Cell{Path{row.link_target}} : Cell{LeftOut{}};
         }},
        {{For::programs, "sha256", ""},
         [](const mos_entry &row) -> Cell { return row.sha256 != nullptr ? Cell{hex(row.sha256)} : Cell{LeftOut{}}; }},
        {{For::programs, "origin", ""},
         [](const mos_entry &row) -> Cell {
             return row.sha256 != nullptr ? Cell{std::string{origin_name(row.origin)}} : Cell{LeftOut{}};
         }},
    };
    return columns;
}

template <class Show>
Result<void> each_entry(mos_package *package, Show show) {
    FRAME_TRY(const EntryCursor cursor,
              make<EntryCursor>([&](auto out, auto error) { return mos_package_entries(package, out, error); }));
    for (;;) {
        mos_entry entry = MOS_ENTRY_INIT;
        FRAME_TRY(const int found,
                  status([&](auto error) { return mos_entry_cursor_next(cursor.get(), &entry, error); }));
        if (found == MOS_END)
            return {};
        show(entry);
    }
}

// One document, written as it comes: what went wrong half-way closes it as "error".
Result<ExitCode> list_as_json(mos_package *package, bool verified) {
    put_raw(Stream::out, fmt::format(R"({{"verified": {}, "entries": [)", verified));
    std::string_view before = "\n";
    const Result<void> listed = each_entry(package, [&](const mos_entry &entry) {
        put_raw(Stream::out, before);
        put_raw(Stream::out, json_line(json_object(entry_columns(), entry)));
        before = ",\n";
    });
    put_raw(Stream::out, "\n]");
    if (!listed)
        put_raw(Stream::out, ", \"error\": " + json_line(to_json(listed.failure())));
    put_raw(Stream::out, "}\n");
    return listed ? ExitCode::done : listed.failure().exit;
}

Result<void> list_as_csv(mos_package *package) {
    put_raw(Stream::out, csv_line(csv_names(entry_columns())));
    return each_entry(
        package, [](const mos_entry &entry) { put_raw(Stream::out, csv_line(csv_fields(entry_columns(), entry))); });
}

Result<ExitCode> list_contents(Session &session) {
    FRAME_TRY(const Package package, open_package(session, session.values.operands().front()));
    const Result<std::vector<std::string>> signers = authenticate(session, package.get());
    if (!signers && session.values.has("trust"))
        return signers.failure();
    if (session.json())
        return list_as_json(package.get(), static_cast<bool>(signers));
    FRAME_CHECK(session.format == Format::csv
                    ? list_as_csv(package.get())
                    : each_entry(package.get(), [&](const mos_entry &entry) { put_entry(session, entry); }));
    if (!signers && is_terminal(Stream::out))
        put_line(Stream::err,
                 {{Style::caution, "Not verified"}, {Style::plain, ": this is only what the file claims."}});
    return ExitCode::done;
}

}  // namespace

Command list_contents_command() {
    std::vector<Option> options = trust_options();
    options.insert(options.begin(), flag("long", "also mode, owner, group, size and time"));
    return with_csv(
        {
            "list-contents",
            "list what a package holds",
            "multios-package list-contents myapp-1.0.0.mos --long",
            Effect::reads,
            list_contents,
            {"FILE", 1, 1},
            std::move(options),
        },
        entry_columns());
}

}  // namespace package_tool
