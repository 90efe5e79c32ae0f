#include "package_samples.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace mos::delta {

namespace {

constexpr unsigned sample_shift = 54;     // one place in 1024 has all bits above it zero
constexpr std::size_t most_sharers = 64;  // what so many files have tells nothing
constexpr std::size_t least_part = 16;
constexpr std::size_t most_files = 4;

// A number for each byte: 64 shifts later it has left the hash, which so is one of the last 64 bytes.
constexpr std::array<std::uint64_t, 256> gears = [] {
    std::array<std::uint64_t, 256> made{};
    std::uint64_t state = 0x6d6f732d64656c74ULL;
    for (std::uint64_t &gear : made) {  // splitmix64
        state += 0x9e3779b97f4a7c15ULL;
        std::uint64_t mixed = state;
        mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9ULL;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebULL;
        gear = mixed ^ (mixed >> 31U);
    }
    return made;
}();

}  // namespace

void Sampler::take(base::ByteView bytes) {
    for (const std::byte byte : bytes) {
        m_hash = (m_hash << 1U) + gears[std::to_integer<std::size_t>(byte)];
        if (m_hash >> sample_shift == 0)
            m_samples.push_back(m_hash);
    }
}

std::vector<std::uint64_t> Sampler::finish() {
    std::ranges::sort(m_samples);
    m_samples.erase(std::unique(m_samples.begin(), m_samples.end()), m_samples.end());
    return std::move(m_samples);
}

void SampleIndex::add(std::size_t file, const std::vector<std::uint64_t> &samples) {
    for (const std::uint64_t hash : samples)
        m_samples.push_back({hash, file});
}

void SampleIndex::finish() { std::sort(m_samples.begin(), m_samples.end()); }

std::vector<std::size_t> SampleIndex::find(const std::vector<std::uint64_t> &samples) const {
    std::map<std::size_t, std::size_t> shared;  // samples in common, by file
    for (const std::uint64_t hash : samples) {
        const auto first = std::ranges::lower_bound(m_samples, hash, {}, &Sample::hash);
        const auto last = std::ranges::upper_bound(m_samples, hash, {}, &Sample::hash);
        if (static_cast<std::size_t>(last - first) > most_sharers)
            continue;
        for (auto sample = first; sample != last; ++sample)
            ++shared[sample->file];
    }
    std::vector<std::pair<std::size_t, std::size_t>> files;  // samples in common, and the file
    for (const auto &[file, count] : shared)
        if (count * least_part >= samples.size())
            files.emplace_back(count, file);
    std::sort(files.begin(), files.end(), [](const auto &one, const auto &other) {
        return std::pair{other.first, one.second} < std::pair{one.first, other.second};
    });
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < std::min(files.size(), most_files); ++i)
        found.push_back(files[i].second);
    return found;
}

}  // namespace mos::delta
