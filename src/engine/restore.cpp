#include "restore.hpp"

#include <mos/engine/engine.hpp>
#include <mos/state/database_files.hpp>
#include <mos/transaction/unknown_stages.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace mos::engine {

using base::Directory;
using state::Database;
using Standing = DatabaseCondition::Standing;
using transaction::UnknownStage;

namespace {

// There from before a restoration until everything that it may have taken back is settled, so that a cut in between
// leads to the same end.
constexpr const char *restoring_name = "state.db.restoring";

Result<std::unique_ptr<Directory>> open_if_there(Directory &root, std::string_view path, base::Symlinks symlinks) {
    auto opened = root.open_directory(path, symlinks);
    if (!opened && opened.error().code() == Code::NOT_FOUND)
        return std::unique_ptr<Directory>{};
    return opened;
}

Result<std::unique_ptr<Directory>> again(Directory &directory) {
    return directory.open_directory("", base::Symlinks::refuse);
}

// A sector that can't be read, and a filesystem's answer to data or metadata that fail their checksum, are damage too.
// Any other error of the kernel, as a lack of descriptors, says nothing of what is on the disk.
bool is_damage(const Error &error) {
    if (error.code() != Code::IO)
        return error.code() == Code::DATABASE_DAMAGED;
    switch (error.system_errno()) {
    case 0:  // SQLite's own word
    case EIO:
    case EBADMSG:
    case EUCLEAN:
    case ENODATA:  // some block devices' word for a bad sector
        return true;
    default:
        return false;
    }
}

bool is_about_database(const Error &error) {
    return is_damage(error) || error.code() == Code::DATABASE_TOO_NEW || error.code() == Code::NOT_FOUND;
}

// A number for what the copy could restore, or why it can't.
Result<Result<std::uint64_t>> revision_of(Directory &folder) {
    MOS_TRY(auto handle, again(folder));
    auto opened = Database::examine(std::move(handle));
    if (!opened && is_about_database(opened.error()))
        return Result<std::uint64_t>{std::move(opened).error()};
    MOS_TRY(const auto database, std::move(opened));
    auto revision = database->revision();
    if (!revision && !is_damage(revision.error()))
        return std::move(revision).error();
    return revision;
}

Result<bool> is_missing(Directory *folder) {
    if (folder == nullptr)
        return true;
    MOS_TRY(const auto there, folder->find(state::database_name));
    return !there || there->size == 0;
}

Result<std::uint64_t> count_moved(Directory &root) {
    MOS_TRY(const auto empty, Database::open_empty());
    MOS_TRY(const auto stages, transaction::unknown_stages(root, *empty));
    return static_cast<std::uint64_t>(
        std::ranges::count(stages, UnknownStage::Standing::moved, &UnknownStage::standing));
}

// Whether `copy` is a beginning of the database in `folder`, whose log is whole. Not being able to read either is for a
// closer look.
Result<bool> is_current(Directory &folder, Directory &copy) {
    auto included = state::includes(folder, copy);
    auto whole = state::log_is_whole(folder);
    for (const Result<bool> *answer : {&included, &whole}) {
        if (!*answer)
            return is_damage(answer->error()) ? Result<bool>{false} : Result<bool>{answer->error()};
    }
    return *included && *whole;
}

Error nothing_to_restore_from(Error problem, const std::optional<Error> &copy_problem) {
    const std::string what = copy_problem ? "its copy is damaged too" : "there is no copy of it";
    return Error{Code::DATABASE_DAMAGED,
                 fmt::format("the database can't be used and {}; 'multios-update doctor' shows what is known", what)}
        .caused_by(std::move(problem));
}

Result<DatabaseCondition> examine_without_database(Directory &root, DatabaseCondition condition) {
    MOS_TRY(const std::uint64_t moved, count_moved(root));
    if (condition.copy == DatabaseCondition::Copy::absent && moved == 0) {
        condition.standing = Standing::absent;
        return condition;
    }
    condition.standing = Standing::missing;
    condition.problem =
        Error{Code::DATABASE_DAMAGED,
              moved == 0 ? std::string{"the database is missing"}
                         : fmt::format("the database is missing, and {} stage{} what transactions moved", moved,
                                       moved == 1 ? " holds" : "s hold")};
    return condition;
}

Result<void> restore(Directory &root, Directory &folder, base::Observer &observer, std::string_view why) {
    MOS_TRY(const auto copy, open_copy(root));
    MOS_TRY(const auto marked, folder.find(restoring_name));
    if (!marked) {
        MOS_CHECK(state::forget_damaged(folder));
        MOS_TRY(const auto marker, folder.open_file(restoring_name, base::OpenMode::create_new));
        MOS_CHECK(folder.flush());
    }
    MOS_CHECK(state::restore_copy(*copy, folder));
    // The folder itself may be new.
    MOS_TRY(const auto sync_point, folder.open_sync_point());
    MOS_CHECK(sync_point->flush());
    observer.notice(
        fmt::format("the database was restored from its copy: {}; its files, where there were any, are kept "
                    "as '{}/{}.damaged'",
                    why, state_path, state::database_name));
    return {};
}

// The one transaction whose commit the database has lost.
Result<void> take_back_lost(transaction::Site &site) {
    MOS_TRY(const auto unknown, transaction::unknown_stages(site.root, site.database));
    std::vector<UnknownStage> moved;
    std::ranges::copy_if(unknown, std::back_inserter(moved),
                         [](const UnknownStage &stage) { return stage.standing == UnknownStage::Standing::moved; });
    if (moved.size() != 1)
        return Error{Code::STAGE_UNCLEAR,
                     fmt::format("{} stages hold what transactions moved that the database does not know; "
                                 "'multios-update doctor' shows what can be done",
                                 moved.size())};
    MOS_CHECK(transaction::record_lost(site, moved.front()));
    site.observer.notice(fmt::format("transaction {}, whose record was lost, is taken back ({} operations)",
                                     moved.front().id, moved.front().operations));
    return {};
}

}  // namespace

Result<std::unique_ptr<Directory>> open_state_folder(Directory &root) {
    return open_if_there(root, state_path, base::Symlinks::follow_in_root);
}

Result<std::unique_ptr<Directory>> open_copy(Directory &root) {
    return open_if_there(root, fmt::format("{}/{}", transaction::stages_name, state::copy_name),
                         base::Symlinks::refuse);
}

Result<bool> has_lost_database(Directory &root) {
    MOS_TRY(const auto folder, open_state_folder(root));
    MOS_TRY(const bool missing, is_missing(folder.get()));
    if (!missing)
        return false;
    MOS_TRY(const auto copy, open_copy(root));
    if (copy != nullptr)
        return true;
    MOS_TRY(const std::uint64_t moved, count_moved(root));
    return moved > 0;
}

Result<bool> is_being_restored(Directory &root) {
    MOS_TRY(const auto folder, open_state_folder(root));
    if (folder == nullptr)
        return false;
    MOS_TRY(const auto marker, folder->find(restoring_name));
    return marker.has_value();
}

Result<DatabaseCondition> examine_database(Directory &root) {
    DatabaseCondition condition;
    MOS_TRY(const auto folder, open_state_folder(root));
    MOS_TRY(const auto copy, open_copy(root));
    std::uint64_t copied = 0;
    if (copy != nullptr) {
        MOS_TRY(auto revision, revision_of(*copy));
        if (revision)
            copied = *revision;
        else
            condition.copy_problem = revision.error();
        condition.copy = revision ? DatabaseCondition::Copy::sound : DatabaseCondition::Copy::damaged;
    }
    MOS_TRY(const bool missing, is_missing(folder.get()));
    if (missing)
        return examine_without_database(root, std::move(condition));
    MOS_TRY(auto revision, revision_of(*folder));
    if (!revision) {
        condition.standing = revision.error().code() == Code::DATABASE_TOO_NEW ? Standing::too_new : Standing::damaged;
        condition.problem = std::move(revision).error();
    } else if (condition.copy == DatabaseCondition::Copy::sound && copied != *revision) {
        if (copied > *revision)
            condition.standing = Standing::behind;
        else
            condition.copy = DatabaseCondition::Copy::behind;
    }
    return condition;
}

Result<std::unique_ptr<Database>> open_or_restore(Directory &root, base::Observer &observer) {
    MOS_TRY(const auto folder, open_state_folder(root));
    MOS_TRY(const auto copy, open_copy(root));
    MOS_TRY(const bool missing, is_missing(folder.get()));
    // In the ordinary case neither database is opened twice: the copy is a beginning of what is there.
    bool current = false;
    if (copy != nullptr && !missing) {
        MOS_TRY(current, is_current(*folder, *copy));
    }
    if (current || (copy == nullptr && !missing)) {
        MOS_TRY(auto handle, again(*folder));
        auto opened = Database::open(std::move(handle));
        if (opened || !is_damage(opened.error()))
            return opened;
    }
    MOS_TRY(DatabaseCondition condition, examine_database(root));
    const bool usable = condition.standing == Standing::sound || condition.standing == Standing::absent ||
                        condition.standing == Standing::too_new;  // which opening refuses in its own words
    if (!usable) {
        Error problem = condition.problem ? std::move(*condition.problem)
                                          : Error{Code::DATABASE_DAMAGED, "it lacks commits that its copy holds"};
        if (condition.copy != DatabaseCondition::Copy::sound)
            return nothing_to_restore_from(std::move(problem), condition.copy_problem);
        MOS_TRY(const auto made, base::make_directories(root, state_path));
        MOS_CHECK(restore(root, *made, observer, problem.full_message()));
    }
    MOS_TRY(auto made, base::make_directories(root, state_path));
    return Database::open(std::move(made));
}

Result<transaction::Recovered> recover_or_take_back(transaction::Site &site) {
    MOS_TRY(const auto folder, open_state_folder(site.root));
    MOS_TRY(const auto restoring, folder->find(restoring_name));
    if (restoring)
        MOS_CHECK(transaction::set_unreadable_aside(site));
    auto recovered = transaction::recover(site);
    if (!recovered && recovered.error().code() == Code::STAGE_UNCLEAR) {
        MOS_TRY(const auto copy, open_copy(site.root));
        if (copy == nullptr)
            return recovered;
        MOS_CHECK(take_back_lost(site));
        recovered = transaction::recover(site);
    }
    if (!recovered || !restoring)
        return recovered;
    MOS_TRY(const bool repeated, transaction::repeat_lost_rollback(site));
    if (repeated)
        site.observer.notice("a rollback whose record was lost was carried out again");
    MOS_CHECK(folder->remove_file(restoring_name));
    return recovered;
}

void keep_copy(transaction::Site &site) {
    const auto keep = [&]() -> Result<void> {
        MOS_TRY(const std::uint64_t revision, site.database.revision());
        if (revision == 0)
            return {};  // nothing was ever decided here
        MOS_TRY(const auto folder, open_state_folder(site.root));
        MOS_TRY(const auto stages, transaction::open_stages(site.root));
        MOS_TRY(const auto step, state::update_copy(*folder, *stages));
        static_cast<void>(step);
        return {};
    };
    if (!site.database.changed() || site.database.failed())
        return;
    if (const auto kept = keep(); !kept)
        site.observer.notice(
            fmt::format("the copy of the database was not brought up to date: {}", kept.error().full_message()));
}

}  // namespace mos::engine
