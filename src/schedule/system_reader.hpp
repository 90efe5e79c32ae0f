// The machine's own files, for whoever measures it: what can't be read is not there.
#pragma once

#include <mos/base/bytes.hpp>
#include <mos/base/filesystem.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::schedule {

class SystemReader {
  public:
    explicit SystemReader(base::Directory &system) : m_system(system) {}  // borrowed

    // nullptr where there is none.
    [[nodiscard]] std::unique_ptr<base::Directory> folder(const std::string &path);
    [[nodiscard]] std::optional<base::Bytes> bytes(const std::string &path, std::string_view name);
    // "" where there is none.
    [[nodiscard]] std::string text(const std::string &path, std::string_view name);
    // The first one, without its end.
    [[nodiscard]] std::string line(const std::string &path, std::string_view name);
    [[nodiscard]] std::vector<std::string> names(const std::string &path);
    [[nodiscard]] bool has(const std::string &path, std::string_view name);

  private:
    base::Directory &m_system;
};

}  // namespace mos::schedule
