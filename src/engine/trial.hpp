// What stands in the way of packages that lead to a release, found out before anything is changed.
#pragma once

#include "chain.hpp"

#include <map>
#include <optional>

namespace mos::engine {

enum class ObstacleOf : std::uint8_t {
    package,  // another one may do
    root,     // nothing of the release can be installed
};

struct Trial {
    std::optional<Error> obstacle = {};
    ObstacleOf of = ObstacleOf::package;
};

// Tries out the packages of one request, each once.
class Trials {
  public:
    // The request outlives it.
    Trials(std::shared_ptr<Engine> engine, const WayRequest &request, std::vector<Beginning> from,
           std::vector<HeldPackage> goals)
        : m_engine(std::move(engine)), m_request(request), m_from(std::move(from)), m_goals(std::move(goals)) {}

    // Whether a delta package leads from where the ways begin.
    [[nodiscard]] bool begins_here(const HeldPackage &delta) const;

    // Of a full package the signature and the policy, of a delta package a plan.
    [[nodiscard]] Trial of(const HeldPackage &package);

    // The first link as above; of each other one what can be known before its base is installed: the signature, that it
    // is what it claimed to be, and the memory that its patches ask for. The obstacle names the link.
    [[nodiscard]] Trial of_chain(const std::vector<HeldPackage> &links);
    [[nodiscard]] Trial of_link(const HeldPackage &delta);

  private:
    [[nodiscard]] bool is_goal(const HeldPackage &package) const;
    [[nodiscard]] Trial try_out(const HeldPackage &package) const;
    [[nodiscard]] Trial try_plan(const HeldPackage &delta) const;
    [[nodiscard]] Result<void> check_later_link(const HeldPackage &delta) const;

    std::shared_ptr<Engine> m_engine;
    const WayRequest &m_request;
    std::vector<Beginning> m_from;
    std::vector<HeldPackage> m_goals;
    std::map<std::string, Trial> m_of_packages;  // by path
    std::map<std::string, Trial> m_of_links;
};

// Adds the package to the plan. `full_package` is the path of the release's full one, or "".
[[nodiscard]] Result<void> add_to(Plan &plan, const HeldPackage &package, const WayRequest &request,
                                  const std::string &full_package);

}  // namespace mos::engine
