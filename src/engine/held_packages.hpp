// The packages that lie in a folder, and which of them lead to a release.
#pragma once

#include <mos/engine/ways.hpp>

#include <set>
#include <string>
#include <vector>

namespace mos::engine {

// Those of that name, by path. What is called like a package and is none is told in the log.
[[nodiscard]] Result<std::vector<HeldPackage>> held_packages(Engine &engine, const std::string &folder,
                                                             const std::string &name);

// A version without a release stands for the first release of it too.
[[nodiscard]] bool is_version(const HeldPackage &package, const std::string &version);

// Those that hold the release which is asked for.
[[nodiscard]] std::vector<HeldPackage> goals_of(const std::vector<HeldPackage> &packages, const WayRequest &request);

// The delta packages that lead from one of `from` to one of `to` with the fewest bytes together, without the files that
// are `blocked`; empty where none do.
[[nodiscard]] std::vector<HeldPackage> cheapest_chain(const std::vector<HeldPackage> &packages,
                                                      const std::set<crypto::Sha256Digest> &from,
                                                      const std::set<crypto::Sha256Digest> &to,
                                                      const std::set<std::string> &blocked);

}  // namespace mos::engine
