// The patches of a delta package while it is made.
#pragma once

#include "package_origins.hpp"

#include <mos/delta/package_delta.hpp>
#include <mos/package/delta_writer.hpp>

#include <set>

namespace mos::delta {

// Neighbours that one patch makes: one large file, or small ones whose results are held in memory together.
struct Group {
    std::vector<std::size_t> candidates;  // numbers in the survey, ascending
    std::uint64_t bytes = 0;
    std::uint64_t list_bytes = 0;  // of the list of its base files, at most
};

// What is held in memory of a group of several files when it is made on the device.
struct GroupLimits {
    std::uint64_t result_bytes = 0;
    std::uint64_t list_bytes = 0;
};

// In the order in which the index names them first. `list_bytes` is what each takes of a list.
[[nodiscard]] std::vector<Group> group_candidates(const std::vector<Candidate> &candidates,
                                                  const std::vector<std::uint64_t> &list_bytes,
                                                  const GroupLimits &limits);

// Makes the patch of each group that pays, and gives the candidates their places in it; the others are stored whole.
class PatchMaker {
  public:
    PatchMaker(std::shared_ptr<package::Package> target, BaseContent &base, Survey &survey,
               const PackageDeltaOptions &options, base::ScratchFile &deltas)
        : m_target(std::move(target)), m_base(base), m_origins(*m_target, base, *options.package.observer),
          m_survey(survey), m_options(options), m_deltas(deltas) {}

    [[nodiscard]] Result<void> run();

    [[nodiscard]] const std::vector<package::PatchContent> &patches() const noexcept { return m_patches; }
    [[nodiscard]] std::uint64_t renamed_files() const noexcept { return m_renamed; }

  private:
    struct Attempt {
        base::Bytes delta;  // empty: none could be made
        std::string list;
        std::optional<Error> refusal = {};  // why it is no difference to the base
        [[nodiscard]] std::uint64_t bytes() const noexcept { return delta.size() + list.size() / 2; }
    };
    [[nodiscard]] Result<std::vector<std::uint64_t>> find_origins();
    [[nodiscard]] Result<void> make(const Group &group);
    [[nodiscard]] Result<Attempt> attempt(const std::set<std::size_t> &numbers, base::Source &result);
    [[nodiscard]] Result<void> make_smallest(base::Source &joined, base::Source &result, Attempt &attempt);
    [[nodiscard]] Result<std::set<std::size_t>> with_similar(const Group &group, std::set<std::size_t> numbers);
    [[nodiscard]] Result<std::unique_ptr<base::Source>> result_of(const Group &group);
    [[nodiscard]] Result<std::uint64_t> whole_bytes(const Group &group, base::Source &result);
    void count_refused(const Group &group, Error refusal);
    void tell_refused(base::Observer &observer) const;
    [[nodiscard]] Result<void> keep(const Group &group, std::string list, const base::Bytes &delta);

    std::shared_ptr<package::Package> m_target;
    BaseContent &m_base;
    OriginFinder m_origins;
    Survey &m_survey;
    const PackageDeltaOptions &m_options;
    base::ScratchFile &m_deltas;
    std::vector<package::PatchContent> m_patches;
    std::vector<std::optional<std::size_t>> m_likely;  // of each candidate, the file of the base that it comes from
    std::uint64_t m_renamed = 0;
    std::uint64_t m_refused_files = 0;
    std::uint64_t m_refused_bytes = 0;
    std::optional<Error> m_first_refusal;
};

}  // namespace mos::delta
