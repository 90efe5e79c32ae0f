// Packages that come along inside other packages.
#pragma once

#include <mos/engine/engine.hpp>
#include <mos/install/plan.hpp>

#include <string>
#include <vector>

namespace mos::engine {

inline constexpr std::size_t max_bundle_depth = 8;
inline constexpr std::size_t max_bundled_packages = 256;  // in one plan

// Adds packages to the steps of a plan, each after those that it carries, which are authenticated by the same trust.
class Bundles {
  public:
    Bundles(Engine &engine, install::Steps &steps) : m_engine(engine), m_steps(steps) {}

    // FORMAT when packages carry each other in a circle; CONFLICT when a package carries a newer version of one that is
    // in the plan already; LIMIT; what authenticating and reading a package can say. The steps are as before then.
    [[nodiscard]] Result<void> add(std::unique_ptr<base::Source> source, const install::InstallOptions &options);

  private:
    [[nodiscard]] Result<void> add_to(install::Steps &steps, std::unique_ptr<base::Source> source,
                                      const install::InstallOptions &options);
    [[nodiscard]] Result<void> add_carried(install::Steps &steps, const std::shared_ptr<package::Package> &carrier,
                                           const install::InstallOptions &options);

    Engine &m_engine;
    install::Steps &m_steps;
    std::vector<std::string> m_carriers;  // of the package at hand, the outermost first
    std::size_t m_count = 0;
};

}  // namespace mos::engine
