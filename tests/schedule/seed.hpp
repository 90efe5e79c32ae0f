// Random inputs that can be had again: the seed is printed by a test that fails, and MOS_SEED gives it.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace mos::test {

inline std::uint64_t fresh_seed() {
    if (const char *given = std::getenv("MOS_SEED"))
        return std::strtoull(given, nullptr, 10);
    return static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
}

class Dice {
  public:
    explicit Dice(std::uint64_t seed) : m_engine(seed) {}

    std::int64_t between(std::int64_t least, std::int64_t most) {
        return std::uniform_int_distribution<std::int64_t>{least, most}(m_engine);
    }
    bool chance(int percent) { return between(1, 100) <= percent; }
    template <class T>
    const T &one_of(const std::vector<T> &values) {
        return values[static_cast<std::size_t>(between(0, static_cast<std::int64_t>(values.size()) - 1))];
    }

  private:
    std::mt19937_64 m_engine;
};

}  // namespace mos::test
