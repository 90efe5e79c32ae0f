// check-delta: which delta packages of a folder lead to a version from what is installed, and what they save.
#include "commands.hpp"

#include "multios-package/releases.hpp"
#include "multios-package/trust.hpp"
#include "multios-package/ways.hpp"

#include "frame/change.hpp"
#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <algorithm>

using namespace frame;
using nlohmann::ordered_json;
using package_tool::FoundWay;
using package_tool::Release;

namespace update_tool {

namespace {

struct Findings {
    Ways ways;  // owns what follows
    std::vector<FoundWay> all;

    [[nodiscard]] const FoundWay *first(mos_way_kind kind) const {
        const auto found = std::ranges::find_if(all, [&](const FoundWay &way) { return way.is.kind == kind; });
        return found == all.end() ? nullptr : &*found;
    }
};

std::string folder_of(const Session &session) { return session.values.text_or("directory", "."); }

Result<std::string> current_version(const Session &session, const Engine &engine) {
    if (const auto given = session.values.text("current-version"))
        return *given;
    constexpr std::size_t room = 256;
    std::string version(room, '\0');
    const std::string name = *session.values.text("package-name");
    FRAME_TRY(const int found, status([&](auto error) {
                  return mos_engine_installed_version(engine.get(), name.c_str(), version.data(), version.size(),
                                                      error);
              }));
    if (found == MOS_END)
        return failure(MOS_E_NOT_INSTALLED, fmt::format("{} is not installed", in_quotes(name)), name);
    version.resize(version.find('\0'));
    return version;
}

Result<Findings> look(const Session &session, const Engine &engine) {
    const package_tool::WayQuery query{.folder = folder_of(session),
                                       .name = *session.values.text("package-name"),
                                       .version = session.values.text("target-version"),
                                       .content = {},
                                       .from_version = session.values.text("current-version"),
                                       .force_delta = false};
    Findings findings;
    FRAME_TRY(findings.ways, package_tool::find_ways(engine, query, MOS_INSTALL_OPTIONS_INIT));
    FRAME_TRY(findings.all, package_tool::list_ways(findings.ways.get()));
    return findings;
}

// "24.3 % of the full package, 75.7 % less"; "" where there is nothing to compare with.
std::string saving_text(const FoundWay &way, const FoundWay *full) {
    if (full == nullptr || full->is.package_bytes == 0)
        return "";
    const double percent =
        100.0 * static_cast<double>(way.is.package_bytes) / static_cast<double>(full->is.package_bytes);
    return percent < 100.0 ? fmt::format("{:.1f} % less than the full package", 100.0 - percent)
                           : fmt::format("{:.1f} % more than the full package", percent - 100.0);
}

std::string standing_text(const FoundWay &way) {
    if (way.obstacle)
        return full_message(*way.obstacle);
    return way.is.kind == MOS_WAY_FULL ? "" : "can be installed here";
}

void put_chain(const FoundWay &chain, const FoundWay *full) {
    std::string links;
    for (const std::string &file : chain.files)
        links += fmt::format("{}{}", links.empty() ? "" : ", then ", file);
    put_line(Stream::out, fmt::format("A chain takes {}, {}: {}. Each is a change of its own.{}",
                                      size_text(chain.is.package_bytes), saving_text(chain, full), links,
                                      chain.obstacle ? fmt::format(" But {}.", full_message(*chain.obstacle)) : ""));
}

void put_findings(const Findings &findings) {
    const FoundWay *const full = findings.first(MOS_WAY_FULL);
    Table table{{Align::left, Align::right, Align::left, Align::left}};
    for (const FoundWay &way : findings.all)
        if (way.is.kind != MOS_WAY_CHAIN)
            table.add({way.files.front(), size_text(way.is.package_bytes),
                       way.is.kind == MOS_WAY_FULL ? "the full package" : saving_text(way, full), standing_text(way)});
    for (const std::string &line : table.lines())
        put_line(Stream::out, line);
    if (const FoundWay *const chain = findings.first(MOS_WAY_CHAIN))
        put_chain(*chain, full);
    put_line(Stream::out, fmt::format("'install --directory': {}.", mos_ways_reason(findings.ways.get())));
}

ordered_json way_json(const FoundWay &way, const FoundWay *full) {
    ordered_json document{{"file", way.files.front()}, {"package_bytes", way.is.package_bytes}};
    if (full != nullptr && full->is.package_bytes != 0)
        document["saved_percent"] =
            100.0 - 100.0 * static_cast<double>(way.is.package_bytes) / static_cast<double>(full->is.package_bytes);
    return document;
}

void put_standing(ordered_json &document, const FoundWay &way) {
    document["installable"] = !way.obstacle;
    if (way.obstacle)
        document["error"] = to_json(*way.obstacle);
}

ordered_json delta_json(const FoundWay &delta, const FoundWay *full) {
    ordered_json document = way_json(delta, full);
    document["base_content_digest"] = delta.is.base_content_digest;
    put_standing(document, delta);
    return document;
}

ordered_json findings_json(const Session &session, const std::string &current, const Findings &findings) {
    const FoundWay *const full = findings.first(MOS_WAY_FULL);
    ordered_json deltas = ordered_json::array();
    ordered_json chosen = ordered_json::array();
    for (const FoundWay &way : findings.all) {
        if (way.is.kind == MOS_WAY_DELTA)
            deltas.push_back(delta_json(way, full));
        if (way.is.is_chosen)
            chosen = way.files;
    }
    ordered_json document{{"package", *session.values.text("package-name")},
                          {"current_version", current},
                          {"target_version", *session.values.text("target-version")},
                          {"deltas", std::move(deltas)}};
    if (full != nullptr)
        document["full_package"] = {{"file", full->files.front()}, {"package_bytes", full->is.package_bytes}};
    if (const FoundWay *const chain = findings.first(MOS_WAY_CHAIN)) {
        document["chain"] = {{"package_bytes", chain->is.package_bytes}, {"files", chain->files}};
        put_standing(document["chain"], *chain);
    }
    document["chosen"] = std::move(chosen);
    document["reason"] = mos_ways_reason(findings.ways.get());
    return document;
}

std::string listed(const std::vector<Release> &releases, const std::string &name) {
    std::string there;
    for (const Release &release : releases)
        if (release.name == name)
            there += fmt::format("{}{} {}{}", there.empty() ? "" : ", ", release.name, release.version,
                                 release.is_delta ? " (delta)" : "");
    return there.empty() ? "nothing" : there;
}

Failure no_delta(const Session &session, const std::vector<Release> &releases) {
    const std::string name = *session.values.text("package-name");
    Failure none = failure(MOS_E_NOT_FOUND,
                           fmt::format("{} has no delta package that leads to {} {}; of this package it has {}",
                                       in_quotes(folder_of(session)), name,
                                       printable(*session.values.text("target-version")), listed(releases, name)),
                           name);
    none.remedy = "make one with 'multios-package create-delta', or say where with --directory";
    return none;
}

Result<ExitCode> check_delta(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const std::string current, current_version(session, engine));
    FRAME_TRY(const Findings findings, look(session, engine));
    if (findings.first(MOS_WAY_DELTA) == nullptr && findings.first(MOS_WAY_CHAIN) == nullptr) {
        FRAME_TRY(const std::vector<Release> releases, package_tool::releases_in(session, folder_of(session)));
        return no_delta(session, releases);
    }
    if (session.json())
        put_json(findings_json(session, current, findings));
    else
        put_findings(findings);
    const bool any = std::ranges::any_of(
        findings.all, [](const FoundWay &way) { return way.is.kind != MOS_WAY_FULL && !way.obstacle; });
    return any ? ExitCode::done : ExitCode::refused;
}

}  // namespace

Command check_delta_command() {
    return {
        "check-delta",
        "show which delta packages lead to a version from what is installed, and what they save",
        "multios-update check-delta --package-name=kernel --target-version=1.1.0 --directory=/srv/packages",
        Effect::reads,
        check_delta,
        {},
        {
            required(text("package-name", "NAME", "the package")),
            required(text("target-version", "VERSION", "where the delta is to lead")),
            text("current-version", "VERSION",
                 "where ways begin, if not at what is installed: a version that DIR has a package of"),
            text("directory", "DIR", "the folder with the packages; this one otherwise"),
            number("required-signatures", 1, package_tool::most_signatures,
                   "how many different trusted keys must have signed; 1 otherwise"),
            root_option(),
            trust_option(),
        },
    };
}

}  // namespace update_tool
