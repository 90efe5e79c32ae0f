// The packages that lie in a folder, and which of them hold the release that is asked for.
#pragma once

#include <mos/engine/ways.hpp>
#include <mos/package/version.hpp>

#include <string>
#include <vector>

namespace mos::engine {

// Those of that name, by path. What is called like a package and is none is told in the log.
[[nodiscard]] Result<std::vector<HeldPackage>> held_packages(Engine &engine, const std::string &folder,
                                                             const std::string &name);

// A version without a release stands for the first release of it too.
[[nodiscard]] bool is_version(const package::Released &released, const std::string &version);

[[nodiscard]] inline package::Released released(const HeldPackage &package) noexcept {
    return {package.version, package.release};
}

// Whether it is made for that architecture, or for any.
[[nodiscard]] bool is_made_for(const HeldPackage &package, const std::string &architecture) noexcept;

// Those that hold the release which is asked for. Of several architectures the first of `architectures` counts that one
// of them is made for, which those for any machine are as well; all count where there is none.
[[nodiscard]] std::vector<HeldPackage> goals_of(const std::vector<HeldPackage> &packages, const WayRequest &request,
                                                const std::vector<std::string> &architectures);

}  // namespace mos::engine
