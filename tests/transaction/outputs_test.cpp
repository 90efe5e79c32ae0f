// What scripts write, and trees that go as a whole: after a failure and after a rollback everything is just as before,
// on every port.
#include "disks.hpp"
#include "machine.hpp"

#include <algorithm>
#include <unistd.h>

using namespace mos::test;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::base::Directory;
using mos::base::Phase;
using mos::base::Symlinks;
using mos::state::Hook;
using Moment = mos::state::Hook::Moment;

namespace {

struct Case {
    TreeImage before;
    TreeImage after;
    Extras extras;
};

// A caller for whom the scripts do nothing.
class Idle final : public mos::transaction::HookCaller {
  public:
    Result<void> call(const Hook &, Directory &, mos::base::Observer &, mos::transaction::Interruption) override {
        return {};
    }
};

// Directories that are made anew, or in which a script has written, have a time that no picture knows.
bool is_written(std::string_view path) { return path == "d" || path == "n" || path == "n/deep"; }

template <class Disk>
class Rig {
  public:
    explicit Rig(const Case &one) : m_case(one) {
        must(build(*m_disk.root(), one.before));
        machine = must(Machine::start(m_disk.root()));
    }

    Result<void> update() { return machine->update(m_case.before, m_case.after, "1", m_case.extras); }
    Result<void> fail_to_update() {
        Extras extras = m_case.extras;
        extras.hooks.push_back(hook(99, Moment::after_apply, hook_fails, "prepare"));
        return machine->update(m_case.before, m_case.after, "1", extras);
    }
    void expect_before() {
        CHECK(differences(m_case.before, [](std::string_view path) { return !is_engines(path); }) == "");
    }
    void expect_after() {
        CHECK(differences(m_case.after, [](std::string_view path) { return !is_engines(path) && !is_written(path); }) ==
              "");
    }

    std::unique_ptr<Machine> machine;

  private:
    static bool is_engines(std::string_view path) { return path.empty() || path == "var" || path == "var/lib"; }
    std::string differences(const TreeImage &image, const DirectoryTimes &counts) {
        TreeImage actual = must(machine->tree());
        std::erase_if(actual.entries, [&](const TreeEntry &entry) { return is_engines(entry.path); });
        return difference(image, actual, counts);
    }

    Disk m_disk;
    const Case &m_case;
};

// A failure of the last script, then the whole, a rollback of it, and once more.
template <class Disk>
void go_there_and_back(const Case &one) {
    Rig<Disk> rig{one};
    for (int i = 0; i < 2; ++i) {
        CHECK(refusal(rig.fail_to_update()) == Code::REVERTED);
        rig.expect_before();
        must(rig.update());
        rig.expect_after();
        must(rig.machine->roll_back());
        rig.expect_before();
    }
    CHECK(rig.machine->watcher.notices.empty());
}

// A rollback is cancelled before each of its operations: what the scripts wrote comes back, without them.
template <class Disk>
void turn_rollback_round(const Case &one) {
    bool completed = false;
    for (int at = 0; !completed; ++at) {
        REQUIRE(at < 50);
        Rig<Disk> rig{one};
        must(rig.update());
        rig.machine->watcher.on_checkpoint = [at](Phase phase) mutable -> Result<void> {
            return phase == Phase::applying && at-- == 0 ? Result<void>{Error{Code::CANCELLED, "stop"}}
                                                         : Result<void>{};
        };
        Idle idle;
        rig.machine->site().hooks = &idle;
        const auto rolled_back = rig.machine->roll_back();
        completed = rolled_back.ok();
        if (completed)
            break;
        CHECK(refusal(rolled_back) == Code::CANCELLED);
        rig.expect_after();
        rig.machine->watcher.on_checkpoint = nullptr;
        must(rig.machine->roll_back());
        rig.expect_before();
        CHECK(rig.machine->watcher.notices.empty());
    }
}

template <class Disk>
void prove(const Case &one) {
    go_there_and_back<Disk>(one);
    turn_rollback_round<Disk>(one);
}

// Owners need root; without it everything is this user's.
TreeImage mine(TreeImage image) {
    for (TreeEntry &entry : image.entries) {
        if (::geteuid() != 0) {
            entry.owner = ::geteuid();
            entry.group = ::getegid();
        }
    }
    return image;
}

const std::string old_content(300'000, 'o');  // more than one block of the copy
const std::string new_content(9'000, 'n');
constexpr std::int64_t written = hook_time.seconds;

ImageBuilder shelf(const std::string &tool) {
    return ImageBuilder{}.directory("d", 0750).attribute("user.kept", "yes").file("d/tool", tool);
}

ImageBuilder with_old(ImageBuilder tree) {
    return tree.file("d/out", old_content, 0604).owner(3, 4).attribute("user.color", "red").time(1'234'567'890);
}

Case of(ImageBuilder before, ImageBuilder after, Hook script) {
    return {.before = mine(before.image()),
            .after = mine(after.image()),
            .extras = {.outputs = {"d/out"}, .removed_trees = {}, .hooks = {std::move(script)}}};
}

Hook script(std::string_view kind, std::string_view content = {}) {
    return hook(0, Moment::after_apply, kind, "d/out", content);
}

}  // namespace

TEST_CASE_TEMPLATE("an output that was not there is gone again", Disk, MOS_DISKS) {
    prove<Disk>(
        of(shelf("1"), shelf("2").file("d/out", new_content, 0600).time(written), script(hook_creates, new_content)));
}

TEST_CASE_TEMPLATE("an output that no script has written is nowhere", Disk, MOS_DISKS) {
    prove<Disk>(of(shelf("1"), shelf("2"), script(hook_deletes)));
}

TEST_CASE_TEMPLATE("an output that was edited in place has its content, mode, owner, attributes and time again", Disk,
                   MOS_DISKS) {
    prove<Disk>(of(with_old(shelf("1")),
                   shelf("2").file("d/out", new_content, 0604).owner(3, 4).attribute("user.color", "red").time(written),
                   script(hook_edits, new_content)));
}

TEST_CASE_TEMPLATE("an output that was replaced is the old file again", Disk, MOS_DISKS) {
    prove<Disk>(of(with_old(shelf("1")), shelf("2").file("d/out", new_content, 0600).time(written),
                   script(hook_creates, new_content)));
}

TEST_CASE_TEMPLATE("an output that a script has deleted is there again", Disk, MOS_DISKS) {
    prove<Disk>(of(with_old(shelf("1")), shelf("2"), script(hook_deletes)));
}

TEST_CASE_TEMPLATE("an output that was a symbolic link is one again, and is never followed", Disk, MOS_DISKS) {
    const auto with_link = [](ImageBuilder tree) { return tree.symlink("d/out", "tool").time(1'234'567'891); };
    prove<Disk>(of(with_link(shelf("1")), shelf("2").file("d/out", new_content, 0600).time(written),
                   script(hook_creates, new_content)));
    prove<Disk>(
        of(with_old(shelf("1")), shelf("2").symlink("d/out", "/etc").time(written), script(hook_links, "/etc")));
    prove<Disk>(of(with_link(shelf("1")), with_link(shelf("2")), hook(0, Moment::after_apply, hook_deletes, "d/none")));
}

TEST_CASE_TEMPLATE("an output below a new directory comes and goes with it", Disk, MOS_DISKS) {
    const auto with_new = [](ImageBuilder tree) {
        return tree.directory("n", 0700).directory("n/deep").file("n/deep/brought", "b");
    };
    Case one = of(shelf("1"), with_new(shelf("2")).file("n/deep/out", new_content, 0600).time(written),
                  hook(0, Moment::after_apply, hook_creates, "n/deep/out", new_content));
    one.extras.outputs = {"n/deep/out"};
    prove<Disk>(one);
}

TEST_CASE_TEMPLATE("an output that somebody has changed since the scripts wrote it is kept and reported", Disk,
                   MOS_DISKS) {
    const Case one = of(with_old(shelf("1")), shelf("2").file("d/out", new_content, 0600).time(written),
                        script(hook_creates, new_content));
    Rig<Disk> rig{one};
    must(rig.update());
    const auto d = must(rig.machine->root().open_directory("d", Symlinks::refuse));
    std::string content = "the user's";
    SUBCASE("by a file in its place") { must(mos::base::replace_file(*d, "out", mos::base::as_bytes(content), 0644)); }
    SUBCASE("in place, and the time put back") {
        content = new_content + "and the user's";
        const auto file = must(d->open_file("out", mos::base::OpenMode::write));
        must(file->write_at(0, mos::base::as_bytes(content)));
        must(file->set_modified(hook_time));
    }
    SUBCASE("by deleting it") {
        content.clear();
        must(d->remove_file("out"));
    }
    must(rig.machine->roll_back());
    CHECK(rig.machine->watcher.notices ==
          std::vector<std::string>{"'d/out' is kept: it was changed since the scripts wrote it"});
    const TreeImage tree = must(rig.machine->tree());
    CHECK((tree.find("d/out") != nullptr) == !content.empty());
    CHECK((content.empty() || tree.find("d/out")->content == content));
    CHECK(tree.find("d/tool")->content == "1");
    const TreeImage all = must(rig.machine->everything());
    CHECK(std::ranges::count(all.entries, old_content, &TreeEntry::content) == 1);  // in the recovery point
}

TEST_CASE_TEMPLATE("what a script that undoes writes to an output is no change of somebody's", Disk, MOS_DISKS) {
    Case one = of(with_old(shelf("1")), shelf("2").file("d/out", new_content, 0600).time(written),
                  script(hook_creates, new_content));
    one.extras.hooks.push_back(hook(1, Moment::before_undo, hook_edits, "d/out", "undone"));
    Rig<Disk> rig{one};
    must(rig.update());
    SUBCASE("nobody has changed it") {
        must(rig.machine->roll_back());
        rig.expect_before();
        CHECK(rig.machine->watcher.notices.empty());
    }
    SUBCASE("somebody has, before") {
        const auto d = must(rig.machine->root().open_directory("d", Symlinks::refuse));
        must(mos::base::replace_file(*d, "out", mos::base::as_bytes("the user's"), 0644));
        must(rig.machine->roll_back());
        CHECK(rig.machine->watcher.notices.size() == 1);
        CHECK(must(rig.machine->tree()).find("d/out")->content == "undone");
    }
}

TEST_CASE_TEMPLATE("an output of several changes goes back through each of them", Disk, MOS_DISKS) {
    const auto release = [](const std::string &tool, const std::string &output) {
        return shelf(tool).file("d/out", output, 0600).time(written);
    };
    const Case first = of(with_old(shelf("1")), release("2", new_content), script(hook_creates, new_content));
    const Case second = of(release("2", new_content), release("3", "later"), script(hook_creates, "later"));
    Rig<Disk> rig{first};
    must(rig.update());
    must(rig.machine->update(second.before, second.after, "3", second.extras));
    must(rig.machine->roll_back());
    rig.expect_after();
    must(rig.machine->roll_back());
    rig.expect_before();
    CHECK(rig.machine->watcher.notices.empty());
}

TEST_CASE_TEMPLATE("what is neither a file nor a link can't be an output, nor what changed before the decision", Disk,
                   MOS_DISKS) {
    const Case one = of(with_old(shelf("1")), shelf("2"), script(hook_deletes));
    Rig<Disk> rig{one};
    {
        auto stage = must(mos::transaction::Stage::begin(rig.machine->site()));
        const auto refused = stage.put_output("d");
        CHECK(refusal(refused) == Code::CONFLICT);
        CHECK(refused.error().message() == "'d' is a directory, and a script is to write a file there");
    }
    auto staged = must(rig.machine->stage(one.before, one.after, one.extras));
    const auto d = must(rig.machine->root().open_directory("d", Symlinks::refuse));
    must(mos::base::replace_file(*d, "out", mos::base::as_bytes("the user's"), 0644));
    const auto decided = mos::transaction::decide(rig.machine->site(), std::move(staged),
                                                  {.summary = "s", .reason = {}}, rig.machine->recorder("1"));
    CHECK(refusal(decided) == Code::CHANGED_MEANWHILE);
    CHECK(mos::base::as_text(must(mos::base::read_file(*d, "out", 100))) == "the user's");
}

TEST_CASE_TEMPLATE("a tree that goes as a whole comes back with everything, also what nobody has named", Disk,
                   MOS_DISKS) {
    const auto with_tree = [](ImageBuilder tree) {
        return tree.directory("gone", 0750)
            .owner(3, 4)
            .attribute("user.kept", "yes")
            .directory("gone/a")
            .directory("gone/a/b", 0700)
            .file("gone/a/b/c", old_content, 04755)
            .file("gone/x", "x")
            .link("gone/y", "gone/x")
            .symlink("gone/z", "nowhere");
    };
    Case one{.before = mine(with_tree(shelf("1")).image()), .after = mine(shelf("2").image()), .extras = {}};
    one.extras.removed_trees = {"gone"};
    prove<Disk>(one);

    Rig<Disk> rig{one};
    auto stage = must(mos::transaction::Stage::begin(rig.machine->site()));
    must(stage.remove_tree("gone"));
    must(stage.remove("gone/a"));       // is implied
    must(stage.remove_tree("gone/x"));  // too
    must(stage.remove_tree("none"));
    must(stage.remove_tree("none/below"));
    const auto staged = must(stage.finish());
    CHECK(staged.operation_count() == 1);
}
