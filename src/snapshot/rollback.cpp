#include <mos/snapshot/rollback.hpp>

#include "change_record.hpp"
#include "ours.hpp"
#include "restored_files.hpp"

#include <mos/base/path.hpp>
#include <mos/snapshot/retention.hpp>
#include <mos/state/packages.hpp>
#include <mos/transaction/plan_file.hpp>
#include <mos/transaction/volumes.hpp>

#include <fmt/format.h>

#include <charconv>

namespace mos::snapshot {

using base::FileType;
using state::Operation;
using state::OperationKind;
using state::Transaction;
using state::TransactionState;

namespace {

constexpr std::string_view name_prefix = "rp-";

Error nothing(std::string message) { return Error{Code::NOTHING_TO_ROLL_BACK, std::move(message)}; }

// What the change itself has put aside about files that no package brought.
class Brought {
  public:
    Brought(transaction::Site &site, const Transaction &owner) : m_site(site), m_owner(owner) {}

    [[nodiscard]] Result<bool> stands(const std::string &path, const base::FileStatus &status) {
        if (!m_files) {
            MOS_TRY(transaction::Stages stages, transaction::Stages::open(m_site, m_owner));
            MOS_TRY(m_files, RestoredFiles::read(stages.primary()));
        }
        return m_files->stands(path, status);
    }

  private:
    transaction::Site &m_site;
    const Transaction &m_owner;
    std::optional<RestoredFiles> m_files;
};

// A directory that the change brought is moved back as a whole; what somebody has put into it since must not vanish
// with it.
Result<void> check_directories(transaction::Site &site, const Transaction &owner) {
    state::Packages packages{site.database};
    base::DirectoryCache cache{site.root};
    Brought brought{site, owner};
    return state::Transactions{site.database}.for_each_operation(
        owner.id, state::Direction::forward, [&](const Operation &operation) -> Result<void> {
            if (operation.kind != OperationKind::add && operation.kind != OperationKind::exchange)
                return {};
            const base::SplitPath split = base::split_path(operation.path);
            MOS_TRY(base::Directory *const parent, cache.find(split.parent));
            if (parent == nullptr)
                return {};  // somebody moved it away; nothing of ours is below it any more
            MOS_TRY(const auto there, parent->find(split.name));
            if (!there || there->type != FileType::directory || there->inode != operation.staged_inode)
                return {};
            MOS_TRY(const auto directory, parent->open_directory(split.name, base::Symlinks::refuse));
            MOS_TRY(const base::FileStatus home, directory->own_status());
            const IsOurs of_packages = untouched_below(packages, home);
            const IsOurs is_ours = [&](const std::string &path, const base::FileStatus &status) -> Result<bool> {
                MOS_TRY(const bool of_package, of_packages(path, status));
                if (of_package || transaction::is_mount_point(home, status))
                    return of_package;
                return brought.stands(path, status);
            };
            MOS_TRY(const auto foreign, find_foreign(*directory, operation.path, is_ours));
            if (foreign)
                return Error{Code::CONFLICT,
                             fmt::format("{} was put into a folder that the rollback takes away, or changed in it",
                                         base::in_quotes(*foreign))}
                    .about(*foreign);
            return {};
        });
}

// What became of what a change put aside of a path.
enum class Slot : std::uint8_t { kept, written_to, lost };

// What stood at the path when it was staged is in its slot since, unless the change has not come to it: then what it
// was to bring is there.
Result<Slot> look_into_slot(transaction::Stages &stages, const transaction::PlannedOperation &planned) {
    const Operation &operation = planned.operation;
    const bool put_aside = operation.kind == OperationKind::exchange || operation.kind == OperationKind::remove;
    if (!put_aside || !planned.there)
        return Slot::kept;
    MOS_TRY(base::Directory *const part, stages.on(operation.volume));
    MOS_TRY(const auto slot, part->find(transaction::number_name(operation.slot)));
    if (!slot)
        return Slot::lost;
    const bool is_kept = slot->type == FileType::directory || transaction::witness_of(*slot) == *planned.there ||
                         (operation.kind == OperationKind::exchange && slot->inode == operation.staged_inode);
    return is_kept ? Slot::kept : Slot::written_to;
}

Result<void> judge_slot(transaction::Site &site, const Transaction &owner, const std::string &path, Slot slot,
                        PutAside rule) {
    if (slot == Slot::kept)
        return {};
    const bool is_lost = slot == Slot::lost;
    std::string sentence = fmt::format("what {} keeps of {} {}", recovery_point_name(owner.id), base::in_quotes(path),
                                       is_lost ? "is lost" : "was written to since");
    if (rule == PutAside::must_be_whole)
        return Error{Code::POINT_DAMAGED, std::move(sentence)}.about(path);
    site.observer.notice(
        sentence + (is_lost ? "; in an emergency the rest goes back" : "; in an emergency it goes back as it is now"));
    return {};
}

Result<void> judge_unreadable(transaction::Site &site, const Transaction &owner, Error problem, PutAside rule) {
    Error error = unreadable_stage(owner, std::move(problem));
    if (rule == PutAside::must_be_whole || error.code() != Code::POINT_DAMAGED)
        return error;
    site.observer.notice(error.full_message() + "; in an emergency it goes back without a look at what it keeps");
    return {};
}

}  // namespace

Result<std::optional<std::string>> find_foreign(base::Directory &directory, const std::string &path,
                                                const IsOurs &is_ours) {
    MOS_TRY(const auto entries, directory.list());
    for (const base::DirectoryEntry &entry : entries) {
        const std::string below = path + '/' + entry.name;
        MOS_TRY(const auto status, directory.find(entry.name));
        if (!status)
            continue;  // gone since it was listed
        MOS_TRY(const bool ours, is_ours(below, *status));
        if (!ours)
            return std::optional{below};
        if (entry.type != FileType::directory)
            continue;
        MOS_TRY(const auto child, directory.open_directory(entry.name, base::Symlinks::refuse));
        MOS_TRY(auto foreign, find_foreign(*child, below, is_ours));
        if (foreign)
            return foreign;
    }
    return std::optional<std::string>{};
}

Error no_recovery_point(std::string_view name) {
    return nothing(fmt::format("there is no recovery point {}", base::in_quotes(name))).about(std::string{name});
}

Error no_recovery_point(std::uint64_t transaction) { return no_recovery_point(recovery_point_name(transaction)); }

std::string recovery_point_name(std::uint64_t transaction) {
    return std::string{name_prefix} + std::to_string(transaction);
}

Result<std::uint64_t> recovery_point_number(std::string_view name) {
    std::uint64_t number = 0;
    if (name.starts_with(name_prefix)) {
        const std::string_view digits = name.substr(name_prefix.size());
        const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (problem == std::errc{} && end == digits.data() + digits.size() && number != 0)
            return number;
    }
    return Error{Code::INVALID_ARGUMENT,
                 fmt::format("{} is no recovery point; they are called rp-1, rp-2, …", base::in_quotes(name))};
}

Result<Transaction> find_rollback(transaction::Site &site, std::optional<std::string_view> recovery_point) {
    state::Transactions transactions{site.database};
    MOS_TRY(const std::optional<Transaction> newest, transactions.newest_in_effect());
    if (recovery_point) {
        MOS_TRY(const std::uint64_t wanted, recovery_point_number(*recovery_point));
        MOS_TRY(const auto named, transactions.find(wanted));
        if (!named || named->stage != named->id)
            return no_recovery_point(*recovery_point);
        if (!named->in_effect)
            return nothing(fmt::format("the change of {} is not in effect", *recovery_point));
        if (newest && newest->id != wanted)
            return nothing(fmt::format("{} is not the newest change: {} stands on it and is taken back first",
                                       *recovery_point, recovery_point_name(newest->id)));
    }
    if (!newest)
        return nothing("no change is in effect here");
    if (newest->state == TransactionState::pruned)
        return nothing(fmt::format("the recovery point {} was cleaned up", recovery_point_name(newest->id)));
    MOS_CHECK(check_directories(site, *newest));
    return *newest;
}

Result<void> check_put_aside(transaction::Site &site, const Transaction &owner, PutAside rule) {
    MOS_TRY(transaction::Stages stages, transaction::Stages::open(site, owner));
    auto plan = transaction::PlanReader::open(stages.primary());
    if (!plan)
        return judge_unreadable(site, owner, std::move(plan).error(), rule);
    for (;;) {
        auto planned = plan->next();
        if (!planned)
            return judge_unreadable(site, owner, std::move(planned).error(), rule);
        if (!*planned)
            return {};
        MOS_TRY(const Slot slot, look_into_slot(stages, **planned));
        MOS_CHECK(judge_slot(site, owner, (*planned)->operation.path, slot, rule));
    }
}

Result<void> retain(transaction::Site &site, std::size_t count) {
    MOS_TRY(std::vector<ListedPoint> points, list_points(site.database));
    for (const ListedPoint &point : chosen_to_go(std::move(points), {.count = count}, site.clock.now_unix_s()))
        MOS_CHECK(give_up(site, point));
    return {};
}

}  // namespace mos::snapshot
