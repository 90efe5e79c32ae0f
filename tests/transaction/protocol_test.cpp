// The protocol's promises one by one: refusals before the decision, foreign edits, cancels, errors, recovery, flushes.
#include "disks.hpp"
#include "machine.hpp"
#include "scenes.hpp"

#include <mos/state/transactions.hpp>

#include <cerrno>

using namespace mos::test;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::base::as_bytes;
using mos::base::Directory;
using mos::base::OpenMode;
using mos::base::Phase;
using mos::base::RenameMode;
using mos::base::Symlinks;
using mos::state::TransactionState;
using mos::transaction::Description;

namespace {

TreeImage before() {
    return ImageBuilder{}.directory("d").file("d/a", "old a").file("d/b", "old b").file("d/gone", "g").image();
}
TreeImage after() {
    return ImageBuilder{}.directory("d", 0711).file("d/a", "new a").file("d/b", "new b").file("d/new", "n").image();
}

struct Rig {
    Twin twin;
    std::unique_ptr<Machine> machine;

    explicit Rig(const TreeImage &image = before()) {
        must(build(*twin.root(), image));
        restart();
    }
    void restart() {
        machine.reset();
        machine = must(Machine::start(twin.root()));
    }
    [[nodiscard]] std::unique_ptr<Directory> d() const {
        return must(twin.root()->open_directory("d", Symlinks::refuse));
    }
    [[nodiscard]] std::string content(std::string_view name) const {
        return std::string{mos::base::as_text(must(mos::base::read_file(*d(), name, 1000)))};
    }
    // As an editor saves: a new file takes the name.
    void save(const std::string &name, const std::string &text) const {
        must(mos::base::replace_file(*d(), name, as_bytes(text), 0644));
    }
    void expect(const TreeImage &image) {
        TreeImage actual = must(machine->tree());
        std::erase_if(actual.entries, [](const TreeEntry &entry) {
            return entry.path.empty() || entry.path == "var" || entry.path == "var/lib";
        });
        CHECK(difference(image, actual, all_directory_times) == "");
    }
    [[nodiscard]] std::size_t stages() const {
        const auto there = must(twin.root()->find(".multios-stage"));
        return there ? must(must(twin.root()->open_directory(".multios-stage", Symlinks::refuse))->list()).size() : 0;
    }
    Result<mos::transaction::Decided> decide() {
        MOS_TRY(auto staged, machine->stage(before(), after()));
        return mos::transaction::decide(machine->site(), std::move(staged), Description{.summary = "s", .reason = ""},
                                        machine->recorder("1"));
    }
    // Whatever happened before: the next transaction, its rollback and its clean-up work.
    void expect_next_works(const TreeImage &now) {
        machine->watcher.on_checkpoint = nullptr;
        const TreeImage next = now.find("d/x") != nullptr ? now : [&] {
            TreeImage image = now;
            TreeEntry entry;
            entry.path = "d/x";
            entry.content = "next";
            entry.mode = 0644;
            image.entries.push_back(entry);
            return image;
        }();
        must(machine->update(now, next, "next"));
        expect(next);
        must(machine->roll_back());
        expect(now);
    }
};

}  // namespace

TEST_CASE("FAT is refused before anything is staged, although it can exchange names") {
    Rig rig;
    rig.twin.set_filesystem_type("vfat");
    const auto refused = rig.decide();
    CHECK(refusal(refused) == Code::FILESYSTEM_UNSUITABLE);
    CHECK(refused.error().message() ==
          "the root is on vfat, where a power cut can leave neither the old nor the new state");
    CHECK(rig.stages() == 0);
}

TEST_CASE("an update on ext4 with fast_commit says that it is doubtful") {
    Rig rig;
    must(rig.decide());
    CHECK(rig.machine->watcher.notices.empty());
    Rig doubtful;
    doubtful.twin.use_fast_commit();
    must(doubtful.decide());
    REQUIRE(doubtful.machine->watcher.notices.size() == 1);
    CHECK(doubtful.machine->watcher.notices.front().find("tune2fs -O ^fast_commit") != std::string::npos);
}

TEST_CASE("an update costs three flushes, a rollback two, however many files there are") {
    for (const std::size_t files : {1U, 60U}) {
        ImageBuilder old_tree = ImageBuilder{}.directory("d");
        ImageBuilder new_tree = ImageBuilder{}.directory("d");
        for (std::size_t i = 0; i < files; ++i) {
            old_tree.file("d/" + std::to_string(i), "old");
            new_tree.file("d/" + std::to_string(i), "new");
        }
        Rig rig{old_tree.image()};
        must(
            rig.machine->update(old_tree.image(), new_tree.image(), "0"));  // makes the log, whose name is flushed once
        must(rig.machine->roll_back());

        std::uint64_t before_it = rig.twin.flushes();
        must(rig.machine->update(old_tree.image(), new_tree.image(), "1"));
        const std::uint64_t update = rig.twin.flushes() - before_it;
        before_it = rig.twin.flushes();
        must(rig.machine->roll_back());
        const std::uint64_t rollback = rig.twin.flushes() - before_it;
        MESSAGE(files, " files: ", update, " flushes for an update, ", rollback, " for a rollback");
        CHECK(update == 3);
        CHECK(rollback == 2);
    }
}

TEST_CASE("a stage that is dropped leaves nothing behind") {
    Rig rig;
    { const auto staged = must(rig.machine->stage(before(), after())); }
    CHECK(rig.stages() == 0);
    rig.expect(before());
    rig.expect_next_works(before());
}

TEST_CASE("a path that changed between staging and decision is a conflict, and nothing was changed") {
    Rig rig;
    auto staged = std::make_optional(must(rig.machine->stage(before(), after())));
    SUBCASE("another inode") { rig.save("a", "old a"); }
    SUBCASE("another size") { must(must(rig.d()->open_file("a", OpenMode::write))->resize(3)); }
    SUBCASE("another time") { must(rig.d()->set_modified("a", {1'700'000'500, 0})); }
    SUBCASE("gone") { must(rig.d()->remove_file("gone")); }
    SUBCASE("there now") { rig.save("new", "the user's"); }
    SUBCASE("directory gone") {
        must(rig.d()->rename("a", *rig.twin.root(), "a", RenameMode::keep_existing));
        must(rig.twin.root()->rename("d", *rig.twin.root(), "e", RenameMode::keep_existing));
    }
    SUBCASE("directory is a link now") {
        must(rig.twin.root()->rename("d", *rig.twin.root(), "e", RenameMode::keep_existing));
        must(rig.twin.root()->make_symlink("d", "e"));
    }
    const TreeImage edited = must(rig.machine->tree());
    const auto decided = mos::transaction::decide(
        rig.machine->site(), std::move(*staged), Description{.summary = "s", .reason = ""}, rig.machine->recorder("1"));
    CHECK(refusal(decided) == Code::CHANGED_MEANWHILE);
    CHECK(difference(edited, must(rig.machine->tree())) == "");
    CHECK(rig.stages() == 0);
    CHECK(must(rig.machine->installed_version()) == "");
    CHECK(must(mos::state::Transactions{rig.machine->database()}.list(5)).empty());
}

TEST_CASE("a path that appears between the caller's look and its staging is a conflict, and stays") {
    Rig rig;
    mos::state::Attributes attributes;
    attributes.mode = 0644;
    const auto nothing_to_write = [](mos::base::File &) -> Result<void> { return {}; };
    auto stage = std::make_optional(must(mos::transaction::Stage::begin(rig.machine->site())));
    rig.save("appeared", "somebody's");
    stage->expect_nothing();
    Result<void> put;
    SUBCASE("a file was to come") { put = stage->put_file("d/appeared", attributes, nothing_to_write); }
    SUBCASE("a link was to come") { put = stage->put_symlink("d/appeared", attributes, "target"); }
    SUBCASE("a directory was to come") { put = stage->put_directory("d/appeared", attributes); }
    CHECK(refusal(put) == Code::CHANGED_MEANWHILE);
    // It was about that one path.
    must(stage->put_file("d/b", attributes, nothing_to_write));
    stage.reset();
    CHECK(rig.content("appeared") == "somebody's");
    CHECK(rig.stages() == 0);
}

TEST_CASE("a disk that is full or broken is taken neither for an unsuitable filesystem nor for somebody's change") {
    std::uint64_t calls = 0;
    {
        Rig whole;
        const std::uint64_t begin = whole.twin.calls();
        const auto decided = must(whole.decide());
        calls = whole.twin.calls() - begin;
    }
    for (const int number : {ENOSPC, EIO, EROFS, EMFILE, EINVAL}) {
        std::size_t unsuitable = 0;
        for (std::uint64_t call = 1; call <= calls; ++call) {
            Rig rig;
            rig.twin.fail_at(rig.twin.calls() + call, number);
            const auto decided = rig.decide();
            const Code code = decided ? Code::IO : decided.error().code();
            CHECK(code != Code::CHANGED_MEANWHILE);
            unsuitable += code == Code::FILESYSTEM_UNSUITABLE ? 1 : 0;
        }
        CHECK(unsuitable == (number == EINVAL ? 2 : 0));  // two exchanges are tried
    }
}

TEST_CASE("a foreign edit between decision and application is kept, and the update goes on") {
    Rig rig;
    auto decided = must(rig.decide());
    rig.save("new", "the user's");
    must(rig.d()->remove_file("a"));
    must(mos::transaction::carry_through(rig.machine->site(), std::move(decided)));
    rig.expect(after());
    REQUIRE(rig.machine->watcher.notices.size() == 1);
    CHECK(rig.machine->watcher.notices.front() ==
          "'d/new' had been put there by somebody meanwhile; that is in the stage now");
    must(rig.machine->roll_back());
    CHECK(rig.content("new") == "the user's");
    CHECK_FALSE(must(rig.d()->find("a")));
    CHECK(rig.content("b") == "old b");
}

TEST_CASE("a change that somebody made after the exchange survives a cut and recovery, twice") {
    Rig rig;
    must(rig.decide());  // died here: committed, nothing applied
    rig.restart();
    must(mos::transaction::recover(rig.machine->site()));
    rig.expect(after());

    // The word `done` rides with the next commit: here it is lost, so recovery goes through everything once more.
    rig.save("a", "the user's newer one");
    must(rig.d()->set_mode("b", 0600));
    must(rig.twin.root()->set_mode("d", 0777));
    must(rig.machine->database().commit(mos::state::Durability::durable, [&] {
        return mos::state::Transactions{rig.machine->database()}.set_state(1, TransactionState::committed);
    }));
    for (int i = 0; i < 2; ++i) {
        rig.restart();
        must(mos::transaction::recover(rig.machine->site()));
        CHECK(rig.content("a") == "the user's newer one");
        CHECK(must(rig.d()->find("b"))->mode == 0600);
        CHECK(must(rig.twin.root()->find("d"))->mode == 0777);
    }
}

TEST_CASE("an edit before the rollback is kept and reported") {
    Rig rig;
    must(rig.machine->update(before(), after(), "1"));
    rig.save("a", "the user's");
    must(rig.machine->roll_back());
    CHECK(rig.content("a") == "the user's");
    CHECK(rig.content("b") == "old b");
    CHECK(must(rig.d()->find("gone")));
    CHECK_FALSE(must(rig.d()->find("new")));
    REQUIRE(rig.machine->watcher.notices.size() == 1);
    CHECK(rig.machine->watcher.notices.front() == "'d/a' is kept: it was changed since");
}

TEST_CASE("an edit in place, which keeps the inode, is kept and reported by the rollback all the same") {
    Rig rig;
    must(rig.machine->update(before(), after(), "1"));
    must(must(rig.d()->open_file("a", mos::base::OpenMode::write))->write_at(0, mos::base::as_bytes("edited by hand")));
    must(rig.machine->roll_back());
    CHECK(rig.content("a") == "edited by hand");
    CHECK(rig.content("b") == "old b");
    REQUIRE(rig.machine->watcher.notices.size() == 1);
    CHECK(rig.machine->watcher.notices.front() == "'d/a' is kept: it was changed since");
}

TEST_CASE("a path that somebody filled keeps its content when what was removed there would come back") {
    Rig rig;
    must(rig.machine->update(before(), after(), "1"));
    rig.save("gone", "the user's");
    must(rig.machine->roll_back());
    CHECK(rig.content("gone") == "the user's");
    CHECK(rig.content("a") == "old a");
    REQUIRE(rig.machine->watcher.notices.size() == 1);
    CHECK(rig.machine->watcher.notices.front() ==
          "'d/gone' is somebody else's now; what belongs there stays in the stage");
}

TEST_CASE("attributes that somebody gave a path since the update are kept one by one by the rollback") {
    Rig rig{
        ImageBuilder{}.directory("d").file("d/a", "same").attribute("user.x", "1").attribute("user.y", "1").image()};
    const TreeImage from =
        ImageBuilder{}.directory("d").file("d/a", "same").attribute("user.x", "1").attribute("user.y", "1").image();
    const TreeImage to = ImageBuilder{}
                             .directory("d", 0711)
                             .file("d/a", "same", 0600)
                             .attribute("user.x", "2")
                             .attribute("user.y", "2")
                             .image();
    must(rig.machine->update(from, to, "1"));
    must(rig.d()->set_mode("a", 0666));
    must(rig.d()->set_extended_attribute("a", {"user.y", mos::base::to_bytes(as_bytes("the user's"))}));
    must(rig.d()->set_extended_attribute("a", {"user.z", mos::base::to_bytes(as_bytes("new"))}));
    must(rig.machine->roll_back());
    CHECK(must(rig.d()->find("a"))->mode == 0666);
    const auto attributes = must(rig.d()->extended_attributes("a"));
    REQUIRE(attributes.size() == 3);
    CHECK(mos::base::as_text(attributes[0].value) == "1");
    CHECK(mos::base::as_text(attributes[1].value) == "the user's");
    CHECK(mos::base::as_text(attributes[2].value) == "new");
    CHECK(must(rig.twin.root()->find("d"))->mode == 0755);
    CHECK(rig.machine->watcher.notices.size() == 1);
}

TEST_CASE("recovery succeeds whatever was done to the tree in between") {
    Rig rig;
    must(rig.decide());
    const auto root = rig.twin.root();
    SUBCASE("the directory is gone") { must(mos::base::remove_tree(*root, "d")); }
    SUBCASE("the directory is a file now") {
        must(mos::base::remove_tree(*root, "d"));
        must(root->open_file("d", OpenMode::create_new));
    }
    SUBCASE("the directory is a link now") {
        must(mos::base::remove_tree(*root, "d"));
        must(root->make_symlink("d", "var"));
    }
    SUBCASE("a file is a directory now") {
        must(rig.d()->remove_file("a"));
        must(rig.d()->make_directory("a", 0755));
    }
    rig.restart();
    must(mos::transaction::recover(rig.machine->site()));
    const TreeImage once = must(rig.machine->everything());
    must(mos::transaction::recover(rig.machine->site()));
    CHECK(difference(once, must(rig.machine->everything()), all_directory_times) == "");
    CHECK_FALSE(must(mos::state::Transactions{rig.machine->database()}.unfinished()));
}

TEST_CASE("cancelled before the decision nothing happened, after it everything is taken back") {
    Rig rig;
    Phase when = Phase::deciding;
    SUBCASE("before") {}
    SUBCASE("after") { when = Phase::applying; }
    int left = 3;
    rig.machine->watcher.on_checkpoint = [&](Phase phase) -> Result<void> {
        if (phase == when && (when == Phase::deciding || --left == 0))
            return Error{Code::CANCELLED, "stop"};
        return {};
    };
    CHECK(refusal(rig.machine->update(before(), after(), "1")) == Code::CANCELLED);
    rig.expect(before());
    CHECK(must(rig.machine->installed_version()) == "");
    rig.expect_next_works(before());
}

TEST_CASE("a cancelled rollback leaves the update in effect") {
    Rig rig;
    must(rig.machine->update(before(), after(), "1"));
    int left = 3;
    rig.machine->watcher.on_checkpoint = [&](Phase phase) -> Result<void> {
        return phase == Phase::applying && --left == 0 ? Result<void>{Error{Code::CANCELLED, "stop"}} : Result<void>{};
    };
    CHECK(refusal(rig.machine->roll_back()) == Code::CANCELLED);
    rig.expect(after());
    CHECK(must(rig.machine->installed_version()) == "1");
    rig.expect_next_works(after());
}

TEST_CASE("an error of any call leaves the old tree or the new one, and the next transaction works") {
    std::uint64_t calls = 0;
    std::uint64_t begin = 0;
    {
        Rig rig;
        begin = rig.twin.calls();
        must(rig.machine->update(before(), after(), "1"));
        calls = rig.twin.calls();
    }
    int reverted = 0;
    for (std::uint64_t call = begin + 1; call <= calls; ++call) {
        Rig rig;
        rig.twin.fail_at(call, EIO);
        const auto updated = rig.machine->update(before(), after(), "1");
        rig.twin.fail_never();
        reverted += !updated && updated.error().code() == Code::REVERTED ? 1 : 0;
        if (!updated)
            REQUIRE(updated.error().code() != Code::INTERNAL);
        rig.restart();
        if (const auto recovered = mos::transaction::recover(rig.machine->site()); !recovered) {
            // The kernel tells the first who asks of an error that nobody has been told of yet.
            REQUIRE(refusal(recovered) == Code::RECOVERY_FAILED);
            rig.restart();
            must(mos::transaction::recover(rig.machine->site()));
        }
        const bool is_new = must(rig.machine->installed_version()) == "1";
        REQUIRE((is_new || !updated));
        rig.expect(is_new ? after() : before());
        // Where the error kept even the log from being begun, recovery had nothing to ask about.
        static_cast<void>(must(rig.twin.root()->open_sync_point())->flush());
        rig.expect_next_works(is_new ? after() : before());
    }
    MESSAGE((calls - begin), " calls failed one by one, ", reverted, " of them after the decision");
    CHECK(reverted > 5);
}

TEST_CASE("a full disk before the decision is an error that changes nothing") {
    Rig rig;
    rig.twin.set_free_bytes(4096);
    CHECK(refusal(rig.machine->update(before(), after(), "1")) == Code::NO_SPACE);
    rig.twin.set_free_bytes(1U << 30U);
    rig.restart();
    must(mos::transaction::recover(rig.machine->site()));
    rig.expect(before());
    rig.expect_next_works(before());
}

TEST_CASE("a write error that somebody else's sync was told of first is not missed") {
    Rig rig;
    const auto others = must(rig.twin.root()->open_sync_point());
    auto stage = must(mos::transaction::Stage::begin(rig.machine->site()));
    must(stage_change(stage, before(), after()));
    rig.twin.fail_writeback(EIO);
    CHECK(refusal(others->flush()) == Code::IO);
    CHECK(refusal(stage.finish()) == Code::IO);
}

TEST_CASE("a write error between application and settling is not missed: the transaction stays unfinished") {
    Rig rig;
    auto decided = must(rig.decide());
    const auto others = must(rig.twin.root()->open_sync_point());
    must(must(rig.d()->open_file("b", OpenMode::write))->write_at(0, as_bytes("x")));
    rig.twin.fail_writeback(EIO);
    CHECK(refusal(others->flush()) == Code::IO);
    CHECK(refusal(mos::transaction::carry_through(rig.machine->site(), std::move(decided))) == Code::RECOVERY_FAILED);
    CHECK(must(mos::state::Transactions{rig.machine->database()}.unfinished()));
}

TEST_CASE("nothing begins while a transaction is unfinished") {
    Rig rig;
    must(rig.machine->update(before(), after(), "1"));
    const auto owner = must(mos::state::Transactions{rig.machine->database()}.find(1));
    auto stage = must(mos::transaction::Stage::begin(rig.machine->site()));
    must(stage.put_file("d/x", {}, [](mos::base::File &) { return Result<void>{}; }));
    auto staged = must(stage.finish());
    must(rig.machine->database().commit(mos::state::Durability::durable, [&] {
        return mos::state::Transactions{rig.machine->database()}.set_state(1, TransactionState::committed);
    }));
    const Description description{.summary = "s", .reason = ""};
    CHECK(refusal(mos::transaction::Stage::begin(rig.machine->site())) == Code::RECOVERY_FAILED);
    CHECK(refusal(mos::transaction::decide(rig.machine->site(), std::move(staged), description,
                                           rig.machine->recorder("2"))) == Code::RECOVERY_FAILED);
    CHECK(refusal(mos::transaction::roll_back(rig.machine->site(), *owner, description)) == Code::RECOVERY_FAILED);
    CHECK(refusal(rig.machine->prune(1)) == Code::RECOVERY_FAILED);
    must(mos::transaction::recover(rig.machine->site()));
    rig.expect_next_works(after());
}

TEST_CASE("recovery twice changes nothing more") {
    Rig rig;
    must(rig.decide());
    rig.restart();
    CHECK(must(mos::transaction::recover(rig.machine->site())).transaction->id == 1);
    const TreeImage once = must(rig.machine->everything());
    const auto again = must(mos::transaction::recover(rig.machine->site()));
    CHECK_FALSE(again.transaction);
    CHECK(again.dropped_stages == 0);
    CHECK(difference(once, must(rig.machine->everything()), all_directory_times) == "");
    rig.expect_next_works(after());
}

TEST_CASE("a stage without a row is dropped while nothing in it has moved, and kept as unclear when something has") {
    Rig rig;
    auto staged = must(rig.machine->stage(before(), after()));
    staged.release();
    SUBCASE("unmoved") {
        CHECK(must(mos::transaction::recover(rig.machine->site())).dropped_stages == 1);
        CHECK(rig.stages() == 0);
        rig.expect_next_works(before());
    }
    SUBCASE("moved") {
        must(staged.directory().rename("0", *rig.d(), "a", RenameMode::exchange));
        const auto refused = mos::transaction::recover(rig.machine->site());
        CHECK(refusal(refused) == Code::STAGE_UNCLEAR);
        CHECK(refused.error().object() == "d/a");
        CHECK(rig.stages() == 1);
    }
    SUBCASE("its plan can't be read") {
        rig.twin.fail_at(rig.twin.calls() + 9, EIO);
        auto recovered = mos::transaction::recover(rig.machine->site());
        for (std::uint64_t ahead = 1; recovered && ahead < 40; ++ahead) {
            auto other = Rig{};
            auto another = must(other.machine->stage(before(), after()));
            another.release();
            other.twin.fail_at(other.twin.calls() + ahead, EIO);
            const auto tried = mos::transaction::recover(other.machine->site());
            CHECK((tried || tried.error().code() == Code::IO));
        }
    }
}

TEST_CASE("a lost database makes the stages unclear, and nothing in them is deleted") {
    Rig rig;
    must(rig.machine->update(before(), after(), "1"));
    rig.machine.reset();
    const auto folder = must(rig.twin.root()->open_directory("var/lib/multios", Symlinks::refuse));
    must(folder->remove_file("state.db"));
    must(folder->remove_file("state.db-wal"));
    rig.restart();
    CHECK(refusal(mos::transaction::recover(rig.machine->site())) == Code::STAGE_UNCLEAR);
    CHECK(rig.stages() == 1);
}

TEST_CASE("pruning gives up the recovery point and its stage, and leaves the tree alone") {
    Rig rig;
    must(rig.machine->update(before(), after(), "1"));
    must(rig.machine->prune(1));
    CHECK(rig.stages() == 0);
    rig.expect(after());
    CHECK(must(mos::state::Transactions{rig.machine->database()}.recovery_points()).empty());
    CHECK(must(rig.machine->installed_version()) == "1");
    rig.expect_next_works(after());
}

TEST_CASE(
    "nothing is deleted before `pruned` is durable, also not by a process that found it in the log of a killed one") {
    Rig rig;
    must(rig.machine->update(before(), after(), "1"));
    must(must(rig.twin.root()->open_sync_point())->flush());
    std::optional<Twin> killed;
    rig.twin.on_mutation([&](std::uint64_t, std::string_view what) {
        if (!killed && what.starts_with("flush"))
            killed = rig.twin.killed();
    });
    must(rig.machine->prune(1));
    REQUIRE(killed);
    std::size_t wrong = 0;
    killed->on_mutation([&](std::uint64_t, std::string_view) {
        const Twin cut{killed->crash(Selection::all_but(0))};
        const auto machine = must(Machine::start(cut.root()));
        const auto row = must(mos::state::Transactions{machine->database()}.find(1));
        if (row->state == TransactionState::pruned)
            return;
        const auto stage = machine->root().open_directory(".multios-stage/1", Symlinks::refuse);
        if (!stage || must(stage.value()->list()).size() < 4)
            ++wrong;
    });
    const auto machine = must(Machine::start(killed->root()));
    CHECK(must(mos::transaction::recover(machine->site())).dropped_stages == 1);
    CHECK(wrong == 0);
}
