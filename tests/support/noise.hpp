// Bytes that compress badly, the same for the same seed.
#pragma once

#include <cstdint>
#include <string>

namespace mos::test {

// By the linear congruential generator of "Numerical Recipes", of which the upper bits are taken.
template <class Bytes>
void fill_with_noise(Bytes &bytes, std::uint32_t seed) {
    for (auto &byte : bytes)
        byte = static_cast<typename Bytes::value_type>((seed = seed * 1664525U + 1013904223U) >> 24U);
}

[[nodiscard]] inline std::string noise_text(std::size_t size, std::uint32_t seed) {
    std::string text(size, '\0');
    fill_with_noise(text, seed);
    return text;
}

}  // namespace mos::test
