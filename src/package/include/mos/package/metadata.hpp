// The two metadata files that follow from all the rest, so that ordinary tools can check a package.
#pragma once

#include <mos/package/entry.hpp>

namespace mos::package {

inline constexpr std::string_view manifest_path = "metadata/manifest.json";
inline constexpr std::string_view checksums_path = "metadata/checksums.json";
inline constexpr std::string_view version_path = "metadata/version.json";

// metadata/version.json: what the statement says of the package's name and version.
[[nodiscard]] std::string write_version_json(const Statement &statement);

// metadata/checksums.json, piece by piece: begin(), then line() for each entry in the order of the index, then end().
// It lists every regular entry but itself, one a line, so that sed makes input for `sha256sum -c` from it. A delta
// package does not store it: it is made again out of the index.
class ChecksumsText {
  public:
    [[nodiscard]] static std::string begin();
    [[nodiscard]] std::string line(const Entry &entry);  // may be empty
    [[nodiscard]] static std::string end();

  private:
    bool m_first = true;
};

}  // namespace mos::package
