// Changes with hooks. What these write is part of the trees: after a cut the root is as before, outputs included, or as
// after the last hook.
#include "scenes.hpp"
#include "workloads.hpp"

#include <algorithm>

namespace mos::test {

using Moment = state::Hook::Moment;

namespace {

constexpr std::size_t long_bytes = 9000;  // three chunks of the twin, so that a torn write shows

TreeImage on_bare(const ImageBuilder &added) {
    TreeImage image = bare_tree();
    const TreeImage more = added.image();
    image.entries.insert(image.entries.end(), more.entries.begin(), more.entries.end());
    std::ranges::sort(image.entries, {}, &TreeEntry::path);
    return without_holders(std::move(image));
}

std::string edited() { return std::string(long_bytes + 100, 'e'); }
std::string created() { return "created " + std::string(long_bytes, 'c'); }

Release old_release() {
    ImageBuilder tree;
    tree.directory("app").file("app/tool", "tool 1", 0755).file("app/gone", "gone");
    tree.directory("cache", 0750).attribute("user.kept", "yes");
    tree.file("cache/deleted", "deleted by a script").symlink("cache/index", "deleted");
    tree.file("cache/list", std::string(long_bytes, 'l'), 0604).owner(3, 4).attribute("user.color", "red");
    tree.directory("plugins").directory("plugins/a").file("plugins/a/x", "x").file("plugins/y", "y");
    return {.tree = on_bare(tree), .version = "1", .kept = {}, .kept_at = {}};
}

// What the hooks write, and what undoes the one thing that is no output: a mark.
std::vector<state::Hook> writing_hooks() {
    return {hook(0, Moment::before_apply, hook_deletes, "app/none"),
            hook(1, Moment::after_apply, hook_edits, "cache/list", edited()),
            hook(2, Moment::after_apply, hook_creates, "cache/fresh", created()),
            hook(3, Moment::after_apply, hook_deletes, "cache/deleted"),
            hook(4, Moment::after_apply, hook_links, "cache/index", "fresh"),
            hook(5, Moment::after_apply, hook_creates, "app/mark", "made by a script"),
            hook(6, Moment::before_undo, hook_deletes, "app/mark"),
            hook(7, Moment::after_undo, hook_deletes, "app/none")};
}

Release new_release() {
    ImageBuilder tree;
    const std::int64_t any = DiskState{}.clock.seconds;  // a script writes in there
    tree.directory("app", 0711).time(any).file("app/tool", "tool 2", 0755).file("app/new", std::string(5000, 'n'));
    tree.file("app/mark", "made by a script", 0600).time(hook_time.seconds);
    tree.directory("cache", 0750).attribute("user.kept", "yes").time(any);
    tree.file("cache/fresh", created(), 0600).time(hook_time.seconds);
    tree.symlink("cache/index", "fresh").time(hook_time.seconds);
    tree.file("cache/list", edited(), 0604).owner(3, 4).attribute("user.color", "red").time(hook_time.seconds);
    return {.tree = on_bare(tree),
            .version = "2",
            .kept = {},
            .kept_at = {},
            .extras = {.outputs = {"app/mark", "cache/deleted", "cache/fresh", "cache/index", "cache/list"},
                       .removed_trees = {"plugins"},
                       .hooks = writing_hooks()}};
}

Release failing_release() {
    Release release = new_release();
    release.extras.hooks.push_back(hook(8, Moment::after_apply, hook_fails, "prepare"));
    return release;
}

Release bare_release() { return {without_holders(bare_tree()), "", "", ""}; }

constexpr base::FileTime somebodys_time{1'650'000'000, 0};

// With an output that somebody has replaced since the scripts wrote it.
Release with_edited_output(Release release) {
    TreeEntry &entry = *std::ranges::find(release.tree.entries, "cache/list", &TreeEntry::path);
    entry = ImageBuilder{}.file("cache/list", "somebody's", 0600).time(somebodys_time.seconds).image().entries.front();
    return release;
}

// Replaces it durably, as editors do. What is written first lies where no picture shows it.
Result<void> replace_output(Session &session) {
    base::Directory &root = session.machine().root();
    MOS_TRY(const auto aside, root.open_directory(database_path, base::Symlinks::refuse));
    MOS_TRY(const auto file, aside->open_file("edited", base::OpenMode::create_new));
    MOS_CHECK(file->write_at(0, base::as_bytes("somebody's")));
    MOS_CHECK(file->set_modified(somebodys_time));
    MOS_CHECK(file->flush());
    MOS_TRY(const auto cache, root.open_directory("cache", base::Symlinks::refuse));
    session.allow(only(2) | only(3));
    MOS_CHECK(aside->rename("edited", *cache, "list", base::RenameMode::replace));
    MOS_CHECK(cache->flush());
    MOS_CHECK(aside->flush());
    session.allow(only(3));
    return {};
}

Result<void> install_old(Session &session) {
    MOS_CHECK(session.start());
    return session.update(1, 0);
}

Result<void> update_from_old(Session &session) {
    MOS_CHECK(session.start());
    MOS_CHECK(session.update(1, 2));
    return session.update(2, 0);
}

}  // namespace

std::vector<Workload> hook_workloads() {
    std::vector<Workload> all;
    all.push_back({.name = "hooks",
                   .description = "an update whose scripts edit, create, delete and replace files; a tree goes",
                   .releases = {old_release(), bare_release(), new_release()},
                   .prepare = install_old,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return session.update(0, 2);
                   }});
    all.push_back({.name = "failing-hooks",
                   .description = "the same, and the last script fails: a cut leaves the old tree whenever it comes",
                   .releases = {old_release(), bare_release(), failing_release()},
                   .prepare = install_old,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return session.update_in_vain(0, 2);
                   }});
    all.push_back({.name = "rollback-with-hooks",
                   .description = "a rollback, with scripts to be undone before it and others after it",
                   .releases = {new_release(), bare_release(), old_release()},
                   .prepare = update_from_old,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return session.roll_back(0, 2);
                   }});
    all.push_back({.name = "failed-rollback-with-hooks",
                   .description = "an error half-way through it: it turns round, and the scripts run again",
                   .releases = {new_release(), bare_release(), old_release()},
                   .prepare = update_from_old,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return session.fail_to_roll_back(0, 2, entries_before_half / 2);
                   },
                   .foreign_edits = ForeignEdits::none,
                   .script_errors = ScriptErrors::are_told});
    all.push_back(
        {.name = "edited-output",
         .description = "after scripts somebody replaces what they wrote: it stays when the rest is taken back",
         .releases = {old_release(), bare_release(), new_release(), with_edited_output(new_release()),
                      with_edited_output(old_release())},
         .prepare = install_old,
         .run = [](Session &session) -> Result<void> {
             MOS_CHECK(session.start());
             MOS_CHECK(session.update(0, 2));
             MOS_CHECK(replace_output(session));
             return session.roll_back(3, 4);
         },
         .foreign_edits = ForeignEdits::made});
    return all;
}

}  // namespace mos::test
