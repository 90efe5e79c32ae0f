// info: what a package says, and how far that is vouched for.
#include "commands.hpp"
#include "trust.hpp"

#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <optional>

using namespace frame;
using nlohmann::ordered_json;

namespace package_tool {

namespace {

struct Claim {
    std::string algorithm, subject, fingerprint;
};

Result<std::vector<Claim>> read_claims(const mos_package *package) {
    std::vector<Claim> claims;
    for (std::size_t i = 0; i < mos_package_signature_count(package); ++i) {
        mos_signature_claim claim = MOS_SIGNATURE_CLAIM_INIT;
        FRAME_CHECK(check([&](auto error) { return mos_package_signature_at(package, i, &claim, error); }));
        claims.push_back({claim.algorithm, claim.subject, claim.fingerprint});
    }
    return claims;
}

// What the statement says, what the manifest adds, who claims to have signed, and whether the trust store agrees.
struct Facts {
    mos_package_information information = MOS_PACKAGE_INFORMATION_INIT;
    std::string manifest;  // JSON
    std::vector<Claim> claims;
    std::vector<std::string> signers;  // as the trust store names them
    std::optional<Failure> doubt;      // why nothing is verified
};

Result<std::string> read_manifest(mos_package *package) {
    const char *text = nullptr;
    FRAME_CHECK(check([&](auto error) { return mos_package_manifest(package, &text, error); }));
    return std::string{text};
}

Result<Facts> read_facts(const Session &session, mos_package *package) {
    Facts facts;
    FRAME_CHECK(check([&](auto error) { return mos_package_information_get(package, &facts.information, error); }));
    FRAME_TRY(facts.claims, read_claims(package));
    const Result<std::vector<std::string>> signers = authenticate(session, package);
    if (signers)
        facts.signers = *signers;
    else
        facts.doubt = signers.failure();
    FRAME_TRY(facts.manifest, read_manifest(package));
    return facts;
}

std::string description(const Facts &facts) {
    const ordered_json manifest = ordered_json::parse(facts.manifest, nullptr, false);
    const ordered_json package = manifest.value("package_info", ordered_json::object());
    const auto found = package.find("description");
    return found != package.end() && found->is_string() ? found->get<std::string>() : "";
}

void put_facts(const std::string &path, const Facts &facts) {
    const mos_package_information &is = facts.information;
    put_line(Stream::out, {{Style::bold, path}, {Style::plain, "  " + size_text(is.package_bytes)}});
    Table table{{Align::left, Align::left}};
    const auto add = [&](std::string_view name, std::string value) {
        if (!value.empty())
            table.add({std::string{name}, std::move(value)});
    };
    add("name", is.name);
    add("version", fmt::format("{} (release {})", is.version, is.release));
    add("description", description(facts));
    add("type", fmt::format("{}, {} package", is.type, is.kind));
    add("architecture", is.architecture);
    add("created", local_time(is.created_unix_s));
    add("content", is.content_digest);
    add("base", *is.base_content_digest == '\0'
                    ? ""
                    : fmt::format("{}: it updates that release, and no other", is.base_content_digest));
    add("payload", size_text(is.payload_bytes));
    add("index", size_text(is.index_bytes));
    add("format", fmt::format("version {}", is.format_version));
    for (const Claim &claim : facts.claims)
        add("signature", fmt::format("{}{}{} {}", claim.algorithm, claim.subject.empty() ? "" : " by ", claim.subject,
                                     claim.fingerprint));
    for (const std::string &line : table.lines("  "))
        put_line(Stream::out, line);
}

void put_verification(const Session &session, const Facts &facts) {
    if (!facts.doubt) {
        put_line(Stream::out, {{Style::good, "Verified"},
                               {Style::plain, fmt::format(": {}, whom {} trusts, vouches for all of the above.",
                                                          fmt::join(facts.signers, " and "),
                                                          session.values.text_or("trust", "the trust folder"))}});
        put_line(Stream::out, "Files were not read: 'multios-package verify' checks every byte.");
        return;
    }
    put_line(Stream::out,
             {{Style::caution, "Not verified"}, {Style::plain, ": all of the above is only what the file claims."}});
    put_line(Stream::out,
             fmt::format("{} ({})", as_sentence(full_message(*facts.doubt)), error_number(facts.doubt->code)));
}

ordered_json facts_json(const std::string &path, const Facts &facts) {
    const mos_package_information &is = facts.information;
    ordered_json claims = ordered_json::array();
    for (const Claim &claim : facts.claims)
        claims.push_back(
            {{"algorithm", claim.algorithm}, {"subject", claim.subject}, {"fingerprint", claim.fingerprint}});
    ordered_json document{{"file", path},
                          {"verified", !facts.doubt},
                          {"verified_signers", facts.signers},
                          {"name", is.name},
                          {"version", is.version},
                          {"release", is.release},
                          {"architecture", is.architecture},
                          {"type", is.type},
                          {"kind", is.kind},
                          {"created", utc_time(is.created_unix_s)},
                          {"created_unix_s", is.created_unix_s},
                          {"content_digest", is.content_digest},
                          {"base_content_digest", is.base_content_digest},
                          {"package_bytes", is.package_bytes},
                          {"payload_bytes", is.payload_bytes},
                          {"index_bytes", is.index_bytes},
                          {"format_version", is.format_version},
                          {"claimed_signatures", claims},
                          {"manifest", ordered_json::parse(facts.manifest, nullptr, false)}};
    if (facts.doubt)
        document["not_verified_because"] = to_json(*facts.doubt);
    return document;
}

Result<ExitCode> info(Session &session) {
    const std::string &path = session.values.operands().front();
    FRAME_TRY(const Package package, open_package(session, path));
    FRAME_TRY(const Facts facts, read_facts(session, package.get()));
    if (session.json()) {
        put_json(facts_json(path, facts));
    } else {
        put_facts(path, facts);
        put_verification(session, facts);
    }
    // Whoever names a trust store wants to know whether it vouches for the package.
    const bool asked = session.values.has("trust") || session.values.has("required-signatures");
    return facts.doubt && asked ? facts.doubt->exit : ExitCode::done;
}

}  // namespace

Command info_command() {
    return {
        "info",
        "show what a package is, and who vouches for it",
        "multios-package info myapp-1.0.0.mos --trust=/etc/multios/trust",
        Effect::reads,
        info,
        {"FILE", 1, 1},
        trust_options(),
    };
}

}  // namespace package_tool
