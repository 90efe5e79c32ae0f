// check-delta: which delta packages of a folder lead to a version from what is installed, and what they save.
#include "commands.hpp"

#include "multios-package/delta_choice.hpp"
#include "multios-package/trust.hpp"

#include "frame/change.hpp"
#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

using namespace frame;
using nlohmann::ordered_json;
using package_tool::DeltaChoice;
using package_tool::Release;

namespace update_tool {

namespace {

// Delta packages that are installed one after the other.
struct Chain {
    std::vector<Release> links;
    std::uint64_t bytes = 0;
};

struct Findings {
    std::string folder;
    std::vector<Release> releases;    // of the package, in the folder
    std::optional<Release> full;      // of the target
    std::vector<DeltaChoice> deltas;  // that lead to the target, from wherever
    std::optional<Chain> chain;       // of several links, the one with the fewest bytes
};

std::set<std::string> contents_of(const std::vector<Release> &releases, const std::string &version) {
    std::set<std::string> contents;
    for (const Release &release : releases)
        if (is_version(release, version))
            contents.insert(release.content);
    return contents;
}

// Dijkstra's: the fewest bytes from any of `from` to any of `to`.
std::optional<Chain> cheapest_chain(const std::vector<Release> &releases, const std::set<std::string> &from,
                                    const std::set<std::string> &to) {
    std::map<std::string, Chain> open;
    std::set<std::string> settled;
    for (const std::string &content : from)
        open.emplace(content, Chain{});
    while (!open.empty()) {
        const auto nearest =
            std::ranges::min_element(open, {}, [](const auto &reached) { return reached.second.bytes; });
        const auto [content, chain] = *nearest;
        open.erase(nearest);
        settled.insert(content);
        if (to.contains(content))
            return chain;
        for (const Release &delta : releases) {
            if (!delta.is_delta || delta.base_content != content || settled.contains(delta.content))
                continue;
            Chain longer = chain;
            longer.links.push_back(delta);
            longer.bytes += delta.bytes;
            const auto known = open.find(delta.content);
            if (known == open.end() || longer.bytes < known->second.bytes)
                open.insert_or_assign(delta.content, std::move(longer));
        }
    }
    return std::nullopt;
}

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

Result<Findings> look(const Session &session, const Engine &engine, const std::string &current) {
    const std::string target = *session.values.text("target-version");
    Findings findings;
    findings.folder = session.values.text_or("directory", ".");
    FRAME_TRY(std::vector<Release> all, package_tool::releases_in(session, findings.folder));
    std::ranges::copy_if(all, std::back_inserter(findings.releases),
                         [&](const Release &release) { return release.name == *session.values.text("package-name"); });
    const mos_install_options options = MOS_INSTALL_OPTIONS_INIT;
    const std::set<std::string> wanted = contents_of(findings.releases, target);
    for (const std::string &content : wanted)
        std::ranges::copy(delta_choices(engine, findings.releases, content, options),
                          std::back_inserter(findings.deltas));
    for (const Release &release : findings.releases)
        if (!release.is_delta && is_version(release, target))
            findings.full = release;
    std::set<std::string> from = contents_of(findings.releases, current);
    for (const DeltaChoice &choice : findings.deltas)
        if (!choice.obstacle)
            from.insert(choice.release.base_content);  // that is what is installed
    auto chain = cheapest_chain(findings.releases, from, wanted);
    if (chain && chain->links.size() > 1)
        findings.chain = std::move(chain);
    return findings;
}

// "24.3 % of the full package, 75.7 % less"; "" where there is nothing to compare with.
std::string saving_text(std::uint64_t bytes, const std::optional<Release> &full) {
    if (!full || full->bytes == 0)
        return "";
    const double percent = 100.0 * static_cast<double>(bytes) / static_cast<double>(full->bytes);
    return percent < 100.0 ? fmt::format("{:.1f} % less than the full package", 100.0 - percent)
                           : fmt::format("{:.1f} % more than the full package", percent - 100.0);
}

void put_findings(const Findings &findings) {
    Table table{{Align::left, Align::right, Align::left, Align::left}};
    for (const DeltaChoice &choice : findings.deltas)
        table.add({choice.release.path, size_text(choice.release.bytes),
                   saving_text(choice.release.bytes, findings.full),
                   choice.obstacle ? full_message(*choice.obstacle) : "can be installed here"});
    if (findings.full)
        table.add({findings.full->path, size_text(findings.full->bytes), "the full package", ""});
    for (const std::string &line : table.lines())
        put_line(Stream::out, line);
    if (!findings.chain)
        return;
    std::string links;
    for (const Release &link : findings.chain->links)
        links += fmt::format("{}{}", links.empty() ? "" : ", then ", link.path);
    put_line(Stream::out,
             fmt::format("A chain takes {}, {}: {}. Each is a change of its own.", size_text(findings.chain->bytes),
                         saving_text(findings.chain->bytes, findings.full), links));
}

ordered_json release_json(const Release &release, const std::optional<Release> &full) {
    ordered_json document{{"file", release.path}, {"package_bytes", release.bytes}};
    if (full && full->bytes != 0)
        document["saved_percent"] =
            100.0 - 100.0 * static_cast<double>(release.bytes) / static_cast<double>(full->bytes);
    return document;
}

ordered_json findings_json(const Session &session, const std::string &current, const Findings &findings) {
    ordered_json deltas = ordered_json::array();
    for (const DeltaChoice &choice : findings.deltas) {
        ordered_json one = release_json(choice.release, findings.full);
        one["base_content_digest"] = choice.release.base_content;
        one["installable"] = !choice.obstacle;
        if (choice.obstacle)
            one["error"] = to_json(*choice.obstacle);
        deltas.push_back(std::move(one));
    }
    ordered_json document{{"package", *session.values.text("package-name")},
                          {"current_version", current},
                          {"target_version", *session.values.text("target-version")},
                          {"deltas", std::move(deltas)}};
    if (findings.full)
        document["full_package"] = {{"file", findings.full->path}, {"package_bytes", findings.full->bytes}};
    if (findings.chain) {
        ordered_json links = ordered_json::array();
        for (const Release &link : findings.chain->links)
            links.push_back(link.path);
        document["chain"] = {{"package_bytes", findings.chain->bytes}, {"files", std::move(links)}};
    }
    return document;
}

Failure no_delta(const Session &session, const Findings &findings) {
    const std::string name = *session.values.text("package-name");
    const std::string target = *session.values.text("target-version");
    std::string there;
    for (const Release &release : findings.releases)
        there += fmt::format("{}{} {}{}", there.empty() ? "" : ", ", release.name, release.version,
                             release.is_delta ? " (delta)" : "");
    Failure none =
        failure(MOS_E_NOT_FOUND,
                fmt::format("{} has no delta package that leads to {} {}; of this package it has {}",
                            in_quotes(findings.folder), name, printable(target), there.empty() ? "nothing" : there),
                name);
    none.remedy = "make one with 'multios-package create-delta', or say where with --directory";
    return none;
}

Result<ExitCode> check_delta(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const std::string current, current_version(session, engine));
    FRAME_TRY(const Findings findings, look(session, engine, current));
    if (findings.deltas.empty())
        return no_delta(session, findings);
    if (session.json())
        put_json(findings_json(session, current, findings));
    else
        put_findings(findings);
    const bool any = findings.chain || std::ranges::any_of(findings.deltas, [](const DeltaChoice &choice) {
                         return !choice.obstacle.has_value();
                     });
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
            text("current-version", "VERSION", "where a chain begins; what is installed otherwise"),
            text("directory", "DIR", "the folder with the packages; this one otherwise"),
            number("required-signatures", 1, package_tool::most_signatures,
                   "how many different trusted keys must have signed; 1 otherwise"),
            root_option(),
            trust_option(),
        },
    };
}

}  // namespace update_tool
