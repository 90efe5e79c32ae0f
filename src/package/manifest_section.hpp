// One section of a manifest while it is read: strict about what it is asked for, and keeps the rest.
#pragma once

#include <mos/base/json.hpp>
#include <mos/package/manifest.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mos::package {

inline constexpr std::size_t max_manifest_depth = 16;
inline constexpr std::size_t max_manifest_values = 50'000;

// FORMAT; the key is quoted, what is wrong with it follows.
[[nodiscard]] Error malformed(std::string_view key, std::string_view what);

// Appends a key that nobody asked for, with the one of `known` that is nearest to it.
void add_unknown(std::vector<UnknownKey> &unknown, const std::string &within, const std::string &key,
                 std::span<const std::string_view> known);

// One object of the tree. Whatever is read is taken out of it, so that what is left is what we do not know.
class Section {
  public:
    Section(nlohmann::json &tree, std::string_view name) : Section(tree, name, {}) {}
    // The one of that name in this one; it comes back by take_back().
    [[nodiscard]] Section nested(std::string_view name);

    [[nodiscard]] Result<void> check_shape() const;
    [[nodiscard]] Result<std::string> text(std::string_view key, std::string fallback);
    [[nodiscard]] Result<bool> boolean(std::string_view key, bool fallback);
    [[nodiscard]] Result<std::int64_t> integer(std::string_view key, std::int64_t fallback, std::int64_t limit);
    [[nodiscard]] Result<std::vector<std::string>> list(std::string_view key);
    // Paths beneath the root, with or without a slash in front, which is taken away. Sorted, each once.
    [[nodiscard]] Result<std::vector<std::string>> paths(std::string_view key);
    [[nodiscard]] Result<std::optional<std::int64_t>> time(std::string_view key);

    // Puts what is left back where it was, and tells of it.
    void take_back(Section nested);
    void return_rest(nlohmann::json &tree, std::vector<UnknownKey> &unknown);

  private:
    Section(nlohmann::json &tree, std::string_view name, std::string_view within);
    [[nodiscard]] std::string full(std::string_view key) const;
    [[nodiscard]] Result<base::JsonTree> take(std::string_view key);  // null where there is none
    [[nodiscard]] Result<std::string> clean(std::string_view key, const nlohmann::json &value) const;

    std::string m_name;
    std::string m_path;  // with the names of those that it is in
    base::JsonTree m_object = base::json_object();
    std::vector<std::string_view> m_known;  // keys that were asked for: literals
    std::vector<UnknownKey> m_unknown;      // of the nested ones
};

}  // namespace mos::package
