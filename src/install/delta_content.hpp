// Where the content of a plan's files comes from: the packages, and for delta packages the root as well.
#pragma once

#include "delta_base.hpp"

#include <mos/install/plan.hpp>

#include <map>
#include <set>

namespace mos::install {

// What the files of the base were found to be when the plan was resolved.
struct DeltaFacts {
    // Of each install: paths of entries that come from the full package, as their base was altered or is missing.
    std::vector<std::set<std::string, std::less<>>> from_full;
};

// One install of a delta package.
struct DeltaStep {
    std::unique_ptr<RootBase> base;
    std::unique_ptr<delta::PackageContent> content;
};

// While a plan is resolved: reads the files of the base that its changes need, each once.
class DeltaCheck {
  public:
    [[nodiscard]] static Result<DeltaCheck> open(transaction::Site &site, const Steps &steps);

    [[nodiscard]] Result<void> take(const Change &change);

    // BASE_DIFFERS when files of the base are not as they must be and no full package was given; else a notice for each
    // file that will come from it. nullptr where no step is a delta package.
    [[nodiscard]] Result<std::shared_ptr<const DeltaFacts>> finish(std::vector<std::string> &notices) const;

  private:
    struct Checked {
        DeltaStep step;
        std::map<std::uint32_t, bool> patches;  // whether the base of each is as it must be
    };
    DeltaCheck(transaction::Site &site, const Steps &steps) : m_site(site), m_steps(steps) {}
    [[nodiscard]] Result<bool> is_good(Checked &checked, std::size_t step, const package::Entry &entry);
    [[nodiscard]] Result<bool> check_files(Checked &checked, std::size_t step, const package::Entry &entry);

    transaction::Site &m_site;
    const Steps &m_steps;
    std::vector<std::optional<Checked>> m_checked;  // of each install; none for a full package
    std::vector<std::string> m_differing;           // what is wrong where nothing helps, a line each
    std::uint64_t m_differing_count = 0;
    std::vector<std::set<std::string, std::less<>>> m_from_full;
    std::vector<std::string> m_notices;
};

// While it is carried out.
class Contents {
  public:
    // `deltas` as the resolution has it.
    [[nodiscard]] static Result<Contents> open(transaction::Site &site, const Steps &steps,
                                               const std::shared_ptr<const DeltaFacts> &deltas);

    // Gives what the package has at the path. For a delta package BASE_DIFFERS when the base has changed since.
    [[nodiscard]] Result<void> read(const WantedEntry &wanted, const base::ByteSink &sink);

    // Gives back what is kept for the next call.
    void rest() noexcept;

  private:
    Contents(transaction::Site &site, const Steps &steps) : m_site(site), m_steps(steps) {}

    transaction::Site &m_site;
    const Steps &m_steps;
    std::vector<DeltaStep> m_deltas;  // of each install; without content for a full package
    std::vector<std::map<std::string, package::Entry, std::less<>>> m_from_full;
};

}  // namespace mos::install
