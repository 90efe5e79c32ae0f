// Plans: versions, owners, several packages at once, and the digest that ties what is done to what was shown.
#include "bench.hpp"

#include <algorithm>

using namespace mos::test;
using mos::Code;
using mos::Result;
using mos::install::Action;
using mos::install::Answer;
using mos::install::Change;
using mos::install::ConflictRule;
using mos::install::Downgrade;
using mos::install::Reinstall;

namespace {

ImageBuilder release(const std::string &content) {
    return ImageBuilder{}.directory("p").file("p/x", content).file("p/same", "same");
}

ImageBuilder with_file(const std::string &path) {
    ImageBuilder image;
    image.directory("d").file(path, "content of " + path);
    return image;
}

Code refusal_of(Bench &bench, const mos::install::Steps &steps) {
    const TreeImage before = must(bench.machine->everything());
    const Code code = refusal(bench.run(steps));
    CHECK(difference(before, must(bench.machine->everything()), all_directory_times) == "");
    return code;
}

}  // namespace

TEST_CASE("an older version is refused unless it is asked for, and then says that it is one") {
    Bench bench;
    bench.install("p", "2", release("two"));
    CHECK(refusal_of(bench, install_steps({step_of("p", "1", release("one"))})) == Code::DOWNGRADE);
    const auto steps = install_steps({step_of("p", "1", release("one"), {.downgrade = Downgrade::allowed})});
    const auto plan = must(bench.resolve(steps));
    CHECK(plan.steps.front().action == Action::downgrade);
    CHECK(mos::install::summary_of(plan.steps) == "downgrade p 2 → 1");
    must(bench.run(steps));
    CHECK(bench.content("p/x") == "one");
    CHECK(bench.version_of("p") == "1");
}

TEST_CASE("the same version is refused, also with other content") {
    Bench bench;
    bench.install("p", "1", release("one"));
    CHECK(refusal_of(bench, install_steps({step_of("p", "1", release("one"))})) == Code::ALREADY_INSTALLED);
    const auto other = install_steps({step_of("p", "1", release("other"))});
    CHECK(refusal_of(bench, other) == Code::ALREADY_INSTALLED);
    const auto told = bench.resolve(other);
    CHECK(told.error().message() == "'p' 1 is installed already, with other content");
    CHECK(told.error().remedy().ends_with("install it with --reinstall"));
    CHECK(bench.resolve(other).error().message().find("with other content") != std::string::npos);
}

TEST_CASE("a reinstallation puts back what was altered or taken away, and its rollback brings that again") {
    Bench bench;
    bench.install("p", "1", release("one"));
    bench.write("p/x", "altered");
    bench.unlink("p/same");
    bench.install("p", "1", release("one"), {.reinstall = Reinstall::allowed});
    CHECK(bench.content("p/x") == "one");
    CHECK(bench.content("p/same") == "same");
    CHECK(bench.wrong_row() == "");
    bench.roll_back();
    CHECK(bench.content("p/x") == "altered");
    CHECK_FALSE(bench.exists("p/same"));
}

TEST_CASE("a reinstallation of what is intact changes nothing") {
    Bench bench;
    bench.install("p", "1", release("one"));
    const auto steps = install_steps({step_of("p", "1", release("one"), {.reinstall = Reinstall::allowed})});
    CHECK(must(bench.resolve(steps)).totals.changed() == 0);
    CHECK(must(bench.run(steps)).changed_paths == 0);
    CHECK(bench.difference_from(release("one")) == "");
    CHECK(bench.wrong_row() == "");
}

TEST_CASE("what is not installed can't be removed") {
    Bench bench;
    CHECK(refusal_of(bench, install_steps({}, {"p"})) == Code::NOT_INSTALLED);
}

TEST_CASE("a plan without steps, or with one package twice, is no plan") {
    Bench bench;
    CHECK(refusal_of(bench, {}) == Code::INVALID_ARGUMENT);
    bench.install("p", "1", release("one"));
    CHECK(refusal_of(bench, install_steps({step_of("p", "2", release("two"))}, {"p"})) == Code::INVALID_ARGUMENT);
    CHECK(refusal_of(bench, install_steps({step_of("p", "2", release("two")), step_of("p", "3", release("3"))})) ==
          Code::INVALID_ARGUMENT);
}

// ---- Owners ----

TEST_CASE("a file has one owner: what another package installed is refused under every rule") {
    for (const ConflictRule rule : {ConflictRule::refuse, ConflictRule::keep, ConflictRule::replace}) {
        Bench bench;
        bench.install("p", "1", with_file("d/x"));
        const auto steps = install_steps({step_of("q", "1", with_file("d/x"), {.on_conflict = rule})});
        CHECK(refusal_of(bench, steps) == Code::CONFLICT);
        CHECK(bench.resolve(steps).error().message() == "'d/x' of 'q' belongs to the installed package 'p'");
    }
}

TEST_CASE("a folder may have several owners, the first gives it its mode, the last takes it away") {
    Bench bench;
    bench.install("p", "1", ImageBuilder{}.directory("d", 0750).file("d/p", "p"));
    bench.install("q", "1", ImageBuilder{}.directory("d", 0700).file("d/q", "q"));
    CHECK(bench.tree().find("d")->mode == 0750);
    CHECK(bench.owners_of("d") == std::vector<std::string>{"p", "q"});
    bench.install("p", "2", ImageBuilder{}.directory("d", 0711).file("d/p", "p"));
    CHECK(bench.tree().find("d")->mode == 0750);
    bench.remove("p");
    CHECK(bench.content("d/q") == "q");
    bench.remove("q");
    CHECK(bench.tree().entries.empty());
}

TEST_CASE("a removed folder that holds something of somebody else's stays") {
    Bench bench;
    bench.install("p", "1", with_file("d/x"));
    bench.write("d/mine", "mine");
    bench.remove("p");
    CHECK(bench.content("d/mine") == "mine");
    CHECK_FALSE(bench.exists("d/x"));
    CHECK(bench.was_told("'d' is kept: it is not empty"));
}

// ---- Several packages in one plan ----

TEST_CASE("packages of one plan are one transaction") {
    Bench bench;
    must(bench.run(install_steps({step_of("p", "1", with_file("d/p")), step_of("q", "1", with_file("d/q"))})));
    CHECK(bench.version_of("p") == "1");
    CHECK(bench.version_of("q") == "1");
    CHECK(bench.wrong_row() == "");
    bench.roll_back();
    CHECK(bench.tree().entries.empty());
    CHECK(bench.version_of("q") == "");
}

TEST_CASE("a path in two packages of one plan is a conflict") {
    Bench bench;
    CHECK(refusal_of(bench, install_steps({step_of("p", "1", with_file("d/x")),
                                           step_of("q", "1", with_file("d/x"))})) == Code::CONFLICT);
}

TEST_CASE("a package may install below a folder that another of the plan brings, in either order") {
    const ImageBuilder outer = ImageBuilder{}.directory("o", 0711).file("o/own", "own");
    const ImageBuilder inner = ImageBuilder{}.file("x", "x");
    for (const bool outer_first : {true, false}) {
        Bench bench;
        std::vector<mos::install::InstallStep> steps = {
            step_of("outer", "1", outer), {open_package(make_package("inner", "1", inner.image(), "o/inner")), {}}};
        if (!outer_first)
            std::swap(steps[0], steps[1]);
        must(bench.run(install_steps(steps)));
        CHECK(bench.content("o/inner/x") == "x");
        CHECK(bench.tree().find("o")->mode == 0711);
        CHECK(bench.wrong_row() == "");
    }
}

TEST_CASE("a package can't install below a file or link that another of the plan brings") {
    for (const ImageBuilder &outer :
         {ImageBuilder{}.file("o", "a file"), ImageBuilder{}.directory("e").symlink("o", "e")}) {
        Bench bench;
        const mos::install::InstallStep inner{
            open_package(make_package("inner", "1", ImageBuilder{}.file("x", "x").image(), "o/inner")), {}};
        CHECK(refusal_of(bench, install_steps({step_of("outer", "1", outer), inner})) == Code::CONFLICT);
    }
}

TEST_CASE("one plan updates a package, removes a second, and hands a path on to a third") {
    Bench bench;
    bench.install("p", "1", release("one"));
    bench.install("q", "1", with_file("d/x").file("d/gone", "g"));
    must(bench.run(install_steps({step_of("p", "2", release("two")), step_of("r", "1", with_file("d/x"))}, {"q"})));
    CHECK(bench.content("p/x") == "two");
    CHECK(bench.owners_of("d/x") == std::vector<std::string>{"r"});
    CHECK(bench.owners_of("d") == std::vector<std::string>{"r"});
    CHECK_FALSE(bench.exists("d/gone"));
    CHECK(bench.wrong_row() == "");
    bench.roll_back();
    CHECK(bench.owners_of("d/x") == std::vector<std::string>{"q"});
    CHECK(bench.content("d/gone") == "g");
    CHECK(bench.content("p/x") == "one");
    CHECK(bench.wrong_row() == "");
}

TEST_CASE("a package takes a folder's place with a link when the folder's owner leaves in the same plan") {
    Bench bench;
    bench.install("q", "1", with_file("d/x"));
    must(bench.run(install_steps({step_of("r", "1", ImageBuilder{}.symlink("d", "elsewhere"))}, {"q"})));
    CHECK(bench.tree().find("d")->target == "elsewhere");
    bench.roll_back();
    CHECK(bench.content("d/x") == "content of d/x");
}

// ---- The digest ----

TEST_CASE("equal plans have equal digests, and other ones have not") {
    Bench bench;
    const auto steps = install_steps({step_of("p", "1", release("one"))});
    const std::string digest = must(bench.resolve(steps)).digest;
    CHECK(digest.size() == 64);
    CHECK(must(bench.resolve(steps)).digest == digest);
    CHECK(must(bench.resolve(install_steps({step_of("p", "1", release("one"))}))).digest == digest);
    CHECK(must(bench.resolve(install_steps({step_of("p", "1", release("two"))}))).digest != digest);
    CHECK(must(bench.resolve(install_steps({step_of("p", "2", release("one"))}))).digest != digest);
    bench.make_directory("p");
    CHECK(must(bench.resolve(steps)).digest != digest);  // that folder need not be made any more
}

TEST_CASE("what changes nothing about the plan does not change its digest") {
    Bench bench;
    const auto steps = install_steps({step_of("p", "1", release("one"))});
    const std::string digest = must(bench.resolve(steps)).digest;
    bench.write("unrelated", "u");
    CHECK(must(bench.resolve(steps)).digest == digest);
}

TEST_CASE("a plan that would do something else by now does nothing") {
    Bench bench;
    bench.install("p", "1", release("one"));
    const auto steps = install_steps({step_of("p", "2", release("two"))});
    const auto plan = must(bench.resolve(steps));
    bench.write("p/x", "altered meanwhile");
    CHECK(refusal(mos::install::carry_out(bench.machine->site(), steps, plan, {nobody(), ""})) == Code::PLAN_CHANGED);
    CHECK(bench.content("p/x") == "altered meanwhile");
    CHECK(bench.version_of("p") == "1");
    CHECK(bench.stages() == 1);
}

TEST_CASE("a plan is void once another one has changed its package, whatever the tree looks like") {
    Bench bench;
    bench.install("p", "1", release("one"));
    const auto to_3 = install_steps({step_of("p", "3", release("three"))});
    const auto again = install_steps({step_of("p", "1", release("one"), {.reinstall = Reinstall::allowed})});
    const auto gone = install_steps({}, {"p"});
    const auto plan_to_3 = must(bench.resolve(to_3));
    const auto plan_again = must(bench.resolve(again));
    const auto plan_gone = must(bench.resolve(gone));
    must(bench.run(again));  // the same files, of another installation
    CHECK(refusal(mos::install::carry_out(bench.machine->site(), to_3, plan_to_3, {nobody(), ""})) ==
          Code::PLAN_CHANGED);
    CHECK(refusal(mos::install::carry_out(bench.machine->site(), again, plan_again, {nobody(), ""})) ==
          Code::PLAN_CHANGED);
    bench.remove("p");
    CHECK(refusal(mos::install::carry_out(bench.machine->site(), gone, plan_gone, {nobody(), ""})) ==
          Code::PLAN_CHANGED);
    CHECK(bench.tree().entries.empty());
}

// ---- Questions ----

namespace {

struct Asked {
    std::vector<std::string> paths;
    mos::install::Asker answering(Answer answer) {
        return [this, answer](const Change &change) -> Result<Answer> {
            paths.emplace_back(change.path);
            return answer;
        };
    }
};

}  // namespace

TEST_CASE("whoever is asked can keep, replace or stop") {
    const auto steps = install_steps({step_of("p", "1", release("one"), {.on_conflict = ConflictRule::ask})});
    for (const Answer answer : {Answer::keep, Answer::replace, Answer::stop}) {
        Bench bench;
        bench.make_directory("p");
        bench.write("p/x", "mine");
        Asked asked;
        const auto outcome = bench.run(steps, asked.answering(answer));
        CHECK(asked.paths == std::vector<std::string>{"p/x"});
        CHECK(bench.content("p/x") == (answer == Answer::replace ? "one" : "mine"));
        CHECK(bench.exists("p/same") == (answer != Answer::stop));
        CHECK(bench.wrong_row() == "");
        if (answer == Answer::stop) {
            CHECK(refusal(outcome) == Code::CONFLICT);
            CHECK(outcome.error().object() == "p/x");
            CHECK(bench.stages() == 0);
            continue;
        }
        CHECK(must(outcome).changed_paths == (answer == Answer::replace ? 2 : 1));
        bench.roll_back();
        CHECK(bench.content("p/x") == "mine");
    }
}

TEST_CASE("an error of whoever is asked ends it with nothing changed") {
    Bench bench;
    bench.make_directory("p");
    bench.write("p/x", "mine");
    const auto steps = install_steps({step_of("p", "1", release("one"), {.on_conflict = ConflictRule::ask})});
    const auto result = bench.run(steps, [](const Change & /*change*/) -> Result<Answer> {
        return mos::Error{Code::CANCELLED, "cancelled"};
    });
    CHECK(refusal(result) == Code::CANCELLED);
    CHECK(bench.content("p/x") == "mine");
    CHECK(bench.stages() == 0);
}

TEST_CASE("what a manifest asks for and nothing here looks at is told") {
    Bench bench;
    const auto notices = [&](const auto &describe) {
        Parts parts{.manifest = manifest_of("p", "1"), .files = release("one").image()};
        describe(parts.manifest);
        return must(bench.resolve(install_steps({step_of(parts)}))).cautions;
    };
    CHECK(notices([](auto &) {}).empty());
    CHECK(notices([](auto &manifest) {
              manifest.system_requirements = {"1.0.0", "1.9.9", {"uefi", "secure_boot"}, {"legacy_boot"}};
          }) ==
          std::vector<std::string>{"'p' asks for a system of version 1.0.0 or later, one of version 1.9.9 at most, "
                                   "the features uefi, secure_boot, no legacy_boot: this version does not check it"});
    const std::int64_t now = StillClock{}.now_unix_s();
    CHECK(notices([&](auto &manifest) { manifest.security.not_after_unix_s = now; }).empty());
    CHECK(notices([&](auto &manifest) { manifest.security.not_after_unix_s = now - 1; }).size() == 1);
    CHECK(notices([&](auto &manifest) { manifest.security.not_before_unix_s = now; }).empty());
    CHECK(notices([&](auto &manifest) { manifest.security.not_before_unix_s = now + 1; }).size() == 1);
}

TEST_CASE("what speaks against a package is told also when its plan runs") {
    Bench bench;
    Parts parts{.manifest = manifest_of("p", "1"), .files = release("one").image()};
    parts.manifest.dependencies.depends = {"nowhere (>= 2)"};
    must(bench.run(install_steps({step_of(parts)})));
    const auto is_about = [](const std::string &notice) { return notice.find("nowhere") != std::string::npos; };
    CHECK(std::ranges::count_if(bench.machine->watcher.notices, is_about) == 1);
}
