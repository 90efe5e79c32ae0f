#include "package_patches.hpp"

#include "package_base.hpp"

#include <mos/delta/delta.hpp>
#include <mos/package/bundled.hpp>
#include <mos/package/frame.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace mos::delta {

using package::BaseFile;
using package::Entry;

namespace {

// Codecs report what they are at, many times over; who waits for the package wants to know of the whole.
class CancelOnly final : public base::Observer {
  public:
    explicit CancelOnly(base::Observer &observer) : m_observer(observer) {}
    void report(const base::Progress & /*progress*/) override {}
    [[nodiscard]] Result<void> checkpoint() override { return m_observer.checkpoint(); }
    void notice(std::string_view message) override { m_observer.notice(message); }

  private:
    base::Observer &m_observer;
};

constexpr std::size_t sample_read_bytes = 256U << 10U;

// What a member of a tar takes besides its content, compressed.
constexpr std::uint64_t member_bytes = 64;
// What an entry's two lists and headers take besides the delta itself.
constexpr std::uint64_t patch_bytes = 160;

}  // namespace

std::vector<Group> group_candidates(const std::vector<Candidate> &candidates, std::uint64_t most_bytes) {
    std::vector<Group> groups;
    std::optional<std::size_t> open;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const std::uint64_t size = candidates[i].entry.size;
        if (size > most_bytes) {
            groups.push_back({{i}, size});
            continue;
        }
        if (!open || groups[*open].bytes > most_bytes - size) {
            open = groups.size();
            groups.emplace_back();
        }
        groups[*open].candidates.push_back(i);
        groups[*open].bytes += size;
    }
    return groups;
}

Result<void> PatchMaker::sample_base() {
    SampleIndex &samples = m_samples.emplace();
    base::Bytes buffer(sample_read_bytes);
    for (std::size_t number = 0; number < m_base.files().size(); ++number) {
        MOS_CHECK(m_options.package.observer->checkpoint());
        MOS_TRY(const auto source, m_base.open(m_base.files()[number]));
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

Result<std::optional<std::size_t>> PatchMaker::find_by_content(const Entry &entry) {
    if (!m_samples)
        MOS_CHECK(sample_base());
    Sampler sampler;
    MOS_CHECK(m_target->read_content(entry, [&](base::ByteView part) -> Result<void> {
        sampler.take(part);
        return {};
    }));
    return m_samples->find(sampler.finish());
}

Result<std::unique_ptr<base::Source>> PatchMaker::result_of(const Group &group) {
    if (group.candidates.size() == 1)
        return package::open_bundled(m_target, m_survey.candidates[group.candidates.front()].entry);
    base::Bytes bytes;
    bytes.reserve(static_cast<std::size_t>(group.bytes));
    for (const std::size_t i : group.candidates)
        MOS_CHECK(m_target->read_content(m_survey.candidates[i].entry, [&](base::ByteView part) -> Result<void> {
            bytes.insert(bytes.end(), part.begin(), part.end());
            return {};
        }));
    return base::make_memory_source(std::move(bytes), "files of the new release");
}

// What the group's files would take in the package as they are.
Result<std::uint64_t> PatchMaker::whole_bytes(const Group &group, base::Source &result) {
    const int level = m_options.package.level;
    package::FrameCompressor compressor{level};
    base::Bytes piece(m_options.package.frame_sizes.value_or(package::usual_frame_sizes(level)).piece_bytes);
    std::uint64_t total = group.candidates.size() * member_bytes;
    for (std::uint64_t done = 0; done < group.bytes;) {
        MOS_CHECK(m_options.package.observer->checkpoint());
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), group.bytes - done));
        const auto part = base::MutableByteView{piece}.first(count);
        MOS_CHECK(base::read_exactly(result, done, part));
        MOS_TRY(const base::Bytes stored, compressor.compress(part));
        total += stored.size();
        done += count;
    }
    return total;
}

// Nothing when no codec can do it within the device's memory or the maker's.
Result<base::Bytes> PatchMaker::smallest_delta(base::Source &joined, base::Source &result) {
    MOS_TRY(const std::uint64_t base_bytes, joined.size());
    CancelOnly observer{*m_options.package.observer};
    base::Bytes smallest;
    for (const Codec codec : {Codec::suffix, Codec::full}) {
        if (!can_create(codec) || (codec == Codec::suffix && base_bytes == 0))
            continue;
        // A group's result may be held while a large file is made, hence less than the device has.
        const CreateOptions options{.codec = codec,
                                    .memory_limit = m_options.create_memory,
                                    .apply_memory = m_options.apply_memory - m_options.apply_memory / 4,
                                    .observer = &observer};
        base::Bytes delta;
        const auto made = create_delta(joined, result, options, [&](base::ByteView part) -> Result<void> {
            delta.insert(delta.end(), part.begin(), part.end());
            return {};
        });
        if (!made && made.error().code() == Code::LIMIT)
            continue;
        MOS_CHECK(made ? Result<void>{} : Result<void>{made.error()});
        if (smallest.empty() || delta.size() < smallest.size())
            smallest = std::move(delta);
    }
    return smallest;
}

Result<void> PatchMaker::keep(const Group &group, std::string list, const base::Bytes &delta) {
    const auto number = static_cast<std::uint32_t>(m_patches.size());
    if (number >= package::Limits{}.patches)
        return Error{Code::LIMIT, "the delta package would have too many patches"}.with_remedy(
            "allow more memory for applying, so that patches become larger");
    m_patches.push_back({.base_list = std::move(list),
                         .delta_at = m_deltas.size(),
                         .delta_bytes = delta.size(),
                         .delta_sha256 = crypto::sha256(delta)});
    MOS_CHECK(m_deltas.append(delta));
    std::uint64_t at = 0;
    for (const std::size_t i : group.candidates) {
        const Candidate &candidate = m_survey.candidates[i];
        Fate &fate = m_survey.fates[candidate.number];
        fate.origin = package::Origin::patched;
        fate.place = {number, at};
        at += candidate.entry.size;
    }
    return {};
}

Result<void> PatchMaker::make(const Group &group) {
    std::set<std::size_t> numbers;
    std::uint64_t renamed = 0;
    for (const std::size_t i : group.candidates) {
        const Entry &entry = m_survey.candidates[i].entry;
        MOS_TRY(const auto found,
                m_matcher.find(entry, [&](const Entry &unknown) { return find_by_content(unknown); }));
        if (!found)
            continue;
        numbers.insert(*found);
        renamed += m_base.files()[*found].path != entry.path ? 1U : 0U;
    }
    std::vector<BaseFile> files;
    std::string list;
    for (const std::size_t number : numbers) {
        files.push_back(m_base.files()[number]);
        list += package::write_base_line(files.back()) + "\n";
    }
    if (list.size() > package::Limits{}.patch_base_bytes)
        return {};  // stored whole: names that long, and that many of them, are nobody's
    JoinedBase joined{m_base, files};
    MOS_TRY(const auto result, result_of(group));
    MOS_TRY(const base::Bytes delta, smallest_delta(joined, *result));
    MOS_TRY(const std::uint64_t whole, whole_bytes(group, *result));
    if (delta.empty() || delta.size() + list.size() / 2 + patch_bytes >= whole)
        return {};
    m_renamed += renamed;
    return keep(group, std::move(list), delta);
}

Result<void> PatchMaker::run() {
    base::Observer &observer = *m_options.package.observer;
    const std::vector<Group> groups = group_candidates(m_survey.candidates, most_group_bytes(m_options.apply_memory));
    base::Progress progress;
    progress.phase = base::Phase::planning;
    for (const Group &group : groups) {
        progress.total_bytes += group.bytes;
        progress.total_entries += group.candidates.size();
    }
    for (const Group &group : groups) {
        MOS_CHECK(observer.checkpoint());
        MOS_CHECK(make(group));
        progress.done_bytes += group.bytes;
        progress.done_entries += group.candidates.size();
        observer.report(progress);
    }
    return {};
}

}  // namespace mos::delta
