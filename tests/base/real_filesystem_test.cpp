// What only the kernel can be asked: races against other processes, devices, pipes, and what a name may hide.
#include <mos/base/filesystem.hpp>
#include <mos/base/open_files.hpp>

#include "disks.hpp"

#include <atomic>
#include <cerrno>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>

using namespace mos::base;
using mos::test::must;
using mos::test::refusal;
using mos::test::TemporaryRoot;
using real::Resolver;

static std::unique_ptr<Directory> root_of(const std::string &path, Resolver resolver) {
    const real::Descriptor opened{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    return must(real::open_root_resolving(opened.number(), resolver));
}

TEST_CASE("a directory that is swapped for a link meanwhile never leads outside") {
    const TemporaryRoot outside;
    must(outside.root()->make_directory("inner", 0755));
    const TemporaryRoot temporary;
    const auto root = temporary.root();
    const std::uint64_t own_device = must(root->own_status()).device;
    must(root->make_directory("d", 0755));
    must(must(root->open_directory("d", Symlinks::refuse))->make_directory("inner", 0755));
    must(root->make_symlink("trap", outside.path()));
    const std::uint64_t trapped =
        must(must(outside.root()->open_directory("inner", Symlinks::refuse))->own_status()).inode;

    std::atomic<bool> stop = false;
    std::thread swapper{[&] {
        const auto other = temporary.root();
        while (!stop)
            (void)other->rename("d", *other, "trap", RenameMode::exchange);
    }};
    int opened = 0;
    for (const Resolver resolver : {Resolver::kernel, Resolver::walk}) {
        const auto own = root_of(temporary.path(), resolver);
        for (const Symlinks symlinks : {Symlinks::refuse, Symlinks::follow_in_root}) {
            for (int i = 0; i < 2000; ++i) {
                const auto inner = own->open_directory("d/inner", symlinks);
                if (!inner)
                    continue;
                ++opened;
                const FileStatus status = must((*inner)->own_status());
                if (status.device == own_device && status.inode == trapped)
                    FAIL("reached a directory outside the root");
            }
        }
    }
    stop = true;
    swapper.join();
    CHECK(opened > 0);
}

TEST_CASE("pipes and sockets are told apart, never opened and can be removed") {
    const TemporaryRoot temporary;
    const auto root = temporary.root();
    REQUIRE(::mkfifo((temporary.path() + "/pipe").c_str(), 0600) == 0);
    const real::Descriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    (temporary.path() + "/socket").copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(socket.number(), reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0);
    CHECK(must(root->find("pipe"))->type == FileType::fifo);
    CHECK(must(root->find("socket"))->type == FileType::socket);
    for (const char *name : {"pipe", "socket"}) {
        CHECK(refusal(root->open_file(name, OpenMode::read)) == Code::UNSUPPORTED);
        CHECK(refusal(root->open_file(name, OpenMode::write)) == Code::UNSUPPORTED);
        must(root->set_mode(name, 0640));
        must(root->set_modified(name, {1, 0}));
        CHECK(must(root->extended_attributes(name)).empty());
        CHECK(must(root->find(name))->mode == 0640);
        must(root->remove_file(name));
    }
}

TEST_CASE("the caller's umask has no say in the modes that were asked for") {
    const TemporaryRoot temporary;
    const auto root = temporary.root();
    const ::mode_t before = ::umask(0777);
    must(root->make_directory("d", 0751));
    must(root->open_file("f", OpenMode::create_new));
    ::umask(before);
    CHECK(must(root->find("d"))->mode == 0751);
    CHECK(must(root->find("f"))->mode == 0600);
}

TEST_CASE("a root is opened by path or by a descriptor that stays the caller's") {
    const TemporaryRoot temporary;
    must(temporary.root()->make_directory("d", 0755));
    {
        const real::Descriptor path_only{::open(temporary.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
        CHECK(must(must(open_root(path_only.number()))->list()).size() == 1);
    }
    CHECK(refusal(open_root(temporary.path() + "/missing")) == Code::NOT_FOUND);
    CHECK(refusal(open_root(-1)) == Code::IO);
}

TEST_CASE("an error names the path beneath the root, not the machine's") {
    const TemporaryRoot temporary;
    const auto root = temporary.root();
    must(root->make_directory("usr", 0755));
    const auto usr = must(root->open_directory("usr", Symlinks::refuse));
    const auto missing = usr->open_file("x", OpenMode::read);
    CHECK(refusal(missing) == Code::NOT_FOUND);
    CHECK(missing.error().message() == "can't open 'usr/x': No such file or directory");
    CHECK(missing.error().object() == "usr/x");
}

TEST_CASE("files that are open for writing are found by device and inode, others are not") {
    const mos::test::TemporaryRoot real;
    const auto root = real.root();
    const auto written = must(root->open_file("written", OpenMode::create_new));
    must(written->write_at(0, as_bytes("x")));
    must(mos::base::replace_file(*root, "read", as_bytes("x"), 0644));
    const auto read = must(root->open_file("read", OpenMode::read));
    const auto found = must(mos::base::files_open_for_writing());
    const auto id = [](mos::base::File &file) {
        const auto status = must(file.status());
        return std::pair{status.device, status.inode};
    };
    CHECK(found.contains(id(*written)));
    CHECK_FALSE(found.contains(id(*read)));
}
