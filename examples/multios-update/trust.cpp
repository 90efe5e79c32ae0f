// trust: who may sign what is installed here.
#include "commands.hpp"

#include "frame/change.hpp"
#include "frame/report.hpp"
#include "frame/terminal.hpp"

#include <fmt/format.h>

using namespace frame;
using nlohmann::ordered_json;

namespace update_tool {

namespace {

constexpr std::string_view levels = "low|medium|high";

struct Entry {
    std::string id, kind, name, subject, algorithm, fingerprint, packages, types;
    mos_trust_level level;
    std::int64_t not_before_unix_s, not_after_unix_s;
};

struct Revocations {
    std::string id, issuer, fingerprint, number, state;
    std::int64_t this_update_unix_s, next_update_unix_s;
    std::uint64_t revoked_count;
};

std::string_view level_name(mos_trust_level level) {
    if (level == MOS_TRUST_LOW)
        return "low";
    return level == MOS_TRUST_MEDIUM ? "medium" : "high";
}

mos_trust_level level_of(std::string_view name) {
    if (name == "low")
        return MOS_TRUST_LOW;
    return name == "medium" ? MOS_TRUST_MEDIUM : MOS_TRUST_HIGH;
}

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

ordered_json time_or_null(std::int64_t unix_s) { return unix_s != 0 ? ordered_json(unix_s) : ordered_json(); }

ordered_json to_json(const Entry &entry) {
    return {{"id", entry.id},
            {"kind", entry.kind},
            {"name", entry.name},
            {"subject", entry.subject},
            {"algorithm", entry.algorithm},
            {"fingerprint", entry.fingerprint},
            {"level", level_name(entry.level)},
            {"packages", entry.packages},
            {"types", entry.types},
            {"not_before_unix_s", time_or_null(entry.not_before_unix_s)},
            {"not_after_unix_s", time_or_null(entry.not_after_unix_s)}};
}

ordered_json to_json(const Revocations &list) {
    return {{"id", list.id},
            {"issuer", list.issuer},
            {"fingerprint", list.fingerprint},
            {"number", list.number},
            {"state", list.state},
            {"this_update_unix_s", list.this_update_unix_s},
            {"next_update_unix_s", list.next_update_unix_s},
            {"revoked_certificates", list.revoked_count}};
}

std::string scope_text(const Entry &entry) {
    std::string text = entry.packages.empty() ? "" : "packages " + entry.packages;
    if (!entry.types.empty())
        text += (text.empty() ? "types " : "; types ") + entry.types;
    return text.empty() ? "everything" : text;
}

void put_entries(const std::vector<Entry> &entries) {
    if (entries.empty())
        return put_line(Stream::out, "Nobody is trusted here, so that nothing can be installed.");
    Table table{{Align::left, Align::left, Align::left, Align::left, Align::left, Align::left}};
    table.add({"id", "name", "level", "may sign", "until", "key"});
    for (const Entry &entry : entries)
        table.add({entry.id, entry.name, std::string{level_name(entry.level)}, scope_text(entry),
                   entry.not_after_unix_s != 0 ? local_time(entry.not_after_unix_s) : "-", entry.algorithm});
    put_table(table);
}

void put_revocations(const std::vector<Revocations> &revocations) {
    if (revocations.empty())
        return;
    Table table{{Align::left, Align::left, Align::right, Align::right, Align::left, Align::left, Align::left}};
    table.add({"revocation list", "issuer", "number", "revoked", "of", "until", "state"});
    for (const Revocations &list : revocations)
        table.add({list.id, list.issuer, list.number, std::to_string(list.revoked_count),
                   local_time(list.this_update_unix_s), local_time(list.next_update_unix_s), list.state});
    put_line(Stream::out, "");
    put_table(table);
}

// What both ways of adding have in common.
Result<ExitCode> add(Session &session, const char *certificate, const char *key) {
    FRAME_TRY(const Engine engine, open_engine(session));
    const std::string fingerprint = session.values.text_or("fingerprint", "");
    mos_new_trust trust = MOS_NEW_TRUST_INIT;
    trust.name = session.values.c_text("name");
    trust.certificate_path = certificate;
    trust.public_key_path = key;
    trust.fingerprint = fingerprint.c_str();
    trust.level = level_of(session.values.text_or("level", "high"));
    trust.packages = session.values.c_text("packages");
    trust.types = session.values.c_text("types");
    trust.not_after_unix_s = 0;
    FRAME_TRY(const TrustList list, make<TrustList>([&](auto out, auto error) {
                  return mos_engine_trust_add(engine.get(), &trust, out, error);
              }));
    FRAME_TRY(const std::vector<Entry> entries, read_entries(list));
    const Entry &entry = entries.at(0);
    if (session.json())
        put_json(to_json(entry));
    else
        put_line(Stream::out, {{Style::good, "trusted"},
                               {Style::plain, fmt::format("  {} as {}: may sign {}; 'multios-update trust remove-ca "
                                                          "--id={}{}' takes it back",
                                                          entry.name, entry.id, scope_text(entry), entry.id,
                                                          root_argument(session))}});
    return ExitCode::done;
}

Result<ExitCode> add_ca(Session &session) { return add(session, session.values.c_text("certificate"), nullptr); }
Result<ExitCode> add_key(Session &session) { return add(session, nullptr, session.values.c_text("key")); }

Result<ExitCode> add_crl(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    const std::string path = session.values.text_or("file", "");
    FRAME_CHECK(
        check([&](auto error) { return mos_engine_trust_add_revocation_list(engine.get(), path.c_str(), error); }));
    session.json()
        ? put_json({{"file", path}, {"stored", true}})
        : put_line(Stream::out, {{Style::good, "stored"},
                                 {Style::plain, fmt::format("  {}: it counts from the next verification on", path)}});
    return ExitCode::done;
}

template <class Row>
ordered_json rows_of(const std::vector<Row> &list) {
    ordered_json rows = ordered_json::array();
    for (const Row &row : list)
        rows.push_back(to_json(row));
    return rows;
}

Result<ExitCode> list_entries(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const TrustList list,
              make<TrustList>([&](auto out, auto error) { return mos_engine_trust_list(engine.get(), out, error); }));
    FRAME_TRY(const std::vector<Entry> entries, read_entries(list));
    FRAME_TRY(const std::vector<Revocations> revocations, read_revocations(list));
    if (session.json()) {
        put_json({{"entries", rows_of(entries)}, {"revocation_lists", rows_of(revocations)}});
        return ExitCode::done;
    }
    put_entries(entries);
    put_revocations(revocations);
    return ExitCode::done;
}

Result<ExitCode> remove(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    const std::string id = session.values.text_or("id", "");
    FRAME_CHECK(check([&](auto error) { return mos_engine_trust_remove(engine.get(), id.c_str(), error); }));
    session.json() ? put_json({{"id", id}, {"removed", true}})
                   : put_line(Stream::out, fmt::format("{} is not trusted any more.", id));
    return ExitCode::done;
}

Result<ExitCode> remove_crl(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    const std::string name = session.values.operands().at(0);
    const std::uint32_t flags = session.values.flag("force") ? MOS_TRUST_FORGET_REVOCATIONS : 0;
    FRAME_CHECK(check(
        [&](auto error) { return mos_engine_trust_remove_revocation_list(engine.get(), name.c_str(), flags, error); }));
    session.json() ? put_json({{"list", name}, {"removed", true}})
                   : put_line(Stream::out, fmt::format("The revocation list {} is removed.", name));
    return ExitCode::done;
}

std::vector<Option> entry_options() {
    return {
        required(text("fingerprint", "SHA256",
                      "the SHA-256 fingerprint that its owner gave you on another way: "
                      "sha256: and 64 hexadecimal digits; compared before anything is stored")),
        text("name", "TEXT", "a name for people; its subject or fingerprint otherwise"),
        choice("level", levels, "how far it is trusted; high otherwise"),
        text("packages", "NAMES",
             "the packages that it may sign, separated by spaces, with '*' and '?'; all otherwise"),
        text("types", "TYPES", "the types of packages that it may sign, separated by spaces; all otherwise"),
        root_option(),
        trust_option(),
    };
}

}  // namespace

Command trust_add_ca_command() {
    std::vector<Option> options = entry_options();
    options.insert(options.begin(), required(text("certificate", "FILE", "the authority's certificate, in PEM")));
    return {
        "trust add-ca",
        "trust a certificate authority",
        "multios-update trust add-ca --name='MultiOS Security Team' --certificate=ca.crt --fingerprint=sha256:ABC123…",
        Effect::writes_files,
        add_ca,
        {},
        std::move(options),
    };
}

Command trust_add_key_command() {
    std::vector<Option> options = entry_options();
    options.insert(options.begin(), required(text("key", "FILE", "the public key, in PEM")));
    return {
        "trust add-key",
        "trust one public key, without certificates",
        "multios-update trust add-key --key=release.pub --fingerprint=sha256:ABC123…",
        Effect::writes_files,
        add_key,
        {},
        std::move(options),
    };
}

Command trust_add_crl_command() {
    return {
        "trust add-crl",
        "store an authority's list of revoked certificates",
        "multios-update trust add-crl --file=release-ca.crl",
        Effect::writes_files,
        add_crl,
        {},
        {required(text("file", "FILE", "the list, PEM or DER; newer than the one that is there")), root_option(),
         trust_option()},
    };
}

Command trust_remove_crl_command() {
    return {
        "trust remove-crl",
        "remove a list of revoked certificates, by its id, fingerprint or issuer",
        "multios-update trust remove-crl 'CN=Release CA' --force",
        Effect::writes_files,
        remove_crl,
        {"LIST", 1, 1},
        {flag("force", "also the newest list of its issuer: what it revokes counts again, unless the policy asks for a "
                       "list of each authority"),
         root_option(), trust_option()},
    };
}

Command trust_list_command() {
    return {
        "trust list-cas",
        "list who is trusted, and for what, and the revocation lists",
        "multios-update trust list-cas --root=/mnt/target",
        Effect::reads,
        list_entries,
        {},
        {root_option(), trust_option()},
    };
}

Command trust_remove_command() {
    return {
        "trust remove-ca",
        "trust an authority or a key no more",
        "multios-update trust remove-ca --id=ca-0123456789ab",
        Effect::writes_files,
        remove,
        {},
        {required(text("id", "ID", "as 'multios-update trust list-cas' shows it")), root_option(), trust_option()},
    };
}

}  // namespace update_tool
