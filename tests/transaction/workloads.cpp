#include "workloads.hpp"

#include "old_database.hpp"
#include "scenes.hpp"

#include <mos/base/path.hpp>

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace mos::test {

namespace {

Release bare() { return {without_holders(bare_tree()), "", "", ""}; }
Release first() { return {without_holders(first_release()), "1", "", ""}; }
Release second() { return {without_holders(second_release()), "2", "", ""}; }

constexpr std::string_view somebodys = "somebody's own";
constexpr base::FileTime somebodys_time = {1'555'555'555, 0};
constexpr std::string_view added_path = "usr/lib/added";  // the second release puts a file there

// Somebody saves a file where the update is about to put one, and makes it durable: in one step, for a cut in the
// middle of the saving would leave a tree that is none of the workload's releases.
Result<void> save_file(base::Directory &root) {
    constexpr std::string_view unsaved = "somebody";
    const base::SplitPath split = base::split_path(added_path);
    MOS_TRY(const auto elsewhere, root.open_directory(database_path, base::Symlinks::refuse));
    MOS_TRY(const auto folder, root.open_directory(split.parent, base::Symlinks::refuse));
    MOS_TRY(const auto file, elsewhere->open_file(unsaved, base::OpenMode::create_new));
    MOS_CHECK(file->write_at(0, base::as_bytes(somebodys)));
    MOS_CHECK(file->set_modified(somebodys_time));
    MOS_CHECK(file->flush());
    MOS_CHECK(elsewhere->rename(unsaved, *folder, split.name, base::RenameMode::keep_existing));
    return folder->flush();
}

Release second_with_kept_file() {
    Release release = second();
    release.kept = somebodys;
    return release;
}

constexpr std::string_view settings_name = "settings";
// Long enough to be torn.
std::string old_settings() { return "old settings " + std::string(6000, 'o'); }
std::string new_settings() { return "new settings " + std::string(14000, 'n'); }

// The bare tree, with a file of the engine's own.
Release with_settings(std::string content) {
    return {.tree = without_holders(bare_tree()),
            .version = {},
            .kept = std::move(content),
            .kept_at = fmt::format("{}/{}", database_path, settings_name)};
}

Result<void> write_settings(Session &session, std::string_view content) {
    MOS_TRY(const auto folder, session.machine().root().open_directory(database_path, base::Symlinks::refuse));
    return base::replace_file(*folder, settings_name, base::as_bytes(content), 0640);
}

constexpr std::string_view replaced_path = "a-b";  // one of the first that the second release replaces

Release with_edited_file(Release release) {
    TreeEntry &entry = *std::ranges::find(release.tree.entries, replaced_path, &TreeEntry::path);
    entry.content = somebodys;
    entry.mode = 0600;
    entry.modified = somebodys_time;
    return release;
}

// Somebody replaces a file that the update has just put in place, durably, as editors do. What he writes first lies
// where no picture shows it.
Result<void> replace_new_file(Session &session) {
    base::Directory &root = session.machine().root();
    MOS_TRY(const auto folder, root.open_directory(database_path, base::Symlinks::refuse));
    MOS_TRY(const auto file, folder->open_file("edited", base::OpenMode::create_new));
    MOS_CHECK(file->write_at(0, base::as_bytes(somebodys)));
    MOS_CHECK(file->set_modified(somebodys_time));
    MOS_CHECK(file->flush());
    MOS_CHECK(root.flush());
    session.allow(only(2) | only(3));
    MOS_CHECK(folder->rename("edited", root, replaced_path, base::RenameMode::replace));
    MOS_CHECK(folder->flush());
    MOS_CHECK(root.flush());
    session.allow(only(3));
    return {};
}

Result<void> update_while_edited(Session &session) {
    constexpr int entries_before = 12;
    MOS_CHECK(session.start());
    session.machine().watcher.on_checkpoint = [&session, left = entries_before](base::Phase phase) mutable {
        return phase == base::Phase::applying && left-- == 0 ? replace_new_file(session) : Result<void>{};
    };
    MOS_CHECK(session.update(0, 2));
    session.machine().watcher.on_checkpoint = nullptr;
    return {};
}

std::vector<Workload> workloads_of_own_files() {
    std::vector<Workload> all;
    all.push_back({.name = "replace-file",
                   .description = "a file of the engine's own is replaced",
                   .releases = {with_settings(old_settings()), with_settings(new_settings())},
                   .prepare = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return write_settings(session, old_settings());
                   },
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       session.allow(only(0) | only(1));
                       MOS_CHECK(write_settings(session, new_settings()));
                       session.allow(only(1));
                       return {};
                   },
                   .transactional = false});
    all.push_back({.name = "migration",
                   .description = "a database of the oldest schema is opened, then an update",
                   .releases = {{without_holders(bare_tree()), "old", "", ""}, first()},
                   .prepare = [](Session &session) -> Result<void> {
                       MOS_TRY(const auto root, session.disk().root());
                       return make_old_database(*root);
                   },
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return session.update(0, 1);
                   }});
    return all;
}

// What lay in the way of an update comes back with the rollback.
Release first_with_file_of_somebody() {
    Release release = first();
    TreeEntry entry;
    entry.path = added_path;
    entry.content = somebodys;
    entry.mode = 0600;
    entry.modified = somebodys_time;
    release.tree.entries.push_back(std::move(entry));
    std::ranges::sort(release.tree.entries, {}, &TreeEntry::path);
    return release;
}

}  // namespace

// NOLINTNEXTLINE(readability-function-size): it is a table
std::vector<Workload> transaction_workloads() {
    std::vector<Workload> all;
    all.push_back({.name = "install",
                   .description = "a first release into a root without database",
                   .releases = {bare(), first()},
                   .prepare = nullptr,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return session.update(0, 1);
                   }});
    // The others start where the releases before have been installed; release 0 is always what prepare() leaves.
    const auto after_first = [](Session &session) -> Result<void> {
        MOS_CHECK(session.start());
        return session.update(1, 0);
    };
    all.push_back({.name = "update",
                   .description = "from the first release to the second: every kind of operation",
                   .releases = {first(), bare(), second()},
                   .prepare = after_first,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return session.update(0, 2);
                   }});
    all.push_back({.name = "remove",
                   .description = "the first release goes",
                   .releases = {first(), bare()},
                   .prepare = after_first,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return session.update(0, 1);
                   }});
    const auto after_second = [](Session &session) -> Result<void> {
        MOS_CHECK(session.start());
        MOS_CHECK(session.update(1, 2));
        return session.update(2, 0);
    };
    all.push_back({.name = "rollback",
                   .description = "from the second release back to the first",
                   .releases = {second(), bare(), first()},
                   .prepare = after_second,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return session.roll_back(0, 2);
                   }});
    all.push_back({.name = "clean-up",
                   .description = "recovery points are pruned: an older one, then the newest",
                   .releases = {second(), bare(), first()},
                   .prepare = after_second,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       MOS_CHECK(session.prune(1));
                       return session.prune(2);
                   }});
    all.push_back({.name = "failed-update",
                   .description = "an error half-way through the second release: it turns round",
                   .releases = {first(), bare(), second()},
                   .prepare = after_first,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return session.fail_to_update(0, 2);
                   }});
    all.push_back({.name = "failed-rollback",
                   .description = "an error half-way through a rollback: it turns round",
                   .releases = {second(), bare(), first()},
                   .prepare = after_second,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return session.fail_to_roll_back(0, 2);
                   }});
    all.push_back({.name = "chain",
                   .description = "update, rollback, clean-up and update in one life of the process",
                   .releases = {first(), bare(), second()},
                   .prepare = after_first,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       MOS_CHECK(session.update(0, 2));
                       MOS_CHECK(session.roll_back(2, 0));
                       MOS_CHECK(session.prune(2));
                       return session.update(0, 2);
                   }});
    all.push_back({.name = "foreign-edit",
                   .description = "once an update is decided, somebody saves a file where it puts one; then a rollback",
                   .releases = {first(), bare(), second(), second_with_kept_file(), first_with_file_of_somebody()},
                   .prepare = after_first,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       MOS_CHECK(session.update_under_edit(0, 2, [&](base::Directory &root) -> Result<void> {
                           MOS_CHECK(save_file(root));
                           session.allow(only(3));
                           return {};
                       }));
                       return session.roll_back(3, 4);
                   },
                   .foreign_edits = ForeignEdits::made});
    all.push_back({.name = "edit-while-applying",
                   .description = "somebody replaces a file that an update has just put in place",
                   .releases = {first(), bare(), second(), with_edited_file(second()), with_edited_file(first())},
                   .prepare = after_first,
                   .run = update_while_edited,
                   .foreign_edits = ForeignEdits::made});
    // What is said to be done must be so when the next commit, which is about something else, makes the word durable.
    all.push_back({.name = "update-and-prune",
                   .description = "an update, and at once an older recovery point is cleaned up",
                   .releases = {first(), bare(), second()},
                   .prepare = after_first,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       MOS_CHECK(session.update(0, 2));
                       return session.prune(1);
                   },
                   .foreign_edits = ForeignEdits::none});
    all.push_back({.name = "long-log",
                   .description = "an update that brings a long log into the database, and its rollback",
                   .releases = {first(), bare(), second()},
                   .prepare = after_first,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       if (!session.machine().database().log_is_long())
                           return Error{Code::INTERNAL, "the log is too short for this workload"};
                       MOS_CHECK(session.update(0, 2));
                       return session.roll_back(2, 0);
                   },
                   .long_log = 1});
    std::ranges::move(workloads_of_own_files(), std::back_inserter(all));
    std::ranges::move(volume_workloads(), std::back_inserter(all));
    std::ranges::move(hook_workloads(), std::back_inserter(all));
    return all;
}

}  // namespace mos::test
