// What the programs of a package keep: left alone, taken along, backed up first.
#include "bench.hpp"

#include <cerrno>
#include <doctest/doctest.h>

using mos::Code;
using mos::install::Kept;
using mos::install::RemoveStep;
using mos::test::Bench;
using mos::test::ImageBuilder;
using mos::test::must;
using mos::test::refusal;

namespace {

mos::test::Parts program_with_data_at(const char *path) {
    ImageBuilder files;
    files.directory("usr").file("usr/w", "program");
    mos::test::Parts parts{.manifest = mos::test::manifest_of("w", "1"), .files = files.image()};
    parts.manifest.data.paths = {path};
    return parts;
}

struct WithData : Bench {
    WithData() {
        install(program_with_data_at("srv/w"));
        for (const char *folder : {"srv", "srv/w", "srv/w/deep"})
            make_directory(folder);
        write("srv/w/deep/data", "precious");
    }
};

}  // namespace

TEST_CASE("a removal takes what the manifest calls data only when it is told to, as a whole") {
    WithData bench;
    SUBCASE("kept") {
        bench.remove(RemoveStep{.name = "w"});
        CHECK(bench.content("srv/w/deep/data") == "precious");
    }
    SUBCASE("taken, and brought back by the rollback") {
        bench.remove(RemoveStep{.name = "w", .data = Kept::removed});
        CHECK_FALSE(bench.exists("srv/w"));
        CHECK(bench.was_told("'srv/w' is data of the package"));
        bench.roll_back();
        CHECK(bench.content("srv/w/deep/data") == "precious");
    }
    SUBCASE("another package's file among it is in the way") {
        ImageBuilder other;
        other.directory("srv").directory("srv/w").file("srv/w/theirs", "x");
        bench.install("o", "1", other);
        const auto refused = bench.run({.installs = {}, .removals = {{.name = "w", .data = Kept::removed}}});
        CHECK(refusal(refused) == Code::CONFLICT);
        CHECK(refused.error().message() ==
              "'srv/w/theirs' lies among the data that is to be removed, and belongs to 'o'");
        CHECK(bench.content("srv/w/deep/data") == "precious");
    }
}

TEST_CASE("nothing of the engine's own, nor a folder of the whole root, is anybody's data") {
    for (const char *path : {"var/lib/multios", "var/lib/multios/state.db", "var/lib", "etc/multios/trust",
                             "etc/multios", "var/backups", ".multios-stage", "home", "var"}) {
        Bench bench;
        bench.install(program_with_data_at(path));
        const auto refused = bench.run({.installs = {}, .removals = {{.name = "w", .data = Kept::removed}}});
        CHECK_MESSAGE(refusal(refused) == Code::PATH_REFUSED, path);
        CHECK(bench.version_of("w") == "1");
    }
}

TEST_CASE("a configuration file that is to stay is in the way of data that is to go") {
    Bench bench;
    mos::test::Parts parts{.manifest = mos::test::manifest_of("w", "1")};
    ImageBuilder files;
    files.directory("srv").directory("srv/w").file("srv/w/w.conf", "c");
    parts.files = files.image();
    parts.manifest.configuration.files = {"srv/w/w.conf"};
    parts.manifest.data.paths = {"srv/w"};
    bench.install(parts);
    CHECK(refusal(bench.run({.installs = {}, .removals = {{.name = "w", .data = Kept::removed}}})) == Code::CONFLICT);
    bench.remove(RemoveStep{.name = "w", .configuration = Kept::removed, .data = Kept::removed});
    CHECK_FALSE(bench.exists("srv/w"));
}

TEST_CASE("a backup goes with a removal that is refused, and stays with one that may still be completed") {
    WithData bench;
    const RemoveStep step{.name = "w", .data = Kept::removed, .backup_data = true};
    const auto backups = [&] {
        const auto folder = bench.twin.root()->open_directory("var/backups/multios", mos::base::Symlinks::refuse);
        return folder ? must(folder.value()->list()).size() : 0;
    };
    SUBCASE("refused") {
        bench.machine->watcher.on_checkpoint = [](mos::base::Phase phase) -> mos::Result<void> {
            if (phase == mos::base::Phase::deciding)
                return mos::Error{Code::CANCELLED, "no"};
            return {};
        };
        CHECK(refusal(bench.run({.installs = {}, .removals = {step}})) == Code::CANCELLED);
        CHECK(backups() == 0);
        CHECK(bench.content("srv/w/deep/data") == "precious");
    }
    SUBCASE("decided, and not settled") {
        bench.machine->watcher.on_checkpoint = [&](mos::base::Phase phase) -> mos::Result<void> {
            if (phase == mos::base::Phase::applying) {
                bench.write("unflushed", "x");
                bench.twin.fail_writeback(EIO);
            }
            return {};
        };
        CHECK(refusal(bench.run({.installs = {}, .removals = {step}})) == Code::RECOVERY_FAILED);
        CHECK(backups() == 1);
    }
}

TEST_CASE("data is backed up into an archive before it is removed") {
    WithData bench;
    bench.remove(RemoveStep{.name = "w", .data = Kept::removed, .backup_data = true});
    CHECK_FALSE(bench.exists("srv/w"));
    CHECK(bench.was_told("the data of 'w' is in var/backups/multios/w-1-20251124T160000Z.tar.zst"));
    CHECK(bench.content("var/backups/multios/w-1-20251124T160000Z.tar.zst").size() > 50);
}
