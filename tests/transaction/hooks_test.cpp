// What is called around the moves of a transaction: when, how often, what it finds, and what its failure does.
#include "disks.hpp"
#include "machine.hpp"

#include <mos/state/transactions.hpp>

#include <algorithm>
#include <fmt/ranges.h>
#include <optional>

using namespace mos::test;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::base::Directory;
using mos::base::Phase;
using mos::base::Symlinks;
using mos::state::Hook;
using mos::state::Transaction;
using mos::state::Transactions;
using mos::state::TransactionState;
using mos::transaction::Interruption;
using Moment = mos::state::Hook::Moment;

namespace {

TreeImage before() {
    return ImageBuilder{}.directory("d").file("d/a", "old a").file("d/b", "old b").file("d/gone", "g").image();
}
TreeImage after() {
    return ImageBuilder{}.directory("d", 0711).file("d/a", "new a").file("d/b", "new b").file("d/new", "n").image();
}

// Two at each moment, recorded in another order than that of their ranks.
std::vector<Hook> two_each() {
    std::vector<Hook> hooks;
    for (const Moment moment : {Moment::after_undo, Moment::after_apply, Moment::before_undo, Moment::before_apply}) {
        for (const std::uint64_t rank : {9U, 2U})
            hooks.push_back(hook(10 * static_cast<std::uint64_t>(moment) + rank, moment, hook_deletes, "d/none"));
    }
    return hooks;
}

const std::vector<std::string> calls_of_update = {"before_apply 12 delete", "before_apply 19 delete",
                                                  "after_apply 22 delete", "after_apply 29 delete"};
const std::vector<std::string> calls_of_undo = {"before_undo 32 delete", "before_undo 39 delete",
                                                "after_undo 42 delete", "after_undo 49 delete"};

struct Rig {
    Twin twin;
    std::unique_ptr<Machine> machine;

    Rig() {
        must(build(*twin.root(), before()));
        restart();
    }
    explicit Rig(Twin running) : twin(std::move(running)) { restart(); }

    void restart() {
        machine.reset();
        machine = must(Machine::start(twin.root()));
    }
    Result<void> update(std::vector<Hook> hooks) {
        return machine->update(before(), after(), "1", {.outputs = {}, .removed_trees = {}, .hooks = std::move(hooks)});
    }
    [[nodiscard]] std::string difference_from(const TreeImage &image) {
        TreeImage actual = must(machine->tree());
        std::erase_if(actual.entries, [](const TreeEntry &entry) {
            return entry.path.empty() || entry.path == "var" || entry.path == "var/lib";
        });
        return difference(image, actual, all_directory_times);
    }
    void expect(const TreeImage &image) { CHECK(difference_from(image) == ""); }
    [[nodiscard]] std::optional<Transaction> unfinished() {
        return must(Transactions{machine->database()}.unfinished());
    }
    [[nodiscard]] TransactionState state_of(std::uint64_t id) {
        return must(Transactions{machine->database()}.find(id))->state;
    }
    // Why it went back: the number of the error and its words.
    [[nodiscard]] std::string cause_of(std::uint64_t id) {
        const auto found = must(Transactions{machine->database()}.find(id));
        return fmt::format("{} {}", found->cause_code, found->cause);
    }
    [[nodiscard]] std::vector<std::string> &calls() { return machine->hooks().calls; }
    // Calls `look` at each hook of that moment.
    void on(Moment moment, const std::function<void(Directory &stage, Interruption interruption)> &look) {
        machine->hooks().on_call = [moment, look, earlier = machine->hooks().on_call](
                                       const Hook &hook, Directory &stage, Interruption interruption) -> Result<void> {
            if (earlier)
                MOS_CHECK(earlier(hook, stage, interruption));
            if (hook.moment == moment)
                look(stage, interruption);
            return {};
        };
    }
};

std::uint64_t inode_of(Rig &rig, std::string_view name) {
    return must(must(rig.machine->root().open_directory("d", Symlinks::refuse))->find(name))->inode;
}

std::vector<std::string> operator+(std::vector<std::string> a, const std::vector<std::string> &b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

}  // namespace

TEST_CASE("hooks are called moment by moment, in the order of their ranks") {
    Rig rig;
    must(rig.update(two_each()));
    CHECK(rig.calls() == calls_of_update);
    rig.expect(after());
    rig.calls().clear();
    must(rig.machine->roll_back());
    CHECK(rig.calls() == calls_of_undo);
    rig.expect(before());
    CHECK(rig.machine->watcher.notices.empty());
}

TEST_CASE("what is called before the apply finds the decision on disk, and nothing moved") {
    Rig rig;
    int looked = 0;
    rig.on(Moment::before_apply, [&](Directory &, Interruption interruption) {
        ++looked;
        CHECK(interruption == Interruption::allowed);
        rig.expect(before());
        Rig cut{Twin{rig.twin.crash(Selection::none())}};
        REQUIRE(cut.unfinished());
        CHECK(cut.unfinished()->state == TransactionState::committed);
    });
    must(rig.update(two_each()));
    CHECK(looked == 2);
}

TEST_CASE("what is called after the apply finds the new tree, and both it and the word `applied` on disk") {
    Rig rig;
    int looked = 0;
    rig.on(Moment::after_apply, [&](Directory &, Interruption interruption) {
        ++looked;
        CHECK(interruption == Interruption::allowed);
        rig.expect(after());
        Rig cut{Twin{rig.twin.crash(Selection::none())}};
        cut.expect(after());
        REQUIRE(cut.unfinished());
        CHECK(cut.unfinished()->state == TransactionState::applied);
    });
    must(rig.update(two_each()));
    CHECK(looked == 2);
    CHECK(rig.state_of(1) == TransactionState::done);
}

TEST_CASE("a failure after the apply is undone with the new tree in place, then the old tree comes back") {
    Rig rig;
    std::vector<Hook> hooks = two_each();
    hooks.push_back(hook(25, Moment::after_apply, hook_fails, "prepare"));
    rig.on(Moment::before_undo, [&](Directory &, Interruption interruption) {
        CHECK(interruption == Interruption::refused);
        rig.expect(after());
        Rig cut{Twin{rig.twin.crash(Selection::none())}};
        cut.expect(after());
        CHECK(cut.unfinished()->state == TransactionState::undoing);
    });
    rig.on(Moment::after_undo, [&](Directory &, Interruption interruption) {
        CHECK(interruption == Interruption::refused);
        rig.expect(before());
        CHECK(rig.unfinished()->state == TransactionState::reverting);
    });
    const auto failed = rig.update(hooks);
    CHECK(refusal(failed) == Code::REVERTED);
    REQUIRE(failed.error().cause() != nullptr);
    CHECK(failed.error().cause()->code() == Code::SCRIPT_FAILED);
    CHECK(failed.error().full_message().find("the script 'prepare' fails") != std::string::npos);
    const std::vector<std::string> forward = {"before_apply 12 delete", "before_apply 19 delete",
                                              "after_apply 22 delete", "after_apply 25 fail"};
    CHECK(rig.calls() == forward + calls_of_undo);
    rig.expect(before());
    CHECK(rig.state_of(1) == TransactionState::reverted);
    CHECK(rig.cause_of(1) == "53 the script 'prepare' fails");
    CHECK(must(rig.machine->installed_version()) == "");
}

TEST_CASE("a failure before the apply moves nothing; who was stopped is told by what is called after the undo") {
    Rig rig;
    const std::uint64_t a = inode_of(rig, "a");
    const std::uint64_t b = inode_of(rig, "b");
    std::vector<Hook> hooks = two_each();
    hooks.push_back(hook(15, Moment::before_apply, hook_fails, "stop"));
    const auto failed =
        rig.machine->update(before(), after(), "1", {.outputs = {"d/b"}, .removed_trees = {}, .hooks = hooks});
    CHECK(refusal(failed) == Code::REVERTED);
    CHECK(rig.calls() == std::vector<std::string>{"before_apply 12 delete", "before_apply 15 fail",
                                                  "after_undo 42 delete", "after_undo 49 delete"});
    rig.expect(before());
    CHECK(inode_of(rig, "a") == a);
    CHECK(inode_of(rig, "b") == b);  // no script has had the output in its hands
}

TEST_CASE("a cancel in a hook takes everything back and is said to be one") {
    Rig rig;
    Moment when = Moment::before_apply;
    SUBCASE("before the apply") {}
    SUBCASE("after the apply") { when = Moment::after_apply; }
    rig.machine->hooks().on_call = [when](const Hook &hook, Directory &, Interruption interruption) -> Result<void> {
        if (hook.moment == when && interruption == Interruption::allowed)
            return Error{Code::CANCELLED, "stop"};
        return {};
    };
    CHECK(refusal(rig.update(two_each())) == Code::CANCELLED);
    rig.expect(before());
    REQUIRE_FALSE(rig.calls().empty());
    CHECK(rig.calls().back() == "after_undo 49 delete");
    CHECK(std::ranges::count(rig.calls(), "before_undo 32 delete") == (when == Moment::after_apply ? 1 : 0));
    CHECK(rig.state_of(1) == TransactionState::reverted);
}

TEST_CASE("on the way back failures are notices, and the rest is called all the same") {
    Rig rig;
    std::vector<Hook> hooks = two_each();
    for (const Moment moment : {Moment::before_undo, Moment::after_undo})
        hooks.push_back(hook(10 * static_cast<std::uint64_t>(moment) + 5, moment, hook_fails, "undo"));
    const std::vector<std::string> backward = {"before_undo 32 delete", "before_undo 35 fail", "before_undo 39 delete",
                                               "after_undo 42 delete",  "after_undo 45 fail",  "after_undo 49 delete"};
    SUBCASE("of an update") {
        hooks.push_back(hook(50, Moment::after_apply, hook_fails, "prepare"));
        CHECK(refusal(rig.update(hooks)) == Code::REVERTED);
        CHECK(rig.calls() == calls_of_update + std::vector<std::string>{"after_apply 50 fail"} + backward);
    }
    SUBCASE("of a rollback") {
        must(rig.update(hooks));
        must(rig.machine->roll_back());
        CHECK(rig.calls() == calls_of_update + backward);
    }
    rig.expect(before());
    CHECK(rig.machine->watcher.notices ==
          std::vector<std::string>{"the script 'undo' fails", "the script 'undo' fails"});
    CHECK_FALSE(rig.unfinished());
}

TEST_CASE("a rollback undoes with the change still in place and in effect, and decides afterwards") {
    Rig rig;
    must(rig.update(two_each()));
    int looked = 0;
    rig.on(Moment::before_undo, [&](Directory &, Interruption interruption) {
        ++looked;
        CHECK(interruption == Interruption::refused);
        rig.expect(after());
        Rig cut{Twin{rig.twin.crash(Selection::none())}};
        REQUIRE(cut.unfinished());
        CHECK(cut.unfinished()->id == 2);
        CHECK(cut.unfinished()->state == TransactionState::undoing);
        CHECK(must(cut.machine->installed_version()) == "1");
    });
    rig.on(Moment::after_undo, [&](Directory &, Interruption) {
        ++looked;
        rig.expect(before());
        CHECK(rig.unfinished()->state == TransactionState::committed);
        CHECK(must(rig.machine->installed_version()) == "");
    });
    must(rig.machine->roll_back());
    CHECK(looked == 4);
    CHECK(rig.state_of(2) == TransactionState::done);
}

TEST_CASE("a rollback that turns round calls again what needs the new tree; its failures are notices") {
    Rig rig;
    std::vector<Hook> hooks = two_each();
    must(rig.update(hooks));
    rig.calls().clear();
    rig.machine->watcher.on_checkpoint = [left = 2](Phase phase) mutable -> Result<void> {
        return phase == Phase::applying && --left == 0 ? Result<void>{Error{Code::CANCELLED, "stop"}} : Result<void>{};
    };
    rig.machine->hooks().on_call = [](const Hook &hook, Directory &, Interruption) -> Result<void> {
        return hook.moment == Moment::after_apply && hook.rank == 22 ? Result<void>{Error{Code::SCRIPT_FAILED, "again"}}
                                                                     : Result<void>{};
    };
    CHECK(refusal(rig.machine->roll_back()) == Code::CANCELLED);
    CHECK(rig.calls() == std::vector<std::string>{"before_undo 32 delete", "before_undo 39 delete",
                                                  "after_apply 22 delete", "after_apply 29 delete"});
    CHECK(rig.machine->watcher.notices == std::vector<std::string>{"again"});
    rig.expect(after());
    CHECK(must(rig.machine->installed_version()) == "1");
    CHECK(rig.state_of(1) == TransactionState::done);
    CHECK(rig.state_of(2) == TransactionState::reverted);
}

namespace {

struct Death {
    Twin left;
    std::vector<std::string> called;
};

// One for each call of `work` that changes or flushes something.
std::vector<Death> deaths_of(Rig &rig, const std::function<void()> &work) {
    std::vector<Death> deaths;
    rig.twin.on_mutation([&](std::uint64_t, std::string_view) { deaths.push_back({rig.twin.killed(), rig.calls()}); });
    work();
    rig.twin.on_mutation(nullptr);
    return deaths;
}

// Every call of `all` was made, before the death or after it; and those of one moment in their order, to the end.
void check_called(const std::vector<std::string> &before_it, const std::vector<std::string> &after_it,
                  const std::vector<std::string> &all) {
    const std::vector<std::string> made = before_it + after_it;
    for (const std::string &call : all)
        REQUIRE_MESSAGE(std::ranges::count(made, call) >= 1, call);
    std::vector<std::string> again = all;
    again.erase(again.begin(), again.end() - static_cast<std::ptrdiff_t>(std::min(again.size(), after_it.size())));
    REQUIRE(after_it == again);
}

}  // namespace

TEST_CASE("whenever the process dies, recovery calls everything that is still to be called, in order") {
    Rig rig;
    std::vector<Hook> hooks = two_each();
    std::vector<std::string> expected = calls_of_update;
    bool ends_new = true;
    bool begins_new = false;
    std::function<void()> work = [&] { must(rig.update(hooks)); };
    SUBCASE("an update") {}
    SUBCASE("an update that fails") {
        hooks.push_back(hook(50, Moment::after_apply, hook_fails, "prepare"));
        expected = calls_of_update + std::vector<std::string>{"after_apply 50 fail"} + calls_of_undo;
        work = [&] { CHECK(refusal(rig.update(hooks)) == Code::REVERTED); };
        ends_new = false;
    }
    SUBCASE("a rollback") {
        must(rig.update(hooks));
        rig.calls().clear();
        expected = calls_of_undo;
        work = [&] { must(rig.machine->roll_back()); };
        ends_new = false;
        begins_new = true;
    }
    const std::vector<Death> deaths = deaths_of(rig, work);
    std::size_t completed = 0;
    for (const Death &death : deaths) {
        Rig next{death.left.killed()};
        const auto recovered = must(mos::transaction::recover(next.machine->site()));
        const bool is_new = must(next.machine->installed_version()) == "1";
        REQUIRE(next.difference_from(is_new ? after() : before()) == "");
        REQUIRE(next.machine->watcher.notices.empty());
        if (!recovered.transaction) {
            REQUIRE(next.calls().empty());
            REQUIRE((is_new == begins_new || death.called == expected));
            continue;
        }
        ++completed;
        REQUIRE(is_new == ends_new);
        check_called(death.called, next.calls(), expected);
    }
    MESSAGE(deaths.size(), " deaths, ", completed, " of them after the decision");
    CHECK(completed > expected.size());
}

TEST_CASE("where nobody can call the hooks nothing begins, nothing goes on, and nothing is lost") {
    Rig rig;
    mos::transaction::HookCaller *const caller = rig.machine->site().hooks;
    SUBCASE("an update is refused before its decision") {
        rig.machine->site().hooks = nullptr;
        CHECK(refusal(rig.update(two_each())) == Code::INTERNAL);
        rig.expect(before());
        CHECK(must(Transactions{rig.machine->database()}.list(5)).empty());
        rig.machine->site().hooks = caller;
        must(rig.update(two_each()));
    }
    SUBCASE("a rollback is refused before its decision") {
        must(rig.update(two_each()));
        rig.machine->site().hooks = nullptr;
        CHECK(refusal(rig.machine->roll_back()) == Code::INTERNAL);
        CHECK_FALSE(rig.unfinished());
    }
    SUBCASE("a recovery leaves everything to one that can") {
        const std::vector<Death> deaths = deaths_of(rig, [&] { must(rig.update(two_each())); });
        std::size_t refused = 0;
        for (const Death &death : deaths) {
            Rig next{death.left.killed()};
            const auto found = next.unfinished();
            mos::transaction::HookCaller *const present = next.machine->site().hooks;
            next.machine->site().hooks = nullptr;
            const auto recovered = mos::transaction::recover(next.machine->site());
            if (!found) {
                must(recovered);
                continue;
            }
            ++refused;
            REQUIRE(refusal(recovered) == Code::INTERNAL);
            REQUIRE(next.unfinished()->state == found->state);
            next.machine->site().hooks = present;
            must(mos::transaction::recover(next.machine->site()));
            REQUIRE(next.difference_from(after()) == "");
        }
        CHECK(refused > 10);
    }
    rig.expect(after());
    CHECK(must(rig.machine->installed_version()) == "1");
}

TEST_CASE("a recovery that can't even call a hook takes nothing back; one whose hook fails does") {
    Rig rig;
    std::optional<Twin> cut;
    rig.on(Moment::after_apply, [&](Directory &, Interruption) {
        if (!cut)
            cut.emplace(rig.twin.killed());
    });
    must(rig.update(two_each()));
    const auto recover_with = [](Rig &next, Code code) {
        next.machine->hooks().on_call = [code](const Hook &hook, Directory &, Interruption) -> Result<void> {
            return hook.moment == Moment::after_apply ? Result<void>{Error{code, "the test says so"}} : Result<void>{};
        };
        return mos::transaction::recover(next.machine->site());
    };
    Rig next{std::move(*cut)};
    REQUIRE(next.unfinished()->state == TransactionState::applied);
    SUBCASE("the program that runs scripts is missing") {
        CHECK(refusal(recover_with(next, Code::NOT_FOUND)) == Code::RECOVERY_FAILED);
        CHECK(next.unfinished()->state == TransactionState::applied);
        next.expect(after());
        next.machine->hooks().on_call = {};
        must(mos::transaction::recover(next.machine->site()));
        CHECK(next.state_of(1) == TransactionState::done);
        next.expect(after());
    }
    SUBCASE("the script fails") {
        must(recover_with(next, Code::SCRIPT_FAILED));
        CHECK(next.state_of(1) == TransactionState::reverted);
        CHECK(next.cause_of(1) == "53 the test says so");
        next.expect(before());
    }
}

TEST_CASE("hooks go with their recovery point") {
    Rig rig;
    must(rig.update(two_each()));
    Transactions transactions{rig.machine->database()};
    for (const Moment moment : {Moment::before_apply, Moment::after_apply, Moment::before_undo, Moment::after_undo})
        CHECK(must(transactions.hooks(1, moment)).size() == 2);
    must(rig.machine->prune(1));
    for (const Moment moment : {Moment::before_apply, Moment::after_apply, Moment::before_undo, Moment::after_undo})
        CHECK(must(transactions.hooks(1, moment)).empty());
}

TEST_CASE("hooks that need the new tree cost two flushes, those of a rollback one each, those before the apply none") {
    const auto flushes = [](Rig &rig, const std::function<void()> &work) {
        const std::uint64_t earlier = rig.twin.flushes();
        work();
        return rig.twin.flushes() - earlier;
    };
    struct Cost {
        Moment moment;
        std::uint64_t update;
        std::uint64_t rollback;
    };
    for (const Cost cost : {Cost{Moment::before_apply, 3, 2}, Cost{Moment::after_apply, 5, 2},
                            Cost{Moment::before_undo, 3, 3}, Cost{Moment::after_undo, 3, 3}}) {
        Rig rig;
        must(rig.update({}));  // makes the log, whose name is flushed once
        must(rig.machine->roll_back());
        const std::vector<Hook> hooks = {hook(0, cost.moment, hook_deletes, "d/none")};
        CHECK(flushes(rig, [&] { must(rig.update(hooks)); }) == cost.update);
        CHECK(flushes(rig, [&] { must(rig.machine->roll_back()); }) == cost.rollback);
    }
}

namespace {

// An update whose hooks have put something aside, and kept room or not.
struct Staging {
    std::vector<Hook> hooks;
    bool keeps_room = false;
};

Result<void> update_with(Rig &rig, const Staging &staging) {
    MOS_TRY(auto stage, mos::transaction::Stage::begin(rig.machine->site()));
    MOS_CHECK(stage.put_aside("scripts/0", "post-install", mos::base::as_bytes("#!/bin/sh\n"), 0700));
    MOS_CHECK(stage_change(stage, before(), after()));
    if (staging.keeps_room)
        MOS_CHECK(stage.reserve_room());
    MOS_TRY(auto staged, stage.finish());
    MOS_TRY(auto decided, mos::transaction::decide(rig.machine->site(), std::move(staged),
                                                   {.summary = "s", .reason = {}, .hooks = staging.hooks},
                                                   rig.machine->recorder("1")));
    return mos::transaction::carry_through(rig.machine->site(), std::move(decided));
}

}  // namespace

TEST_CASE("a hook finds what was put aside for it, with its mode, as long as there is a recovery point") {
    Rig rig;
    int looked = 0;
    const auto look = [&](Directory &stage, Interruption) {
        ++looked;
        const auto folder = must(stage.open_directory("scripts/0", Symlinks::refuse));
        CHECK(mos::base::as_text(must(mos::base::read_file(*folder, "post-install", 100))) == "#!/bin/sh\n");
        CHECK(must(folder->find("post-install"))->mode == 0700);
    };
    rig.on(Moment::after_apply, look);
    rig.on(Moment::before_undo, look);
    rig.on(Moment::after_undo, look);
    must(update_with(rig, {.hooks = two_each()}));
    must(rig.machine->roll_back());
    CHECK(looked == 6);
}

TEST_CASE("a hook that fills the disk and fails is taken back, out of the room that was kept for that") {
    for (const Moment when : {Moment::before_apply, Moment::after_apply}) {
        for (const bool keeps_room : {false, true}) {
            Rig rig;
            std::vector<Hook> hooks = two_each();
            hooks.push_back(hook(50, when, hook_fails, "prepare"));
            rig.on(when, [&](Directory &, Interruption) { rig.twin.set_free_bytes(0); });
            const Code code = refusal(update_with(rig, {.hooks = hooks, .keeps_room = keeps_room}));
            CHECK(code == (keeps_room ? Code::REVERTED : Code::RECOVERY_FAILED));
            if (!keeps_room) {  // it waits until there is some
                rig.twin.set_free_bytes(1U << 30U);
                rig.restart();
                must(mos::transaction::recover(rig.machine->site()));
            }
            rig.expect(before());
            CHECK_FALSE(rig.unfinished());
        }
    }
}

TEST_CASE("a rollback on a full disk has the room that was kept") {
    Rig rig;
    must(update_with(rig, {.hooks = two_each(), .keeps_room = true}));
    const auto stage = must(rig.machine->root().open_directory(".multios-stage/1", Symlinks::refuse));
    const auto reserve = must(stage->find("reserve"));
    REQUIRE(reserve);
    CHECK(reserve->size >= 1U << 20U);
    rig.twin.set_free_bytes(0);
    must(rig.machine->roll_back());
    rig.expect(before());
    CHECK_FALSE(rig.unfinished());
}
