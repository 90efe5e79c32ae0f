#include "mounts.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sched.h>
#include <sys/mount.h>
#include <system_error>
#include <unistd.h>

namespace mos::test {

static std::string last_error() { return std::generic_category().message(errno); }

static std::optional<std::string> enter_namespace() {
    if (::geteuid() != 0)
        return "mounting needs root";
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return "this machine allows no mount namespace";
    return std::nullopt;
}

const std::optional<std::string> &Mounts::refusal() {
    static const std::optional<std::string> reason = enter_namespace();
    return reason;
}

Mounts::Mounts() { tmpfs({}); }

Mounts::~Mounts() {
    for (; !m_mounted.empty(); m_mounted.pop_back())
        ::umount2(path(m_mounted.back()).c_str(), MNT_DETACH);
}

void Mounts::mount(const std::string &source, const std::string &at, const char *type, unsigned long flags,
                   const std::string &options) {
    if (::mount(source.c_str(), path(at).c_str(), type, flags, options.c_str()) != 0)
        FAIL("can't mount at ", at, " (", options, "): ", last_error());
    m_mounted.push_back(at);
}

void Mounts::tmpfs(const std::string &at) {
    folder(at);
    mount("test", at, "tmpfs", 0, "mode=0755");
}

void Mounts::bind(const std::string &from, const std::string &at) {
    if (std::filesystem::is_directory(path(from)))
        folder(at);
    mount(path(from), at, nullptr, MS_BIND, {});
}

void Mounts::overlay(const std::string &at, const std::string &options) {
    folder(at);
    mount("test", at, "overlay", 0, options);
}

void Mounts::make_read_only(const std::string &at) {
    const int answer = ::mount(nullptr, path(at).c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr);
    if (answer != 0)
        FAIL("can't make ", at, " read-only: ", last_error());
}

void Mounts::unmount(const std::string &at) {
    if (::umount2(path(at).c_str(), 0) != 0)
        FAIL("can't unmount ", at, ": ", last_error());
    m_mounted.erase(std::ranges::find(m_mounted, at));
}

void Mounts::folder(const std::string &at) const { std::filesystem::create_directories(path(at)); }

void Mounts::file(const std::string &at, const std::string &content) const {
    std::filesystem::create_directories(std::filesystem::path{path(at)}.parent_path());
    std::ofstream{path(at)} << content;
}

}  // namespace mos::test
