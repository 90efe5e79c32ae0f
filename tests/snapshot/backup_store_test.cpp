#include <mos/snapshot/backup_store.hpp>

#include "backup_bench.hpp"
#include "temporary_root.hpp"

#include <algorithm>

using namespace mos::test;
using namespace mos::snapshot;
using mos::Code;
using mos::Result;
using mos::base::Directory;
using mos::base::Symlinks;

namespace {

// A twin with something to back up, and what a backup of it needs.
struct Bench {
    Bench() : Bench(Twin{}) { must(build(*root, home_image())); }
    explicit Bench(Twin disk) : twin(std::move(disk)), root(twin.root()) {}

    Result<BackupRecord> make(BackupRequest request = {.paths = {"home/user"}, .folder = {"backup/home"}}) {
        return make_backup(*root, request, clock, watcher);
    }
    std::vector<std::string> names(const std::string &path) {
        const auto folder = root->open_directory(path, Symlinks::refuse);
        std::vector<std::string> found;
        if (folder)
            for (const auto &entry : must((*folder)->list()))
                found.push_back(entry.name);
        return found;
    }
    std::vector<BackupRecord> list() { return must(BackupCatalogue{*root}.list()); }

    Twin twin;
    std::unique_ptr<Directory> root;
    StillClock clock;
    Watcher watcher;
};

Result<BackupTotals> check(Bench &bench, std::uint64_t number) {
    MOS_TRY(OpenedBackup opened, open_backup(*bench.root, number));
    return check_backup(opened, {}, bench.watcher);
}

// Examines what a power cut at each call of the deed leaves.
template <class Deed, class Examine>
void cut_at_each_call(Twin &twin, const Deed &deed, const Examine &examine) {
    twin.on_mutation([&](std::uint64_t number, std::string_view) {
        for (const Selection &keep : {Selection::none(), Selection::all(), Selection::random(number),
                                      Selection::random(number).torn(number + 1)})
            examine(twin.crash(keep));
    });
    deed();
    twin.on_mutation({});
}

}  // namespace

TEST_CASE("backups are called by their number, and nothing else is one") {
    CHECK(backup_name(7) == "backup-7");
    CHECK(must(backup_number("backup-7")) == 7);
    for (const char *text : {"", "backup-", "backup-0", "7", "backup-7x", "backup--1", "backup-99999999999999999999"})
        CHECK(refusal(backup_number(text)) == Code::INVALID_ARGUMENT);
}

TEST_CASE("a record says the same when it is read again, and one that is damaged is told") {
    const BackupRecord record{.number = 3,
                              .created_unix_s = -5,
                              .paths = {"home/\"q\"", "caf\xe9"},
                              .folder = {"/mnt/\xff", true},
                              .file = "backup-3.tar",
                              .compression = Compression::lz4,
                              .written = true,
                              .verified = true,
                              .digest = "00ff",
                              .archive_bytes = 1,
                              .content_bytes = 2,
                              .entries = 3,
                              .left_out = 4};
    const std::string text = record_to_text(record);
    const BackupRecord again = must(record_from_text(text));
    CHECK(record_to_text(again) == text);
    CHECK(again.paths == record.paths);
    CHECK(again.folder == record.folder);
    for (const auto &[from, to] : {std::pair{"\"entries\":3", "\"entries\":-3"},
                                   {"lz4", "zip"},
                                   {"backup-3.tar", "../../etc/passwd"},
                                   {"home/", "../"},
                                   {"\"written\":true", "\"x\":1"},
                                   {"multios-backup-record", "x"}}) {
        std::string wrong = text;
        wrong.replace(wrong.find(from), std::string_view{from}.size(), to);
        CHECK(refusal(record_from_text(wrong)) == Code::BACKUP_DAMAGED);
    }
    CHECK(!record_from_text("").ok());
    BackupRecord of_root = record;
    of_root.asked = {"", "home"};
    CHECK(must(record_from_text(record_to_text(of_root))).asked == of_root.asked);
    of_root.asked = {"../x"};
    CHECK(refusal(record_from_text(record_to_text(of_root))) == Code::BACKUP_DAMAGED);
}

TEST_CASE("a backup is made, verified, listed and found by its number, its folder and its file") {
    Bench bench;
    const BackupRecord record = must(bench.make());
    CHECK(record.number == 1);
    CHECK(record.verified);
    CHECK(record.entries == 8);
    CHECK(record.file == "backup-1-20251124T160000Z.tar.zst");
    CHECK(bench.names("backup/home") == std::vector<std::string>{record.file});
    CHECK(must(must(bench.root->open_directory("backup/home", Symlinks::refuse))->find(record.file))->mode == 0600);
    REQUIRE(bench.list().size() == 1);
    CHECK(record_to_text(bench.list().front()) == record_to_text(record));
    CHECK(must(standing_of(*bench.root, record)) == BackupStanding::complete);
    CHECK(must(check(bench, 1)).entries == 8);
    CHECK(must(open_backup(*bench.root, BackupFolder{"backup/home"})).record->number == 1);
    CHECK(must(open_backup(*bench.root, BackupFolder{"backup/home/" + record.file})).record->number == 1);
    CHECK(refusal(check(bench, 2)) == Code::NOT_FOUND);
}

TEST_CASE("of a folder the newest backup is taken, and none is guessed where the catalogue knows none") {
    Bench bench;
    must(bench.make());
    must(bench.make());
    CHECK(must(open_backup(*bench.root, BackupFolder{"backup/home"})).record->number == 2);
    for (const BackupRecord &record : bench.list())
        must(BackupCatalogue{*bench.root}.remove(record.number));
    const auto unknown = open_backup(*bench.root, BackupFolder{"backup/home"});
    CHECK(refusal(unknown) == Code::INVALID_ARGUMENT);
    const auto folder = must(bench.root->open_directory("backup/home", Symlinks::refuse));
    must(folder->remove_file(must(folder->list()).front().name));
    CHECK(!must(open_backup(*bench.root, BackupFolder{"backup/home"})).record.has_value());
    must(folder->remove_file(must(folder->list()).front().name));
    CHECK(refusal(open_backup(*bench.root, BackupFolder{"backup/home"})) == Code::NOT_FOUND);
    CHECK(refusal(open_backup(*bench.root, BackupFolder{"nowhere"})) == Code::NOT_FOUND);
}

TEST_CASE("no number is given twice, also when the newest backup was deleted") {
    Bench bench;
    must(bench.make());
    const BackupRecord second = must(bench.make());
    must(remove_backup(*bench.root, second));
    CHECK(bench.names("backup/home").size() == 1);
    CHECK(must(bench.make()).number == 3);
}

TEST_CASE("a backup goes to a folder outside of the root, and to the embedder") {
    Bench bench;
    const TemporaryRoot outside;
    const BackupRecord record =
        must(bench.make({.paths = {"etc"}, .folder = {outside.path(), true}, .compression = Compression::gzip}));
    CHECK(must(outside.root()->find(record.file)).has_value());
    CHECK(must(check(bench, 1)).entries == 2);
    CHECK(must(open_backup(*bench.root, BackupFolder{outside.path() + "/" + record.file, true})).record->number == 1);
    mos::base::Bytes taken;
    const auto take = [&](mos::base::ByteView bytes) -> Result<void> {
        taken.insert(taken.end(), bytes.begin(), bytes.end());
        return {};
    };
    const BackupRecord given = must(bench.make({.paths = {"etc"}, .folder = {}, .sink = take}));
    CHECK(given.archive_bytes == taken.size());
    CHECK(given.digest == mos::base::to_hex(mos::crypto::sha256(taken)));
    CHECK(must(standing_of(*bench.root, given)) == BackupStanding::elsewhere);
    CHECK(refusal(check(bench, 2)) == Code::NOT_FOUND);
    const auto full = [](mos::base::ByteView) -> Result<void> { return mos::Error{Code::NO_SPACE, "full"}; };
    CHECK(refusal(bench.make({.paths = {"etc"}, .folder = {}, .sink = full})) == Code::NO_SPACE);
    CHECK(bench.list().size() == 2);
}

TEST_CASE("a backup holds neither the engine's own nor itself, and what is excluded") {
    Bench bench;
    must(mos::base::make_directories(*bench.root, "var/lib/multios/x"));
    must(mos::base::make_directories(*bench.root, ".multios-stage/1"));
    must(mos::base::make_directories(*bench.root, "proc/1"));
    const auto exclude = [](std::string_view path) { return std::string{path == "etc" ? "it is boring" : ""}; };
    const BackupRecord record = must(bench.make({.paths = {""}, .folder = {"home/user/backups"}, .exclude = exclude}));
    CHECK(record.paths == std::vector<std::string>{"etc", "home", "var"});
    const auto told = [&](const std::string &words) {
        return std::ranges::any_of(bench.watcher.notices,
                                   [&](const std::string &notice) { return notice.find(words) != std::string::npos; });
    };
    CHECK(told("'var/lib/multios' is left out of the archive: it is the engine's own"));
    CHECK(told("'home/user/backups' is left out of the archive: it is where the backup goes"));
    CHECK(told("'etc' is left out of the archive: it is boring"));
}

TEST_CASE("what is not there, or nothing at all, is no backup") {
    Bench bench;
    CHECK(refusal(bench.make({.paths = {}, .folder = {"b"}})) == Code::INVALID_ARGUMENT);
    CHECK(refusal(bench.make({.paths = {"nowhere"}, .folder = {"b"}})) == Code::NOT_FOUND);
    CHECK(refusal(bench.make({.paths = {"nowhere/below"}, .folder = {"b"}})) == Code::NOT_FOUND);
    const auto above = bench.make({.paths = {"../x"}, .folder = {"b"}});
    CHECK(refusal(above) == Code::PATH_REFUSED);
    CHECK(above.error().remedy().starts_with("name a path beneath the root"));
    CHECK(refusal(bench.make({.paths = {"etc"}, .folder = {"../b"}})) == Code::PATH_REFUSED);
    CHECK(refusal(bench.make({.paths = {"etc"}, .folder = {"/no/where", true}})) == Code::NOT_FOUND);
    must(build(*bench.root, ImageBuilder{}.file("file", "no folder").image()));
    for (const char *no_folder : {"file", "file/below"}) {
        const auto refused = bench.make({.paths = {"etc"}, .folder = {no_folder}});
        CHECK(refusal(refused) == Code::BACKUP);
        CHECK(refused.error().message() == mos::base::in_quotes(std::string{"/"} + no_folder) +
                                               " can't be the folder of a backup: a file is there, or above it");
    }
    must(mos::base::make_directories(*bench.root, "var/lib/multios"));
    for (const char *own : {"var/lib/multios", "var/lib/multios/backups", ".multios-stage/1"}) {
        must(mos::base::make_directories(*bench.root, own));
        const auto refused = bench.make({.paths = {own}, .folder = {"b"}});
        CHECK(refusal(refused) == Code::INVALID_ARGUMENT);
        CHECK(refused.error().object() == own);
    }
    CHECK(bench.list().empty());
    CHECK(bench.names("b").empty());
}

TEST_CASE("an archive that was altered, or that another one took the place of, is told by its digest") {
    Bench bench;
    const BackupRecord record = must(bench.make());
    const auto folder = must(bench.root->open_directory("backup/home", Symlinks::refuse));
    const auto other = back_up(*bench.root, {"etc"});
    must(mos::base::replace_file(*folder, record.file, other, 0600));
    CHECK(refusal(check(bench, 1)) == Code::BACKUP_DAMAGED);
    must(folder->remove_file(record.file));
    CHECK(must(standing_of(*bench.root, record)) == BackupStanding::missing);
    CHECK(refusal(check(bench, 1)) == Code::NOT_FOUND);
}

TEST_CASE("every error of the kernel leaves no backup, or a whole one") {
    for (std::uint64_t n = 1;; ++n) {
        CAPTURE(n);
        Bench bench;
        must(bench.make());
        bench.twin.fail_at(bench.twin.calls() + n, EIO);
        const auto result = bench.make();
        const bool reached = bench.twin.calls() > n;
        bench.twin.fail_never();
        if (result && bench.list().size() == 2 && n > 150)
            break;  // beyond the last call
        must(tidy_backups(*bench.root, bench.watcher));
        CHECK(reached);
        CHECK(must(check(bench, 1)).entries == 8);
        const std::vector<BackupRecord> records = bench.list();
        CHECK(bench.names("backup/home").size() == records.size());
        if (records.size() == 2)
            CHECK(must(check(bench, 2)).entries == 8);
        else
            CHECK(!result.ok());
    }
}

TEST_CASE("a power cut at any call leaves no half backup under its name, and what it leaves is tidied") {
    Bench bench;
    must(bench.make());
    const auto sync = must(bench.root->open_sync_point());
    must(sync->flush());
    int states = 0;
    int completed = 0;
    const auto examine = [&](const DiskState &state) {
        ++states;
        Bench after{Twin{state}};
        // Before it is tidied: whatever has the name of a backup is one.
        for (const std::string &name : after.names("backup/home")) {
            if (name.starts_with('.'))
                continue;
            auto opened = must(open_backup(*after.root, BackupFolder{"backup/home/" + name}));
            CHECK(must(check_backup(opened, {}, after.watcher)).entries == 8);
        }
        must(tidy_backups(*after.root, after.watcher));
        const std::vector<BackupRecord> records = after.list();
        CHECK((records.size() == 1 || records.size() == 2));
        CHECK(after.names("backup/home").size() == records.size());
        for (const BackupRecord &record : records)
            CHECK(must(check(after, record.number)).entries == 8);
        completed += records.size() == 2 ? 1 : 0;
        CHECK(must(after.make()).number >= 2);
    };
    cut_at_each_call(
        bench.twin, [&] { must(bench.make()); }, examine);
    examine(bench.twin.crash(Selection::none()));
    CHECK(states > 60);
    CHECK(completed > 1);
    CHECK(bench.list().size() == 2);
}

TEST_CASE(
    "a power cut while a backup is deleted leaves it whole, or what is left of it is deleted by the next command") {
    Bench bench;
    must(bench.make());
    const BackupRecord leaving = must(bench.make());
    must(must(bench.root->open_sync_point())->flush());
    int begun = 0;
    const auto examine = [&](const DiskState &state) {
        Bench after{Twin{state}};
        const std::vector<BackupRecord> found = after.list();
        begun += found.size() == 2 && found.back().leaving ? 1 : 0;
        for (const BackupRecord &record : found)  // nobody calls it missing
            CHECK(must(standing_of(*after.root, record)) ==
                  (record.leaving ? BackupStanding::unfinished : BackupStanding::complete));
        must(tidy_backups(*after.root, after.watcher));
        const std::vector<BackupRecord> records = after.list();
        CHECK((records.size() == 1 || records.size() == 2));
        CHECK(after.names("backup/home").size() == records.size());
        for (const BackupRecord &record : records)
            CHECK(must(check(after, record.number)).entries == 8);
    };
    cut_at_each_call(
        bench.twin, [&] { must(remove_backup(*bench.root, leaving)); }, examine);
    CHECK(begun > 3);
    CHECK(bench.list().size() == 1);
}

TEST_CASE("an archive that is gone, and a file that is no backup, are named with what helps") {
    Bench bench;
    const BackupRecord record = must(bench.make());
    must(must(bench.root->open_directory("backup/home", Symlinks::refuse))->remove_file(record.file));
    const auto gone = open_backup(*bench.root, 1);
    CHECK(refusal(gone) == Code::NOT_FOUND);
    CHECK(gone.error().remedy().find("data-protection list") != std::string_view::npos);
    OpenedBackup notes = must(open_backup(*bench.root, BackupFolder{.path = "etc/passwd", .outside = false}));
    const auto none = check_backup(notes, {}, bench.watcher);
    CHECK(refusal(none) == Code::BACKUP_DAMAGED);
    CHECK(none.error().message() == "'/etc/passwd' is no backup that can be read");
    CHECK(none.error().object() == "/etc/passwd");
}

TEST_CASE("backups of the whole root are of one kind, whatever stood at its top") {
    Bench bench;
    for (const char *top : {"first", "second", "third"}) {
        must(mos::base::make_directories(*bench.root, top));
        must(bench.make({.paths = {""}, .folder = {"home/backups"}}));
    }
    must(bench.make({.paths = {"etc"}, .folder = {"home/backups"}}));
    const std::vector<BackupRecord> due = due_for_removal(bench.list(), {.keep_at_most = 1}, 0);
    REQUIRE(due.size() == 2);
    CHECK(due.front().number == 1);
    CHECK(due.back().number == 2);
}

TEST_CASE("clean-up takes the oldest, but never the last of its kind nor more than it may") {
    const auto record = [](std::uint64_t number, std::int64_t time, const char *path) {
        BackupRecord made;
        made.number = number;
        made.created_unix_s = time;
        made.paths = {path};
        return made;
    };
    const std::vector<BackupRecord> records = {record(1, 100, "etc"), record(2, 200, "home"), record(3, 300, "home"),
                                               record(4, 400, "home"), record(5, 500, "home")};
    const auto due = [&](const BackupRetention &retention) {
        std::vector<std::uint64_t> numbers;
        for (const BackupRecord &one : due_for_removal(records, retention, 1000))
            numbers.push_back(one.number);
        return numbers;
    };
    using Numbers = std::vector<std::uint64_t>;
    CHECK(due({}).empty());
    CHECK(due({.keep_at_most = 2}) == Numbers{2, 3});
    CHECK(due({.keep_at_most = 0}) == Numbers{2, 3, 4});
    CHECK(due({.older_than_s = 650}) == Numbers{2, 3});
    CHECK(due({.older_than_s = 650, .keep_minimum = 3}) == Numbers{2});
    CHECK(due({.older_than_s = 10, .keep_minimum = 9}).empty());
}
