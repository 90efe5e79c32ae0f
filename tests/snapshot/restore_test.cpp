#include <mos/snapshot/change_source.hpp>
#include <mos/snapshot/restore.hpp>
#include <mos/snapshot/rollback.hpp>

#include "installed_root.hpp"

#include <algorithm>
#include <random>
#include <set>

using namespace mos::test;
using namespace mos::snapshot;
using mos::Code;
using mos::Result;
using mos::base::FileType;
using mos::base::Symlinks;

namespace {

struct Root : InstalledRoot {
    explicit Root(std::vector<TreeImage> installed) : InstalledRoot(installed), releases(std::move(installed)) {}

    [[nodiscard]] std::unique_ptr<RestorationSource> before(std::uint64_t change) {
        return must(open_change_source(machine->site(), change));
    }
    [[nodiscard]] RestorePlan plan(std::uint64_t change, const RestoreOptions &options = {}) {
        return must(plan_restore(machine->site(), *before(change), options));
    }
    Result<RestoreOutcome> go_back(std::uint64_t change, const RestoreOptions &options = {}, RestoreJob job = {}) {
        job.description.summary = "restore";
        return restore(machine->site(), *before(change), options, job);
    }

    std::vector<TreeImage> releases;
};

TreeImage first() {
    return ImageBuilder{}
        .directory("d")
        .file("d/changes", "one")
        .file("d/goes", "goes")
        .directory("d/tree", 0750)
        .file("d/tree/a", "a")
        .directory("d/tree/deep")
        .symlink("d/tree/deep/s", "target")
        .file("kind", "a file")
        .file("mode", "mode", 0640)
        .owner(3, 4)
        .attribute("user.x", "1")
        .file("x-1", "linked")
        .link("x-2", "x-1")
        .image();
}

TreeImage second() {
    return ImageBuilder{}
        .directory("d", 0700)
        .file("d/changes", "two")
        .file("d/new", "new")
        .directory("d-tree")
        .file("d-tree/b", "b")
        .directory("kind")
        .file("kind/inside", "inside")
        .file("mode", "mode", 0600)
        .owner(5, 6)
        .file("x-1", "alone")
        .image();
}

TreeImage third() {
    return ImageBuilder{}
        .directory("d", 0755)
        .file("d/changes", "three")
        .directory("d/tree")
        .file("d/tree/c", "c")
        .file("kind", "again a file")
        .symlink("mode", "elsewhere")
        .image();
}

// A tree of up to thirty entries with few names, so that the same paths are of many kinds in several of them.
TreeImage random_tree(std::mt19937 &random) {
    const auto below = [&random](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    ImageBuilder builder;
    std::vector<std::string> directories = {""};
    std::set<std::string> taken;
    const char *const names[] = {"a", "a-b", "b", "c"};
    for (std::uint32_t i = 0, count = 5 + below(25); i < count; ++i) {
        const std::string parent = directories[below(static_cast<std::uint32_t>(directories.size()))];
        const std::string path = parent + (parent.empty() ? "" : "/") + names[below(4)];
        if (!taken.insert(path).second)
            continue;
        switch (below(4)) {
        case 0:
            builder.directory(path, below(2) == 0 ? 0755 : 0711);
            directories.push_back(path);
            break;
        case 1:
            builder.symlink(path, std::to_string(below(3)));
            break;
        default:
            builder.file(path, std::to_string(below(3)), below(2) == 0 ? 0644 : 0600);
            break;
        }
        if (below(8) == 0)
            builder.owner(below(3), 1);
        builder.time(1'500'000'000 + below(5));
    }
    return builder.image();
}

}  // namespace

TEST_CASE("going back over several changes gives exactly the tree and the packages of then, and can be taken back") {
    for (const std::uint64_t change : {2U, 3U}) {
        Root root{{first(), second(), third()}};
        const RestoreOutcome outcome = must(root.go_back(change));
        CHECK(outcome.transaction == 4);
        CHECK(root.differs_from(root.releases[change - 2]) == "");
        CHECK(must(root.machine->installed_version()) == std::to_string(change - 1));
        must(root.machine->roll_back());
        CHECK(root.differs_from(third()) == "");
        CHECK(must(root.machine->installed_version()) == "3");
    }
}

TEST_CASE("going back to before the first change leaves nothing") {
    Root root{{first(), second(), third()}};
    must(root.go_back(1));
    CHECK(root.differs_from({}) == "");
    CHECK(must(root.machine->installed_version()) == "");
}

TEST_CASE("points stay listed and whole when a restoration has gone by them, and it can be gone back over") {
    Root root{{first(), second(), third()}};
    must(root.go_back(2));
    must(root.go_back(3));  // over the restoration too
    CHECK(root.differs_from(second()) == "");
    must(root.go_back(4));  // before the first restoration
    CHECK(root.differs_from(third()) == "");
    CHECK(must(root.machine->installed_version()) == "3");
    for (int i = 0; i < 6; ++i)
        must(root.machine->roll_back());
    CHECK(root.differs_from({}) == "");
}

TEST_CASE("whatever trees followed one another, each is come back to exactly") {
    for (std::uint32_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        std::mt19937 random{seed};
        std::vector<TreeImage> trees;
        trees.reserve(4);
        for (int i = 0; i < 4; ++i)
            trees.push_back(random_tree(random));
        Root root{trees};
        const std::uint64_t change = 2 + random() % 3;
        const auto done = root.go_back(change);
        if (!done && done.error().code() == Code::NOTHING_TO_ROLL_BACK)
            continue;
        must(done);
        CHECK(root.differs_from(trees[change - 2]) == "");
        must(root.machine->roll_back());
        CHECK(root.differs_from(trees.back()) == "");
    }
}

TEST_CASE("content is shared with the point where files can share it, and copied elsewhere") {
    for (const bool shares : {false, true}) {
        Root root{{first(), second(), third()}};
        if (shares)
            root.twin.share_content();
        const RestoreOutcome outcome = must(root.go_back(2));
        CHECK((outcome.shared_bytes != 0) == shares);
        CHECK((outcome.copied_bytes != 0) == !shares);
        CHECK(root.differs_from(first()) == "");
    }
}

TEST_CASE("a plan says what would be done, writes nothing, and what runs is what was shown") {
    Root root{{first(), second()}};
    const std::uint64_t before = root.twin.mutations();
    const RestorePlan plan = root.plan(2);
    CHECK(root.twin.mutations() == before);
    CHECK(plan.point == "rp-2");
    CHECK(plan.findings.empty());
    REQUIRE(plan.packages.size() == 1);
    CHECK(plan.packages.front().now->version == "2");
    CHECK(plan.packages.front().before->version == "1");
    CHECK(plan.digest == root.plan(2).digest);
    CHECK(plan.digest != root.plan(1).digest);
    root.write("d/changes", "mine");
    CHECK(refusal(root.go_back(2, {}, {.description = {}, .expected_digest = plan.digest})) == Code::PLAN_CHANGED);
    CHECK(root.read("d/changes") == "mine");
}

TEST_CASE("what somebody has changed since stays and is told, or gives way where that was decided") {
    const auto with = [](Root &root, RestoreChoice choice) {
        root.write("d/changes", "mine");
        root.write("d/new", "mine too");
        RestoreOptions options;
        options.decide = [choice](const RestoreFinding &) -> Result<RestoreChoice> { return choice; };
        return options;
    };
    Root root{{first(), second()}};
    const RestoreOptions options = with(root, RestoreChoice::keep);
    const RestorePlan plan = root.plan(2, options);
    REQUIRE(plan.findings.size() == 2);
    CHECK(plan.findings[0].sentence == "'d/changes' was changed since");
    CHECK(plan.findings[1].path == "d/new");
    must(root.go_back(2, options));
    CHECK(root.read("d/changes") == "mine");
    CHECK(root.read("d/new") == "mine too");
    CHECK(root.read("d/goes") == "goes");

    Root other{{first(), second()}};
    must(other.go_back(2, with(other, RestoreChoice::past)));
    CHECK(other.differs_from(first()) == "");
    must(other.machine->roll_back());
    CHECK(other.read("d/changes") == "mine");  // it was in the restoration's own point

    Root third{{first(), second()}};
    const auto refused = third.go_back(2, with(third, RestoreChoice::refuse));
    CHECK(refusal(refused) == Code::CONFLICT);
    CHECK(refused.error().object() == "d/changes");
}

TEST_CASE("a folder that the changes brought stays as far as something of somebody else's is in it") {
    Root root{{first(), second()}};
    root.write("d-tree/mine", "mine");
    const RestorePlan plan = root.plan(2);
    const auto is_foreign = [](const RestoreFinding &finding) {
        return finding.kind == RestoreFinding::Kind::foreign && finding.path == "d-tree/mine";
    };
    CHECK(std::any_of(plan.findings.begin(), plan.findings.end(), is_foreign));
    must(root.go_back(2));
    CHECK(root.read("d-tree/mine") == "mine");
}

TEST_CASE("a point that has lost something, or into which somebody has written, is refused by name") {
    const auto stage = [](Root &root) {
        return must(root.machine->root().open_directory(".multios-stage/2", Symlinks::refuse));
    };
    const auto slot_of = [&stage](Root &root, std::string_view content) {
        const auto directory = stage(root);
        for (const auto &entry : must(directory->list())) {
            if (entry.type != FileType::regular || entry.name == "plan")
                continue;
            if (mos::base::as_text(must(mos::base::read_file(*directory, entry.name, 1000))) == content)
                return entry.name;
        }
        FAIL("no slot has ", std::string{content});
        return std::string{};
    };
    SUBCASE("lost") {
        Root root{{first(), second(), third()}};
        must(stage(root)->remove_file(slot_of(root, "one")));
        const auto refused = root.go_back(2);
        CHECK(refusal(refused) == Code::POINT_DAMAGED);
        CHECK(refused.error().object() == "d/changes");
        CHECK(root.differs_from(third()) == "");
        RestoreOptions options;
        options.decide = [](const RestoreFinding &) -> Result<RestoreChoice> { return RestoreChoice::keep; };
        must(root.go_back(2, options));
        CHECK(root.read("d/changes") == "three");
        CHECK(root.read("d/goes") == "goes");
    }
    SUBCASE("written to") {
        Root root{{first(), second(), third()}};
        must(must(stage(root)->open_file(slot_of(root, "one"), mos::base::OpenMode::write))
                 ->write_at(0, mos::base::as_bytes("more")));
        CHECK(refusal(root.go_back(2)) == Code::POINT_DAMAGED);
        CHECK(root.differs_from(third()) == "");
    }
    SUBCASE("without its plan") {
        Root root{{first(), second(), third()}};
        must(stage(root)->remove_file("plan"));
        CHECK(refusal(open_change_source(root.machine->site(), 2)) == Code::POINT_DAMAGED);
    }
    SUBCASE("without its stage") {
        Root root{{first(), second(), third()}};
        const auto stages = must(root.machine->root().open_directory(".multios-stage", Symlinks::refuse));
        must(mos::base::remove_tree(*stages, "2"));
        CHECK(refusal(open_change_source(root.machine->site(), 2)) == Code::POINT_DAMAGED);
        must(root.go_back(3));
        CHECK(root.differs_from(second()) == "");
    }
}

TEST_CASE("there is no way back over what was cleaned up or is not in effect") {
    Root root{{first(), second(), third()}};
    CHECK(refusal(open_change_source(root.machine->site(), 9)) == Code::NOTHING_TO_ROLL_BACK);
    must(root.machine->prune(1));
    CHECK(refusal(open_change_source(root.machine->site(), 1)) == Code::NOTHING_TO_ROLL_BACK);
    must(root.machine->roll_back());
    CHECK(refusal(open_change_source(root.machine->site(), 3)) == Code::NOTHING_TO_ROLL_BACK);
    must(root.go_back(2));
    CHECK(root.differs_from(first()) == "");
}

TEST_CASE("there is nothing to do where everything is as it was") {
    const auto release = [](const char *content) {
        return ImageBuilder{}.directory("d").file("d/x", content).symlink("s", content).image();
    };
    Root root{{release("one"), release("two")}};
    must(root.go_back(2));
    CHECK(refusal(root.go_back(2)) == Code::NOTHING_TO_ROLL_BACK);
    must(root.machine->roll_back());
    CHECK(root.differs_from(release("two")) == "");
}

TEST_CASE("only some paths go back, with the folders above them that are missing") {
    Root root{{first(), ImageBuilder{}.file("kind", "a file").image()}};
    RestoreOptions options;
    options.rows = RestoreOptions::Rows::stay;
    options.wanted = [](const PastPath &past) -> Result<bool> { return past.path == "d/tree/deep/s"; };
    must(root.go_back(2, options));
    CHECK(must(root.machine->installed_version()) == "2");
    CHECK(root.has("d/tree/deep/s"));
    CHECK_FALSE(root.has("d/tree/a"));
    CHECK_FALSE(root.has("d/changes"));
    must(root.machine->roll_back());
    CHECK_FALSE(root.has("d"));
}

TEST_CASE("a full disk before the decision changes nothing, and the next attempt succeeds") {
    Root root{{first(), second(), third()}};
    root.twin.set_free_bytes(8192);
    CHECK(refusal(root.go_back(2)) == Code::NO_SPACE);
    CHECK(root.differs_from(third()) == "");
    root.twin.set_free_bytes(1U << 30U);
    must(root.go_back(2));
    CHECK(root.differs_from(first()) == "");
}
