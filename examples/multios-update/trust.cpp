// trust: who may sign what is installed here.
#include "commands.hpp"
#include "trust_entries.hpp"

#include "frame/change.hpp"
#include "frame/terminal.hpp"

#include <fmt/format.h>

using namespace frame;

namespace update_tool {

namespace {

constexpr std::string_view levels = "low|medium|high";
constexpr std::string_view pin_note = ", whatever a revocation list says of its certificate";

mos_trust_level level_of(std::string_view name) {
    if (name == "low")
        return MOS_TRUST_LOW;
    return name == "medium" ? MOS_TRUST_MEDIUM : MOS_TRUST_HIGH;
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
        put_json(json_object(entry_columns(), entry));
    else
        put_line(Stream::out,
                 {{Style::good, "trusted"},
                  {Style::plain, fmt::format("  {} as {}: may sign {}{}; 'multios-update trust remove-ca "
                                             "--id={}{}' takes it back",
                                             entry.name, entry.id, scope_text(entry), key != nullptr ? pin_note : "",
                                             entry.id, root_argument(session))}});
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

std::vector<std::string> list_names() { return merged(csv_names(entry_columns()), csv_names(revocation_columns())); }

void put_list_text(const std::vector<Entry> &entries, const std::vector<Revocations> &revocations) {
    put_table(entry_columns(), entries, "Nobody is trusted here, so that nothing can be installed.");
    if (revocations.empty())
        return;
    put_line(Stream::out);
    put_table(table_of(revocation_columns(), revocations));
}

Result<ExitCode> list_entries(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const TrustList list,
              make<TrustList>([&](auto out, auto error) { return mos_engine_trust_list(engine.get(), out, error); }));
    FRAME_TRY(const std::vector<Entry> entries, read_entries(list));
    FRAME_TRY(const std::vector<Revocations> revocations, read_revocations(list));
    switch (session.format) {
    case Format::csv:
        put_raw(Stream::out, csv_line(list_names()));
        put_csv_rows(list_names(), entry_columns(), entries);
        put_csv_rows(list_names(), revocation_columns(), revocations);
        break;
    case Format::json:
        put_json({{"entries", json_list(entry_columns(), entries)},
                  {"revocation_lists", json_list(revocation_columns(), revocations)}});
        break;
    case Format::text:
        put_list_text(entries, revocations);
        break;
    }
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
    const auto &operands = session.values.operands();
    if (operands.empty() != session.values.has("id"))
        return usage_failure("the list is to be named once: as LIST, or by --id",
                             "'multios-update trust list-cas' shows the ids");
    const std::string name = operands.empty() ? session.values.text_or("id", "") : operands.front();
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
    options.insert(options.begin(), required(text("key", "FILE",
                                                  "the public key, in PEM; it counts whatever a revocation list "
                                                  "says of its certificate")));
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
        {"LIST", 0, 1},
        {text("id", "ID", "the list's id, instead of LIST; as 'multios-update trust list-cas' shows it"),
         flag("force", "also the newest list of its issuer: what it revokes counts again, unless the policy asks for a "
                       "list of each authority"),
         root_option(), trust_option()},
    };
}

Command trust_list_command() {
    return with_csv(
        {
            "trust list-cas",
            "list who is trusted, and for what, and the revocation lists",
            "multios-update trust list-cas --root=/mnt/target",
            Effect::reads,
            list_entries,
            {},
            {root_option(), trust_option()},
        },
        list_names());
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
