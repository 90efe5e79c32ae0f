#include "leftovers.hpp"

#include <mos/base/path.hpp>
#include <mos/state/transactions.hpp>
#include <mos/transaction/unknown_stages.hpp>
#include <mos/transaction/volumes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace mos::transaction {

using base::Directory;
using state::Transactions;

namespace {

// A stage of which nothing is decided may go. One whose plan was carried out, in part or in full, belongs to a
// transaction that this database does not know: it was lost or is an old copy.
Result<void> check_unmoved(Directory &root, std::uint64_t id) {
    MOS_TRY(const UnknownStage unknown, examine_stage(root, id));
    if (unknown.standing == UnknownStage::Standing::out_of_reach)
        return Error{Code::STAGE_UNCLEAR,
                     fmt::format("stage {} is about {} too, which is not mounted: mount it and run 'multios-update "
                                 "recover' or the command again",
                                 id, base::in_quotes(unknown.moved_path))}
            .about(unknown.moved_path);
    if (unknown.standing != UnknownStage::Standing::moved)
        return {};  // or never finished, so never decided
    return Error{Code::STAGE_UNCLEAR,
                 fmt::format("what stage {} planned was done at {}, but the database knows no such transaction; "
                             "'multios-update doctor' shows what can be done",
                             id, base::in_quotes(unknown.moved_path))}
        .about(unknown.moved_path);
}

class Sweeper {
  public:
    explicit Sweeper(Site &site) : m_site(site), m_transactions(site.database) {}

    [[nodiscard]] Result<std::uint64_t> run();

  private:
    [[nodiscard]] Result<std::vector<std::uint64_t>> unowned_in(Directory &stages, const std::string &volume);
    [[nodiscard]] Result<bool> is_owned(std::uint64_t id, const std::string &volume);
    [[nodiscard]] Result<void> make_pruned_durable();
    void remove(Directory &stages, std::uint64_t id);

    Site &m_site;
    Transactions m_transactions;
    std::set<std::uint64_t> m_dropped;
    bool m_pruned_is_durable = false;
};

// Whether the part of stage `id` on that volume is what a transaction needs. A number is given twice where the first to
// have it was never decided and its part here was not there to be deleted.
Result<bool> Sweeper::is_owned(std::uint64_t id, const std::string &volume) {
    MOS_TRY(const bool owned, m_transactions.owns_stage(id));
    if (!owned || volume.empty())
        return owned;
    MOS_TRY(const std::vector<std::string> volumes, m_transactions.volumes(id));
    return std::ranges::find(volumes, volume) != volumes.end();
}

Result<std::vector<std::uint64_t>> Sweeper::unowned_in(Directory &stages, const std::string &volume) {
    std::vector<std::uint64_t> unowned;
    MOS_TRY(const auto entries, stages.list());
    for (const base::DirectoryEntry &entry : entries) {
        const std::optional<std::uint64_t> id = stage_number(entry);
        if (!id)
            continue;  // the database's copy, or not ours by its name; doctor reports it
        MOS_TRY(const bool owned, is_owned(*id, volume));
        if (!owned)
            unowned.push_back(*id);
    }
    return unowned;
}

// A killed process may have written the row, and not have flushed it yet.
Result<void> Sweeper::make_pruned_durable() {
    if (!m_pruned_is_durable)
        MOS_CHECK(m_site.database.checkpoint());
    m_pruned_is_durable = true;
    return {};
}

// What can't be deleted (a mount, an immutable file in it) is in nobody's way: it must not stop the engine.
void Sweeper::remove(Directory &stages, std::uint64_t id) {
    if (const auto removed = base::remove_tree(stages, number_name(id)); removed)
        m_dropped.insert(id);
    else
        m_site.observer.notice(fmt::format("stage {} can't be deleted: {}", id, removed.error().full_message()));
}

// All is looked at before anything is deleted: a primary stage's plan tells of parts on other volumes.
Result<std::uint64_t> Sweeper::run() {
    MOS_TRY(const auto there, m_site.root.find(stages_name));
    if (!there)
        return std::uint64_t{0};
    MOS_TRY(const auto stages, open_stages(m_site.root));
    MOS_TRY(const std::vector<std::uint64_t> unowned, unowned_in(*stages, {}));
    for (const std::uint64_t id : unowned) {
        MOS_TRY(const auto row, m_transactions.find(id));
        if (row)
            MOS_CHECK(make_pruned_durable());
        else
            MOS_CHECK(check_unmoved(m_site.root, id));
    }
    MOS_TRY(const std::vector<VolumeStages> volumes, stages_on_volumes(m_site.root));
    for (const VolumeStages &volume : volumes) {
        MOS_TRY(const std::vector<std::uint64_t> ids, unowned_in(*volume.stages, volume.top));
        if (!ids.empty())
            MOS_CHECK(make_pruned_durable());
        for (const std::uint64_t id : ids)
            remove(*volume.stages, id);
    }
    for (const std::uint64_t id : unowned)
        remove(*stages, id);
    return m_dropped.size();
}

}  // namespace

Result<void> delete_stage(Site &site, std::uint64_t id) {
    MOS_TRY(const std::vector<VolumeStages> volumes, stages_on_volumes(site.root));
    for (const VolumeStages &volume : volumes)
        MOS_CHECK(base::remove_tree(*volume.stages, number_name(id)));
    MOS_TRY(const auto stages, open_stages(site.root));
    return base::remove_tree(*stages, number_name(id));
}

Result<std::uint64_t> drop_leftovers(Site &site) { return Sweeper{site}.run(); }

}  // namespace mos::transaction
