// What a plan reads of its packages: which frames, and which contents it takes from the root instead.
#pragma once

#include "delta_content.hpp"

#include <mos/install/plan.hpp>

#include <map>
#include <vector>

namespace mos::install {

// Contents of one package that are looked for in the root, about 100 bytes of memory each; what is beyond comes from
// the package.
inline constexpr std::size_t max_looked_for = 1U << 18U;

// As it was found when the plan was resolved.
struct Reading {
    struct OfStep {
        package::FrameSet frames;
        std::map<crypto::Sha256Digest, std::string> present;  // paths beneath the root, by the digest of what is there
    };
    std::vector<OfStep> steps;  // of each install
};

// While a plan is resolved: learns what its changes write.
class ReadingCheck {
  public:
    // All borrowed. What `deltas` makes of patches is read from their frames.
    ReadingCheck(transaction::Site &site, const Steps &steps, const DeltaCheck &deltas)
        : m_site(site), m_steps(steps), m_deltas(deltas), m_root(site.root, {}), m_wanted(steps.installs.size()) {
        m_reading.steps.resize(steps.installs.size());
    }

    [[nodiscard]] Result<void> take(const Change &change);

    // Reads the files of the root that save frames, and adds up what is left to read.
    [[nodiscard]] Result<std::shared_ptr<const Reading>> finish(Totals &totals);

  private:
    struct Wanted {
        crypto::Sha256Digest sha256{};
        std::uint64_t size = 0;
        package::Extent extent;
        std::string path;  // a file of the root that has it, by what was installed; "": none
    };
    [[nodiscard]] bool looks_for_more(std::size_t step) const;
    [[nodiscard]] Result<void> add_frames(std::size_t step, const Wanted &wanted);
    void offer(std::string_view path, std::uint64_t size, const crypto::Sha256Digest &digest);
    [[nodiscard]] Result<void> choose(std::size_t step);
    [[nodiscard]] bool saves_frames(std::size_t step, const Wanted &wanted) const;
    [[nodiscard]] Result<bool> stands(const Wanted &wanted);
    void add_up(Totals &totals) const;

    transaction::Site &m_site;
    const Steps &m_steps;
    const DeltaCheck &m_deltas;
    RootBase m_root;
    std::vector<std::vector<Wanted>> m_wanted;  // of each install
    Reading m_reading;
};

// The line of a delta's base that says what stands at a path of the root.
[[nodiscard]] package::BaseFile root_file(std::string_view path, std::uint64_t size,
                                          const crypto::Sha256Digest &digest);

}  // namespace mos::install
