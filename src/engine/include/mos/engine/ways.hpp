// Ways to a release: which packages of a folder lead there from what is installed, and which are taken.
#pragma once

#include <mos/engine/plan.hpp>

#include <optional>
#include <string>
#include <vector>

namespace mos::engine {

inline constexpr std::size_t max_held_packages = 10'000;  // in one folder

// What a package in a folder claims of itself. Nobody has vouched for it yet.
struct HeldPackage {
    std::string path;
    std::string name;
    std::string version;
    std::string release;
    std::string architecture;
    bool is_delta = false;
    crypto::Sha256Digest content{};
    crypto::Sha256Digest base_content{};  // of a delta package
    std::uint64_t bytes = 0;
};

struct WayRequest {
    std::string folder = {};                           // a path of the caller's
    std::string name = {};                             // of the package
    std::string version = {};                          // to reach, "1.2.0" or "1.2.0-3"; "": the newest in the folder
    std::optional<crypto::Sha256Digest> content = {};  // of the one release that will do
    std::string from_version = {};                     // where ways begin; "": at what is installed
    bool force_delta = false;                          // deltas alone will do, whatever the settings say
    install::InstallOptions options = {};              // of each step
    std::string full_package = {};                     // a path: where files come from whose base was altered, of the
                                                       // release that is asked for; "": none
};

enum class WayKind : std::uint8_t {
    full,
    delta,
    chain,  // delta packages, one after the other, each a change of its own
};

struct Way {
    WayKind kind = WayKind::full;
    std::vector<HeldPackage> packages;  // in the order in which they are installed
    std::uint64_t bytes = 0;
    bool begins_here = false;            // its first package leads from where ways begin; a full one always does
    std::optional<Error> obstacle = {};  // why it can't be taken in the root as it is
};

struct Ways {
    WayRequest request;
    std::string version;                // that is reached, as shown; "" where the folder has none of this name
    std::vector<HeldPackage> packages;  // of this name in the folder, by path
    std::vector<Way> ways;              // deltas by their size, a chain where there is one, then full packages
    std::optional<std::size_t> chosen;
    std::optional<Error> refusal;  // why nothing of the release can be installed here, whichever way is taken
    std::string reason;            // why that one, or why none, in a sentence
};

// Looks at all packages of the folder and tries out those that lead to the release, which changes nothing: a delta as a
// plan, which reads what it needs of the root; of a full package and of a chain's further links the signature, and of
// those links the memory that they ask for. The fewest bytes win; the root's `delta_updates` say when deltas count.
// Packages for other architectures count only where there is none for that of the installed package, or else of this
// machine. Each link of a chain leads nearer to the release. What is no package is told in the engine's log.
//
// LIMIT for a folder of too many. NOT_FOUND where nothing tells what release `from_version` is. INVALID_ARGUMENT where
// `full_package` is of another release.
[[nodiscard]] Result<Ways> find_ways(const std::shared_ptr<Engine> &engine, const WayRequest &request);

// Adds the first package of the chosen way to the plan, with the reason as a notice. Gives how many more come after it,
// each a plan of its own; the full package is for the last of them. NOT_FOUND, with the reason, where none was chosen;
// or why what comes nearest can't be taken.
[[nodiscard]] Result<std::size_t> install_way(Plan &plan, const Ways &ways);

}  // namespace mos::engine
