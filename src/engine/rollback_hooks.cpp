#include "rollback_hooks.hpp"

#include <mos/install/package_hooks.hpp>

#include <algorithm>

namespace mos::engine {

using state::Hook;
using Moment = Hook::Moment;

namespace {

// Which hooks of a change are called at which moment of a restoration that goes back over it.
struct Turned {
    Moment of_change;
    Moment of_restoration;
};
constexpr Turned turned[] = {{Moment::before_undo, Moment::before_apply},
                             {Moment::after_undo, Moment::after_apply},
                             {Moment::after_apply, Moment::after_undo}};

Result<void> take(transaction::Site &site, std::uint64_t change, const Turned &moment, const std::string &package,
                  std::vector<Hook> &hooks) {
    MOS_TRY(const auto recorded, state::Transactions{site.database}.hooks(change, moment.of_change));
    for (const Hook &hook : recorded) {
        MOS_TRY(auto tolerant, install::as_tolerant(hook, package));
        if (!tolerant)
            continue;
        tolerant->moment = moment.of_restoration;
        hooks.push_back(std::move(*tolerant));
    }
    return {};
}

constexpr std::size_t max_changes = 10'000;

// In effect, newest first.
Result<std::vector<state::Transaction>> changes_from(transaction::Site &site, std::uint64_t first) {
    MOS_TRY(std::vector<state::Transaction> changes, state::Transactions{site.database}.list(max_changes));
    std::erase_if(changes, [&](const state::Transaction &one) {
        return one.stage != one.id || !one.in_effect || one.id < first;
    });
    return changes;
}

}  // namespace

Result<std::vector<Hook>> hooks_of_way_back(transaction::Site &site, std::uint64_t first, const std::string &package) {
    MOS_TRY(std::vector<state::Transaction> changes, changes_from(site, first));
    std::vector<Hook> hooks;
    for (const Turned &moment : turned) {
        if (moment.of_change == Moment::after_apply)
            std::ranges::reverse(changes);  // brought again: the oldest first, as they were made
        for (const state::Transaction &change : changes)
            MOS_CHECK(take(site, change.id, moment, package, hooks));
    }
    for (std::size_t rank = 0; rank < hooks.size(); ++rank)
        hooks[rank].rank = rank;
    return hooks;
}

Result<std::string> reboots_of_way_back(transaction::Site &site, std::uint64_t first) {
    MOS_TRY(const std::vector<state::Transaction> changes, changes_from(site, first));
    const std::string boot = site.clock.boot_id();
    std::string names;
    for (const state::Transaction &change : changes)
        if (!change.reboot.empty() && change.boot != boot)
            names += (names.empty() ? "" : " ") + change.reboot;
    return names;
}

}  // namespace mos::engine
