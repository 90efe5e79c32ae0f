// Giving up captured points, and clearing away what a cut left of that and of captures.
#include "point_store.hpp"

#include <mos/snapshot/points.hpp>
#include <mos/snapshot/rollback.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::snapshot {

using base::Directory;
using Stage = PointStore::Folder::Stage;

namespace {

Result<void> flush(PointStore &store) {
    MOS_TRY(const auto sync_point, store.directory().open_sync_point());
    return sync_point->flush();
}

// Contents that only these points had go first: where a cut comes in between, their folders say that there is something
// to be cleared away. What can't be told or deleted now is cleared away another time.
void clear_away(transaction::Site &site, PointStore &store, const std::vector<std::string> &names) {
    const auto tell = [&](const std::string &name, const Error &error) {
        site.observer.notice(fmt::format("{}/{} can't be cleared away: {}", points_name, name, error.full_message()));
    };
    const auto swept = store.sweep(names);
    if (!swept)
        tell(names.front(), swept.error());
    if (const auto flushed = flush(store); !flushed)
        return tell(names.front(), flushed.error());
    for (const std::string &name : names) {
        if (const auto removed = base::remove_tree(store.directory(), name); !removed)
            tell(name, removed.error());
    }
}

}  // namespace

// The name is changed, durably, before the row goes: a folder that no row knows is never deleted unless its name says
// that it may be.
Result<void> remove_point(transaction::Site &site, std::uint64_t id) {
    state::Points points{site.database};
    MOS_TRY(const auto point, points.find(id));
    if (!point)
        return no_recovery_point(id);
    site.observer.report({.phase = base::Phase::cleaning});
    MOS_TRY(const auto store, PointStore::make(*site.database.directory()));
    const std::string leaving = PointStore::name_of(id, Stage::leaving);
    MOS_TRY(const auto there, store->directory().find(PointStore::name_of(id, Stage::whole)));
    if (there) {
        MOS_CHECK(base::remove_tree(store->directory(), leaving));
        MOS_CHECK(store->directory().rename(PointStore::name_of(id, Stage::whole), store->directory(), leaving,
                                            base::RenameMode::keep_existing));
        MOS_CHECK(store->directory().flush());
    }
    MOS_CHECK(site.database.commit(state::Durability::durable, [&] { return points.remove(id); }));
    clear_away(site, *store, {leaving});
    return {};
}

Result<std::uint64_t> recover_points(transaction::Site &site) {
    std::uint64_t count = 0;
    Directory *const folder_of_state = site.database.directory();
    if (folder_of_state == nullptr)
        return count;
    MOS_TRY(const auto store, PointStore::find(*folder_of_state));
    if (store == nullptr)
        return count;
    MOS_TRY(const auto folders, store->folders());
    const bool nothing_left =
        std::ranges::all_of(folders, [](const PointStore::Folder &folder) { return folder.stage == Stage::whole; });
    if (nothing_left)
        return count;
    MOS_CHECK(site.database.checkpoint());  // a row, or its absence, may not be durable: a process may have died
    state::Points points{site.database};
    std::vector<std::string> left;
    for (const PointStore::Folder &folder : folders) {
        if (folder.stage == Stage::whole)
            continue;
        ++count;
        MOS_TRY(const auto point, points.find(folder.id));
        const std::string whole = PointStore::name_of(folder.id, Stage::whole);
        MOS_TRY(const auto taken, store->directory().find(whole));
        if (point && !taken) {
            MOS_CHECK(
                store->directory().rename(folder.name, store->directory(), whole, base::RenameMode::keep_existing));
            continue;
        }
        left.push_back(folder.name);
    }
    if (!left.empty())
        clear_away(site, *store, left);
    return count;
}

Result<std::vector<PointTrouble>> examine_points(Directory &folder_of_state, state::Database &database) {
    using Kind = PointTrouble::Kind;
    std::vector<PointTrouble> found;
    MOS_TRY(const auto store, PointStore::find(folder_of_state));
    state::Points points{database};
    std::vector<PointStore::Folder> folders;
    if (store != nullptr) {
        MOS_TRY(folders, store->folders());
    }
    const auto has = [&](std::uint64_t id, Stage stage) {
        return std::any_of(folders.begin(), folders.end(),
                           [&](const auto &folder) { return folder.id == id && folder.stage == stage; });
    };
    for (const PointStore::Folder &folder : folders) {
        MOS_TRY(const auto point, points.find(folder.id));
        if (folder.stage != Stage::whole)
            found.push_back({.kind = Kind::unfinished,
                             .id = folder.id,
                             .name = folder.name,
                             .sentence = fmt::format("the {} of the recovery point {} was cut short",
                                                     folder.stage == Stage::arriving ? "capture" : "removal",
                                                     recovery_point_name(folder.id))});
        else if (!point)
            found.push_back({.kind = Kind::unknown,
                             .id = folder.id,
                             .name = folder.name,
                             .sentence = fmt::format("'{}/{}' is a recovery point that the database does not know: it "
                                                     "is another system's, or its record was lost; look, then delete "
                                                     "it yourself",
                                                     points_name, folder.name)});
    }
    MOS_TRY(const auto all, points.list());
    for (const state::Point &point : all) {
        const bool on_its_way = has(point.id, Stage::arriving) || has(point.id, Stage::leaving);
        if (!has(point.id, Stage::whole)) {
            if (!on_its_way)
                found.push_back({.kind = Kind::unreadable,
                                 .id = point.id,
                                 .name = PointStore::name_of(point.id, Stage::whole),
                                 .sentence = fmt::format("what {} has kept is lost", recovery_point_name(point.id))});
            continue;
        }
        MOS_TRY(const auto folder, store->open(PointStore::name_of(point.id, Stage::whole)));
        if (const auto checked = check_index(*folder, point); !checked)
            found.push_back({.kind = Kind::unreadable,
                             .id = point.id,
                             .name = PointStore::name_of(point.id, Stage::whole),
                             .sentence = checked.error().full_message()});
    }
    return found;
}

}  // namespace mos::snapshot
