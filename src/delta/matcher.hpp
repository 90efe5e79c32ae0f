// Finds what a new file has in common with an old one: bsdiff's scan over a suffix array.
#pragma once

#include "memory_budget.hpp"

#include <mos/base/observer.hpp>

#include <memory>
#include <vector>

namespace mos::delta {

// A stretch of the result that resembles one of the base: most bytes are equal, some may differ.
struct Cover {
    std::uint64_t base_at = 0;
    std::uint64_t result_at = 0;
    std::uint64_t bytes = 0;
};

[[nodiscard]] bool has_matcher() noexcept;

// The suffixes of a base in order, in which every place of a result is looked up.
class Matcher {
  public:
    // Takes four bytes of memory for each byte of the base, which is borrowed and may have at most 2^31 - 1. NOT_BUILT
    // where there is no libdivsufsort; LIMIT.
    [[nodiscard]] static Result<Matcher> create(base::ByteView base, MemoryBudget &memory);
    Matcher(Matcher &&) noexcept;
    Matcher &operator=(Matcher &&) noexcept;
    ~Matcher();

    // Covers in the order of the result, none of which overlaps the next there. A new one must have `worth` bytes more
    // right than the one before it would: few covers or long ones, and which is smaller can only be tried. CANCELLED.
    [[nodiscard]] Result<std::vector<Cover>> covers(base::ByteView result, std::int64_t worth,
                                                    base::Observer &observer) const;

  private:
    struct State;
    explicit Matcher(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> m_state;
};

}  // namespace mos::delta
