// A root on a real filesystem, and beside it what nobody may touch.
#pragma once

#include <mos/base/filesystem.hpp>

#include "tree_image.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace mos::fuzz {

// A folder of its own, in memory where the system has such a place; it stays for inspection when a property is broken.
//
//   root/       a small tree whose symbolic links lead out of it, absolutely and by "..", to files and folders
//   outside/    canaries, which those links point to; more links, and a folder that all may write into
//   trust/      whom the engine trusts: one key
class Sandbox {
  public:
    explicit Sandbox(std::string_view trusted_pem);
    Sandbox(const Sandbox &) = delete;
    Sandbox &operator=(const Sandbox &) = delete;
    ~Sandbox();

    [[nodiscard]] std::string outside() const { return (m_folder / "outside").string(); }
    [[nodiscard]] std::string trust() const { return (m_folder / "trust").string(); }
    [[nodiscard]] std::unique_ptr<base::Directory> root() const;

    // What differs from how it was made, one thing a line; "" when nothing does. Of what is outside everything counts,
    // the time of the last change to an inode included, which nobody can set back.
    [[nodiscard]] std::string outside_difference() const;
    // Of the root all counts but what the engine keeps for itself, and times of directories.
    [[nodiscard]] std::string root_difference() const;

    // Takes away what the engine keeps in the root.
    void forget();

  private:
    void make_outside() const;
    void make_root() const;
    [[nodiscard]] std::vector<std::string> inodes() const;

    std::filesystem::path m_folder;
    std::vector<std::string> m_inodes;
    test::TreeImage m_outside;
    test::TreeImage m_trust;
    test::TreeImage m_root;
};

}  // namespace mos::fuzz
