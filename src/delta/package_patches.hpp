// The patches of a delta package while it is made.
#pragma once

#include "package_match.hpp"
#include "package_samples.hpp"
#include "package_survey.hpp"

#include <mos/delta/package_delta.hpp>
#include <mos/package/delta_writer.hpp>

namespace mos::delta {

// Neighbours that one patch makes: one large file, or small ones whose results are held in memory together.
struct Group {
    std::vector<std::size_t> candidates;  // numbers in the survey, ascending
    std::uint64_t bytes = 0;
};

// In the order in which the index names them first.
[[nodiscard]] std::vector<Group> group_candidates(const std::vector<Candidate> &candidates, std::uint64_t most_bytes);

// Makes the patch of each group that pays, and gives the candidates their places in it; the others are stored whole.
class PatchMaker {
  public:
    PatchMaker(std::shared_ptr<package::Package> target, BaseContent &base, Survey &survey,
               const PackageDeltaOptions &options, base::ScratchFile &deltas)
        : m_target(std::move(target)), m_base(base), m_matcher(base.files()), m_survey(survey), m_options(options),
          m_deltas(deltas) {}

    [[nodiscard]] Result<void> run();

    [[nodiscard]] const std::vector<package::PatchContent> &patches() const noexcept { return m_patches; }
    [[nodiscard]] std::uint64_t renamed_files() const noexcept { return m_renamed; }

  private:
    [[nodiscard]] Result<void> make(const Group &group);
    [[nodiscard]] Result<std::optional<std::size_t>> find_by_content(const package::Entry &entry);
    [[nodiscard]] Result<void> sample_base();
    [[nodiscard]] Result<std::unique_ptr<base::Source>> result_of(const Group &group);
    [[nodiscard]] Result<std::uint64_t> whole_bytes(const Group &group, base::Source &result);
    [[nodiscard]] Result<base::Bytes> smallest_delta(base::Source &joined, base::Source &result);
    [[nodiscard]] Result<void> keep(const Group &group, std::string list, const base::Bytes &delta);

    std::shared_ptr<package::Package> m_target;
    BaseContent &m_base;
    BaseMatcher m_matcher;
    Survey &m_survey;
    const PackageDeltaOptions &m_options;
    base::ScratchFile &m_deltas;
    std::vector<package::PatchContent> m_patches;
    std::optional<SampleIndex> m_samples;  // of the base, once they are needed
    std::uint64_t m_renamed = 0;
};

}  // namespace mos::delta
