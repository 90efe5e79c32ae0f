// Which delta packages of a folder lead from what is installed to a release.
#pragma once

#include "releases.hpp"

#include <optional>

namespace package_tool {

// A delta package, and whether it could be installed in the root as it is.
struct DeltaChoice {
    Release release;
    std::optional<frame::Failure> obstacle;  // none: it could
};

// Those among `releases` that lead to the release with this content, the smallest first. Each is resolved as a plan
// with these options, which reads what it needs of the root and changes nothing.
[[nodiscard]] std::vector<DeltaChoice> delta_choices(const frame::Engine &engine, const std::vector<Release> &releases,
                                                     const std::string &content, const mos_install_options &options);

// "." for a name without a folder.
[[nodiscard]] std::string folder_of(const std::string &path);

}  // namespace package_tool
