// Roots with real mounts inside: tmpfs, bind mounts, overlays.
#include "expect.hpp"
#include "machine.hpp"
#include "mounts.hpp"

#include <mos/transaction/preflight.hpp>

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

using namespace mos::base;
using mos::Code;
using mos::test::Machine;
using mos::test::Mounts;
using mos::test::must;
using mos::test::refusal;
using mos::transaction::Description;
using mos::transaction::Stage;

namespace {

// The root is the folder `root` on the mounts' tmpfs.
struct Rig {
    Mounts mounts;
    std::unique_ptr<Machine> machine;

    Rig() { mounts.folder("root/etc"); }
    void start() {
        machine.reset();
        machine = must(Machine::start(must(open_root(mounts.path("root")))));
    }
    [[nodiscard]] std::string content(const std::string &at) const {
        std::ostringstream text;
        text << std::ifstream{mounts.path("root/" + at)}.rdbuf();
        return text.str();
    }
    [[nodiscard]] bool is_there(const std::string &at) const {
        return std::filesystem::exists(mounts.path("root/" + at));
    }
    using Calls = std::function<mos::Result<void>(Stage &)>;
    [[nodiscard]] mos::Result<mos::transaction::Decided> decide(const Calls &calls) {
        MOS_TRY(Stage stage, Stage::begin(machine->site()));
        MOS_CHECK(calls(stage));
        MOS_TRY(auto staged, stage.finish());
        return mos::transaction::decide(machine->site(), std::move(staged), Description{.summary = "s", .reason = ""},
                                        machine->recorder("1"));
    }
    [[nodiscard]] mos::Result<void> change(const Calls &calls) {
        MOS_TRY(auto decided, decide(calls));
        return mos::transaction::carry_through(machine->site(), std::move(decided));
    }
    [[nodiscard]] mos::Result<void> put(const std::string &path) {
        return change([&](Stage &stage) { return put_in(stage, path); });
    }
    [[nodiscard]] static mos::Result<void> put_in(Stage &stage, const std::string &path) {
        return stage.put_file(path, {.mode = 0644, .modified = {1'600'000'000, 0}, .extended = {}},
                              [](File &file) { return file.write_at(0, as_bytes("new")); });
    }
    [[nodiscard]] mos::Result<void> remove(const std::string &path) {
        return change([&](Stage &stage) { return stage.remove(path); });
    }
    void expect_notice(const std::string &notice) const {
        REQUIRE(machine->watcher.notices.size() == 1);
        CHECK(machine->watcher.notices.front() == notice);
    }
};

std::string message_of(const mos::Result<void> &refused) {
    REQUIRE(!refused.ok());
    return refused.error().full_message();
}

}  // namespace

TEST_CASE("a change over several mounts goes in and comes back, in a root that is given as a descriptor") {
    MOS_NEED_MOUNTS();
    Rig rig;
    rig.mounts.tmpfs("root/boot");
    rig.mounts.file("root/boot/kernel", "old");
    rig.mounts.folder("data");
    rig.mounts.bind("data", "root/srv");
    const int descriptor = ::open(rig.mounts.path("root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    rig.machine = must(Machine::start(must(open_root(descriptor))));
    ::close(descriptor);
    must(rig.change([](Stage &stage) -> mos::Result<void> {
        MOS_CHECK(Rig::put_in(stage, "boot/kernel"));
        MOS_CHECK(Rig::put_in(stage, "etc/x"));
        return Rig::put_in(stage, "srv/page");
    }));
    CHECK(rig.content("boot/kernel") == "new");
    CHECK(rig.content("srv/page") == "new");
    CHECK(std::filesystem::exists(rig.mounts.path("data/page")));
    must(rig.machine->roll_back());
    CHECK(rig.content("boot/kernel") == "old");
    CHECK(!rig.is_there("srv/page"));
    CHECK(!rig.is_there("etc/x"));
    must(rig.machine->prune(1));
    CHECK(!std::filesystem::exists(rig.mounts.path("root/boot/.multios-stage/1")));
    CHECK(!std::filesystem::exists(rig.mounts.path("data/.multios-stage/1")));
}

TEST_CASE("recovery waits for a volume that is not mounted, and goes on when it is") {
    MOS_NEED_MOUNTS();
    Rig rig;
    rig.mounts.tmpfs("boot");  // outside the root, so that it can come and go there
    rig.mounts.bind("boot", "root/boot");
    rig.start();
    const auto both = [](Stage &stage) -> mos::Result<void> {
        MOS_CHECK(Rig::put_in(stage, "boot/kernel"));
        return Rig::put_in(stage, "etc/x");
    };
    SUBCASE("a decided transaction") {
        must(rig.decide(both));
        rig.machine.reset();
        rig.mounts.unmount("root/boot");
        rig.start();
        const auto refused = mos::transaction::recover(rig.machine->site());
        CHECK(refusal(refused) == Code::RECOVERY_FAILED);
        CHECK(refused.error().full_message().find("mount 'boot' and run 'multios-update recover'") !=
              std::string::npos);
        CHECK(!rig.is_there("etc/x"));
        rig.mounts.bind("boot", "root/boot");
        CHECK(must(mos::transaction::recover(rig.machine->site())).transaction.has_value());
        CHECK(rig.content("boot/kernel") == "new");
        CHECK(rig.content("etc/x") == "new");
    }
    SUBCASE("a stage that the database does not know") {
        {
            auto stage = must(Stage::begin(rig.machine->site()));
            must(both(stage));
            must(stage.finish()).release();
        }
        rig.machine.reset();
        rig.mounts.unmount("root/boot");
        rig.start();
        const auto refused = mos::transaction::recover(rig.machine->site());
        CHECK(refusal(refused) == Code::STAGE_UNCLEAR);
        CHECK(refused.error().object() == "boot");
        rig.mounts.bind("boot", "root/boot");
        CHECK(must(mos::transaction::recover(rig.machine->site())).dropped_stages == 1);
        CHECK(!std::filesystem::exists(rig.mounts.path("boot/.multios-stage/1")));
    }
    SUBCASE("a recovery point that is cleaned up without it") {
        must(rig.change(both));
        rig.machine.reset();
        rig.mounts.unmount("root/boot");
        rig.start();
        const auto refused = rig.machine->roll_back();
        CHECK(refusal(refused) == Code::NOT_FOUND);
        must(rig.machine->prune(1));
        rig.mounts.bind("boot", "root/boot");
        CHECK(std::filesystem::exists(rig.mounts.path("boot/.multios-stage/1")));
        CHECK(must(mos::transaction::recover(rig.machine->site())).dropped_stages == 1);
        CHECK(!std::filesystem::exists(rig.mounts.path("boot/.multios-stage/1")));
    }
}

TEST_CASE("a folder that is mounted twice can't hold two stages of one transaction") {
    MOS_NEED_MOUNTS();
    Rig rig;
    rig.mounts.folder("data");
    SUBCASE("at two places") {
        rig.mounts.bind("data", "root/a");
        rig.mounts.bind("data", "root/b");
    }
    SUBCASE("the root in itself") {
        rig.mounts.folder("root/a");
        rig.mounts.bind("root", "root/b");
    }
    rig.start();
    const auto refused = rig.change([](Stage &stage) -> mos::Result<void> {
        MOS_CHECK(Rig::put_in(stage, "a/x"));
        return Rig::put_in(stage, "b/y");
    });
    CHECK(refusal(refused) == Code::CROSS_MOUNT);
    CHECK(message_of(refused).starts_with("'b' shows a folder that is mounted elsewhere"));
    CHECK(!rig.is_there("a/x"));
    CHECK(!rig.is_there("b/y"));
}

TEST_CASE("a file that something is mounted upon is neither replaced nor removed") {
    MOS_NEED_MOUNTS();
    Rig rig;
    rig.mounts.file("root/etc/resolv.conf", "covered");
    rig.mounts.file("resolv.conf", "mounted");
    rig.mounts.bind("resolv.conf", "root/etc/resolv.conf");
    rig.start();
    const auto refused = rig.put("etc/resolv.conf");
    CHECK(refusal(refused) == Code::CROSS_MOUNT);
    CHECK(message_of(refused).starts_with("'etc/resolv.conf' is a mount point"));
    must(rig.remove("etc/resolv.conf"));
    rig.expect_notice("'etc/resolv.conf' is kept: it is a mount point");
    CHECK(rig.content("etc/resolv.conf") == "mounted");
}

TEST_CASE("a read-only bind mount refuses by name, and only what touches it") {
    MOS_NEED_MOUNTS();
    Rig rig;
    rig.mounts.folder("data");
    rig.mounts.bind("data", "root/srv");
    rig.mounts.make_read_only("root/srv");
    rig.start();
    const auto refused = rig.put("srv/x");
    CHECK(refusal(refused) == Code::READ_ONLY);
    CHECK(message_of(refused).starts_with("'srv' is mounted read-only"));
    must(rig.put("etc/x"));
}

TEST_CASE("a mount that was made below a directory since is no victim of a rollback") {
    MOS_NEED_MOUNTS();
    Rig rig;
    rig.start();
    must(rig.put("etc/x"));
    rig.mounts.file("x", "mounted");
    rig.mounts.bind("x", "root/etc/x");
    must(rig.machine->roll_back());
    rig.expect_notice("'etc/x' is kept: it was changed since");
    CHECK(rig.content("etc/x") == "mounted");
}

namespace {

// An overlay as root, whose lower layer has a file and directories.
enum class Upper : std::uint8_t { beside_lower, elsewhere };  // whether both layers are on one filesystem

struct OverlayRig : Rig {
    explicit OverlayRig(const std::string &options, Upper where = Upper::beside_lower) {
        const std::string upper = "upper";
        if (where == Upper::elsewhere)
            mounts.tmpfs(upper);
        mounts.file("lower/etc/file", "old");
        mounts.folder("lower/etc/empty");
        mounts.file("lower/etc/full/x", "x");
        mounts.folder(upper + "/work");
        mounts.folder(upper + "/up");
        mounts.overlay("root", "lowerdir=" + mounts.path("lower") + ",upperdir=" + mounts.path(upper + "/up") +
                                   ",workdir=" + mounts.path(upper + "/work") + options);
        start();
    }
};

}  // namespace

TEST_CASE("an overlay takes files, and keeps the directories of its lower layer where it can't move them") {
    MOS_NEED_MOUNTS();
    OverlayRig rig{",redirect_dir=nofollow"};
    must(rig.put("etc/file"));
    CHECK(rig.content("etc/file") == "new");
    must(rig.machine->roll_back());
    CHECK(rig.content("etc/file") == "old");

    const auto refused = rig.put("etc/full");
    CHECK(refusal(refused) == Code::FILESYSTEM_UNSUITABLE);
    CHECK(message_of(refused).find("mount the root with 'redirect_dir=on'") != std::string::npos);
    must(rig.remove("etc/empty"));
    rig.expect_notice("'etc/empty' is kept, and empty: its filesystem can't move it");
    CHECK(rig.is_there("etc/empty"));
    must(rig.machine->roll_back());
    CHECK(rig.is_there("etc/empty"));
}

TEST_CASE("an overlay with redirect_dir=on moves directories too") {
    MOS_NEED_MOUNTS();
    OverlayRig rig{",redirect_dir=on"};
    must(rig.put("etc/full"));
    CHECK(rig.content("etc/full") == "new");
    must(rig.machine->roll_back());
    CHECK(rig.content("etc/full/x") == "x");
    must(rig.remove("etc/empty"));
    CHECK(!rig.is_there("etc/empty"));
    CHECK(rig.machine->watcher.notices.empty());
    must(rig.machine->roll_back());
    CHECK(rig.is_there("etc/empty"));
}

TEST_CASE("an overlay over several filesystems is refused with xino=off, and taken with xino=on") {
    MOS_NEED_MOUNTS();
    {
        OverlayRig rig{",xino=off", Upper::elsewhere};
        const auto refused = rig.put("etc/new");
        CHECK(refusal(refused) == Code::FILESYSTEM_UNSUITABLE);
        CHECK(message_of(refused).find("mount it with 'xino=on'") != std::string::npos);
        CHECK(refusal(mos::transaction::Preflight{rig.machine->root()}.look("etc/file")) ==
              Code::FILESYSTEM_UNSUITABLE);
        CHECK(std::filesystem::is_empty(rig.mounts.path("root/.multios-stage")));
    }
    OverlayRig rig{",xino=on", Upper::elsewhere};
    must(rig.put("etc/file"));
    CHECK(rig.content("etc/file") == "new");
    must(rig.machine->roll_back());
    CHECK(rig.content("etc/file") == "old");
}
