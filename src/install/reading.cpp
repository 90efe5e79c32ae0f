#include "reading.hpp"

#include <algorithm>

namespace mos::install {

using package::Entry;
using package::Origin;

package::BaseFile root_file(std::string_view path, std::uint64_t size, const crypto::Sha256Digest &digest) {
    return {
        .path = std::string{package::section_prefix(package::Section::files)} += path, .size = size, .sha256 = digest};
}

bool ReadingCheck::looks_for_more(std::size_t step) const {
    return m_steps.installs[step].options.reuse == Reuse::installed && m_wanted[step].size() < max_looked_for;
}

Result<void> ReadingCheck::take(const Change &change) {
    if (!writes_content(change) || change.wanted->entry->size == 0)
        return {};
    const std::size_t step = change.wanted->step;
    const Entry &entry = *change.wanted->entry;
    if (m_deltas.comes_from_full(step, entry.path))
        return {};
    if (entry.origin != Origin::stored)
        return m_deltas.add_frames(step, entry, m_reading.steps[step].frames);
    Wanted wanted{.sha256 = entry.sha256, .size = entry.size, .extent = entry.extent, .path = {}};
    if (!looks_for_more(step))
        return add_frames(step, wanted);
    m_wanted[step].push_back(std::move(wanted));
    return {};
}

Result<void> ReadingCheck::add_frames(std::size_t step, const Wanted &wanted) {
    Entry entry;
    entry.size = wanted.size;
    entry.extent = wanted.extent;
    return m_steps.installs[step].package->add_frames(entry, m_reading.steps[step].frames);
}

// The same content may be wanted at several paths, and by several packages.
void ReadingCheck::offer(std::string_view path, std::uint64_t size, const crypto::Sha256Digest &digest) {
    for (std::vector<Wanted> &step : m_wanted)
        for (auto at = std::ranges::lower_bound(step, digest, {}, &Wanted::sha256);
             at != step.end() && at->sha256 == digest; ++at)
            if (at->size == size && at->path.empty())
                at->path = path;
}

// Where frames must be read anyway, what stands in them costs nothing more.
bool ReadingCheck::saves_frames(std::size_t step, const Wanted &wanted) const {
    const package::FrameSet &frames = m_reading.steps[step].frames;
    for (std::uint32_t i = 0; i < wanted.extent.frame_count; ++i) {
        const std::size_t number = std::size_t{wanted.extent.first_frame} + i;
        if (number >= frames.size() || !frames[number])
            return true;
    }
    return false;
}

Result<bool> ReadingCheck::stands(const Wanted &wanted) {
    MOS_CHECK(m_site.observer.checkpoint());
    const auto checked = m_root.check(root_file(wanted.path, wanted.size, wanted.sha256));
    if (checked)
        return true;
    return checked.error().code() == Code::BASE_DIFFERS ? Result<bool>{false} : Result<bool>{checked.error()};
}

Result<void> ReadingCheck::choose(std::size_t step) {
    std::vector<Wanted> &all = m_wanted[step];
    for (const Wanted &wanted : all)
        if (wanted.path.empty())
            MOS_CHECK(add_frames(step, wanted));
    auto &present = m_reading.steps[step].present;
    for (const Wanted &wanted : all) {
        if (wanted.path.empty() || present.contains(wanted.sha256) || !saves_frames(step, wanted))
            continue;
        MOS_TRY(const bool good, stands(wanted));
        if (good)
            present.emplace(wanted.sha256, wanted.path);
        else
            MOS_CHECK(add_frames(step, wanted));
    }
    all = {};
    return {};
}

void ReadingCheck::add_up(Totals &totals) const {
    for (std::size_t i = 0; i < m_steps.installs.size(); ++i) {
        const package::Package &package = *m_steps.installs[i].package;
        const bool is_carried = m_steps.installs[i].options.asked == Asked::by_another_package;
        const std::uint64_t bytes = package.bytes_to_read(m_reading.steps[i].frames);
        // What a package carries stands in its own file, where the head of it has been read by now.
        totals.read_bytes += is_carried ? bytes - package.bytes_to_read({}) : bytes;
        totals.package_bytes += is_carried ? 0 : package.file_bytes();
        if (const package::FrameSet *const frames = m_deltas.full_frames(i)) {
            const package::Package &full = *m_steps.installs[i].options.full_package;
            totals.read_bytes += full.bytes_to_read(*frames);
            totals.package_bytes += full.file_bytes();
        }
    }
    totals.read_bytes = std::min(totals.read_bytes, totals.package_bytes);
}

Result<std::shared_ptr<const Reading>> ReadingCheck::finish(Totals &totals) {
    for (std::vector<Wanted> &step : m_wanted)
        std::ranges::sort(step, {}, &Wanted::sha256);
    if (std::ranges::any_of(m_wanted, [](const auto &step) { return !step.empty(); }))
        MOS_CHECK(state::Packages{m_site.database}.each_content(
            [&](std::string_view path, std::uint64_t size, const crypto::Sha256Digest &digest) {
                offer(path, size, digest);
            }));
    for (std::size_t step = 0; step < m_wanted.size(); ++step)
        MOS_CHECK(choose(step));
    add_up(totals);
    return std::make_shared<const Reading>(std::move(m_reading));
}

}  // namespace mos::install
