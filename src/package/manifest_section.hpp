// One section of a manifest while it is read: strict about what it is asked for, and keeps the rest.
#pragma once

#include <mos/base/json.hpp>
#include <mos/package/manifest.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::package {

inline constexpr std::size_t max_manifest_depth = 16;
inline constexpr std::size_t max_manifest_values = 50'000;

// FORMAT; the key is quoted, what is wrong with it follows.
[[nodiscard]] Error malformed(std::string_view key, std::string_view what);

// One object of the tree. Whatever is read is taken out of it, so that what is left is what we do not know.
class Section {
  public:
    Section(nlohmann::json &tree, std::string_view name);

    [[nodiscard]] Result<void> check_shape() const;
    [[nodiscard]] Result<std::string> text(std::string_view key, std::string fallback);
    [[nodiscard]] Result<bool> boolean(std::string_view key, bool fallback);
    [[nodiscard]] Result<std::int64_t> integer(std::string_view key, std::int64_t fallback, std::int64_t limit);
    [[nodiscard]] Result<std::vector<std::string>> list(std::string_view key);
    // Paths beneath the root, with or without a slash in front, which is taken away. Sorted, each once.
    [[nodiscard]] Result<std::vector<std::string>> paths(std::string_view key);
    [[nodiscard]] Result<std::optional<std::int64_t>> time(std::string_view key);

    [[nodiscard]] nlohmann::json &object() { return *m_object; }
    // Puts what is left back where it was.
    void return_rest(nlohmann::json &tree);

  private:
    [[nodiscard]] std::string full(std::string_view key) const;
    [[nodiscard]] Result<base::JsonTree> take(std::string_view key);  // null where there is none
    [[nodiscard]] Result<std::string> clean(std::string_view key, const nlohmann::json &value) const;

    std::string m_name;
    base::JsonTree m_object = base::json_object();
};

}  // namespace mos::package
