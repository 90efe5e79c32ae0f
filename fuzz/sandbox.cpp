#include "sandbox.hpp"

#include "target.hpp"

#include <algorithm>
#include <array>
#include <fstream>

#include <sys/stat.h>
#include <sys/xattr.h>

namespace mos::fuzz {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 2> engine_paths = {".multios-stage", "var/lib/multios"};
constexpr const char *memory_folder = "/dev/shm";

fs::path make_folder() {
    std::error_code ignored;
    const fs::path where = fs::is_directory(memory_folder, ignored) ? memory_folder : fs::temp_directory_path();
    std::string pattern = (where / "mos-fuzz-XXXXXX").string();
    hold(::mkdtemp(pattern.data()) != nullptr, "a temporary folder is made");
    return pattern;
}

void write(const fs::path &path, std::string_view content) {
    std::ofstream out{path, std::ios::binary};
    out << content;
    out.close();
    hold(out.good(), "a file is written");
}

void set_attribute(const fs::path &path) {
    // Not every filesystem has them.
    static_cast<void>(::setxattr(path.c_str(), "user.canary", "alive", 5, 0));
}

std::string inode_line(const fs::path &path) {
    struct stat status {};
    hold(::lstat(path.c_str(), &status) == 0, "what stands outside is still there");
    const auto time = [](const timespec &at) { return std::to_string(at.tv_sec) + "." + std::to_string(at.tv_nsec); };
    return path.string() + " inode " + std::to_string(status.st_ino) + " links " + std::to_string(status.st_nlink) +
           " changed " + time(status.st_ctim);
}

test::TreeImage image(const std::string &path, std::span<const std::string_view> except = {}) {
    return must(test::scan(*must(base::open_root(path), "a folder is opened"), except), "a folder is read");
}

}  // namespace

Sandbox::Sandbox(std::string_view trusted_pem) : m_folder(make_folder()) {
    make_outside();
    make_root();
    fs::create_directory(trust());
    write(m_folder / "trust" / "publisher.pub", trusted_pem);
    m_inodes = inodes();
    m_outside = image(outside());
    m_trust = image(trust());
    m_root = image((m_folder / "root").string(), engine_paths);
}

Sandbox::~Sandbox() {
    std::error_code ignored;
    fs::remove_all(m_folder, ignored);
}

void Sandbox::make_outside() const {
    const fs::path outside = m_folder / "outside";
    fs::create_directories(outside / "folder" / "deep");
    write(outside / "canary", "a canary");
    write(outside / "folder" / "canary", "another one");
    write(outside / "folder" / "deep" / "canary", "and a third");
    fs::create_symlink("canary", outside / "link");
    fs::create_directory(outside / "open");
    fs::permissions(outside / "open", fs::perms::all);
    set_attribute(outside / "canary");
    set_attribute(outside / "folder");
}

void Sandbox::make_root() const {
    const fs::path root = m_folder / "root";
    for (const char *const folder : {"usr/bin", "usr/lib/inner", "etc/multios", "var/lib/multios", "srv/kept"})
        fs::create_directories(root / folder);
    write(root / "usr/bin/tool", "the root's own tool");
    write(root / "etc/settings.conf", "by hand");
    write(root / "srv/kept/data", "somebody's data");
    set_attribute(root / "usr/bin/tool");
    fs::create_hard_link(root / "usr/bin/tool", root / "usr/bin/tool2");
    fs::create_symlink(outside(), root / "opt");
    fs::create_symlink("../../outside/folder", root / "usr/share");
    fs::create_symlink("../../../outside", root / "var/log");
    fs::create_symlink("../../outside/canary", root / "etc/passwd");
    fs::create_symlink(outside() + "/not-there", root / "srv/new");
    fs::create_symlink("lib", root / "usr/lib64");
}

std::unique_ptr<base::Directory> Sandbox::root() const {
    return must(base::open_root((m_folder / "root").string()), "a root is opened");
}

std::vector<std::string> Sandbox::inodes() const {
    std::vector<std::string> lines = {inode_line(m_folder), inode_line(outside()), inode_line(trust())};
    for (const char *const folder : {"outside", "trust"})
        for (const auto &entry : fs::recursive_directory_iterator{m_folder / folder})
            lines.push_back(inode_line(entry.path()));
    std::ranges::sort(lines);
    return lines;
}

std::string Sandbox::outside_difference() const {
    std::string text = difference(m_outside, image(outside()), test::all_directory_times) +
                       difference(m_trust, image(trust()), test::all_directory_times);
    const std::vector<std::string> now = inodes();
    for (const std::string &line : now)
        if (!std::ranges::binary_search(m_inodes, line))
            text += "now: " + line + "\n";
    return text;
}

std::string Sandbox::root_difference() const {
    return difference(m_root, image((m_folder / "root").string(), engine_paths));
}

void Sandbox::forget() {
    const auto root = this->root();
    must(base::remove_tree(*root, ".multios-stage"), "a stage is removed");
    const auto state = must(root->open_directory("var/lib", base::Symlinks::refuse), "the root is as it was");
    must(base::remove_tree(*state, "multios"), "the database is removed");
    must(state->make_directory("multios", 0755), "its folder is made");
}

}  // namespace mos::fuzz
