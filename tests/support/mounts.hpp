// Real mounts in a mount namespace of the test program's own. They need root: `allowed()` says why there are none.
#pragma once

#include "temporary_root.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mos::test {

class Mounts {
  public:
    // Enters the namespace, once for the program. What this machine or user lacks, or nothing.
    [[nodiscard]] static const std::optional<std::string> &refusal();

    // A tmpfs, in a temporary folder.
    Mounts();
    Mounts(const Mounts &) = delete;
    Mounts &operator=(const Mounts &) = delete;
    ~Mounts();

    // Where the kernel has `path` of it.
    [[nodiscard]] std::string path(const std::string &path = {}) const { return m_folder.path() + "/" + path; }

    // All of these make the folders that are missing. A mount that the kernel refuses fails the test.
    void tmpfs(const std::string &at);
    void bind(const std::string &from, const std::string &at);
    void overlay(const std::string &at, const std::string &options);
    void make_read_only(const std::string &at);
    void unmount(const std::string &at);
    void folder(const std::string &at) const;
    void file(const std::string &at, const std::string &content) const;

  private:
    void mount(const std::string &source, const std::string &at, const char *type, unsigned long flags,
               const std::string &options);

    TemporaryRoot m_folder;
    std::vector<std::string> m_mounted;  // in their order
};

}  // namespace mos::test

// Leaves the test case, with the reason, where mounting is refused.
#define MOS_NEED_MOUNTS()                                                                                              \
    if (const auto &refused = mos::test::Mounts::refusal()) {                                                          \
        MESSAGE("skipped: ", *refused);                                                                                \
        return;                                                                                                        \
    }                                                                                                                  \
    static_cast<void>(0)
