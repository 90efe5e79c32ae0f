#include "scatter.hpp"

namespace mos::schedule {

std::uint64_t scatter(std::string_view device, std::string_view purpose) {
    constexpr std::uint64_t fnv_offset = 0xcbf29ce484222325;
    constexpr std::uint64_t fnv_prime = 0x100000001b3;
    std::uint64_t hash = fnv_offset;
    const auto add = [&](std::string_view text) {
        for (const char c : text)
            hash = (hash ^ static_cast<unsigned char>(c)) * fnv_prime;
    };
    add(device);
    add(std::string_view{"\0", 1});
    add(purpose);
    hash = (hash ^ hash >> 30U) * 0xbf58476d1ce4e5b9;
    hash = (hash ^ hash >> 27U) * 0x94d049bb133111eb;
    return hash ^ hash >> 31U;
}

}  // namespace mos::schedule
