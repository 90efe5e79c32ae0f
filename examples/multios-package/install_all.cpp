#include "install_all.hpp"

#include "built.hpp"
#include "releases.hpp"
#include "ways.hpp"

#include "frame/job.hpp"
#include "frame/report.hpp"
#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <algorithm>

using namespace frame;
using nlohmann::ordered_json;

namespace package_tool {

namespace {

Result<mos_config_rule> config_rule(const Values &values) {
    const std::string usual = values.flag("preserve-config") ? "preserve" : "keep";
    const std::string rule = values.text_or("config-files", usual);
    if (values.flag("preserve-config") && rule != usual)
        return usage_failure("'--preserve-config' and '--config-files' say two things", "leave one of them out");
    return rule == "ask"        ? MOS_CONFIG_ASK
           : rule == "replace"  ? MOS_CONFIG_REPLACE
           : rule == "preserve" ? MOS_CONFIG_PRESERVE
                                : MOS_CONFIG_KEEP;
}

// Its texts are those of `values`.
Result<mos_install_options> install_options(const Values &values) {
    mos_install_options options = MOS_INSTALL_OPTIONS_INIT;
    FRAME_TRY(options.on_config, config_rule(values));
    options.target_directory = values.c_text("target-directory");
    options.config_path = values.c_text("config");
    options.full_package_path = values.c_text("full-package");
    FRAME_TRY(options.delta_memory, size_option(values, "delta-memory"));
    options.allow_downgrade = values.flag("allow-downgrade");
    options.reinstall = values.flag("reinstall");
    options.reuse_installed = values.flag("reuse-installed");
    const std::string rule = values.text_or("on-conflict", "refuse");
    options.on_conflict = rule == "ask"       ? MOS_CONFLICT_ASK
                          : rule == "keep"    ? MOS_CONFLICT_KEEP
                          : rule == "replace" ? MOS_CONFLICT_REPLACE
                                              : MOS_CONFLICT_REFUSE;
    return options;
}

// What leads to the release of a full package by deltas beside it.
Result<WayQuery> beside(const Session &session, const std::string &path) {
    FRAME_TRY(const Release full, read_release(session, path));
    return WayQuery{.folder = folder_of(path),
                    .name = full.name,
                    .version = full.version,
                    .content = full.content,
                    .from_version = {},
                    .force_delta = true};
}

// --directory: the operand is a package's name.
WayQuery in_folder(const Session &session, const std::string &name) {
    return {.folder = *session.values.text("directory"),
            .name = name,
            .version = session.values.text("target-version"),
            .content = {},
            .from_version = {},
            .force_delta = session.values.flag("force-delta")};
}

// None for a file that is installed as it is.
Result<std::optional<WayQuery>> query_for(const Session &session, const std::string &operand) {
    if (session.values.has("directory"))
        return std::optional{in_folder(session, operand)};
    if (!session.values.flag("force-delta"))
        return std::optional<WayQuery>{};
    FRAME_TRY(const Release release, read_release(session, operand));
    if (release.is_delta)
        return std::optional<WayQuery>{};
    FRAME_TRY(WayQuery query, beside(session, operand));
    return std::optional{std::move(query)};
}

// One transaction, and what needs another one after it, since a chain leads there.
struct Together {
    Plan plan;
    std::vector<std::string> further;  // operands
    std::vector<LinkToCome> to_come;   // with --plan, the packages of their chains
};

Result<void> note_links(const Session &session, Together &together, const mos_ways *ways) {
    FRAME_TRY(const std::vector<FoundWay> found, list_ways(ways));
    const auto chosen = std::ranges::find_if(found, [](const FoundWay &way) { return way.is.is_chosen; });
    for (std::size_t i = 1; chosen != found.end() && i < chosen->files.size(); ++i) {
        FRAME_TRY(const Release link, read_release(session, chosen->files[i]));
        together.to_come.push_back({link.name, link.version, link.path, link.bytes});
    }
    return {};
}

Result<void> add_way(const Session &session, const Engine &engine, Together &together, const WayQuery &query,
                     const std::string &operand) {
    FRAME_TRY(const mos_install_options options, install_options(session.values));
    FRAME_TRY(const Ways ways, find_ways(engine, query, options));
    std::size_t further = 0;
    FRAME_CHECK(
        check([&](auto error) { return mos_plan_install_way(together.plan.get(), ways.get(), &further, error); }));
    if (further == 0)
        return {};
    together.further.push_back(operand);
    return session.values.flag("plan") ? note_links(session, together, ways.get()) : Result<void>{};
}

// All of the operands, or none.
Result<Together> plan_together(const Session &session, const Engine &engine, const std::vector<std::string> &operands) {
    FRAME_CHECK(check_interrupt());
    FRAME_TRY(const mos_install_options options, install_options(session.values));
    Together together;
    FRAME_TRY(together.plan, new_plan(engine));
    for (const std::string &operand : operands) {
        FRAME_TRY(const std::optional<WayQuery> query, query_for(session, operand));
        if (query) {
            FRAME_CHECK(add_way(session, engine, together, *query, operand));
            continue;
        }
        FRAME_CHECK(check(
            [&](auto error) { return mos_plan_install_path(together.plan.get(), operand.c_str(), &options, error); }));
    }
    // It would hold for the first change and stop the second.
    if (!together.further.empty() && session.values.has("plan-digest"))
        return usage_failure(
            fmt::format("'--plan-digest' is one plan's, and to {} leads a chain of delta packages, each "
                        "with a plan of its own",
                        in_quotes(together.further.front())),
            "install the chain's packages one by one, each with its own plan's digest, or leave "
            "--plan-digest out");
    return together;
}

void put_to_come(const std::vector<LinkToCome> &to_come) {
    for (const LinkToCome &link : to_come)
        put_line(Stream::out, fmt::format("then a change of its own: {} {} {}, by {} ({})", link.name, arrow(),
                                          link.version, in_quotes(link.file), size_text(link.bytes)));
}

ordered_json to_json(const std::vector<Change> &changes) {
    ordered_json all = ordered_json::array();
    for (const Change &change : changes)
        all.push_back(frame::to_json(change));
    return all;
}

}  // namespace

Installed install_all(const Session &session, const Engine &engine, std::vector<std::string> operands) {
    Installed installed;
    do {
        Result<Together> next = plan_together(session, engine, operands);
        if (!next) {
            installed.failure = std::move(next).failure();
            return installed;
        }
        Together together = std::move(next).value();
        operands = std::move(together.further);
        Result<Change> change = carry_out(session, std::move(together.plan));
        if (!change) {
            installed.failure = std::move(change).failure();
            return installed;
        }
        installed.to_come = std::move(together.to_come);
        if (!session.json()) {
            put_change(session, *change);
            put_to_come(installed.to_come);
        }
        installed.changes.push_back(std::move(change).value());
    } while (!operands.empty() && !session.values.flag("plan"));
    return installed;
}

Failure after_others(Installed installed) {
    Failure failure = *std::move(installed.failure);
    if (installed.changes.empty())
        return failure;
    failure.message =
        fmt::format("after {} of a chain: {}", counted(installed.changes.size(), "change"), failure.message);
    failure.aftermath = Aftermath::unclear;
    failure.beside = {{"changes", to_json(installed.changes)}};
    return failure;
}

ordered_json to_json(const Installed &installed) {
    if (installed.changes.size() != 1)
        return {{"changes", to_json(installed.changes)}};
    ordered_json document = frame::to_json(installed.changes.front());
    for (const LinkToCome &link : installed.to_come)
        document["to_come"].push_back(
            {{"name", link.name}, {"version", link.version}, {"file", link.file}, {"package_bytes", link.bytes}});
    return document;
}

}  // namespace package_tool
