#include "backup_workloads.hpp"

#include "expect.hpp"

#include <mos/snapshot/backup_restore.hpp>
#include <mos/snapshot/backup_store.hpp>
#include <mos/snapshot/rollback.hpp>

#include <fmt/format.h>

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

// ---- making backups, and deleting them ----

constexpr const char *archives = "var/lib/multios/archives";

Result<snapshot::BackupRecord> back_up(Session &session) {
    Machine &machine = session.machine();
    return snapshot::make_backup(machine.root(), {.paths = {"etc", "home"}, .folder = {archives}}, machine.site().clock,
                                 machine.watcher);
}

// The bare tree with what the catalogue says of its first backup, in which the archive's digest stands.
Release backed_up(const Release &bare) {
    const Workload none;
    Twin twin;
    must(build(*twin.root(), bare_tree()));
    DiskInMemory disk{twin};
    Session session{none, disk};
    must(session.start());
    Release release = bare;
    release.kept = snapshot::record_to_text(must(back_up(session)));
    release.kept_at = fmt::format("{}/{}.json", snapshot::catalogue_path, snapshot::backup_name(1));
    return release;
}

Error violation(std::string what) { return Error{Code::INTERNAL, std::move(what)}; }

// What the catalogue has is whole, and nothing else lies where archives are kept.
Result<void> check_backups(Machine &machine) {
    base::Directory &root = machine.root();
    MOS_CHECK(snapshot::tidy_backups(root, base::silent_observer()));  // tells of what was cut short
    snapshot::BackupCatalogue catalogue{root};
    MOS_TRY(const auto records, catalogue.list());
    if (!catalogue.unreadable().empty())
        return violation("a record can't be read: " + catalogue.unreadable().front());
    std::size_t archives_there = 0;
    for (const snapshot::BackupRecord &record : records) {
        ++archives_there;
        MOS_TRY(snapshot::OpenedBackup opened, snapshot::open_backup(root, record.number));
        MOS_TRY(const auto totals, snapshot::check_backup(opened, {}, machine.watcher));
        if (totals.entries != record.entries)
            return violation(snapshot::backup_name(record.number) + " has other entries than its record says");
    }
    const auto folder = root.open_directory(archives, base::Symlinks::refuse);
    if (!folder)
        return archives_there == 0 ? Result<void>{} : violation("the folder of the archives is gone");
    MOS_TRY(const auto files, (*folder)->list());
    if (files.size() != archives_there)
        return violation(fmt::format("{} backups, but {} files beside them", archives_there, files.size()));
    return {};
}

std::vector<Workload> making_and_deleting(const Release &bare) {
    const Release kept = backed_up(bare);
    std::vector<Workload> all;
    all.push_back({.name = "back-up",
                   .description = "a backup is made into a folder of the root",
                   .releases = {bare, kept},
                   .prepare = [](Session &session) { return session.start(); },
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       MOS_CHECK(snapshot::tidy_backups(session.machine().root(), session.machine().watcher));
                       session.allow(only(0) | only(1));
                       MOS_TRY(const snapshot::BackupRecord record, back_up(session));
                       static_cast<void>(record);
                       session.allow(only(1));
                       return {};
                   },
                   .recover_more = [](Machine &machine) { return check_backups(machine); }});
    all.push_back({.name = "back-up-deleted",
                   .description = "a backup is deleted: the archive, then what the catalogue says of it",
                   .releases = {kept, bare},
                   .prepare = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       MOS_TRY(const snapshot::BackupRecord record, back_up(session));
                       static_cast<void>(record);
                       session.allow(only(0));
                       return {};
                   },
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       session.allow(only(0) | only(1));
                       MOS_TRY(const auto record, snapshot::BackupCatalogue{session.machine().root()}.find(1));
                       MOS_CHECK(snapshot::remove_backup(session.machine().root(), record));
                       session.allow(only(1));
                       return {};
                   },
                   .recover_more = [](Machine &machine) { return check_backups(machine); }});
    return all;
}

}  // namespace

std::vector<Workload> backup_workloads() {
    const Release bare{without_holders(bare_tree()), "", "", ""};
    const Release back = restored();
    std::vector<Workload> all = making_and_deleting(bare);
    const std::vector<Workload> putting_back = {
        {.name = "put-back",
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
    all.insert(all.end(), putting_back.begin(), putting_back.end());
    return all;
}

}  // namespace mos::test
