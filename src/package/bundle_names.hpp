// The names of the packages that a package is going to carry.
#pragma once

#include <mos/package/writer.hpp>

#include <span>
#include <string>
#include <vector>

namespace mos::package {

// Of those in the input trees of Section::dependencies, sorted, each once; by their heads alone, no signature is
// judged. FORMAT and its like for one that is no package, LIMIT for more than a manifest can name.
[[nodiscard]] Result<std::vector<std::string>> bundle_names(std::span<const InputTree> input);

}  // namespace mos::package
