#include <mos/engine/doctor.hpp>

#include "restore.hpp"

#include <mos/state/database_files.hpp>
#include <mos/transaction/unknown_stages.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace mos::engine {

using state::Transactions;
using transaction::UnknownStage;

namespace {

constexpr std::string_view repairable_kinds[] = {
    "database-missing", "database-damaged", "database-behind", "copy-missing",           "copy-damaged",
    "copy-behind",      "stage-unowned",    "stage-unclear",   "transaction-unfinished", "recovery-point-incomplete",
    "point-damaged",    "point-unfinished",
};

// Does the repairs, in their order.
class Treatment {
  public:
    Treatment(Session &session, const std::optional<std::string> &kind) : m_session(session), m_kind(kind) {}

    [[nodiscard]] Result<std::vector<Finding>> run(const std::vector<Finding> &found);

  private:
    [[nodiscard]] bool wants(std::string_view kind) const { return !m_kind || *m_kind == kind; }
    [[nodiscard]] Result<void> take_back_unclear();
    [[nodiscard]] Result<void> give_up(const Finding &finding);
    [[nodiscard]] Result<void> renew_copy();

    Session &m_session;
    const std::optional<std::string> &m_kind;
};

// Newest first: what is older may lie beneath it.
Result<void> Treatment::take_back_unclear() {
    transaction::Site &site = m_session.site();
    for (;;) {
        MOS_TRY(auto unknown, transaction::unknown_stages(site.root, site.database));
        std::erase_if(unknown,
                      [](const UnknownStage &stage) { return stage.standing != UnknownStage::Standing::moved; });
        if (unknown.empty())
            return {};
        MOS_CHECK(transaction::record_lost(site, unknown.back()));
        auto recovered = transaction::recover(site);
        if (!recovered && recovered.error().code() != Code::STAGE_UNCLEAR)
            return std::move(recovered).error();
    }
}

Result<void> Treatment::give_up(const Finding &finding) {
    transaction::Site &site = m_session.site();
    MOS_TRY(const std::uint64_t id, snapshot::recovery_point_number(finding.object));
    MOS_TRY(const auto captured, state::Points{site.database}.find(id));
    if (captured)
        return snapshot::remove_point(site, id);
    MOS_TRY(const auto owner, Transactions{site.database}.find(id));
    if (!owner || owner->state == state::TransactionState::pruned)
        return {};
    return transaction::prune(site, *owner, [&](std::uint64_t number) {
        return state::Packages{site.database}.forget(number, owner->in_effect);
    });
}

Result<void> Treatment::renew_copy() {
    MOS_TRY(const auto folder, open_state_folder(m_session.site().root));
    MOS_TRY(const auto stages, transaction::open_stages(m_session.site().root));
    return state::renew_copy(*folder, *stages);
}

Result<std::vector<Finding>> Treatment::run(const std::vector<Finding> &found) {
    std::vector<Finding> done;
    auto recovered = recover_or_take_back(m_session.site());
    if (!recovered && (recovered.error().code() != Code::STAGE_UNCLEAR || !wants("stage-unclear")))
        return std::move(recovered).error();
    if (!recovered) {
        MOS_CHECK(take_back_unclear());
        MOS_TRY(recovered, recover_or_take_back(m_session.site()));
    }
    MOS_TRY(const std::uint64_t points, snapshot::recover_points(m_session.site()));
    static_cast<void>(points);
    bool copy_is_due = false;
    for (const Finding &finding : found) {
        if (finding.repair.empty() || !wants(finding.kind))
            continue;
        if (finding.kind == "recovery-point-incomplete" || finding.kind == "point-damaged")
            MOS_CHECK(give_up(finding));
        copy_is_due = copy_is_due || finding.kind.starts_with("copy-");
        done.push_back(finding);
    }
    if (copy_is_due)
        MOS_CHECK(renew_copy());
    else
        m_session.keep_copy();
    return done;
}

}  // namespace

Result<std::vector<Finding>> repair_root(Engine &engine, const std::optional<std::string> &kind) {
    if (kind && std::ranges::find(repairable_kinds, *kind) == std::end(repairable_kinds))
        return Error{Code::INVALID_ARGUMENT, fmt::format("there is no repair of the kind {}; there are {}",
                                                         base::in_quotes(*kind), fmt::join(repairable_kinds, ", "))};
    MOS_TRY(const std::vector<Finding> found, examine_root(engine));
    const bool needed = std::ranges::any_of(
        found, [&](const Finding &finding) { return !finding.repair.empty() && (!kind || *kind == finding.kind); });
    if (!needed)
        return std::vector<Finding>{};
    MOS_TRY(Session session, Session::open(engine, base::silent_observer(), Session::Purpose::repair));
    return Treatment{session, kind}.run(found);
}

}  // namespace mos::engine
