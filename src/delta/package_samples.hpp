// What files have in common, told from samples of their content: for files that have got another name.
#pragma once

#include <mos/base/bytes.hpp>

#include <cstdint>
#include <tuple>
#include <vector>

namespace mos::delta {

// Takes samples of a content as it passes by: where they are taken follows from the bytes around them, so that bytes
// put in or left out move none of the others.
class Sampler {
  public:
    void take(base::ByteView bytes);
    // Sorted, each once.
    [[nodiscard]] std::vector<std::uint64_t> finish();

  private:
    std::uint64_t m_hash = 0;
    std::vector<std::uint64_t> m_samples;
};

// The samples of many files.
class SampleIndex {
  public:
    void add(std::size_t file, const std::vector<std::uint64_t> &samples);
    // Once all are there.
    void finish();

    // The files that have most of these samples, at most four that have a sixteenth of them: most first, of equal ones
    // the first.
    [[nodiscard]] std::vector<std::size_t> find(const std::vector<std::uint64_t> &samples) const;

  private:
    struct Sample {
        std::uint64_t hash = 0;
        std::size_t file = 0;
        friend bool operator<(const Sample &one, const Sample &other) noexcept {
            return std::tie(one.hash, one.file) < std::tie(other.hash, other.file);
        }
    };
    std::vector<Sample> m_samples;
};

}  // namespace mos::delta
