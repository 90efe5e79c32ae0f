// The releases of these workloads are what the same steps leave when nothing is cut; that this is what was packed is
// for the other tests to say.
#define DOCTEST_CONFIG_IMPLEMENT  // for what the bench checks; the program has a main of its own
#include "package_workloads.hpp"

#include "bench.hpp"
#include "noise.hpp"
#include "scenes.hpp"

#include <mos/snapshot/change_source.hpp>
#include <mos/snapshot/restore.hpp>
#include <mos/snapshot/rollback.hpp>

#include <array>

namespace mos::test {

using base::Phase;

namespace {

struct Edit {
    std::string path;     // of a file that is there
    std::string content;  // no shorter than what is there
};

struct Work {
    std::vector<const Packed *> installs;
    std::vector<std::string> removals;
    bool roll_back = false;
    std::vector<Edit> edits = {};  // by hand, instead of all that; never cut
    std::uint64_t restore_to = 0;  // instead of all that: back to before this change, over all since
    std::string restored = {};     // of one package alone; "": of everything
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

const Packed &codec_package(int version) {
    static const auto make = [](const char *number) {
        return Packed{"codec",
                      make_package("codec", number, ImageBuilder{}.file("codec.so", std::string(5000, *number)).image(),
                                   "usr/lib/codec"),
                      {.asked = install::Asked::by_another_package}};
    };
    static const Packed first = make("1");
    static const Packed second = make("2");
    return version == 1 ? first : second;
}

// What a delta package is made of and applied to: a file that is patched, one that moves, one that stays, a new one.
ImageBuilder delta_files(int version) {
    std::string program = noise_text(9000, 1);
    std::string library = noise_text(5000, 2);
    ImageBuilder files;
    files.directory("opt").directory("opt/app").file("opt/app/same", noise_text(3000, 3));
    files.file(version == 1 ? "opt/app/moves.1" : "opt/app/moves.2", noise_text(4000, 4));
    if (version == 1)
        return files.file("opt/app/program", program).file("opt/app/x.so.1", library);
    program[4000] = 'x';
    library += "more";
    return files.file("opt/app/new", "new").file("opt/app/program", program).file("opt/app/x.so.2", library);
}

const Packed &delta_base() {
    static const Packed packed{"system", make_package("system", "1", delta_files(1).image())};
    return packed;
}

const Packed &delta_package() {
    static const Packed packed{"system",
                               make_delta(delta_base().bytes, make_package("system", "2", delta_files(2).image()))};
    return packed;
}

// The full package of what the delta makes, where what the root has is not taken from it.
const Packed &spared_package() {
    static const Packed packed{
        "system", make_package("system", "2", delta_files(2).image()), {.reuse = install::Reuse::installed}};
    return packed;
}

// Carries the codec, and brings a template and a configuration file.
const Packed &carrying_package(int version) {
    static const auto make = [](const std::string &number, const Packed &codec) {
        ImageBuilder files;
        files.directory("etc").file("etc/system.d.conf", "shipped " + number).directory("usr");
        files.file("usr/system", "system " + number);
        const ImageBuilder templates =
            ImageBuilder{}.directory("etc").file("etc/system.conf", "port {{ port }} of " + number, 0640);
        return Packed{"system",
                      make_package({.manifest = manifest_of("system", number),
                                    .files = files.image(),
                                    .templates = templates.image(),
                                    .bundles = {codec.bytes}}),
                      {.values = R"({"port": 8080})"}};
    };
    static const Packed first = make("1", codec_package(1));
    static const Packed second = make("2", codec_package(2));
    return version == 1 ? first : second;
}

// In place, as some editors do.
Result<void> make_edit(base::Directory &root, const Edit &edit) {
    constexpr base::FileTime any_time{1'650'000'000, 0};
    const base::SplitPath split = base::split_path(edit.path);
    MOS_TRY(const auto folder, root.open_directory(split.parent, base::Symlinks::refuse));
    MOS_TRY(const auto file, folder->open_file(split.name, base::OpenMode::write));
    MOS_CHECK(file->write_at(0, base::as_bytes(edit.content)));
    return file->set_modified(any_time);
}

install::Steps steps_of(const Work &work) {
    std::vector<install::InstallStep> installs;
    for (const Packed *packed : work.installs)
        installs.push_back({open_package(packed->bytes), packed->options});
    return install_steps(std::move(installs), work.removals);
}

Result<void> restore(Machine &machine, const Work &work) {
    MOS_TRY(const auto source, snapshot::open_change_source(machine.site(), work.restore_to));
    snapshot::RestoreOptions options;
    if (!work.restored.empty())
        options.packages = {work.restored};
    snapshot::RestoreJob job;
    job.description.summary = "restore";
    MOS_TRY(const auto outcome, snapshot::restore(machine.site(), *source, options, job));
    static_cast<void>(outcome);
    return {};
}

// From release `from` to release `to`: which of the two a cut may leave follows from how far the work has come.
Result<void> perform(Session &session, const Work &work, std::size_t from, std::size_t to) {
    Machine &machine = session.machine();
    session.allow(only(from));
    for (const Edit &one : work.edits)
        MOS_CHECK(make_edit(machine.root(), one));
    if (!work.edits.empty())
        return {};
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
    } else if (work.restore_to != 0) {
        MOS_CHECK(restore(machine, work));
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

// The trees that `works` leave one after the other, the bare one first; and, where somebody has edited files, the bare
// one with them, since they stay when everything is taken back.
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
    bool edited = false;
    for (const Work &work : works) {
        must(perform(session, work, 0, 0));
        look();
        edited = edited || !work.edits.empty();
    }
    state::Transactions transactions{session.machine().database()};
    while (edited && must(transactions.newest_in_effect()))
        must(session.machine().roll_back());
    if (edited)
        look();
    return releases;
}

// Cuts the last of `works`, which follow one another from the bare tree on.
Workload workload(std::string name, std::string description, std::vector<Work> works) {
    std::vector<Release> all = releases_of(works);
    const std::size_t last = works.size() - 1;
    // Release 0 is what prepare() leaves, 1 what is aimed at, the others those on the way.
    std::vector<Release> releases = {all[last], all[last + 1]};
    releases.insert(releases.end(), all.begin(), all.begin() + static_cast<std::ptrdiff_t>(last));
    releases.insert(releases.end(), all.begin() + static_cast<std::ptrdiff_t>(last) + 2, all.end());
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

Workload rollback_workload(std::string name, std::string description, const Packed &first, const Packed &second) {
    return workload(std::move(name), std::move(description),
                    {{.installs = {&first}, .removals = {}},
                     {.installs = {&second}, .removals = {}},
                     {.installs = {}, .removals = {}, .roll_back = true}});
}

std::vector<Workload> package_workloads() {
    const Work first{.installs = {&first_package()}, .removals = {}};
    const Work second{.installs = {&second_package()}, .removals = {}};
    const Work other{.installs = {&other_package()}, .removals = {}};
    const Work removal{.installs = {}, .removals = {"system"}};
    const Work several{.installs = {&second_package(), &third_package()}, .removals = {"other"}};
    const Work rollback{.installs = {}, .removals = {}, .roll_back = true};
    // A package, what it carries and another one; by hand, two configuration files; a second version of all of that,
    // whose configuration files are put beside.
    const Work batch{.installs = {&codec_package(1), &carrying_package(1), &third_package()}, .removals = {}};
    const Work by_hand{
        .installs = {},
        .removals = {},
        .edits = {{"etc/system.conf", std::string(100, 'h')}, {"etc/system.d.conf", std::string(100, 'i')}}};
    const Work next_batch{.installs = {&codec_package(2), &carrying_package(2), &other_package()}, .removals = {}};
    const Work over_two{.installs = {}, .removals = {}, .restore_to = 2};
    const Work one_package{.installs = {}, .removals = {}, .restore_to = 2, .restored = "system"};
    return {
        workload("rollback-to-point", "back over an update, an addition and a removal in one transaction",
                 {first, other, several, over_two}),
        workload("rollback-package", "one package goes back over two changes, the others stay",
                 {first, other, several, one_package}),
        workload("rollback-of-rollback", "going back over several changes is taken back",
                 {first, other, several, over_two, rollback}),
        workload("package-install", "a package into a root without database", {first}),
        workload("package-update", "every kind of change between two releases of a package", {first, second}),
        workload("package-remove", "a package goes", {first, removal}),
        workload("package-rollback", "an update is taken back", {first, second, rollback}),
        workload("delta-update", "a delta package makes the next release out of the root's files",
                 {{.installs = {&delta_base()}, .removals = {}}, {.installs = {&delta_package()}, .removals = {}}}),
        workload("delta-rollback", "the same is taken back",
                 {{.installs = {&delta_base()}, .removals = {}},
                  {.installs = {&delta_package()}, .removals = {}},
                  rollback}),
        workload("reuse-update", "a full package whose moved files come from the root",
                 {{.installs = {&delta_base()}, .removals = {}}, {.installs = {&spared_package()}, .removals = {}}}),
        workload("several", "one plan updates, installs and removes", {first, other, several}),
        workload("batch", "packages that carry others; new configuration files are put beside edited ones",
                 {batch, by_hand, next_batch}),
        workload("batch-rollback", "the same is taken back", {batch, by_hand, next_batch, rollback}),
    };
}

}  // namespace mos::test
