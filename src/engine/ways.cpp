#include <mos/engine/ways.hpp>

#include "held_packages.hpp"
#include "trial.hpp"

#include <mos/engine/root_settings.hpp>
#include <mos/install/architecture.hpp>

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

std::string hindered(const Way &way) {
    return fmt::format("{} can't be installed here: {}", shown(way), way.obstacle->full_message());
}

// What comes nearest: a way that begins where ways begin.
const Way *nearest_miss(const std::vector<Way> &ways, bool of_deltas) {
    const Way *found = nullptr;
    for (const Way &way : ways) {
        const bool counts = (way.kind != WayKind::full) == of_deltas && way.obstacle;
        if (counts && (found == nullptr || (way.begins_here && !found->begins_here)))
            found = &way;
    }
    return found;
}

// Why there is no delta at all.
std::string without_delta(const Ways &ways) {
    const Way *const miss = nearest_miss(ways.ways, true);
    return miss != nullptr ? hindered(*miss)
                           : fmt::format("no delta package of {} {} leads there from what is installed",
                                         ways.request.name, ways.version);
}

std::string without_full(const Ways &ways) {
    const Way *const miss = nearest_miss(ways.ways, false);
    return miss != nullptr ? hindered(*miss) : "there is no full package";
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
    if (ways.refusal) {
        ways.reason = fmt::format("nothing of it can be installed here: {}", ways.refusal->full_message());
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
        ways.reason = force_delta ? why : fmt::format("{}, and {}", without_full(ways), why);
        return;
    }
    ways.chosen = static_cast<std::size_t>(chosen - ways.ways.data());
    ways.reason = why.empty() ? fmt::format("{} is taken{}{}", shown(*chosen),
                                            saving(*chosen, smallest(ways.ways, false)), explained(*chosen))
                              : fmt::format("{} is taken, for {}", shown(*chosen), why);
}

// Where the ways begin: at what is installed, or at what the folder has of the version that the caller names.
Result<std::vector<Beginning>> beginnings(const std::optional<state::InstalledPackage> &installed,
                                          const WayRequest &request, const std::vector<HeldPackage> &packages) {
    const std::string &version = request.from_version;
    if (installed && (version.empty() || is_version({installed->version, installed->release}, version)))
        return std::vector{Beginning{installed->content_digest, installed->version, installed->release}};
    std::vector<Beginning> from;
    if (version.empty())
        return from;
    for (const HeldPackage &package : packages)
        if (is_version(released(package), version))
            from.push_back({package.content, package.version, package.release});
    if (from.empty())
        return Error{Code::NOT_FOUND,
                     fmt::format("what '{}' {} is can't be told: it is not installed, and {} has no package of it",
                                 request.name, version, in_quotes(request.folder))}
            .about(request.name)
            .with_remedy("name the version that is installed, or put the full package of that version into the folder");
    return from;
}

// A root may be of another architecture than the machine, as that of an image is.
std::vector<std::string> architectures_for(const std::optional<state::InstalledPackage> &installed) {
    std::vector<std::string> architectures;
    if (installed)
        architectures.push_back(installed->architecture);
    architectures.push_back(install::machine_architecture());
    return architectures;
}

// The full package that is to help out belongs to the release that is asked for, whichever way is taken.
Result<void> keep_release_of(Engine &engine, const std::string &full_package, std::vector<HeldPackage> &goals) {
    MOS_TRY(auto source, base::open_file_source(full_package));
    MOS_TRY(const package::Package full, engine.authenticate(std::move(source)));
    const package::Statement &is = full.statement();
    const HeldPackage asked = goals.front();
    std::erase_if(goals, [&](const HeldPackage &goal) { return goal.content != is.content_digest; });
    if (is.kind == package::PackageKind::full && !goals.empty())
        return {};
    return Error{Code::INVALID_ARGUMENT, fmt::format("{} is not the full package of '{}' {}", in_quotes(full_package),
                                                     asked.name, install::shown_version(asked.version, asked.release))}
        .about(full_package);
}

// Collects the ways of one request.
class Finder {
  public:
    // Links are made for one of the architectures, or for the goal's.
    Finder(Ways &ways, Trials &trials, std::vector<Beginning> from, std::vector<HeldPackage> goals,
           std::vector<std::string> architectures)
        : m_ways(ways), m_trials(trials), m_from(std::move(from)), m_goals(std::move(goals)),
          m_architectures(std::move(architectures)) {
        for (const HeldPackage &goal : m_goals)
            m_architectures.push_back(goal.architecture);
    }

    void add_single_packages() {
        for (const HeldPackage &goal : m_goals)
            add(goal.is_delta ? WayKind::delta : WayKind::full, {goal}, m_trials.of(goal));
    }

    // The cheapest by what packages claim; where a link of it is no good, the cheapest of links that are.
    void add_chain() {
        std::vector<HeldPackage> links = chain([&](const HeldPackage &delta) { return may_be_link(delta); });
        if (links.size() < 2)
            return;
        Trial trial = m_trials.of_chain(links);
        if (trial.obstacle) {
            std::vector<HeldPackage> good = chain(
                [&](const HeldPackage &delta) { return may_be_link(delta) && !m_trials.of_link(delta).obstacle; });
            if (good.size() > 1) {
                links = std::move(good);
                trial = {};
            }
        }
        add(WayKind::chain, std::move(links), std::move(trial));
    }

  private:
    [[nodiscard]] std::vector<HeldPackage> chain(const LinkJudge &judge) const {
        return cheapest_chain(m_ways.packages, m_from, m_goals, judge);
    }

    // The last link was tried out alone: that it begins elsewhere is no obstacle in a chain.
    [[nodiscard]] bool may_be_link(const HeldPackage &delta) {
        if (std::ranges::none_of(m_architectures, [&](const auto &one) { return is_made_for(delta, one); }))
            return false;
        if (std::ranges::find(m_goals, delta.path, &HeldPackage::path) == m_goals.end())
            return true;
        const std::optional<Error> obstacle = m_trials.of(delta).obstacle;
        return !obstacle || (obstacle->code() == Code::BASE_DIFFERS && !m_trials.begins_here(delta));
    }

    void add(WayKind kind, std::vector<HeldPackage> packages, Trial trial) {
        Way way{.kind = kind, .packages = std::move(packages)};
        for (const HeldPackage &package : way.packages)
            way.bytes += package.bytes;
        way.begins_here = kind == WayKind::full || m_trials.begins_here(way.packages.front());
        if (trial.of == ObstacleOf::root && !m_ways.refusal)
            m_ways.refusal = trial.obstacle;
        way.obstacle = std::move(trial.obstacle);
        m_ways.ways.push_back(std::move(way));
    }

    Ways &m_ways;
    Trials &m_trials;
    std::vector<Beginning> m_from;
    std::vector<HeldPackage> m_goals;
    std::vector<std::string> m_architectures;
};

std::pair<int, std::uint64_t> rank_of(const Way &way) {
    const int kind = way.kind == WayKind::delta ? 0 : way.kind == WayKind::chain ? 1 : 2;
    return {kind, way.bytes};
}

}  // namespace

Result<Ways> find_ways(const std::shared_ptr<Engine> &engine, const WayRequest &request) {
    MOS_TRY(const Rules rules, read_rules(*engine));
    Ways ways;
    ways.request = request;
    MOS_TRY(ways.packages, held_packages(*engine, request.folder, request.name));
    MOS_TRY(const auto installed, engine->installed(request.name));
    std::vector<std::string> architectures = architectures_for(installed);
    std::vector<HeldPackage> goals = goals_of(ways.packages, request, architectures);
    if (!goals.empty()) {
        ways.version = install::shown_version(goals.front().version, goals.front().release);
        if (!request.full_package.empty())
            MOS_CHECK(keep_release_of(*engine, request.full_package, goals));
        MOS_TRY(std::vector<Beginning> from, beginnings(installed, request, ways.packages));
        Trials trials{engine, request, from, goals};
        Finder finder{ways, trials, std::move(from), std::move(goals), std::move(architectures)};
        finder.add_single_packages();
        finder.add_chain();
        std::ranges::stable_sort(ways.ways, {}, rank_of);
    }
    choose(ways, rules);
    return ways;
}

Result<std::size_t> install_way(Plan &plan, const Ways &ways) {
    if (ways.chosen) {
        const Way &way = ways.ways.at(*ways.chosen);
        const std::size_t further = way.packages.size() - 1;
        MOS_CHECK(
            add_to(plan, way.packages.front(), ways.request, further == 0 ? ways.request.full_package : std::string{}));
        plan.add_notice(ways.reason);
        return further;
    }
    if (ways.refusal)
        return *ways.refusal;
    for (const bool of_deltas : {true, false})
        if (const Way *const miss = nearest_miss(ways.ways, of_deltas))
            return in_context(*miss->obstacle, ways.reason);
    return Error{Code::NOT_FOUND, ways.reason}.about(ways.request.name);
}

}  // namespace mos::engine
