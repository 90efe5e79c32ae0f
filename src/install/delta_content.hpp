// Where the content of a plan's files comes from: the packages, and for delta packages the root as well.
#pragma once

#include "delta_base.hpp"

#include <mos/install/plan.hpp>

#include <map>
#include <string_view>

namespace mos::install {

// What the files of the base were found to be when the plan was resolved.
struct DeltaFacts {
    // Paths of entries that come from the full package, and why: the patch that can't make them, and what is wrong with
    // a file of its base.
    using FromFull = std::map<std::string, std::shared_ptr<const std::string>, std::less<>>;
    struct OfStep {
        FromFull from_full;
        package::FrameSet frames;  // of the full package, in which they stand
    };
    std::vector<OfStep> steps;  // of each install
};

// One install of a delta package.
struct DeltaStep {
    std::uint64_t base_release = 0;  // the row of what is installed
    std::unique_ptr<RootBase> base;
    std::unique_ptr<delta::PackageContent> content;
};

// While a plan is resolved: reads the files of the base that its changes need, each once.
class DeltaCheck {
  public:
    [[nodiscard]] static Result<DeltaCheck> open(transaction::Site &site, const Steps &steps);

    [[nodiscard]] Result<void> take(const Change &change);

    // Adds the frames that making the entry reads.
    [[nodiscard]] Result<void> add_frames(std::size_t step, const package::Entry &entry,
                                          package::FrameSet &frames) const;

    // BASE_DIFFERS when files of the base are not as they must be and no full package was given; else a notice for each
    // file that will come from it. nullptr where no step is a delta package.
    [[nodiscard]] Result<std::shared_ptr<const DeltaFacts>> finish(std::vector<std::string> &notices);

    [[nodiscard]] bool comes_from_full(std::size_t step, std::string_view path) const;

    // What is read of the step's full package, once all is finished; nullptr where nothing is.
    [[nodiscard]] const package::FrameSet *full_frames(std::size_t step) const;

  private:
    using Wrong = std::shared_ptr<const std::string>;  // what is wrong with a file of the base; nullptr: nothing is
    struct Checked {
        DeltaStep step;
        std::map<std::uint32_t, Wrong> patches;
    };
    DeltaCheck(transaction::Site &site, const Steps &steps)
        : m_site(site), m_steps(steps), m_facts(std::make_shared<DeltaFacts>()) {
        m_facts->steps.resize(steps.installs.size());
    }
    [[nodiscard]] Result<Wrong> check_base(Checked &checked, std::size_t step, const package::Entry &entry);
    [[nodiscard]] Result<void> check_line(Checked &checked, const package::BaseLine &line);
    [[nodiscard]] Result<std::string> judge(const Result<void> &found, std::size_t step);
    [[nodiscard]] Result<std::string> check_files(Checked &checked, std::size_t step, const package::Entry &entry);
    void note_from_full(const WantedEntry &wanted, const Wrong &wrong);
    [[nodiscard]] Result<void> find_full_frames(std::size_t step);

    transaction::Site &m_site;
    const Steps &m_steps;
    std::vector<std::optional<Checked>> m_checked;  // of each install; none for a full package
    std::vector<std::string> m_differing;           // what is wrong where nothing helps, a line each
    std::uint64_t m_differing_count = 0;
    std::shared_ptr<DeltaFacts> m_facts;
    std::vector<std::string> m_notices;
    std::uint64_t m_from_full_count = 0;
    std::uint64_t m_from_full_bytes = 0;
};

// Whether the change writes content that a package holds, or may, once somebody was asked.
[[nodiscard]] bool writes_content(const Change &change);

// While it is carried out.
class Contents {
  public:
    // All borrowed. Deltas and reading are what the resolution has.
    [[nodiscard]] static Result<Contents> open(transaction::Site &site, const Steps &steps,
                                               const Resolution &resolution);

    // Gives what the package has at the path. For a delta package BASE_DIFFERS when the base has changed since,
    // PLAN_CHANGED when a file of the root has that was to serve in the package's place.
    [[nodiscard]] Result<void> read(const WantedEntry &wanted, const base::ByteSink &sink);

    // Gives back what is kept for the next call.
    void rest() noexcept;

  private:
    struct FromFull {
        package::Entry entry;  // the full package's
        std::shared_ptr<const std::string> why;
    };
    Contents(transaction::Site &site, const Steps &steps, const Resolution &resolution);
    [[nodiscard]] Result<void> open_delta(std::size_t step, const std::shared_ptr<const DeltaFacts> &deltas);
    [[nodiscard]] Result<void> read_present(const package::Entry &entry, const std::string &path,
                                            const base::ByteSink &sink);

    transaction::Site &m_site;
    const Steps &m_steps;
    std::shared_ptr<const Reading> m_reading;
    std::unique_ptr<RootBase> m_root;  // whose files serve in the packages' place
    std::vector<DeltaStep> m_deltas;   // of each install; without content for a full package
    std::vector<std::map<std::string, FromFull, std::less<>>> m_from_full;
};

}  // namespace mos::install
