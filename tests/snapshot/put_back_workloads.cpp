// Restorations of backups as workloads: the power is cut, and the kernel answers with errors, at every call of one.
#define DOCTEST_CONFIG_IMPLEMENT  // for what building a tree checks; the program has a main of its own
#include "expect.hpp"
#include "workloads.hpp"

#include <doctest/doctest.h>

#include <mos/snapshot/backup_restore.hpp>
#include <mos/snapshot/rollback.hpp>

namespace mos::test {

using base::Phase;

namespace {

// What was there when the backup was made: of the bare tree something is another, something has gone since, and only
// attributes of something differ.
TreeImage backed_up_tree() {
    ImageBuilder tree;
    tree.directory("etc").file("etc/local.conf", "as it was backed up", 0640).owner(12, 34).time(1'500'000'000);
    tree.directory("home", 0711).file("home/user.txt", std::string(9000, 'u')).time(1'500'000'001);
    tree.symlink("home/link", "elsewhere");
    tree.directory("home/lost", 02750).file("home/lost/a", "shared", 04755).link("home/lost/b", "home/lost/a");
    tree.directory("home/lost/inner").file("home/lost/inner/x", "deep").attribute("user.kept", "yes");
    tree.file("home/lost-x", "beside").symlink("home/lost-y", "lost/a");
    tree.directory("usr", 0700);
    return tree.image();
}

const base::Bytes &archive() {
    static const base::Bytes bytes = [] {
        const Twin twin;
        base::Bytes written;
        const auto append = [&](base::ByteView more) -> Result<void> {
            written.insert(written.end(), more.begin(), more.end());
            return {};
        };
        const bool made =
            build(*twin.root(), backed_up_tree()) &&
            snapshot::write_backup(*twin.root(), {.created_unix_s = 1'700'000'000, .paths = {"etc", "home", "usr"}},
                                   {.compression = snapshot::Compression::gzip}, append, base::silent_observer());
        return made ? written : base::Bytes{};
    }();
    return bytes;
}

Result<void> put_back(Session &session, std::size_t from, std::size_t to) {
    Machine &machine = session.machine();
    session.allow(only(from));
    machine.watcher.on_checkpoint = [&session, from, to](Phase phase) -> Result<void> {
        if (phase == Phase::deciding)
            session.allow(only(from) | only(to));
        else if (phase == Phase::applying)
            session.allow(only(to));
        return {};
    };
    const auto source = base::make_memory_source(archive(), "backup");
    const snapshot::PutBackOptions options{.on_newer = snapshot::NewerRule::replace};
    MOS_TRY(const snapshot::PutBackPlan plan, snapshot::plan_put_back(machine.site(), *source, options));
    MOS_TRY(const snapshot::PutBack done, snapshot::put_back(machine.site(), *source, plan, options, {}));
    static_cast<void>(done);
    machine.watcher.on_checkpoint = nullptr;
    session.allow(only(to));
    return {};
}

Result<void> take_back(Session &session, std::size_t from, std::size_t to) {
    Machine &machine = session.machine();
    session.allow(only(from) | only(to));
    MOS_TRY(const auto newest, snapshot::find_rollback(machine.site(), std::nullopt));
    MOS_TRY(const auto done, transaction::roll_back(machine.site(), newest, {.summary = "roll back", .reason = {}}));
    static_cast<void>(done);
    session.allow(only(to));
    return {};
}

// What a restoration leaves when nothing is cut; that this is what was backed up is for the other tests to say.
Release restored() {
    const Workload none;
    Twin twin;
    must(build(*twin.root(), bare_tree()));
    DiskInMemory disk{twin};
    Session session{none, disk};
    must(session.start());
    must(put_back(session, 0, 0));
    return {must(picture(session.machine())), must(session.machine().installed_version()), "", ""};
}

}  // namespace

std::vector<Workload> all_workloads() {
    const Release bare{without_holders(bare_tree()), "", "", ""};
    const Release back = restored();
    return {{.name = "put-back",
             .description = "files of a backup come into a root, over files and into new folders",
             .releases = {bare, back},
             .prepare = [](Session &session) { return session.start(); },
             .run = [](Session &session) -> Result<void> {
                 MOS_CHECK(session.start());
                 return put_back(session, 0, 1);
             }},
            {.name = "put-back-rollback",
             .description = "a restoration is taken back",
             .releases = {back, bare},
             .prepare = [](Session &session) -> Result<void> {
                 MOS_CHECK(session.start());
                 return put_back(session, 0, 0);
             },
             .run = [](Session &session) -> Result<void> {
                 MOS_CHECK(session.start());
                 return take_back(session, 0, 1);
             }}};
}

}  // namespace mos::test
