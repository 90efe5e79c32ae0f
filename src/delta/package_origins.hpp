// Which files of a base the files of a new release come from: by their paths, and by what they have in common.
#pragma once

#include "package_match.hpp"
#include "package_samples.hpp"
#include "package_survey.hpp"

namespace mos::delta {

class OriginFinder {
  public:
    // All outlive it.
    OriginFinder(package::Package &target, BaseContent &base, base::Observer &observer)
        : m_target(target), m_base(base), m_observer(observer), m_matcher(base.files()) {}

    // The number of the file that it most likely comes from; by content only where paths tell nothing.
    [[nodiscard]] Result<std::optional<std::size_t>> likely(const package::Entry &entry);

    // The numbers of those that have most in common with it, whatever their paths: a few, the first one most.
    [[nodiscard]] Result<std::vector<std::size_t>> by_content(const package::Entry &entry);

  private:
    [[nodiscard]] Result<void> sample_base();

    package::Package &m_target;
    BaseContent &m_base;
    base::Observer &m_observer;
    BaseMatcher m_matcher;
    std::optional<SampleIndex> m_samples;  // of the base, once they are needed
};

}  // namespace mos::delta
