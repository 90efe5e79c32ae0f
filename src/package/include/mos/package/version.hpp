// Names and versions: what they may look like, and which version is newer.
#pragma once

#include <mos/base/result.hpp>

#include <compare>
#include <string_view>

namespace mos::package {

inline constexpr std::size_t max_name_bytes = 128;
inline constexpr std::size_t max_version_bytes = 128;
inline constexpr std::size_t max_release_bytes = 64;
inline constexpr std::size_t max_architecture_bytes = 64;
inline constexpr std::size_t max_type_bytes = 64;

// Each returns FORMAT, with the value and the rule that it breaks. All are ASCII and of at least one byte, the release
// excepted, which may be empty.
[[nodiscard]] Result<void> check_name(std::string_view name);        // letter or digit, then also + - . _
[[nodiscard]] Result<void> check_version(std::string_view version);  // [epoch:] letter or digit, then also + - . _ ~
[[nodiscard]] Result<void> check_release(std::string_view release);  // letters, digits, + . _ ~
[[nodiscard]] Result<void> check_architecture(std::string_view architecture);  // letter or digit, then also - _
[[nodiscard]] Result<void> check_type(std::string_view type);                  // small letter or digit, then also - _

// Orders versions as Debian Policy section 5.6.12 does: epoch, upstream version, revision; '~' sorts before the end.
// Total: what is no valid version is ordered too, by the same rules.
[[nodiscard]] std::strong_ordering compare_versions(std::string_view a, std::string_view b) noexcept;

// A version and the release of its packaging, which counts where the versions are equal.
struct Released {
    std::string_view version;
    std::string_view release;
};
[[nodiscard]] std::strong_ordering compare_versions(const Released &a, const Released &b) noexcept;

}  // namespace mos::package
