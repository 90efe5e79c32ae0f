#include "scenes.hpp"

#include <algorithm>

namespace mos::test {

namespace {

constexpr std::size_t long_file_bytes = 9000;  // three chunks of the twin, so that a torn write shows

// As the kernel keeps it: version 2, effective, one permitted capability.
std::string capability(unsigned number) {
    std::string value{"\x01\x00\x00\x02", 4};
    value.resize(20);
    value[4 + number / 8] = static_cast<char>(1U << number % 8);
    return value;
}

void add_bare(ImageBuilder &tree) {
    tree.directory("etc").file("etc/local.conf", "the administrator's", 0600).owner(12, 34);
    tree.directory("home", 0711).file("home/user.txt", "the user's").symlink("home/link", "user.txt");
    tree.directory("usr").directory("usr/bin");
    tree.directory("var").directory("var/lib");
}

void add_bare_on_volumes(ImageBuilder &tree) {
    tree.directory("etc").file("etc/local.conf", "the administrator's", 0600);
    tree.directory("usr").directory("usr/bin").directory("usr/lib").file("usr/lib/own", "somebody's");
    tree.directory("var").directory("var/lib");
}

void add_kept(ImageBuilder &tree) {
    tree.directory("usr/lib", 0755).attribute("user.kept", "yes");
    tree.file("usr/lib/kept", "in both releases");
}

}  // namespace

TreeImage bare_tree() {
    ImageBuilder tree;
    add_bare(tree);
    return tree.image();
}

TreeImage first_release() {
    ImageBuilder tree;
    add_bare(tree);
    add_kept(tree);
    tree.file("usr/bin/tool", std::string(long_file_bytes, '1'), 04755).owner(0, 7).time(1'500'000'001);
    tree.file("usr/bin/ping", "ping 1", 0755).attribute("security.capability", capability(13));
    tree.symlink("usr/bin/sh", "tool");
    tree.file("usr/bin/to-link", "was a file").symlink("usr/bin/to-file", "kept");
    // Byte order is not path order: "a-b" sorts between "a" and "a/b".
    tree.directory("a").file("a-b", "beside 1").file("a/b", "within 1");
    tree.directory("b").file("b/x", "goes with its directory").file("b-c", "stays where it is").time(1'500'000'004);
    tree.directory("to-file").directory("to-file/inner").file("to-file/inner/x", "deep");
    tree.file("to-file-not", "beside");
    tree.file("to-directory", "was a file");
    tree.directory("to-symlink").file("to-symlink/x", "in it");
    tree.symlink("symlink-to-directory", "usr");
    tree.directory("gone", 02750).owner(3, 4).attribute("user.kept", "by the recovery point");
    tree.directory("gone/inner").file("gone/inner/x", "one").file("gone/y", "two").symlink("gone/z", "y");
    tree.file("usr/lib/gone", "removed alone");
    tree.directory("share", 0755).attribute("user.color", "red").attribute("user.size", "small");
    tree.file("share/attributes", "only its attributes change", 0644).attribute("user.one", "1");
    tree.directory("links").file("links/one", "shared 1").link("links/two", "links/one");
    tree.file("links/three", "alone");
    tree.file("links/x", "kept group").time(1'500'000'003).link("links/y", "links/x");
    return tree.image();
}

TreeImage second_release() {
    ImageBuilder tree;
    add_bare(tree);
    add_kept(tree);
    tree.file("usr/bin/tool", std::string(long_file_bytes, '2'), 04755).owner(5, 6).time(1'500'000'002);
    tree.file("usr/bin/ping", "ping 2", 0755).attribute("security.capability", capability(12));
    tree.symlink("usr/bin/sh", "ping");
    tree.symlink("usr/bin/to-link", "tool").file("usr/bin/to-file", "is a file now");
    tree.directory("a").file("a-b", "beside 2").file("a/b", "within 2").file("a/new", "new beside b");
    tree.file("b", "was a directory").file("b-c", "stays where it is").time(1'500'000'004);
    tree.file("to-file", "was a directory").file("to-file-not", "beside");
    tree.directory("to-directory", 0700).file("to-directory/x", "in it").directory("to-directory/y");
    tree.symlink("to-symlink", "home/user.txt");
    tree.directory("symlink-to-directory").file("symlink-to-directory/bin", "not the one in usr");
    tree.directory("new", 01777).directory("new/deep").file("new/deep/file", std::string(5000, 'n'), 02755);
    tree.symlink("new/deep/link", "file").directory("new/empty", 0500).owner(9, 9);
    tree.file("new/one", "linked in a new tree").link("new/deep/two", "new/one");
    tree.file("usr/lib/added", "").file("usr/new-empty", "");
    tree.directory("share", 02775).owner(1, 2).attribute("user.color", "blue").attribute("user.weight", "3");
    tree.file("share/attributes", "only its attributes change", 04711).owner(8, 0).attribute("user.two", "2");
    tree.directory("links").file("links/one", "shared 2").link("links/two", "links/one");
    tree.link("links/three", "links/one");
    tree.file("links/x", "kept group").time(1'500'000'003).link("links/y", "links/x");
    return tree.image();
}

std::vector<std::string> volume_tops() { return {"boot", "usr/lib", "usr/lib/inner"}; }

TreeImage bare_on_volumes() {
    ImageBuilder tree;
    add_bare_on_volumes(tree);
    tree.directory("boot").directory("usr/lib/inner");
    return tree.image();
}

TreeImage first_on_volumes() {
    ImageBuilder tree;
    add_bare_on_volumes(tree);
    tree.directory("boot").file("boot/kernel", std::string(long_file_bytes, '1'), 0600).file("boot/old", "goes");
    tree.directory("boot/tree").file("boot/tree/x", "becomes a file with its directory").symlink("boot/link", "kernel");
    tree.file("boot/one", "shared 1").link("boot/two", "boot/one");
    tree.directory("usr/lib/inner").file("usr/lib/inner/x", "inner 1").file("usr/lib/library", "library 1", 0755);
    tree.directory("usr/lib/gone").file("usr/lib/gone/x", "goes too").file("usr/bin/tool", "tool 1", 04755);
    tree.file("etc/attributes", "stays");
    return tree.image();
}

TreeImage second_on_volumes() {
    ImageBuilder tree;
    add_bare_on_volumes(tree);
    tree.directory("boot", 0700).attribute("user.color", "blue");
    tree.file("boot/kernel", std::string(long_file_bytes, '2'), 0600);
    tree.file("boot/tree", "was a directory").symlink("boot/link", "tree").directory("boot/new", 01777);
    tree.file("boot/new/deep", std::string(5000, 'n')).file("boot/one", "shared 2").link("boot/two", "boot/one");
    tree.directory("usr/lib/inner", 0711).file("usr/lib/inner/x", "inner 2").file("usr/lib/inner/y", "added");
    tree.file("usr/lib/library", "library 2", 0755).file("usr/lib/plugin", "added").file("usr/bin/tool", "tool 2");
    tree.file("etc/attributes", "stays", 0600).owner(3, 4);
    return tree.image();
}

TreeImage with_one_more(TreeImage image) {
    TreeEntry more;
    more.path = "usr/bin/one-more";
    more.content = "one more";
    more.mode = 0755;
    more.modified = {1'700'000'123, 0};
    image.entries.push_back(more);
    std::ranges::sort(image.entries, {}, &TreeEntry::path);
    return image;
}

}  // namespace mos::test
