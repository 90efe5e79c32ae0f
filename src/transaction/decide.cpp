#include <mos/transaction/transaction.hpp>

#include <mos/base/path.hpp>
#include <mos/transaction/hooks.hpp>

#include <fmt/format.h>

namespace mos::transaction {

namespace {

Error changed(const std::string &path) {
    return Error{Code::CHANGED_MEANWHILE,
                 fmt::format("{} changed while the update was being prepared", base::in_quotes(path))}
        .about(path);
}

// The last look before the decision: whoever changed a path since it was staged keeps his change.
Result<void> check_unchanged(Site &site, base::Directory &stage) {
    base::DirectoryCache cache{site.root};
    MOS_TRY(PlanReader plan, PlanReader::open(stage));
    for (;;) {
        MOS_TRY(const auto planned, plan.next());
        if (!planned)
            return {};
        const std::string &path = planned->operation.path;
        const base::SplitPath split = base::split_path(path);
        auto parent = cache.open(split.parent);
        if (!parent && base::is_gone(parent.error()))  // it was there when the path was staged
            return changed(path).caused_by(std::move(parent).error());
        if (!parent)
            return std::move(parent).error();
        MOS_TRY(const auto there, parent.value()->find(split.name));
        const std::optional<Witness> now = there ? std::optional{witness_of(*there)} : std::nullopt;
        if (now != planned->there)
            return changed(path);
    }
}

Result<void> insert_operations(state::Transactions &transactions, std::uint64_t id, base::Directory &stage) {
    MOS_TRY(PlanReader plan, PlanReader::open(stage));
    for (;;) {
        MOS_TRY(const auto planned, plan.next());
        if (!planned)
            return {};
        state::Operation operation = planned->operation;
        operation.active = operation.kind != state::OperationKind::output;  // of which only the way back moves anything
        MOS_CHECK(transactions.insert_operation(id, operation));
    }
}

}  // namespace

Result<Decided> decide(Site &site, Staged staged, const Description &description, const Recorder &record) {
    if (!description.hooks.empty() && site.hooks == nullptr)
        return nobody_to_call();
    site.observer.report({.phase = base::Phase::deciding});
    MOS_CHECK(site.observer.checkpoint());
    MOS_CHECK(check_unchanged(site, staged.directory()));

    state::Transactions transactions{site.database};
    MOS_CHECK(check_none_unfinished(site.database));
    state::Transaction transaction{.id = staged.id(),
                                   .stage = staged.id(),
                                   .direction = state::Direction::forward,
                                   .state = state::TransactionState::committed,
                                   .in_effect = true,
                                   .time_unix_s = site.clock.now_unix_s(),
                                   .summary = description.summary,
                                   .reason = description.reason,
                                   .changed_paths = description.changed_paths,
                                   .reboot = description.reboot,
                                   .boot = description.boot,
                                   .cause = {}};
    // Whoever leaves this function while it is not known what became of the commit leaves the stage too, by an
    // exception as well.
    struct Keeper {
        state::Database &database;
        Staged &staged;
        ~Keeper() {
            if (database.failed())
                staged.release();
        }
    };
    const Keeper keeper{site.database, staged};
    Result<void> committed = site.database.commit(state::Durability::durable, [&]() -> Result<void> {
        MOS_CHECK(transactions.insert(transaction));
        MOS_CHECK(insert_operations(transactions, transaction.id, staged.directory()));
        for (const state::Hook &hook : description.hooks)
            MOS_CHECK(transactions.insert_hook(transaction.id, hook));
        return record(transaction.id);
    });
    if (!committed)
        return in_context(std::move(committed).error(), site.database.failed()
                                                            ? "it is not known whether the decision was recorded; the "
                                                              "next command finds out and completes or drops it"
                                                            : "can't record the decision");
    staged.release();
    return Decided{std::move(transaction), staged.take_sync_points()};
}

}  // namespace mos::transaction
