// The delta packages that lead to a release one after the other.
#pragma once

#include <mos/engine/ways.hpp>

#include <functional>
#include <string>
#include <vector>

namespace mos::engine {

// A release where ways begin.
struct Beginning {
    crypto::Sha256Digest content{};
    std::string version;
    std::string release;
};

// Whether a delta package may be a link; asked of each at most once.
using LinkJudge = std::function<bool(const HeldPackage &delta)>;

// The delta packages that lead from one of `from` to one of `goals`, which are of one version, with the fewest bytes
// together; empty where none do. Each leads nearer to the goal in the order of versions: wherever a chain stops, it has
// not gone past what was asked for, nor back.
[[nodiscard]] std::vector<HeldPackage> cheapest_chain(const std::vector<HeldPackage> &packages,
                                                      const std::vector<Beginning> &from,
                                                      const std::vector<HeldPackage> &goals, const LinkJudge &judge);

}  // namespace mos::engine
