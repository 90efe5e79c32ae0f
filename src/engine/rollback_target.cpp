#include "rollback_target.hpp"

#include <mos/install/plan.hpp>
#include <mos/snapshot/rollback.hpp>
#include <mos/state/packages.hpp>
#include <mos/state/points.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace mos::engine {

using snapshot::recovery_point_name;
using state::Transaction;

namespace {

constexpr std::size_t max_changes = 10'000;  // that are looked through
constexpr std::string_view configuration_folder = "etc";
constexpr std::string_view own_folder = "etc/multios";

Error nothing(std::string message) { return Error{Code::NOTHING_TO_ROLL_BACK, std::move(message)}; }

bool is_below(std::string_view path, std::string_view folder) noexcept {
    return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

// Newest first.
Result<std::vector<Transaction>> changes_in_effect(transaction::Site &site) {
    MOS_TRY(std::vector<Transaction> changes, state::Transactions{site.database}.list(max_changes));
    std::erase_if(changes, [](const Transaction &one) { return one.stage != one.id || !one.in_effect; });
    return changes;
}

Result<bool> touches_configuration(transaction::Site &site, const Transaction &change, const std::string &component) {
    bool found = false;
    MOS_CHECK(state::Transactions{site.database}.for_each_operation(
        change.id, state::Direction::forward, [&](const state::Operation &operation) -> Result<void> {
            // A folder that came or went as a whole may hold it.
            const bool may_hold = operation.kind != state::OperationKind::set_attributes &&
                                  is_below(fmt::format("{}/{}", configuration_folder, component), operation.path);
            found = found || is_component_path(operation.path, component) || may_hold;
            return {};
        }));
    if (found)
        return found;
    state::Packages packages{site.database};
    MOS_TRY(const auto brought, packages.brought_by(change.id));
    return std::ranges::any_of(brought, [&](const state::InstalledPackage &one) { return one.name == component; });
}

bool has_version(const state::InstalledPackage &package, const std::string &version) {
    return package.version == version || install::shown_version(package.version, package.release) == version;
}

// The names of what the change took away in that version; of the package alone that was named.
Result<std::set<std::string>> had_version(transaction::Site &site, const Transaction &change,
                                          const RollbackStep &step) {
    MOS_TRY(const auto before, state::Packages{site.database}.taken_away_by(change.id));
    std::set<std::string> names;
    for (const state::InstalledPackage &one : before)
        if (has_version(one, step.target_version) && (step.scope != RollbackScope::package || one.name == step.name))
            names.insert(one.name);
    return names;
}

Result<Transaction> by_version(transaction::Site &site, const RollbackStep &step,
                               const std::vector<Transaction> &changes) {
    std::optional<Transaction> found;
    std::set<std::string> names;
    for (const Transaction &change : changes) {
        MOS_TRY(const std::set<std::string> fitting, had_version(site, change, step));
        if (fitting.empty())
            continue;
        if (!found)
            found = change;
        names.insert(fitting.begin(), fitting.end());
    }
    const std::string whose = step.scope == RollbackScope::package ? fmt::format("'{}'", step.name) : "a package";
    if (!found)
        return nothing(fmt::format("no change that is in effect took version {} of {} away; see 'multios-update "
                                   "history'",
                                   base::in_quotes(step.target_version), whose));
    if (names.size() > 1)
        return Error{Code::NEEDS_ANSWER, fmt::format("several packages had version {}: {}",
                                                     base::in_quotes(step.target_version), fmt::join(names, ", "))}
            .with_remedy("say which, with 'multios-update rollback package --package=NAME --version=…', or name a "
                         "recovery point");
    return *found;
}

// Whether going back to before `first` brings a package that has changed since back to the version that is wanted.
Result<bool> brings_version(transaction::Site &site, const RollbackStep &step, const std::vector<Transaction> &changes,
                            std::uint64_t first) {
    state::Packages packages{site.database};
    std::set<std::string> changed;
    for (const Transaction &change : changes) {
        if (change.id < first)
            break;
        MOS_TRY(const auto gone, packages.taken_away_by(change.id));
        for (const state::InstalledPackage &one : gone)
            changed.insert(one.name);
    }
    MOS_TRY(const auto before, packages.list_before(first));
    return std::ranges::any_of(before, [&](const state::InstalledPackage &one) {
        return changed.contains(one.name) && has_version(one, step.target_version) &&
               (step.scope != RollbackScope::package || one.name == step.name);
    });
}

// A point that was captured stands between the changes by its number.
Result<Transaction> captured_point(transaction::Site &site, const RollbackStep &step, std::uint64_t wanted) {
    MOS_TRY(auto point, state::Points{site.database}.find(wanted));
    if (point) {
        Transaction shown;
        shown.id = shown.stage = wanted;
        shown.state = state::TransactionState::done;
        shown.summary = point->description.empty() ? "captured" : std::move(point->description);
        return shown;
    }
    MOS_TRY(const auto row, state::Transactions{site.database}.find(wanted));
    if (!row || row->stage != row->id)
        return snapshot::no_recovery_point(*step.recovery_point);
    return nothing(fmt::format("the change of {} is not in effect", *step.recovery_point));
}

Result<Transaction> by_point(transaction::Site &site, const RollbackStep &step,
                             const std::vector<Transaction> &changes) {
    MOS_TRY(const std::uint64_t wanted, snapshot::recovery_point_number(*step.recovery_point));
    const auto found = std::ranges::find(changes, wanted, &Transaction::id);
    MOS_TRY(Transaction first,
            found != changes.end() ? Result<Transaction>{*found} : captured_point(site, step, wanted));
    if (step.target_version.empty())
        return first;
    MOS_TRY(const bool brings, brings_version(site, step, changes, wanted));
    if (brings)
        return first;
    return nothing(fmt::format("going back to {} brings no package back to version {}; '--plan' without the version "
                               "shows what it brings",
                               *step.recovery_point, base::in_quotes(step.target_version)));
}

Result<Transaction> newest_that_fits(transaction::Site &site, const RollbackStep &step,
                                     const std::vector<Transaction> &changes) {
    if (step.scope == RollbackScope::everything)
        return changes.front();
    state::Packages packages{site.database};
    for (const Transaction &change : changes) {
        bool fits = false;
        if (step.scope == RollbackScope::configuration) {
            MOS_TRY(fits, touches_configuration(site, change, step.name));
        } else {
            MOS_TRY(auto rows, packages.brought_by(change.id));
            MOS_TRY(const auto gone, packages.taken_away_by(change.id));
            rows.insert(rows.end(), gone.begin(), gone.end());
            fits = std::ranges::any_of(rows, [&](const auto &row) { return row.name == step.name; });
        }
        if (fits)
            return change;
    }
    return nothing(step.scope == RollbackScope::package
                       ? fmt::format("no change that is in effect was about '{}'", step.name)
                       : fmt::format("no change that is in effect touched the configuration{}{}",
                                     step.name.empty() ? "" : " of ", step.name));
}

}  // namespace

bool is_component_path(std::string_view path, std::string_view component) noexcept {
    if (is_below(path, own_folder) || !is_below(path, configuration_folder) || path == configuration_folder)
        return false;
    if (component.empty())
        return true;
    const std::string_view below = path.substr(configuration_folder.size() + 1);
    return is_below(below, component) || (below.starts_with(component) && below[component.size()] == '.' &&
                                          below.find('/') == std::string_view::npos);
}

Result<RollbackTarget> find_target(transaction::Site &site, const RollbackStep &step) {
    if (step.scope == RollbackScope::package && step.name.empty())
        return Error{Code::INVALID_ARGUMENT, "which package is to go back is not said"};
    MOS_TRY(const std::vector<Transaction> changes, changes_in_effect(site));
    const auto found = [&]() -> Result<Transaction> {
        if (step.recovery_point)
            return by_point(site, step, changes);
        if (changes.empty())
            return nothing("no change is in effect here");
        if (!step.target_version.empty())
            return by_version(site, step, changes);
        return newest_that_fits(site, step, changes);
    }();
    MOS_TRY(Transaction first, found);
    if (first.state == state::TransactionState::pruned)
        return nothing(fmt::format("the recovery point {} was cleaned up", recovery_point_name(first.id)));
    const bool is_newest = !changes.empty() && first.id == changes.front().id;
    const bool is_captured = std::ranges::find(changes, first.id, &Transaction::id) == changes.end();
    return RollbackTarget{std::move(first), is_newest, is_captured};
}

}  // namespace mos::engine
