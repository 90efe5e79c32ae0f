// The machine's own files, for whoever measures it or looks for its programs: what can't be read is not there.
#pragma once

#include <mos/base/bytes.hpp>
#include <mos/base/filesystem.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::base {

class SystemReader {
  public:
    explicit SystemReader(Directory &system) : m_system(system) {}  // borrowed

    // nullptr where there is none.
    [[nodiscard]] std::unique_ptr<Directory> folder(const std::string &path);
    [[nodiscard]] std::optional<Bytes> bytes(const std::string &path, std::string_view name);
    // "" where there is none.
    [[nodiscard]] std::string text(const std::string &path, std::string_view name);
    // The first line, without its end.
    [[nodiscard]] std::string line(const std::string &path, std::string_view name);
    [[nodiscard]] std::vector<std::string> names(const std::string &path);
    [[nodiscard]] bool has(const std::string &path, std::string_view name);
    // "/usr/bin/wall", from the folders of search_path (process.hpp); "" where there is none.
    [[nodiscard]] std::string find_program(std::string_view name);

  private:
    Directory &m_system;
};

}  // namespace mos::base
