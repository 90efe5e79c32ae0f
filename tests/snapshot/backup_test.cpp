#include <mos/snapshot/backup.hpp>

#include "forged_backup.hpp"
#include "machine.hpp"
#include "shell.hpp"
#include "temporary_root.hpp"
#include "tree_image.hpp"
#include "twin.hpp"

#include <fmt/format.h>

using namespace mos::test;
using namespace mos::snapshot;
using mos::Code;
using mos::Result;
using mos::base::Bytes;
using mos::base::Directory;
using mos::base::FileType;

namespace {

constexpr Compression every_compression[] = {Compression::none, Compression::gzip, Compression::zstd, Compression::lz4};

void put(Directory &directory, const std::string &name, std::string_view content) {
    must(mos::base::create_file(directory, name, mos::base::as_bytes(content), 0640));
}

// A little of everything, below "d".
void make_tree(Directory &root) {
    const auto d = must(mos::base::make_directories(root, "d"));
    put(*d, "a", "first");
    must(d->make_link("a", *d, "b"));
    put(*d, "caf\xe9 \xff", "a name that is no UTF-8");
    must(must(d->open_file("hole", mos::base::OpenMode::create_new))->resize(3U << 20U));
    put(*d, "large", std::string(700'000, 'l'));
    must(d->make_symlink("s", "/no/\xfe where"));
    must(d->make_directory("t", 02751));
    put(*must(d->open_directory("t", mos::base::Symlinks::refuse)), "below", "x");
    put(*d, "t-x", "after the folder t and all below it");
    must(d->set_extended_attribute("a", {"user.name", {std::byte{0}, std::byte{255}}}));
    must(d->set_extended_attribute("t", {"user.b", {}}));
    must(d->set_extended_attribute("t", {"user.a", {std::byte{1}}}));
    must(d->set_owner("large", 3'000'000, 7));
    must(d->set_modified("large", {1'700'000'000, 123'456'789}));
    must(d->set_modified("t-x", {-5, 250'000'000}));
}

struct Written {
    Bytes bytes;
    BackupReport report;
};

Written write(Directory &root, const BackupOptions &options = {}, const std::vector<std::string> &paths = {"d"},
              mos::base::Observer &observer = mos::base::silent_observer()) {
    Written written;
    const auto take = [&](mos::base::ByteView bytes) -> Result<void> {
        written.bytes.insert(written.bytes.end(), bytes.begin(), bytes.end());
        return {};
    };
    written.report =
        must(write_backup(root, {.created_unix_s = 1'700'000'000, .paths = paths}, options, take, observer));
    return written;
}

Result<BackupTotals> verify(Bytes bytes, const BackupLimits &limits = {}) {
    const auto source = mos::base::make_memory_source(std::move(bytes), "backup");
    return verify_backup(*source, limits, mos::base::silent_observer());
}

// Every entry as a line, and what its content begins with.
std::string told(Bytes bytes) {
    const auto source = mos::base::make_memory_source(std::move(bytes), "backup");
    BackupReader reader = must(BackupReader::open(*source));
    std::string text;
    while (const BackupEntry *const entry = must(reader.next())) {
        Bytes begin(5);
        begin.resize(must(reader.read(begin)));
        text += fmt::format("{} {} {} {} {}{}{}\n", entry->path, mos::base::file_type_name(entry->type), entry->size,
                            entry->attributes.extended.size(), entry->symlink_target, entry->hard_link_to,
                            mos::base::printable(mos::base::as_text(begin)));
    }
    return text;
}

void check_damaged(Bytes bytes, const std::string &words) {
    const auto result = verify(std::move(bytes));
    CHECK(refusal(result) == Code::BACKUP_DAMAGED);
    INFO("the error says: ", result.error().full_message());
    CHECK(result.error().full_message().find(words) != std::string::npos);
}

}  // namespace

TEST_CASE("a backup reads as what was written, in every compression") {
    const Twin twin;
    make_tree(*twin.root());
    for (const Compression compression : every_compression) {
        CAPTURE(compression_name(compression));
        const Written written = write(*twin.root(), {.compression = compression});
        CHECK(written.report.archive.archive_bytes == written.bytes.size());
        CHECK(written.report.digest == mos::crypto::sha256(written.bytes));
        CHECK(told(written.bytes) == "d directory 0 0 \n"
                                     "d/a file 5 1 first\n"
                                     "d/b file 0 0 d/a\n"
                                     "d/caf\xe9 \xff file 23 0 a nam\n"
                                     "d/hole file 3145728 0 \\x00\\x00\\x00\\x00\\x00\n"
                                     "d/large file 700000 0 lllll\n"
                                     "d/s symbolic link 0 0 /no/\xfe where\n"
                                     "d/t directory 0 2 \n"
                                     "d/t/below file 1 0 x\n"
                                     "d/t-x file 35 0 after\n");
        const BackupTotals totals = must(verify(written.bytes));
        CHECK(totals.entries == written.report.archive.entries);
        CHECK(totals.content_bytes == written.report.archive.content_bytes);
        CHECK(totals.dense_bytes == totals.content_bytes - (3U << 20U));
    }
}

TEST_CASE("a backup says what was asked for and when it was made") {
    const Twin twin;
    make_tree(*twin.root());
    const Written written = write(*twin.root(), {}, {"d/t", "d/a"});
    const auto source = mos::base::make_memory_source(written.bytes, "backup");
    const BackupReader reader = must(BackupReader::open(*source));
    CHECK(reader.about().created_unix_s == 1'700'000'000);
    CHECK(reader.about().paths == std::vector<std::string>{"d/a", "d/t"});
}

TEST_CASE("two backups of one tree are the same bytes") {
    const Twin twin;
    make_tree(*twin.root());
    for (const Compression compression : every_compression)
        CHECK(write(*twin.root(), {.compression = compression}).bytes ==
              write(*twin.root(), {.compression = compression}).bytes);
}

TEST_CASE("tar takes out of a backup what went in, and sha256sum and jq could check it") {
    const Twin twin;
    make_tree(*twin.root());
    for (const Compression compression : every_compression) {
        CAPTURE(compression_name(compression));
        const TemporaryRoot target;
        const std::string name = fmt::format("b{}", archive_ending(compression));
        must(mos::base::create_file(*target.root(), name, write(*twin.root(), {.compression = compression}).bytes,
                                    0600));
        const std::string unpack = compression == Compression::lz4
                                       ? fmt::format("cd {} && bsdtar -xf {}", target.path(), name)
                                       : fmt::format("cd {} && tar --warning=no-unknown-keyword "
                                                     "--warning=no-timestamp -xf {} 2>/dev/null",
                                                     target.path(), name);
        CHECK(shell(unpack));
        // What the lists say of a file is what `sha256sum` says of it.
        const std::string check =
            fmt::format("cd {} && grep -q \"\\\"sha256\\\":\\\"$(sha256sum < d/large | cut -d' ' -f1)\\\"\" "
                        ".multios-backup/listing-000001",
                        target.path());
        CHECK(shell(check));
        // The last member has the digest of the first and of all lists.
        const std::string whole = fmt::format("cd {}/.multios-backup && grep -q \"$(cat about.json listing-* | "
                                              "sha256sum | cut -d' ' -f1)\" end.json",
                                              target.path());
        CHECK(shell(whole));
    }
}

TEST_CASE("what is excluded, and what has a backup's own name, is left out and told") {
    const Twin twin;
    make_tree(*twin.root());
    put(*must(mos::base::make_directories(*twin.root(), ".multios-backup")), "x", "x");
    Watcher watcher;
    const auto exclude = [](std::string_view path) { return std::string{path == "d/t" ? "it is a cache" : ""}; };
    const Written written = write(*twin.root(), {.exclude = exclude}, {"d", ".multios-backup"}, watcher);
    CHECK(written.report.archive.left_out == 2);
    CHECK(watcher.notices ==
          std::vector<std::string>{"'.multios-backup' is left out of the archive: backups use that name themselves",
                                   "'d/t' is left out of the archive: it is a cache"});
    CHECK(must(verify(written.bytes)).entries == 8);
}

TEST_CASE("lists are written as they fill, and a reader holds one at a time") {
    const Twin twin;
    const auto d = must(mos::base::make_directories(*twin.root(), "d"));
    for (int i = 0; i < 3000; ++i)
        put(*d, fmt::format("file-{:04}", i), "x");
    const Written written = write(*twin.root());
    CHECK(must(verify(written.bytes)).entries == 3001);
    const TemporaryRoot target;
    must(mos::base::create_file(*target.root(), "b.tar.zst", written.bytes, 0600));
    CHECK(shell(fmt::format("cd {} && bsdtar -xf b.tar.zst && test -e .multios-backup/listing-000002", target.path())));
}

TEST_CASE("a backup in which any byte was altered is not accepted as it was") {
    const Twin twin;
    const auto d = must(mos::base::make_directories(*twin.root(), "d"));
    put(*d, "a", "some content");
    put(*d, "b", "more");
    const Bytes sound = write(*twin.root(), {.compression = Compression::none}).bytes;
    const std::string before = told(sound);
    for (std::size_t at = 0; at < sound.size(); ++at) {
        Bytes altered = sound;
        altered[at] ^= std::byte{0x41};
        // What tar does not read (padding, a checksum's last byte) may differ; what comes out may not.
        if (verify(altered))
            CHECK(told(altered) == before);
    }
}

TEST_CASE("a file whose content was altered is named") {
    const Twin twin;
    const auto d = must(mos::base::make_directories(*twin.root(), "d"));
    put(*d, "a", "some content");
    put(*d, "b", "more");
    Bytes altered = write(*twin.root(), {.compression = Compression::none}).bytes;
    const std::string_view text = mos::base::as_text(altered);
    altered[text.find("more")] = std::byte{'M'};
    const auto result = verify(altered);
    CHECK(refusal(result) == Code::BACKUP_DAMAGED);
    CHECK(result.error().object() == "d/b");
}

TEST_CASE("a backup that ends too early is refused wherever it ends") {
    const Twin twin;
    const auto d = must(mos::base::make_directories(*twin.root(), "d"));
    put(*d, "a", std::string(3000, 'a'));
    for (const Compression compression : every_compression) {
        CAPTURE(compression_name(compression));
        const Bytes sound = write(*twin.root(), {.compression = compression}).bytes;
        // Of a tar the two blocks of zeros at its end may be missing, and of a compressed one what follows them.
        const std::size_t end = compression == Compression::none ? sound.size() - 1024 : sound.size() - 20;
        for (std::size_t length = 0; length < end; length += 7) {
            CAPTURE(length);
            const auto result = verify(Bytes{sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(length)});
            if (!result)
                CHECK(refusal(result) == Code::BACKUP_DAMAGED);
            else
                CHECK(compression != Compression::none);
        }
    }
}

TEST_CASE("what is no backup is refused as such") {
    check_damaged({}, "the backup can't be read");
    check_damaged(mos::base::to_bytes(mos::base::as_bytes(std::string(5000, 'x'))), "can't be read");
    const Twin twin;
    make_tree(*twin.root());
    const auto out = must(twin.root()->open_file("out", mos::base::OpenMode::create_new));
    must(write_archive(*twin.root(), {"d"}, *out, mos::base::silent_observer()));
    check_damaged(must(mos::base::read_file(*twin.root(), "out", 1U << 24U)), "it does not begin with");
}

TEST_CASE("a backup of a newer format is refused by its number") {
    std::string about = about_to_text({.created_unix_s = 0, .paths = {"d"}});
    about.replace(about.find("\"version\":1"), 11, "\"version\":2");
    CHECK(refusal(about_from_text(about)) == Code::UNSUPPORTED);
    for (const char *text :
         {"", "[]", "{}", "{\"format\":\"multios-backup\"}", "{\"format\":\"multios-backup\",\"version\":1}",
          "{\"format\":\"multios-backup\",\"version\":1,\"created_unix_s\":0,\"paths\":[1]}"})
        CHECK(refusal(about_from_text(text)) == Code::BACKUP_DAMAGED);
    CHECK(refusal(about_from_text(
              "{\"format\":\"multios-backup\",\"version\":1,\"created_unix_s\":0,\"paths\":[\"../x\"]}")) ==
          Code::PATH_REFUSED);
}

TEST_CASE("an entry that leads outside of what was asked for is refused") {
    const auto refused = [](const char *path) {
        const auto result = verify(ForgedBackup{}.directory("d").file(path).finished());
        INFO(path);
        return refusal(result);
    };
    for (const char *path : {"/etc/passwd", "../x", "d/../../x", "d/./x", "d//x"})
        CHECK(refused(path) == Code::PATH_REFUSED);
    for (const char *path : {"e", "d/no/folder", "a"})
        CHECK(refused(path) == Code::BACKUP_DAMAGED);
    CHECK(must(verify(ForgedBackup{}.directory("d").file("d/x").finished())).entries == 2);
}

TEST_CASE("an entry below a link or a file is refused") {
    check_damaged(ForgedBackup{}.directory("d").symlink("d/s", "/etc").file("d/s/passwd").finished(),
                  "in no folder that it has");
    check_damaged(ForgedBackup{}.directory("d").file("d/s").file("d/s/passwd").finished(), "in no folder that it has");
}

TEST_CASE("a hard link outside, or to what comes after it, is refused") {
    CHECK(refusal(verify(ForgedBackup{}.directory("d").link("d/x", "/etc/passwd").finished())) == Code::PATH_REFUSED);
    CHECK(refusal(verify(ForgedBackup{}.directory("d").link("d/x", "d/../y").finished())) == Code::PATH_REFUSED);
    check_damaged(ForgedBackup{}.directory("d").link("d/x", "d/y").file("d/y").finished(), "not stand before it");
    CHECK(must(verify(ForgedBackup{}.directory("d").file("d/a").link("d/x", "d/a").finished())).entries == 3);
}

TEST_CASE("an entry that stands twice, or out of its order, is refused") {
    check_damaged(ForgedBackup{}.directory("d").file("d/a").file("d/a").finished(), "'d/a', twice");
    check_damaged(ForgedBackup{}.directory("d").file("d/b").file("d/a").finished(), "out of its order");
    check_damaged(ForgedBackup{}.directory("d").directory("d/a").file("d/a-b").file("d/a/x").finished(),
                  "out of its order");
}

TEST_CASE("an entry that no list names, and one that is named alone, are refused") {
    check_damaged(ForgedBackup{}.directory("d").raw("d/a", "x").finished(), "not as it was written");
    const auto member = ForgedBackup::member_of("d/a", FileType::regular, 1);
    check_damaged(ForgedBackup{}.directory("d").listed(member, "x").finished(), "not as it was written");
    check_damaged(ForgedBackup{}.directory("d").end().bytes(), "end does not fit");
    check_damaged(ForgedBackup{}.directory("d").list().bytes(), "its last member is missing");
    check_damaged(ForgedBackup{}.directory("d").list().list().end().bytes(), "where nothing is to be listed");
    ForgedBackup twice;
    twice.directory("d").list().end().file("d/a");
    check_damaged(twice.bytes(), "after its end");
}

TEST_CASE("an archive that would become more than is believed is refused before it does") {
    // Declared, and not there.
    const auto huge = ForgedBackup::member_of("d/huge", FileType::regular, std::uint64_t{1} << 45U);
    ForgedBackup forged;
    forged.directory("d");
    const auto result = verify(forged.begin(huge).so_far());
    CHECK(refusal(result) == Code::LIMIT);
    CHECK(result.error().object() == "d/huge");

    const std::string zeros(std::size_t{2} << 20U, '\0');
    const std::string letters(std::size_t{2} << 20U, 'x');
    const BackupLimits narrow{.dense_expansion = 10, .always_bytes = 1U << 20U};
    const Bytes sparse = ForgedBackup({"d"}, Compression::zstd).directory("d").file("d/f", zeros).finished();
    const Bytes dense = ForgedBackup({"d"}, Compression::zstd).directory("d").file("d/f", letters).finished();
    CHECK(must(verify(sparse, narrow)).dense_bytes == 0);
    CHECK(refusal(verify(dense, narrow)) == Code::LIMIT);
    CHECK(refusal(verify(sparse, {.expansion = 10, .always_bytes = 1U << 20U})) == Code::LIMIT);
    CHECK(refusal(verify(sparse, {.content_bytes = 1U << 20U})) == Code::LIMIT);
    CHECK(refusal(verify(sparse, {.entries = 1})) == Code::LIMIT);
    CHECK(must(verify(dense)).dense_bytes == letters.size());
}

TEST_CASE("what is compressed twice is refused") {
    const Bytes once = ForgedBackup({"d"}, Compression::gzip).directory("d").finished();
    const TemporaryRoot real;
    must(mos::base::create_file(*real.root(), "b", once, 0600));
    REQUIRE(shell(fmt::format("gzip -k {}/b", real.path())));
    check_damaged(must(mos::base::read_file(*real.root(), "b.gz", 1U << 20U)), "compressed more than once");
}

TEST_CASE("verification can be cancelled, and tells an error of the source") {
    const Twin twin;
    make_tree(*twin.root());
    const auto source = mos::base::make_memory_source(write(*twin.root()).bytes, "backup");
    Watcher watcher;
    int checkpoints = 0;
    watcher.on_checkpoint = [&](mos::base::Phase) -> Result<void> { return ++checkpoints, Result<void>{}; };
    must(verify_backup(*source, {}, watcher));
    CHECK(checkpoints > 10);
    CHECK(watcher.phase == mos::base::Phase::verifying);
    for (int n = 1; n <= checkpoints; ++n) {
        int count = 0;
        watcher.on_checkpoint = [&](mos::base::Phase) -> Result<void> {
            return ++count == n ? Result<void>{mos::Error{Code::CANCELLED, "enough"}} : Result<void>{};
        };
        CHECK(refusal(verify_backup(*source, {}, watcher)) == Code::CANCELLED);
    }
}

TEST_CASE("compressions have names, and what is none is refused") {
    for (const Compression compression : every_compression)
        CHECK(must(compression_named(compression_name(compression))) == compression);
    CHECK(refusal(compression_named("zip")) == Code::INVALID_ARGUMENT);
}
