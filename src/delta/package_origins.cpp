#include "package_origins.hpp"

namespace mos::delta {

using package::Entry;

namespace {

constexpr std::size_t sample_read_bytes = 256U << 10U;

}  // namespace

Result<void> OriginFinder::sample_base() {
    SampleIndex &samples = m_samples.emplace();
    base::Bytes buffer(sample_read_bytes);
    for (std::size_t number = 0; number < m_base.files().size(); ++number) {
        MOS_CHECK(m_observer.checkpoint());
        MOS_TRY(const auto source, m_base.open(package::line_of(m_base.files()[number])));
        Sampler sampler;
        for (std::uint64_t at = 0;;) {
            MOS_TRY(const std::size_t count, source->read_at(at, buffer));
            if (count == 0)
                break;
            sampler.take(base::ByteView{buffer}.first(count));
            at += count;
        }
        samples.add(number, sampler.finish());
    }
    samples.finish();
    return {};
}

Result<std::vector<std::size_t>> OriginFinder::by_content(const Entry &entry) {
    if (!m_samples)
        MOS_CHECK(sample_base());
    Sampler sampler;
    MOS_CHECK(m_target.read_content(entry, [&](base::ByteView part) -> Result<void> {
        sampler.take(part);
        return {};
    }));
    return m_samples->find(sampler.finish());
}

Result<std::optional<std::size_t>> OriginFinder::likely(const Entry &entry) {
    return m_matcher.find(entry, [&](const Entry &unknown) -> Result<std::optional<std::size_t>> {
        MOS_TRY(const std::vector<std::size_t> found, by_content(unknown));
        return found.empty() ? std::nullopt : std::optional{found.front()};
    });
}

}  // namespace mos::delta
