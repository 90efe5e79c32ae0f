// What is called around the moves of a transaction: scripts, service managers.
//
// A hook is recorded with the decision and called at its moment, at least once: after a power cut again from the first
// of that moment on. One after the apply that fails takes the transaction back; one on the way back that fails is
// reported, and the way back goes on.
#pragma once

#include <mos/state/transactions.hpp>
#include <mos/transaction/apply.hpp>

namespace mos::transaction {

// Given by whoever knows what a hook's kind and text mean.
class HookCaller {
  public:
    HookCaller() = default;
    HookCaller(const HookCaller &) = delete;
    HookCaller &operator=(const HookCaller &) = delete;
    virtual ~HookCaller() = default;

    // `stage` is where whatever the hook needs was put aside when it was recorded (Stage::put_aside). CANCELLED when
    // `interruption` allows it and the observer asks for it.
    [[nodiscard]] virtual Result<void> call(const state::Hook &hook, base::Directory &stage, base::Observer &observer,
                                            Interruption interruption) = 0;
};

[[nodiscard]] Error nobody_to_call();  // INTERNAL

// INTERNAL where the transaction that owns `stage_id` has hooks and the site has nobody to call them. Asked before
// anything is done about it: one that is unfinished waits for somebody who can.
[[nodiscard]] Result<void> check_callable(Site &site, std::uint64_t stage_id);

enum class HookFailure : std::uint8_t { ends, is_reported };

// Calls all hooks of that moment of the transaction that owns `stage_id`. The first that fails ends it, or each that
// fails becomes a notice. Only where check_callable() has said yes.
[[nodiscard]] Result<void> call_hooks(Site &site, base::Directory &stage, std::uint64_t stage_id,
                                      state::Hook::Moment moment, HookFailure failure, Interruption interruption);

}  // namespace mos::transaction
