// The releases of these workloads are what the same steps leave when nothing is cut; that this is what was packed is
// for the other tests to say.
#define DOCTEST_CONFIG_IMPLEMENT  // for what the bench checks; the program has a main of its own
#include "package_workloads.hpp"

#include "bench.hpp"
#include "scenes.hpp"

#include <mos/snapshot/rollback.hpp>

#include <array>

namespace mos::test {

using base::Phase;

namespace {

struct Work {
    std::vector<const Packed *> installs;
    std::vector<std::string> removals;
    bool roll_back = false;
};

// The scene without what was there before and belongs to somebody else.
TreeImage package_image(TreeImage scene) {
    std::erase_if(scene.entries, [](const TreeEntry &entry) {
        return entry.path.starts_with("etc") || entry.path.starts_with("home") || entry.path.starts_with("var");
    });
    return scene;
}

const Packed &first_package() {
    static const Packed packed{"system", make_package("system", "1", package_image(first_release()))};
    return packed;
}

const Packed &second_package() {
    static const Packed packed{"system", make_package("system", "2", package_image(second_release()))};
    return packed;
}

const Packed &other_package() {
    static const Packed packed{
        "other",
        make_package("other", "1", ImageBuilder{}.file("x", "other").symlink("y", "x").image(), "usr/lib/other")};
    return packed;
}

const Packed &third_package() {
    static const Packed packed{"third",
                               make_package("third", "1", ImageBuilder{}.file("z", "third").image(), "opt/third")};
    return packed;
}

install::Steps steps_of(const Work &work) {
    std::vector<install::InstallStep> installs;
    for (const Packed *packed : work.installs)
        installs.push_back({open_package(packed->bytes), {}});
    return install_steps(std::move(installs), work.removals);
}

// From release `from` to release `to`: which of the two a cut may leave follows from how far the work has come.
Result<void> perform(Session &session, const Work &work, std::size_t from, std::size_t to) {
    Machine &machine = session.machine();
    session.allow(only(from));
    machine.watcher.on_checkpoint = [&session, from, to](Phase phase) -> Result<void> {
        if (phase == Phase::deciding)
            session.allow(only(from) | only(to));
        else if (phase == Phase::applying)
            session.allow(only(to));
        return {};
    };
    if (work.roll_back) {
        session.allow(only(from) | only(to));
        MOS_TRY(const auto newest, snapshot::find_rollback(machine.site(), std::nullopt));
        MOS_TRY(const auto done,
                transaction::roll_back(machine.site(), newest, {.summary = "roll back", .reason = {}}));
        static_cast<void>(done);
    } else {
        const install::Steps steps = steps_of(work);
        MOS_TRY(const auto plan, install::resolve(machine.site(), steps));
        MOS_TRY(const auto outcome, install::carry_out(machine.site(), steps, plan, {nobody(), ""}));
        static_cast<void>(outcome);
    }
    machine.watcher.on_checkpoint = nullptr;
    session.allow(only(to));
    return {};
}

// The trees that `works` leave one after the other, the bare one first.
std::vector<Release> releases_of(const std::vector<Work> &works) {
    const Workload none;
    Twin twin;
    must(build(*twin.root(), bare_tree()));
    DiskInMemory disk{twin};
    Session session{none, disk};
    must(session.start());
    std::vector<Release> releases;
    const auto look = [&] {
        releases.push_back({must(picture(session.machine())), must(session.machine().installed_version()), "", ""});
    };
    look();
    for (const Work &work : works) {
        must(perform(session, work, 0, 0));
        look();
    }
    return releases;
}

// Cuts the last of `works`, which follow one another from the bare tree on.
Workload workload(std::string name, std::string description, std::vector<Work> works) {
    std::vector<Release> all = releases_of(works);
    const std::size_t last = works.size() - 1;
    // Release 0 is what prepare() leaves, 1 what is aimed at, the others those on the way.
    std::vector<Release> releases = {all[last], all[last + 1]};
    releases.insert(releases.end(), all.begin(), all.begin() + static_cast<std::ptrdiff_t>(last));
    const Work cut = works.back();
    works.pop_back();
    return {.name = std::move(name),
            .description = std::move(description),
            .releases = std::move(releases),
            .prepare = [works](Session &session) -> Result<void> {
                MOS_CHECK(session.start());
                for (const Work &work : works)
                    MOS_CHECK(perform(session, work, 0, 0));
                return {};
            },
            .run = [cut](Session &session) -> Result<void> {
                MOS_CHECK(session.start());
                return perform(session, cut, 0, 1);
            }};
}

}  // namespace

Workload update_workload(std::string name, std::string description, const Packed &first, const Packed &second) {
    return workload(std::move(name), std::move(description),
                    {{.installs = {&first}, .removals = {}}, {.installs = {&second}, .removals = {}}});
}

std::vector<Workload> package_workloads() {
    const Work first{.installs = {&first_package()}, .removals = {}};
    const Work second{.installs = {&second_package()}, .removals = {}};
    const Work other{.installs = {&other_package()}, .removals = {}};
    const Work removal{.installs = {}, .removals = {"system"}};
    const Work several{.installs = {&second_package(), &third_package()}, .removals = {"other"}};
    const Work rollback{.installs = {}, .removals = {}, .roll_back = true};
    return {
        workload("package-install", "a package into a root without database", {first}),
        workload("package-update", "every kind of change between two releases of a package", {first, second}),
        workload("package-remove", "a package goes", {first, removal}),
        workload("package-rollback", "an update is taken back", {first, second, rollback}),
        workload("several", "one plan updates, installs and removes", {first, other, several}),
    };
}

}  // namespace mos::test
