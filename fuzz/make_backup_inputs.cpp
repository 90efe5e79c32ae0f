// Inputs of the target `backup`.
#include "corpus.hpp"

#include "forged_backup.hpp"

namespace mos::fuzz {

using test::ForgedBackup;

namespace {

// As they are, and to be made right.
void put(const Corpus &corpus, const std::string &name, const base::Bytes &backup) {
    for (const char first : {'\0', '\1'}) {
        std::string input(1, first);
        input += base::as_text(backup);
        corpus.put("backup", (name + (first == '\0' ? "" : "-made-right")).c_str(), input);
    }
}

base::Bytes with_everything(snapshot::Compression compression) {
    ForgedBackup backup{{"d", "e"}, compression};
    backup.directory("d").file("d/a", "content").file("d/caf\xe9", std::string(9000, '\0')).link("d/l", "d/a");
    backup.symlink("d/s", "../../etc").directory("d/t").file("d/t/below", "").list();
    snapshot::Member odd = ForgedBackup::member_of("e", base::FileType::regular, 1);
    odd.attributes = {{"security.capability", {std::byte{1}}}, {"user.\xff", {}}};
    odd.status.owner = 3'000'000;
    odd.status.mode = 04755;
    odd.status.modified = {-5, 0};
    return backup.entry(odd, "x").finished();
}

}  // namespace

void make_backup_inputs(const Corpus &corpus) {
    using snapshot::Compression;
    for (const Compression compression : {Compression::none, Compression::gzip, Compression::zstd, Compression::lz4})
        put(corpus, std::string{snapshot::compression_name(compression)}, with_everything(compression));
    put(corpus, "absolute", ForgedBackup{}.directory("d").file("/etc/passwd").finished());
    put(corpus, "parent", ForgedBackup{}.directory("d").file("d/../x").finished());
    put(corpus, "through-a-link", ForgedBackup{}.directory("d").symlink("d/s", "/etc").file("d/s/x").finished());
    put(corpus, "link-outside", ForgedBackup{}.directory("d").link("d/x", "/etc/passwd").finished());
    put(corpus, "link-forward", ForgedBackup{}.directory("d").link("d/x", "d/y").file("d/y").finished());
    put(corpus, "twice", ForgedBackup{}.directory("d").file("d/a").file("d/a").finished());
    put(corpus, "order", ForgedBackup{}.directory("d").file("d/b").file("d/a").finished());
    put(corpus, "nowhere", ForgedBackup{}.directory("d").file("x/y").finished());
    put(corpus, "unlisted", ForgedBackup{}.directory("d").raw("d/a", "x").finished());
    put(corpus, "no-end", ForgedBackup{}.directory("d").list().bytes());
    put(corpus, "no-list", ForgedBackup{}.directory("d").end().bytes());
    put(corpus, "empty-list", ForgedBackup{}.directory("d").list().list().end().bytes());
    put(corpus, "odd-paths", ForgedBackup{{"a\xff", "b"}}.file("a\xff").file("b").finished());
    put(corpus, "no-backup", base::to_bytes(base::as_bytes("no archive at all")));
    ForgedBackup more;
    more.directory("d").list().end().file("d/a");
    put(corpus, "after-the-end", more.bytes());
}

}  // namespace mos::fuzz
