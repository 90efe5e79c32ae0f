#include <mos/engine/ways.hpp>

#include "held_packages.hpp"

#include <mos/engine/root_settings.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::engine {

using base::in_quotes;

namespace {

// What the root's settings say of deltas.
struct Rules {
    std::string_view off_by;      // the setting that switches them off; "" where none does
    std::uint64_t threshold = 0;  // a full package below that many bytes is taken whole
    std::uint64_t most_bytes = UINT64_MAX;
};

constexpr const char *feature_setting = "update_system.features.delta_updates";
constexpr const char *enable_setting = "delta_updates.enable_delta";
constexpr const char *threshold_setting = "delta_updates.delta_threshold";
constexpr const char *size_setting = "delta_updates.max_delta_size";

Result<Rules> read_rules(Engine &engine) {
    MOS_TRY(const config::LoadedSettings loaded, load_root_settings(engine, {}));
    const auto number = [&](const char *name) -> std::int64_t {
        const auto setting = loaded.settings.find(name);
        return setting ? setting->value.number.value_or(0) : 0;
    };
    Rules rules;
    for (const char *const name : {feature_setting, enable_setting})
        if (number(name) == 0)
            rules.off_by = name;
    rules.threshold = static_cast<std::uint64_t>(number(threshold_setting));
    rules.most_bytes = static_cast<std::uint64_t>(number(size_setting));
    return rules;
}

Result<void> add_to(Plan &plan, const HeldPackage &package, const WayRequest &request) {
    MOS_TRY(auto source, base::open_file_source(package.path));
    std::unique_ptr<base::Source> full;
    if (package.is_delta && !request.full_package.empty()) {
        MOS_TRY(full, base::open_file_source(request.full_package));
    }
    return plan.install(std::move(source), request.options, std::move(full));
}

// Why the package can't be installed here.
std::optional<Error> obstacle_of(const std::shared_ptr<Engine> &engine, const HeldPackage &package,
                                 const WayRequest &request) {
    Plan plan{engine};
    auto tried = add_to(plan, package, request);
    if (tried)
        tried = plan.resolve();
    return tried ? std::nullopt : std::optional{std::move(tried).error()};
}

std::string shown(const Way &way) {
    std::string text;
    for (const HeldPackage &package : way.packages)
        text += fmt::format("{}{}", text.empty() ? "" : ", then ", in_quotes(package.path));
    return fmt::format("{} ({} bytes)", text, way.bytes);
}

const Way *smallest(const std::vector<Way> &ways, bool of_deltas) {
    const Way *found = nullptr;
    for (const Way &way : ways) {
        const bool counts = (way.kind != WayKind::full) == of_deltas && !way.obstacle;
        if (counts && (found == nullptr || way.bytes < found->bytes))
            found = &way;
    }
    return found;
}

// Why the best delta is not taken; "" where it is.
std::string against(const Rules &rules, const Way &delta, const Way *full) {
    if (!rules.off_by.empty())
        return fmt::format("delta packages are not used: {} is false", rules.off_by);
    if (full != nullptr && full->bytes < rules.threshold)
        return fmt::format("the full package has fewer than {} bytes ({})", rules.threshold, threshold_setting);
    if (delta.bytes > rules.most_bytes)
        return fmt::format("{} is more than {} bytes ({})", shown(delta), rules.most_bytes, size_setting);
    if (full != nullptr && full->bytes <= delta.bytes)
        return fmt::format("{} saves nothing", shown(delta));
    return {};
}

// Why there is no delta at all.
std::string without_delta(const Ways &ways) {
    for (const Way &way : ways.ways)
        if (way.obstacle)
            return fmt::format("{} can't be installed here: {}", shown(way), way.obstacle->message());
    return fmt::format("no delta package of {} {} leads there from what is installed", ways.request.name, ways.version);
}

std::string saving(const Way &delta, const Way *full) {
    constexpr double percent = 100;
    if (full == nullptr || full->bytes <= delta.bytes)
        return {};
    const double part = static_cast<double>(delta.bytes) / static_cast<double>(full->bytes);
    return fmt::format(" in the place of the full package ({} bytes): {:.1f} % less", full->bytes,
                       percent - percent * part);
}

std::string explained(const Way &way) {
    return way.kind == WayKind::chain ? "; each package is a change of its own" : "";
}

std::string without_goal(const WayRequest &request) {
    return fmt::format("{} has no package '{}'{}", in_quotes(request.folder), request.name,
                       request.version.empty() ? "" : fmt::format(" of version {}", request.version));
}

void choose(Ways &ways, const Rules &rules) {
    if (ways.ways.empty()) {
        ways.reason = without_goal(ways.request);
        return;
    }
    const bool force_delta = ways.request.force_delta;
    const Way *const delta = smallest(ways.ways, true);
    const Way *const full = force_delta ? nullptr : smallest(ways.ways, false);
    std::string why = delta == nullptr ? without_delta(ways) : std::string{};
    if (delta != nullptr && !force_delta)
        why = against(rules, *delta, full);
    const Way *const chosen = why.empty() ? delta : full;
    if (chosen == nullptr) {
        ways.reason = force_delta ? why : fmt::format("there is no full package, and {}", why);
        return;
    }
    ways.chosen = static_cast<std::size_t>(chosen - ways.ways.data());
    ways.reason = why.empty() ? fmt::format("{} is taken{}{}", shown(*chosen),
                                            saving(*chosen, smallest(ways.ways, false)), explained(*chosen))
                              : fmt::format("{} is taken, for {}", shown(*chosen), why);
}

Way way_of(WayKind kind, std::vector<HeldPackage> packages) {
    Way way{.kind = kind, .packages = std::move(packages)};
    for (const HeldPackage &package : way.packages)
        way.bytes += package.bytes;
    return way;
}

// Where the ways begin: contents of releases.
Result<std::set<crypto::Sha256Digest>> beginnings(Engine &engine, const WayRequest &request,
                                                  const std::vector<HeldPackage> &packages) {
    std::set<crypto::Sha256Digest> contents;
    if (!request.from_version.empty()) {
        for (const HeldPackage &package : packages)
            if (is_version(package, request.from_version))
                contents.insert(package.content);
        return contents;
    }
    MOS_TRY(const auto installed, engine.installed(request.name));
    if (installed)
        contents.insert(installed->content_digest);
    return contents;
}

}  // namespace

Result<Ways> find_ways(const std::shared_ptr<Engine> &engine, const WayRequest &request) {
    MOS_TRY(const Rules rules, read_rules(*engine));
    Ways ways;
    ways.request = request;
    MOS_TRY(ways.packages, held_packages(*engine, request.folder, request.name));
    const std::vector<HeldPackage> goals = goals_of(ways.packages, request);
    std::set<crypto::Sha256Digest> contents;
    for (const HeldPackage &goal : goals) {
        ways.version = install::shown_version(goal.version, goal.release);
        contents.insert(goal.content);
        ways.ways.push_back(way_of(goal.is_delta ? WayKind::delta : WayKind::full, {goal}));
    }
    MOS_TRY(const auto from, beginnings(*engine, request, ways.packages));
    std::set<std::string> blocked;
    for (Way &way : ways.ways) {
        if (way.kind == WayKind::full)
            continue;
        const HeldPackage &delta = way.packages.front();
        way.obstacle = obstacle_of(engine, delta, request);
        // One that begins elsewhere may still end a chain.
        if (way.obstacle && (way.obstacle->code() != Code::BASE_DIFFERS || from.contains(delta.base_content)))
            blocked.insert(delta.path);
    }
    if (std::vector<HeldPackage> links = cheapest_chain(ways.packages, from, contents, blocked); links.size() > 1) {
        ways.ways.push_back(way_of(WayKind::chain, std::move(links)));
        ways.ways.back().obstacle = obstacle_of(engine, ways.ways.back().packages.front(), request);
    }
    const auto rank = [](const Way &way) {
        const int kind = way.kind == WayKind::delta ? 0 : way.kind == WayKind::chain ? 1 : 2;
        return std::pair{kind, way.bytes};
    };
    std::ranges::stable_sort(ways.ways, {}, rank);
    choose(ways, rules);
    return ways;
}

Result<std::size_t> install_way(Plan &plan, const Ways &ways) {
    if (ways.chosen) {
        const Way &way = ways.ways.at(*ways.chosen);
        MOS_CHECK(add_to(plan, way.packages.front(), ways.request));
        plan.add_notice(ways.reason);
        return way.packages.size() - 1;
    }
    for (const Way &way : ways.ways)
        if (way.obstacle)
            return in_context(*way.obstacle, ways.reason);
    return Error{Code::NOT_FOUND, ways.reason}.about(ways.request.name);
}

}  // namespace mos::engine
