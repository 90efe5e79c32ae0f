// A fresh directory of the real filesystem, gone with its owner.
#pragma once

#include "expect.hpp"

#include <mos/base/filesystem.hpp>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace mos::test {

class TemporaryRoot {
  public:
    TemporaryRoot() {
        std::string pattern = (std::filesystem::temp_directory_path() / "mos-test-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr)
            FAIL("no temporary directory");
        m_path = pattern;
    }
    TemporaryRoot(const TemporaryRoot &) = delete;
    TemporaryRoot &operator=(const TemporaryRoot &) = delete;
    ~TemporaryRoot() {
        std::error_code ignored;
        std::filesystem::remove_all(m_path, ignored);
    }

    [[nodiscard]] const std::string &path() const noexcept { return m_path; }
    [[nodiscard]] std::unique_ptr<base::Directory> root() const { return must(base::open_root(m_path)); }

  private:
    std::string m_path;
};

}  // namespace mos::test
