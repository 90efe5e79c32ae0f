#include <mos/transaction/hooks.hpp>

namespace mos::transaction {

Result<void> call_hooks(Site &site, base::Directory &stage, std::uint64_t stage_id, state::Hook::Moment moment,
                        HookFailure failure, Interruption interruption) {
    MOS_TRY(const std::vector<state::Hook> hooks, state::Transactions{site.database}.hooks(stage_id, moment));
    if (hooks.empty())
        return {};
    if (site.hooks == nullptr)
        return Error{Code::INTERNAL, "the transaction has hooks, and there is nobody to call them"};
    site.observer.report({.phase = base::Phase::scripts});
    for (const state::Hook &hook : hooks) {
        Result<void> called = site.hooks->call(hook, stage, site.observer, interruption);
        if (called)
            continue;
        if (failure == HookFailure::ends)
            return called;
        site.observer.notice(called.error().full_message());
    }
    return {};
}

}  // namespace mos::transaction
