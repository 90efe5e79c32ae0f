#include <mos/snapshot/archive.hpp>

#include "expect.hpp"
#include "machine.hpp"
#include "shell.hpp"
#include "temporary_root.hpp"
#include "tree_image.hpp"
#include "twin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <functional>
#include <new>
#include <random>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

using namespace mos::test;
using mos::Code;
using mos::Result;
using mos::base::Directory;
using mos::base::File;
using mos::base::OpenMode;
using mos::base::Symlinks;
using mos::snapshot::ArchiveReport;
using mos::snapshot::write_archive;

namespace {

constexpr std::uint32_t large_owner = 3'000'000;  // more than ustar's seven octal digits

std::string noise(std::size_t bytes) {
    std::minstd_rand random{1};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same at each run
    std::string text(bytes, '\0');
    std::ranges::generate(text, [&] { return static_cast<char>(random() >> 8U); });
    return text;
}

void put(Directory &directory, const std::string &name, std::string_view content) {
    must(mos::base::create_file(directory, name, mos::base::as_bytes(content), 0640));
}

std::unique_ptr<Directory> folder(Directory &parent, const std::string &path) {
    return must(mos::base::make_directories(parent, path));
}

std::unique_ptr<File> new_file(Directory &directory, const std::string &name) {
    return must(directory.open_file(name, OpenMode::create_new));
}

// A little of everything, below "d".
void make_tree(Directory &root) {
    const auto d = folder(root, "d");
    put(*d, "empty", "");
    put(*d, "large", noise(600'000));
    put(*d, "caf\xe9 \xff", "a name that is no UTF-8");
    put(*d, "two\nlines", "x");
    put(*d, std::string(200, 'n'), "a name that is longer than ustar's");
    must(new_file(*d, "hole")->resize(1U << 20U));
    const auto below = folder(*d, std::string(90, 'p') + "/" + std::string(90, 'q') + "/" + std::string(90, 'r'));
    put(*below, "deep", "a path that is longer than ustar's");
    must(d->make_link("large", *below, "linked"));
    must(d->make_symlink("dangling", "/no/\xfe where"));
    must(d->make_symlink("long", std::string(300, 't')));
    must(d->make_directory("empty-folder", 02751));
    put(*d, "attributes", "with attributes");
    for (const auto &[name, value] :
         {std::pair{"user.binary", std::string_view{"a\0\n=\xff", 5}}, std::pair{"user.empty", std::string_view{}}})
        must(d->set_extended_attribute("attributes", {name, mos::base::to_bytes(mos::base::as_bytes(value))}));
    must(d->set_extended_attribute("empty-folder", {"user.folder", {std::byte{1}}}));
    must(d->set_mode("empty", 04755));
    if (::geteuid() == 0) {
        // struct vfs_cap_data, revision 2: cap_net_raw, effective.
        const std::string_view capability{"\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20};
        must(d->set_owner("attributes", large_owner, 7));
        must(d->set_owner("dangling", 5, large_owner));
        must(d->set_extended_attribute("attributes",
                                       {"security.capability", mos::base::to_bytes(mos::base::as_bytes(capability))}));
    }
    must(d->set_modified("empty", {-5, 250'000'000}));
    must(d->set_modified("large", {1'700'000'000, 123'456'789}));
    must(d->set_modified("dangling", {1'600'000'000, 1}));
    must(d->set_modified("empty-folder", {1'500'000'000, 999'999'999}));
    must(root.set_modified("d", {1'400'000'000, 5}));
}

TreeImage image_of(Directory &root, const std::string &path) {
    return must(scan(*must(root.open_directory(path, Symlinks::refuse))));
}

// A twin with a file of several blocks among others, and the archive beside them.
struct Disk {
    Disk() {
        const auto d = folder(*root, "d");
        put(*d, "a", "first");
        put(*d, "large", noise(600'000));
        put(*d, "z", "last");
        must(d->make_link("a", *d, "b"));
        must(d->make_symlink("s", "a"));
        d_folder = must(root->open_directory("d", Symlinks::refuse));
    }
    Result<ArchiveReport> write(const std::vector<std::string> &paths = {"d"}) {
        if (must(root->find("out")))
            must(root->remove_file("out"));
        const auto out = new_file(*root, "out");
        return write_archive(*root, paths, *out, watcher);
    }
    Twin twin;
    std::unique_ptr<Directory> root = twin.root();
    std::unique_ptr<Directory> d_folder;
    Watcher watcher;
};

// The archive's list as GNU tar prints it.
std::string names_in(Directory &root) {
    const TemporaryRoot real;
    const auto bytes = must(mos::base::read_file(root, "out", 16U << 20U));
    must(mos::base::create_file(*real.root(), "a", bytes, 0600));
    const std::string command =
        fmt::format("tar --zstd --warning=no-unknown-keyword -tf {0}/a > {0}/list", real.path());
    CHECK(shell(command));
    return std::string{mos::base::as_text(must(mos::base::read_file(*real.root(), "list", 4096)))};
}

// Does `work` at the n-th checkpoint.
std::function<Result<void>(mos::base::Phase)> at_checkpoint(int n, std::function<Result<void>()> work) {
    return [n, count = 0, work = std::move(work)](mos::base::Phase) mutable -> Result<void> {
        return ++count == n ? work() : Result<void>{};
    };
}

// Memory runs out while it is written to.
class Exhausted final : public File {
  public:
    explicit Exhausted(std::unique_ptr<File> file) : m_file(std::move(file)) {}
    Result<std::size_t> read_at(std::uint64_t offset, mos::base::MutableByteView out) override {
        return m_file->read_at(offset, out);
    }
    Result<void> write_at(std::uint64_t, mos::base::ByteView) override { throw std::bad_alloc{}; }
    Result<void> resize(std::uint64_t size) override { return m_file->resize(size); }
    Result<mos::base::FileStatus> status() override { return m_file->status(); }
    Result<void> set_owner(std::uint32_t owner, std::uint32_t group) override {
        return m_file->set_owner(owner, group);
    }
    Result<void> set_mode(std::uint32_t mode) override { return m_file->set_mode(mode); }
    Result<void> set_modified(mos::base::FileTime time) override { return m_file->set_modified(time); }
    Result<void> set_extended_attribute(const mos::base::ExtendedAttribute &attribute) override {
        return m_file->set_extended_attribute(attribute);
    }
    Result<mos::base::ExtendedAttributes> extended_attributes() override { return m_file->extended_attributes(); }
    Result<void> flush() override { return m_file->flush(); }
    Result<void> lock(mos::base::LockMode mode) override { return m_file->lock(mode); }

  private:
    std::unique_ptr<File> m_file;
};

}  // namespace

TEST_CASE("what tar and bsdtar take out of an archive is what went in") {
    const TemporaryRoot real;
    const auto root = real.root();
    make_tree(*root);
    Watcher watcher;
    const auto out = new_file(*root, "out");
    const ArchiveReport report = must(write_archive(*root, {"d"}, *out, watcher));
    CHECK(watcher.notices.empty());
    CHECK(report.left_out == 0);
    CHECK(report.entries == 16);
    CHECK(report.archive_bytes == must(out->status()).size);
    CHECK(report.content_bytes > 600'000 + (1U << 20U));
    CHECK(report.archive_bytes < 650'000);                                                    // the hole costs nothing
    must(must(root->open_directory("d", Symlinks::refuse))->set_modified("empty", {-5, 0}));  // no fraction before 1970
    const TreeImage expected = image_of(*root, "d");
    for (const std::string tool : {"tar --zstd --warning=no-unknown-keyword --warning=no-timestamp --xattrs "
                                   "--xattrs-include='*' --same-owner --numeric-owner -xp -C",
                                   "bsdtar --same-owner --numeric-owner -xp -C"}) {
        CAPTURE(tool);
        const TemporaryRoot target;
        CHECK(shell(fmt::format("LC_ALL=C {} {} -f {}/out", tool, target.path(), real.path())));
        CHECK(difference(expected, image_of(*target.root(), "d"), all_directory_times) == "");
    }
}

TEST_CASE("an archive does not depend on the locale of the process") {
    const TemporaryRoot real;
    const auto root = real.root();
    make_tree(*root);
    std::vector<mos::base::Bytes> archives;
    for (const char *locale : {"C", "C.UTF-8"}) {
        REQUIRE(std::setlocale(LC_ALL, locale) != nullptr);  // NOLINT(concurrency-mt-unsafe): there is one thread
        const auto out = new_file(*root, locale);
        must(write_archive(*root, {"d"}, *out, mos::base::silent_observer()));
        archives.push_back(must(mos::base::read_file(*root, locale, 16U << 20U)));
    }
    REQUIRE(std::setlocale(LC_ALL, "C") != nullptr);  // NOLINT(concurrency-mt-unsafe): as above
    CHECK(archives.front() == archives.back());
}

TEST_CASE("what an archive can't hold is left out, and told") {
    const TemporaryRoot real;
    const auto root = real.root();
    const auto d = folder(*root, "d");
    put(*d, "file", "x");
    REQUIRE(::mkfifo((real.path() + "/d/pipe").c_str(), 0600) == 0);
    const auto out = new_file(*d, "out");
    Watcher watcher;
    const ArchiveReport report = must(write_archive(*root, {"d", "nowhere", "d/file/below"}, *out, watcher));
    CHECK(report.entries == 2);
    CHECK(report.left_out == 3);
    CHECK(watcher.notices == std::vector<std::string>{"'d/out' is left out of the archive: it is the archive itself",
                                                      "'d/pipe' is left out of the archive: it is a pipe",
                                                      "'nowhere' is left out of the archive: it is not there"});
    CHECK(must(write_archive(*root, {"d/file/below", "x/y"}, *out, watcher)).left_out == 2);
}

TEST_CASE("an archive ends at the borders of a mount") {
    // /dev has mounts in it wherever there is one.
    const auto root = must(mos::base::open_root("/"));
    const Twin twin;
    const auto out = new_file(*twin.root(), "out");
    Watcher watcher;
    const ArchiveReport report = must(write_archive(*root, {"dev"}, *out, watcher));
    CHECK(report.left_out == watcher.notices.size());
    const auto told = [&](const std::string &notice) { return std::ranges::count(watcher.notices, notice) == 1; };
    CHECK(told("'dev/null' is left out of the archive: it is a character device"));
    CHECK((told("'dev/pts' is left out of the archive: it lies on another mount") ||
           told("'dev/shm' is left out of the archive: it lies on another mount")));
    CHECK(std::ranges::none_of(watcher.notices,
                               [](const std::string &notice) { return notice.starts_with("'dev/pts/"); }));
}

TEST_CASE("each path is in an archive once, and only what was asked for") {
    Disk disk;
    folder(*disk.root, "d-x");
    CHECK(must(disk.write({"d/a", "d", "d/large", "d", "d-x"})).entries == 7);
    CHECK(names_in(*disk.root) == "d/\nd/a\nd/b\nd/large\nd/s\nd/z\nd-x/\n");
    CHECK(must(disk.write({"d/s", "d/b"})).entries == 2);
    CHECK(names_in(*disk.root) == "d/b\nd/s\n");  // the other name of d/b was not asked for
    CHECK(must(disk.write({})).entries == 0);
    CHECK(names_in(*disk.root).empty());
}

TEST_CASE("paths that lead outside or through a link are refused") {
    Disk disk;
    for (const char *path : {"", "/d", "../d", "d/../d", "d/"})
        CHECK(refusal(disk.write({path})) == Code::PATH_REFUSED);
    must(disk.root->make_symlink("link", "d"));
    CHECK(refusal(disk.write({"link/a"})) == Code::SYMLINK_IN_PATH);
    CHECK(must(disk.write({"link"})).entries == 1);
}

TEST_CASE("a file that changes while it is read is refused by name") {
    const auto refused_when = [](const std::function<Result<void>(Disk &, File &)> &change) {
        Disk disk;
        disk.twin.set_clock({100, 0});
        const auto file = must(disk.d_folder->open_file("large", OpenMode::write));
        disk.watcher.on_checkpoint = at_checkpoint(6, [&] { return change(disk, *file); });
        const auto result = disk.write();
        CHECK(refusal(result) == Code::CHANGED_MEANWHILE);
        CHECK(result.error().message() == "'d/large' changed while it was read");
        CHECK(result.error().object() == "d/large");
    };
    refused_when([](Disk &, File &file) { return file.resize(600'001); });
    refused_when([](Disk &, File &file) { return file.resize(599'999); });
    refused_when([](Disk &, File &file) { return file.resize(0); });
    refused_when([](Disk &disk, File &file) {
        disk.twin.set_clock({200, 0});
        return file.write_at(0, mos::base::as_bytes("in place"));
    });
}

TEST_CASE("what is gone before it is read is left out") {
    Disk disk;
    disk.watcher.on_checkpoint = at_checkpoint(2, [&] { return disk.d_folder->remove_file("z"); });
    const ArchiveReport report = must(disk.write());
    CHECK(report.left_out == 1);
    CHECK(disk.watcher.notices == std::vector<std::string>{"'d/z' is left out of the archive: it is gone"});
    CHECK(names_in(*disk.root) == "d/\nd/a\nd/b\nd/large\nd/s\n");
}

TEST_CASE("an archive can be cancelled at each checkpoint") {
    Disk disk;
    int checkpoints = 0;
    disk.watcher.on_checkpoint = [&](mos::base::Phase) -> Result<void> { return ++checkpoints, Result<void>{}; };
    must(disk.write());
    CHECK(checkpoints == 6 + 5);  // entries, and blocks of their content
    for (int n = 1; n <= checkpoints; ++n) {
        disk.watcher.on_checkpoint = at_checkpoint(n, [] { return mos::Error{Code::CANCELLED, "enough"}; });
        CHECK(refusal(disk.write()) == Code::CANCELLED);
    }
}

TEST_CASE("every error of the kernel ends an archive with that error") {
    Disk disk;
    const std::uint64_t before = disk.twin.calls();
    const auto out = new_file(*disk.root, "counted");
    must(write_archive(*disk.root, {"d"}, *out, disk.watcher));
    const std::uint64_t calls = disk.twin.calls() - before - 1;
    CHECK(calls > 20);
    for (std::uint64_t n = 1; n <= calls; ++n) {
        CAPTURE(n);
        const auto again = new_file(*disk.root, fmt::format("out{}", n));
        disk.twin.fail_at(disk.twin.calls() + n, EIO);
        const auto result = write_archive(*disk.root, {"d"}, *again, disk.watcher);
        disk.twin.fail_never();
        CHECK(refusal(result) == Code::IO);
        CHECK(result.error().system_errno() == EIO);
    }
    CHECK(disk.watcher.notices.empty());
}

TEST_CASE("a full disk is told as such, and what was written before stays within it") {
    Disk disk;
    disk.twin.set_free_bytes(300'000);
    const auto result = disk.write();
    CHECK(refusal(result) == Code::NO_SPACE);
    CHECK(result.error().object() == "out");
    CHECK(must(disk.root->find("out"))->size <= 304'000);
}

TEST_CASE("memory that runs out while libarchive writes comes out as it went in") {
    Disk disk;
    Exhausted out{new_file(*disk.root, "out")};
    CHECK_THROWS_AS(static_cast<void>(write_archive(*disk.root, {"d"}, out, disk.watcher)), std::bad_alloc);
}
