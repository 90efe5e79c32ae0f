#include "trust_entries.hpp"

#include <fmt/format.h>

using namespace frame;

namespace update_tool {

namespace {

std::string_view level_name(mos_trust_level level) {
    if (level == MOS_TRUST_LOW)
        return "low";
    return level == MOS_TRUST_MEDIUM ? "medium" : "high";
}

Cell time_or_unknown(std::int64_t unix_s) { return unix_s != 0 ? Cell{Time{unix_s}} : Cell{Unknown{}}; }
Cell seconds_or_unknown(std::int64_t unix_s) { return unix_s != 0 ? Cell{unix_s} : Cell{Unknown{}}; }

}  // namespace

Result<std::vector<Entry>> read_entries(const TrustList &list) {
    std::vector<Entry> entries;
    for (std::size_t i = 0; i < mos_trust_list_count(list.get()); ++i) {
        mos_trust_entry found = MOS_TRUST_ENTRY_INIT;
        FRAME_CHECK(check([&](auto error) { return mos_trust_list_at(list.get(), i, &found, error); }));
        entries.push_back({found.id, found.kind, found.name, found.subject, found.algorithm, found.fingerprint,
                           found.packages, found.types, found.level, found.not_before_unix_s, found.not_after_unix_s});
    }
    return entries;
}

Result<std::vector<Revocations>> read_revocations(const TrustList &list) {
    std::vector<Revocations> revocations;
    for (std::size_t i = 0; i < mos_trust_list_revocation_count(list.get()); ++i) {
        mos_trust_revocations found = MOS_TRUST_REVOCATIONS_INIT;
        FRAME_CHECK(check([&](auto error) { return mos_trust_list_revocation_at(list.get(), i, &found, error); }));
        revocations.push_back({found.id, found.issuer, found.fingerprint, found.number, found.state,
                               found.this_update_unix_s, found.next_update_unix_s, found.revoked_count});
    }
    return revocations;
}

std::string scope_text(const Entry &entry) {
    std::string text = entry.packages.empty() ? "" : "packages " + entry.packages;
    if (!entry.types.empty())
        text += (text.empty() ? "types " : "; types ") + entry.types;
    return text.empty() ? "everything" : text;
}

const Columns<Entry> &entry_columns() {
    static const Columns<Entry> columns{
        {{For::everyone, "id", "id"}, [](const Entry &row) -> Cell { return row.id; }},
        {{For::programs, "kind", ""}, [](const Entry &row) -> Cell { return row.kind; }},
        {{For::everyone, "name", "name"}, [](const Entry &row) -> Cell { return row.name; }},
        {{For::people, "", "level"}, [](const Entry &row) -> Cell { return std::string{level_name(row.level)}; }},
        {{For::people, "", "may sign"}, [](const Entry &row) -> Cell { return scope_text(row); }},
        {{For::people, "", "until"}, [](const Entry &row) -> Cell { return time_or_unknown(row.not_after_unix_s); }},
        {{For::programs, "subject", ""}, [](const Entry &row) -> Cell { return row.subject; }},
        {{For::everyone, "algorithm", "key"}, [](const Entry &row) -> Cell { return row.algorithm; }},
        {{For::programs, "fingerprint", ""}, [](const Entry &row) -> Cell { return row.fingerprint; }},
        {{For::programs, "level", ""}, [](const Entry &row) -> Cell { return std::string{level_name(row.level)}; }},
        {{For::programs, "packages", ""}, [](const Entry &row) -> Cell { return row.packages; }},
        {{For::programs, "types", ""}, [](const Entry &row) -> Cell { return row.types; }},
        {{For::json, "not_before_unix_s", ""},
         [](const Entry &row) -> Cell { return seconds_or_unknown(row.not_before_unix_s); }},
        {{For::json, "not_after_unix_s", ""},
         [](const Entry &row) -> Cell { return seconds_or_unknown(row.not_after_unix_s); }},
        {{For::csv, "not_before", ""}, [](const Entry &row) -> Cell { return time_or_unknown(row.not_before_unix_s); }},
        {{For::csv, "not_after", ""}, [](const Entry &row) -> Cell { return time_or_unknown(row.not_after_unix_s); }},
    };
    return columns;
}

const Columns<Revocations> &revocation_columns() {
    static const Columns<Revocations> columns{
        {{For::everyone, "id", "revocation list"}, [](const Revocations &row) -> Cell { return row.id; }},
        {{For::csv, "kind", ""}, [](const Revocations &) -> Cell { return "crl"; }},
        {{For::everyone, "issuer", "issuer"}, [](const Revocations &row) -> Cell { return row.issuer; }},
        {{For::programs, "fingerprint", ""}, [](const Revocations &row) -> Cell { return row.fingerprint; }},
        {{For::everyone, "number", "number", Align::right}, [](const Revocations &row) -> Cell { return row.number; }},
        {{For::people, "", "revoked", Align::right}, [](const Revocations &row) -> Cell { return row.revoked_count; }},
        {{For::people, "", "of"}, [](const Revocations &row) -> Cell { return Time{row.this_update_unix_s}; }},
        {{For::people, "", "until"}, [](const Revocations &row) -> Cell { return Time{row.next_update_unix_s}; }},
        {{For::everyone, "state", "state"}, [](const Revocations &row) -> Cell { return row.state; }},
        {{For::json, "this_update_unix_s", ""}, [](const Revocations &row) -> Cell { return row.this_update_unix_s; }},
        {{For::json, "next_update_unix_s", ""}, [](const Revocations &row) -> Cell { return row.next_update_unix_s; }},
        {{For::csv, "this_update", ""}, [](const Revocations &row) -> Cell { return Time{row.this_update_unix_s}; }},
        {{For::csv, "next_update", ""}, [](const Revocations &row) -> Cell { return Time{row.next_update_unix_s}; }},
        {{For::programs, "revoked_certificates", ""}, [](const Revocations &row) -> Cell { return row.revoked_count; }},
    };
    return columns;
}

}  // namespace update_tool
