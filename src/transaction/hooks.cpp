#include <mos/transaction/hooks.hpp>

namespace mos::transaction {

using Moment = state::Hook::Moment;

Error nobody_to_call() { return Error{Code::INTERNAL, "the transaction has hooks, and there is nobody to call them"}; }

Result<void> check_callable(Site &site, std::uint64_t stage_id) {
    if (site.hooks != nullptr)
        return {};
    for (const Moment moment : {Moment::before_apply, Moment::after_apply, Moment::before_undo, Moment::after_undo}) {
        MOS_TRY(const auto hooks, state::Transactions{site.database}.hooks(stage_id, moment));
        if (!hooks.empty())
            return nobody_to_call();
    }
    return {};
}

Result<void> call_hooks(Site &site, base::Directory &stage, std::uint64_t stage_id, Moment moment, HookFailure failure,
                        Interruption interruption) {
    MOS_TRY(const std::vector<state::Hook> hooks, state::Transactions{site.database}.hooks(stage_id, moment));
    if (hooks.empty())
        return {};
    site.observer.report({.phase = base::Phase::scripts});
    for (const state::Hook &hook : hooks) {
        Result<void> called = site.hooks->call(hook, stage, site.observer, interruption);
        if (called)
            continue;
        if (failure == HookFailure::ends)
            return called;
        site.observer.notice_failure(called.error());
    }
    return {};
}

}  // namespace mos::transaction
