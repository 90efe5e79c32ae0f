// Configuration files: what was shipped before, what is shipped now, and yours.
#include "bench.hpp"

#include <doctest/doctest.h>

using mos::Code;
using mos::install::Answer;
using mos::install::ConfigRule;
using mos::install::Kept;
using mos::install::RemoveStep;
using mos::test::Bench;
using mos::test::ImageBuilder;
using mos::test::install_steps;
using mos::test::must;
using mos::test::refusal;
using mos::test::step_of;

namespace {

ImageBuilder release(const std::string &configuration) {
    ImageBuilder image;
    image.directory("etc").file("etc/w.conf", configuration).directory("usr").file("usr/w", "program");
    return image;
}

// Installed as "old", then changed by hand.
struct Changed : Bench {
    Changed() {
        install("w", "1", release("old"));
        write("etc/w.conf", "yours");
    }
};

mos::install::Asker answers(Answer answer) {
    return [answer](const mos::install::Change &change) -> mos::Result<Answer> {
        CHECK(change.path == "etc/w.conf");
        return answer;
    };
}

}  // namespace

TEST_CASE("a configuration file that nobody has changed follows the package") {
    Bench bench;
    bench.install("w", "1", release("old"));
    bench.install("w", "2", release("new"));
    CHECK(bench.content("etc/w.conf") == "new");
    CHECK_FALSE(bench.exists("etc/w.conf.new"));
    CHECK(bench.wrong_row() == "");
    bench.roll_back();
    CHECK(bench.content("etc/w.conf") == "old");
}

TEST_CASE("one that is only touched counts as not changed, and keeps the mode that somebody gave it") {
    Bench bench;
    bench.install("w", "1", release("old"));
    bench.write("etc/w.conf", "old");
    bench.chmod("etc/w.conf", 0600);
    bench.install("w", "2", release("new"));
    CHECK(bench.content("etc/w.conf") == "new");
    CHECK(bench.tree().find("etc/w.conf")->mode == 0600);
}

TEST_CASE("a mode given by hand stays also when only the package's time changes") {
    Bench bench;
    bench.install("w", "1", release("old"));
    bench.chmod("etc/w.conf", 0600);
    ImageBuilder later;
    later.directory("etc").file("etc/w.conf", "old").time(1'600'000'000).directory("usr").file("usr/w", "program");
    bench.install("w", "2", later);
    CHECK(bench.tree().find("etc/w.conf")->mode == 0600);
    CHECK(bench.content("etc/w.conf") == "old");
}

TEST_CASE("a second name or a link in its place makes it no less yours") {
    Bench bench;
    bench.install("w", "1", release("old"));
    SUBCASE("linked by a backup") {
        bench.write("etc/w.conf", "yours");
        bench.link("etc/backup", "etc/w.conf");
        bench.install("w", "2", release("new"));
        CHECK(bench.content("etc/w.conf") == "yours");
        CHECK(bench.content("etc/w.conf.new") == "new");
    }
    SUBCASE("linked, and neither you nor the package has changed it") {
        bench.link("etc/backup", "etc/w.conf");
        bench.install("w", "2", release("old"));
        CHECK(bench.tree().find("etc/w.conf")->first_linked == "etc/backup");
        CHECK_FALSE(bench.was_told("'etc/w.conf'"));
    }
    SUBCASE("a symbolic link to one that you keep elsewhere") {
        bench.unlink("etc/w.conf");
        bench.symlink("etc/w.conf", "/srv/w.conf");
        bench.install("w", "2", release("new"));
        CHECK(bench.tree().find("etc/w.conf")->target == "/srv/w.conf");
        CHECK(bench.content("etc/w.conf.new") == "new");
    }
}

TEST_CASE("one that was changed by hand stays, and the package's version is put beside it") {
    Changed bench;
    bench.install("w", "2", release("new"));
    CHECK(bench.content("etc/w.conf") == "yours");
    CHECK(bench.content("etc/w.conf.new") == "new");
    CHECK(bench.was_told("'etc/w.conf' was changed by hand, and is kept; the package's version is put beside it as "
                         "'etc/w.conf.new'"));
    CHECK(bench.owners_of("etc/w.conf") == std::vector<std::string>{"w"});
    CHECK(bench.owners_of("etc/w.conf.new") == std::vector<std::string>{"w"});

    SUBCASE("a rollback takes what was put beside away again") {
        bench.roll_back();
        CHECK(bench.content("etc/w.conf") == "yours");
        CHECK_FALSE(bench.exists("etc/w.conf.new"));
    }
    SUBCASE("the next version replaces what is beside, not yours") {
        bench.install("w", "3", release("newest"));
        CHECK(bench.content("etc/w.conf") == "yours");
        CHECK(bench.content("etc/w.conf.new") == "newest");
    }
    SUBCASE("a version that ships the same leaves both, for you have not merged them yet") {
        bench.install("w", "3", release("new"));
        CHECK(bench.content("etc/w.conf") == "yours");
        CHECK(bench.content("etc/w.conf.new") == "new");
        CHECK(bench.owners_of("etc/w.conf.new") == std::vector<std::string>{"w"});
    }
    SUBCASE("what is beside stays too once you have edited it") {
        bench.write("etc/w.conf.new", "half merged");
        bench.install("w", "3", release("newest"));
        CHECK(bench.content("etc/w.conf.new") == "half merged");
    }
    SUBCASE("yours becomes the package's by taking the new one over") {
        bench.write("etc/w.conf", "new");
        bench.unlink("etc/w.conf.new");
        bench.install("w", "3", release("newest"));
        CHECK(bench.content("etc/w.conf") == "newest");
        CHECK_FALSE(bench.exists("etc/w.conf.new"));
    }
    SUBCASE("removing the package leaves yours, and takes what is beside") {
        bench.remove(RemoveStep{.name = "w"});
        CHECK(bench.content("etc/w.conf") == "yours");
        CHECK_FALSE(bench.exists("etc/w.conf.new"));
        CHECK(bench.owners_of("etc/w.conf").empty());
    }
}

TEST_CASE("one that was changed by hand and that the package does not change stays without a word about a new one") {
    Changed bench;
    bench.install("w", "2", release("old"));
    CHECK(bench.content("etc/w.conf") == "yours");
    CHECK_FALSE(bench.exists("etc/w.conf.new"));
}

TEST_CASE("one that somebody has already made what the package brings is simply the package's") {
    Changed bench;
    bench.write("etc/w.conf", "new");
    bench.install("w", "2", release("new"));
    CHECK(bench.content("etc/w.conf") == "new");
    CHECK_FALSE(bench.exists("etc/w.conf.new"));
}

TEST_CASE("by rule, one that was changed by hand goes into the recovery point") {
    Changed bench;
    bench.install("w", "2", release("new"), {.on_config = ConfigRule::replace});
    CHECK(bench.content("etc/w.conf") == "new");
    CHECK_FALSE(bench.exists("etc/w.conf.new"));
    bench.roll_back();
    CHECK(bench.content("etc/w.conf") == "yours");
}

TEST_CASE("the job asks what becomes of one that was changed by hand, where it is told to") {
    Changed bench;
    const auto steps = install_steps({step_of("w", "2", release("new"), {.on_config = ConfigRule::ask})});
    SUBCASE("keep: the package's is put beside") {
        must(bench.run(steps, answers(Answer::keep)));
        CHECK(bench.content("etc/w.conf") == "yours");
        CHECK(bench.content("etc/w.conf.new") == "new");
        CHECK(bench.owners_of("etc/w.conf") == std::vector<std::string>{"w"});
    }
    SUBCASE("replace: nothing is put beside") {
        must(bench.run(steps, answers(Answer::replace)));
        CHECK(bench.content("etc/w.conf") == "new");
        CHECK_FALSE(bench.exists("etc/w.conf.new"));
        bench.roll_back();
        CHECK(bench.content("etc/w.conf") == "yours");
    }
    SUBCASE("stop: nothing has changed") {
        CHECK(refusal(bench.run(steps, answers(Answer::stop))) == Code::CONFLICT);
        CHECK(bench.content("etc/w.conf") == "yours");
        CHECK(bench.version_of("w") == "1");
        CHECK_FALSE(bench.exists("etc/w.conf.new"));
    }
}

TEST_CASE("what an earlier version put beside goes when yours is replaced at last") {
    Changed bench;
    bench.install("w", "2", release("new"));
    REQUIRE(bench.exists("etc/w.conf.new"));
    must(bench.run(install_steps({step_of("w", "3", release("newest"), {.on_config = ConfigRule::ask})}),
                   answers(Answer::replace)));
    CHECK(bench.content("etc/w.conf") == "newest");
    CHECK_FALSE(bench.exists("etc/w.conf.new"));
}

TEST_CASE("a name that is too long for one beside it is said, and yours stays") {
    const std::string path = "etc/" + std::string(253, 'n');
    const auto release_of = [&](const std::string &content) {
        ImageBuilder image;
        image.directory("etc").file(path, content);
        return image;
    };
    Bench bench;
    bench.install("w", "1", release_of("old"));
    bench.write(path, "yours");
    bench.install("w", "2", release_of("new"));
    CHECK(bench.content(path) == "yours");
    CHECK(bench.was_told("can't be put beside it, for its name would be too long"));
}

TEST_CASE("to preserve means that also what nobody has changed stays") {
    Bench bench;
    bench.install("w", "1", release("old"));
    bench.install("w", "2", release("new"), {.on_config = ConfigRule::preserve});
    CHECK(bench.content("etc/w.conf") == "old");
    CHECK(bench.content("etc/w.conf.new") == "new");
    CHECK(bench.content("usr/w") == "program");
}

TEST_CASE("one that was there before the package stays, and becomes its") {
    Bench bench;
    bench.make_directory("etc");
    bench.write("etc/w.conf", "yours");
    bench.install("w", "1", release("old"));
    CHECK(bench.content("etc/w.conf") == "yours");
    CHECK(bench.content("etc/w.conf.new") == "old");
    CHECK(bench.owners_of("etc/w.conf") == std::vector<std::string>{"w"});
}

TEST_CASE("one that was deleted by hand stays away, and what is new is shown") {
    Bench bench;
    bench.install("w", "1", release("old"));
    bench.unlink("etc/w.conf");
    SUBCASE("the package has not changed it") {
        bench.install("w", "2", release("old"));
        CHECK_FALSE(bench.exists("etc/w.conf"));
        CHECK_FALSE(bench.exists("etc/w.conf.new"));
        CHECK(bench.was_told("'etc/w.conf' was deleted by hand, and stays away"));
    }
    SUBCASE("the package has changed it") {
        bench.install("w", "2", release("new"));
        CHECK_FALSE(bench.exists("etc/w.conf"));
        CHECK(bench.content("etc/w.conf.new") == "new");
    }
    SUBCASE("a reinstallation puts it back") {
        bench.install("w", "1", release("old"), {.reinstall = mos::install::Reinstall::allowed});
        CHECK(bench.content("etc/w.conf") == "old");
    }
}

TEST_CASE("somebody's own file at the place beside is never touched") {
    Changed bench;
    bench.write("etc/w.conf.new", "mine");
    bench.install("w", "2", release("new"));
    CHECK(bench.content("etc/w.conf") == "yours");
    CHECK(bench.content("etc/w.conf.new") == "mine");
    CHECK(bench.was_told("'etc/w.conf.new' is somebody's, so the package's version of 'etc/w.conf' is not put there"));
    CHECK(bench.owners_of("etc/w.conf.new").empty());
}

TEST_CASE("names between the file and the place beside it are met in their order") {
    Bench bench;
    ImageBuilder old;
    old.directory("etc").file("etc/w", "1").file("etc/w-b", "1").file("etc/w.a", "1").file("etc/w.z", "1");
    ImageBuilder changed;
    changed.directory("etc").file("etc/w", "2").file("etc/w-b", "2").file("etc/w.a", "2").file("etc/w.z", "2");
    bench.install("w", "1", old);
    bench.write("etc/w", "yours");
    bench.install("w", "2", changed);
    CHECK(bench.content("etc/w") == "yours");
    CHECK(bench.content("etc/w.new") == "2");
    for (const char *path : {"etc/w-b", "etc/w.a", "etc/w.z"})
        CHECK_MESSAGE(bench.content(path) == "2", path);
}

TEST_CASE("a file outside etc is configuration where the manifest says so") {
    Bench bench;
    mos::test::Parts parts{.manifest = mos::test::manifest_of("w", "1")};
    parts.manifest.configuration.files = {"opt/w.ini"};
    ImageBuilder old;
    old.directory("opt").file("opt/w.ini", "old").file("opt/data", "old");
    ImageBuilder changed;
    changed.directory("opt").file("opt/w.ini", "new").file("opt/data", "new");
    parts.files = old.image();
    bench.install(parts);
    bench.write("opt/w.ini", "yours");
    bench.write("opt/data", "yours");
    parts.manifest.package_info.version = "2";
    parts.files = changed.image();
    bench.install(parts);
    CHECK(bench.content("opt/w.ini") == "yours");
    CHECK(bench.content("opt/w.ini.new") == "new");
    CHECK(bench.content("opt/data") == "new");
}

TEST_CASE("a removal keeps configuration files, altered or not, unless it is told to take them") {
    Changed bench;
    SUBCASE("kept") {
        bench.remove(RemoveStep{.name = "w"});
        CHECK(bench.content("etc/w.conf") == "yours");
        CHECK_FALSE(bench.exists("usr/w"));
        CHECK(bench.was_told("'etc/w.conf' is a configuration file, and is kept"));
        bench.install("w", "2", release("new"));
        CHECK(bench.content("etc/w.conf") == "yours");
        CHECK(bench.content("etc/w.conf.new") == "new");
    }
    SUBCASE("taken, and in the recovery point") {
        bench.remove(RemoveStep{.name = "w", .configuration = Kept::removed});
        CHECK(bench.tree().entries.empty());
        bench.roll_back();
        CHECK(bench.content("etc/w.conf") == "yours");
        CHECK(bench.version_of("w") == "1");
    }
}
