// A transaction on a root of several volumes, each rule as a fact. The fault run cuts it; here it is refused, misses a
// volume, and tidies up.
#include "expect.hpp"
#include "machine.hpp"
#include "scenes.hpp"
#include "twin.hpp"

#include <mos/transaction/preflight.hpp>
#include <mos/transaction/volumes.hpp>

#include <algorithm>
#include <cerrno>
#include <set>

using namespace mos::base;
using mos::Code;
using mos::state::Transactions;
using mos::test::all_directory_times;
using mos::test::bare_on_volumes;
using mos::test::first_on_volumes;
using mos::test::Machine;
using mos::test::must;
using mos::test::refusal;
using mos::test::second_on_volumes;
using mos::test::Selection;
using mos::test::TreeEntry;
using mos::test::TreeImage;
using mos::test::Twin;
using mos::transaction::Description;
using mos::transaction::Preflight;
using mos::transaction::Touch;

namespace {

// Of the database, whose times are nobody's.
bool is_holder(const TreeEntry &entry) { return entry.path == "var" || entry.path == "var/lib"; }

// A root whose tops are boot, usr/lib and usr/lib/inner.
struct Rig {
    Twin twin;
    std::unique_ptr<Machine> machine;

    Rig() {
        for (const std::string &top : mos::test::volume_tops()) {
            must(mos::base::make_directories(*twin.root(), top));
            twin.mount(top);
        }
        must(mos::test::build(*twin.root(), bare_on_volumes()));
        restart();
    }
    void restart() {
        machine.reset();
        machine = must(Machine::start(twin.root()));
    }
    void install() {
        must(machine->update(bare_on_volumes(), first_on_volumes(), "1"));
        expect(first_on_volumes());
    }
    void expect(const TreeImage &wanted) const {
        TreeImage actual = must(machine->tree());
        std::erase_if(actual.entries, [](const TreeEntry &entry) { return entry.path.empty() || is_holder(entry); });
        TreeImage expected = wanted;
        std::erase_if(expected.entries, is_holder);
        CHECK(mos::test::difference(expected, actual, all_directory_times) == "");
    }
    [[nodiscard]] std::vector<std::string> stages_on(std::string_view top) const {
        std::vector<std::string> names;
        const auto volume = must(twin.root()->open_directory(top, Symlinks::refuse));
        if (must(volume->find(".multios-stage"))) {
            for (const auto &entry : must(must(volume->open_directory(".multios-stage", Symlinks::refuse))->list())) {
                if (entry.name != mos::transaction::owner_name)
                    names.push_back(entry.name);
            }
        }
        return names;
    }
    [[nodiscard]] std::unique_ptr<Directory> open(std::string_view path) const {
        return must(twin.root()->open_directory(path, Symlinks::refuse));
    }
    // What a stage says that has been given one call.
    template <class Call>
    [[nodiscard]] mos::Result<void> stage(Call call) {
        auto stage = must(mos::transaction::Stage::begin(machine->site()));
        return call(stage);
    }
    [[nodiscard]] mos::Result<void> put(std::string_view path) {
        return stage([&](mos::transaction::Stage &stage) {
            return stage.put_file(path, {.mode = 0644, .modified = {1, 0}, .extended = {}},
                                  [](File &file) { return file.write_at(0, as_bytes("new")); });
        });
    }
    [[nodiscard]] static std::string message_of(const mos::Result<void> &refused) {
        REQUIRE(!refused.ok());
        return refused.error().full_message();
    }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("what is put on a volume is staged there, and comes back from there") {
    Rig rig;
    rig.install();
    CHECK(rig.stages_on("") == Names{"1", "volumes"});
    CHECK(rig.stages_on("boot") == Names{"1"});
    CHECK(rig.stages_on("usr/lib") == Names{"1"});
    CHECK(rig.stages_on("usr/lib/inner") == Names{"1"});
    const auto volumes = must(Transactions{rig.machine->database()}.volumes(1));
    CHECK(volumes == Names{"", "boot", "usr/lib", "usr/lib/inner"});
    must(rig.machine->update(first_on_volumes(), second_on_volumes(), "2"));
    rig.expect(second_on_volumes());
    must(rig.machine->roll_back());
    rig.expect(first_on_volumes());
    must(rig.machine->roll_back());
    rig.expect(bare_on_volumes());
    CHECK(rig.machine->watcher.notices.empty());
    must(rig.machine->prune(2));
    must(rig.machine->prune(1));
    for (const char *const top : {"boot", "usr/lib", "usr/lib/inner"})
        CHECK(rig.stages_on(top).empty());
    CHECK(must(mos::transaction::recover(rig.machine->site())).dropped_stages == 0);
}

TEST_CASE("a volume that a transaction does not touch gets no stage and no flush, and may be read-only") {
    Rig rig;
    rig.twin.set_writable(Twin::Writable::no, "boot");
    TreeImage wanted = bare_on_volumes();
    wanted.entries.push_back(*first_on_volumes().find("usr/bin/tool"));
    const std::uint64_t before = rig.twin.flushes();
    must(rig.machine->update(bare_on_volumes(), wanted, "1"));
    CHECK(rig.twin.flushes() - before == 3 + 2);  // and the new log's header and name
    CHECK(rig.stages_on("boot").empty());
    CHECK(rig.stages_on("") == Names{"1"});
}

TEST_CASE("each volume costs one flush more to stage and one to settle, whatever the number of files") {
    Rig rig;
    rig.install();  // the registry and its volumes, once for ever
    const std::uint64_t before = rig.twin.flushes();
    must(rig.machine->update(first_on_volumes(), second_on_volumes(), "2"));
    CHECK(rig.twin.flushes() - before == 1 + 2 * 4);
    const std::uint64_t installed = rig.twin.flushes();
    must(rig.machine->roll_back());
    CHECK(rig.twin.flushes() - installed == 1 + 4);
}

TEST_CASE("a decided transaction waits for its volumes: nothing is moved before all were found") {
    Rig rig;
    rig.install();
    auto staged = must(rig.machine->stage(first_on_volumes(), second_on_volumes()));
    must(mos::transaction::decide(rig.machine->site(), std::move(staged), Description{.summary = "s", .reason = ""},
                                  rig.machine->recorder("2")));
    const auto parts = rig.open("usr/lib/inner/.multios-stage");
    must(parts->rename("2", *parts, "elsewhere", RenameMode::keep_existing));
    for (int attempt = 0; attempt < 2; ++attempt) {
        rig.restart();
        const auto refused = mos::transaction::recover(rig.machine->site());
        CHECK(refusal(refused) == Code::RECOVERY_FAILED);
        CHECK(refused.error().full_message().find("'usr/lib/inner' does not hold its part of stage 2: mount "
                                                  "'usr/lib/inner' and run 'multios-update recover'") !=
              std::string::npos);
        rig.expect(first_on_volumes());
        CHECK(refusal(mos::transaction::Stage::begin(rig.machine->site())) == Code::RECOVERY_FAILED);
    }
    must(parts->rename("elsewhere", *parts, "2", RenameMode::keep_existing));
    CHECK(must(mos::transaction::recover(rig.machine->site())).transaction.has_value());
    rig.expect(second_on_volumes());
}

TEST_CASE("a rollback without one of its volumes is refused before anything is moved") {
    Rig rig;
    rig.install();
    const auto parts = rig.open("boot/.multios-stage");
    must(parts->rename("1", *parts, "elsewhere", RenameMode::keep_existing));
    const auto refused = rig.machine->roll_back();
    CHECK(refusal(refused) == Code::NOT_FOUND);
    CHECK(refused.error().object() == "boot");
    rig.expect(first_on_volumes());
    must(parts->rename("elsewhere", *parts, "1", RenameMode::keep_existing));
    must(rig.machine->roll_back());
    rig.expect(bare_on_volumes());
}

TEST_CASE("a mount point gets attributes, but is neither replaced nor removed") {
    Rig rig;
    const auto refused = rig.put("boot");
    CHECK(refusal(refused) == Code::CROSS_MOUNT);
    CHECK(Rig::message_of(refused) ==
          "'boot' is a mount point, and the plan needs its place: unmount it and try again");
    must(rig.stage([](mos::transaction::Stage &stage) { return stage.remove("usr/lib/inner"); }));
    REQUIRE(rig.machine->watcher.notices.size() == 1);
    CHECK(rig.machine->watcher.notices.front() == "'usr/lib/inner' is kept: it is a mount point");
    TreeImage wanted = bare_on_volumes();
    std::ranges::find(wanted.entries, "boot", &mos::test::TreeEntry::path)->mode = 0700;
    must(rig.machine->update(bare_on_volumes(), wanted, "1"));
    rig.expect(wanted);
    CHECK(must(Transactions{rig.machine->database()}.volumes(1)) == Names{"", "boot"});
    const Twin cut{rig.twin.crash(Selection::none())};
    CHECK(must(cut.root()->find("boot")).value().mode == 0700);
    must(rig.machine->roll_back());
    rig.expect(bare_on_volumes());
}

TEST_CASE("names of one file can't lie on two volumes") {
    Rig rig;
    const auto refused = rig.stage([](mos::transaction::Stage &stage) -> mos::Result<void> {
        stage.share();
        MOS_CHECK(stage.put_file("boot/one", {}, [](File & /*file*/) { return mos::Result<void>{}; }));
        return stage.put_link("usr/bin/two", "boot/one");
    });
    CHECK(refusal(refused) == Code::CROSS_MOUNT);
    CHECK(Rig::message_of(refused) ==
          "'boot/one' and 'usr/bin/two' are to be one file (a hard link), and lie on two volumes");
}

TEST_CASE("the first stage on a volume leaves the time of its top as it was") {
    Rig rig;
    rig.twin.set_clock({1'900'000'000, 0});
    const auto before = must(rig.twin.root()->find("boot")).value().modified;
    must(rig.put("boot/x"));
    CHECK(must(rig.twin.root()->find("boot")).value().modified == before);
    CHECK(must(rig.open("boot")->find(".multios-stage")).has_value());
}

TEST_CASE("a volume that can't take a change refuses it by name") {
    Rig rig;
    SUBCASE("read-only") {
        rig.twin.set_writable(Twin::Writable::no, "boot");
        const auto refused = rig.put("boot/x");
        CHECK(refusal(refused) == Code::READ_ONLY);
        CHECK(Rig::message_of(refused) ==
              "'boot' is mounted read-only: mount it writable ('mount -o remount,rw') and try again");
    }
    SUBCASE("read-only, for an attribute of its top") {
        rig.twin.set_writable(Twin::Writable::no, "boot");
        const auto refused = rig.stage([](mos::transaction::Stage &stage) {
            return stage.put_directory("boot", {.mode = 0700, .modified = {1, 0}, .extended = {}});
        });
        CHECK(refusal(refused) == Code::READ_ONLY);
    }
    SUBCASE("the root itself") {
        rig.twin.set_writable(Twin::Writable::no);
        const auto refused = mos::transaction::Stage::begin(rig.machine->site());
        CHECK(refusal(refused) == Code::READ_ONLY);
        CHECK(refused.error().message().starts_with("the root is mounted read-only"));
    }
    SUBCASE("FAT") {
        rig.twin.set_filesystem_type("vfat", "boot");
        const auto refused = rig.put("boot/x");
        CHECK(refusal(refused) == Code::FILESYSTEM_UNSUITABLE);
        CHECK(Rig::message_of(refused).starts_with("'boot' is on vfat"));
    }
    SUBCASE("an immutable entry and an immutable directory") {
        rig.install();
        rig.twin.set_immutable("boot/kernel", Twin::Immutable::yes);
        CHECK(Rig::message_of(rig.put("boot/kernel")).starts_with("'boot/kernel' is immutable or append-only"));
        rig.twin.set_immutable("boot/tree", Twin::Immutable::yes);
        const auto refused = rig.put("boot/tree/y");
        CHECK(refusal(refused) == Code::PERMISSION);
        CHECK(Rig::message_of(refused).starts_with("'boot/tree/y' lies in a directory that is immutable"));
        // A rollback finds it out before it has moved anything, too.
        CHECK(refusal(rig.machine->roll_back()) == Code::PERMISSION);
        rig.expect(first_on_volumes());
    }
    CHECK(rig.stages_on("boot").size() == (must(Transactions{rig.machine->database()}.find(1)) ? 1 : 0));
}

TEST_CASE("room is counted on each volume alone, and for what comes into new directories too") {
    Rig rig;
    rig.twin.set_free_bytes(2U << 20U, "boot");
    Preflight small{rig.machine->root()};
    CHECK(must(small.plan("boot/new", Touch::arrive, 0)) == "boot");
    CHECK(must(small.plan("boot/new/deep", Touch::arrive, 0)) == "boot");
    CHECK(must(small.plan("boot/new/deep/file", Touch::arrive, 500'000)) == "boot");
    CHECK(must(small.plan("usr/bin/tool", Touch::arrive, 50'000'000)) == "");
    must(small.check_space());
    CHECK(must(small.plan("usr/lib/inner/large", Touch::arrive, 900'000'000)) == "usr/lib/inner");
    CHECK(must(small.plan("zzz", Touch::arrive, 0)) == "");
    must(small.check_space());

    Preflight large{rig.machine->root()};
    must(large.plan("boot/large", Touch::arrive, 2'000'000));
    const auto refused = large.check_space();
    CHECK(refusal(refused) == Code::NO_SPACE);
    CHECK(refused.error().object() == "boot");
    CHECK(Rig::message_of(refused) == "3052672 bytes are needed on 'boot', 2097152 are free");

    rig.twin.set_free_bytes(1U << 30U, "boot");
    rig.twin.set_free_inodes(1, "boot");
    Preflight many{rig.machine->root()};
    must(many.plan("boot/a", Touch::arrive, 0));
    must(many.check_space());
    must(many.plan("boot/b", Touch::arrive, 0));
    CHECK(Rig::message_of(many.check_space()) == "2 inodes are needed on 'boot', 1 are free");
}

TEST_CASE("a write error of a volume is not missed, although somebody was told of it before") {
    Rig rig;
    auto stage = must(mos::transaction::Stage::begin(rig.machine->site()));
    must(stage.put_file("boot/x", {.mode = 0644, .modified = {1, 0}, .extended = {}},
                        [](File &file) { return file.write_at(0, as_bytes("new")); }));
    const auto others = must(rig.open("boot")->open_sync_point());
    rig.twin.fail_writeback_on("boot", EIO);
    CHECK(refusal(others->flush()) == Code::IO);
    CHECK(refusal(stage.finish()) == Code::IO);
}

TEST_CASE("what a cut leaves on another volume is dropped with its primary stage") {
    Rig rig;
    auto staged = must(rig.machine->stage(bare_on_volumes(), first_on_volumes()));
    staged.release();
    SUBCASE("whole") { CHECK(must(mos::transaction::recover(rig.machine->site())).dropped_stages == 1); }
    SUBCASE("without its primary part") {
        must(remove_tree(*rig.open(".multios-stage"), "1"));
        CHECK(must(mos::transaction::recover(rig.machine->site())).dropped_stages == 1);
    }
    SUBCASE("after something has moved it is kept") {
        must(rig.open("boot/.multios-stage/1")->rename("0", *rig.open("boot"), "kernel", RenameMode::keep_existing));
        CHECK(refusal(mos::transaction::recover(rig.machine->site())) == Code::STAGE_UNCLEAR);
        CHECK(rig.stages_on("boot") == Names{"1"});
        CHECK(rig.stages_on("usr/lib") == Names{"1"});
        return;
    }
    CHECK(rig.stages_on("") == Names{"volumes"});
    for (const char *const top : {"boot", "usr/lib", "usr/lib/inner"})
        CHECK(rig.stages_on(top).empty());
    rig.expect(bare_on_volumes());
}

TEST_CASE("a number whose stage is left on a volume is not given again, and what nobody needs there goes") {
    Rig rig;
    rig.install();
    must(rig.open("boot/.multios-stage")->make_directory("2", 0700));
    must(rig.open("usr/lib/.multios-stage")->make_directory("3", 0700));
    CHECK(must(mos::transaction::Stage::begin(rig.machine->site())).id() == 4);
    // As if the volume had been away while its number was given again.
    must(rig.machine->prune(1));
    must(rig.open("boot/.multios-stage")->make_directory("1", 0700));
    CHECK(must(mos::transaction::recover(rig.machine->site())).dropped_stages == 3);
    CHECK(rig.stages_on("boot").empty());
    CHECK(rig.stages_on("usr/lib").empty());
}

TEST_CASE("the registry holds any name, and a line of it that can't be read is passed over") {
    Rig rig;
    Directory &root = rig.machine->root();
    const auto stages = must(mos::transaction::open_stages(root));
    CHECK(must(mos::transaction::read_volume_registry(root)).tops.empty());
    const std::string odd = "s\xFFrv";
    std::set<std::string> names;
    for (int again = 0; again < 2; ++again) {
        names.insert(must(mos::transaction::register_volume(rig.machine->site(), *stages, "boot")));
        names.insert(must(mos::transaction::register_volume(rig.machine->site(), *stages, odd)));
    }
    CHECK(names.size() == 1);
    const Twin after_cut{rig.twin.crash(Selection::none())};
    const auto registry = must(mos::transaction::read_volume_registry(*after_cut.root()));
    CHECK(registry.tops == Names{"boot", odd});
    CHECK(registry.root == *names.begin());
    const std::string content = "{\"path\":\"a\"}\nrubbish\n{\"path\":\"../b\"}\n{\"path\":7}\n[]\n{\"path\":\"c\"}";
    must(replace_file(*stages, mos::transaction::registry_name, as_bytes(content), 0600));
    CHECK(must(mos::transaction::read_volume_registry(root)).tops == Names{"a", "c"});
}

TEST_CASE("what another root has staged on a shared volume is neither deleted nor added to") {
    Rig rig;
    rig.install();
    const auto stages = rig.open("boot/.multios-stage");
    must(replace_file(*stages, mos::transaction::owner_name, as_bytes("another"), 0600));
    must(stages->make_directory("7", 0700));
    CHECK(must(mos::transaction::recover(rig.machine->site())).dropped_stages == 0);
    const auto refused = rig.put("boot/x");
    CHECK(refusal(refused) == Code::CONFLICT);
    CHECK(Rig::message_of(refused) ==
          "'boot' holds stages of another root, and is changed from there; where that one is "
          "no more, delete 'boot/.multios-stage'");
    must(rig.machine->prune(1));
    CHECK(rig.stages_on("boot") == Names{"1", "7"});
}
