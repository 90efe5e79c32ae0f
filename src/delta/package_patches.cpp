#include "package_patches.hpp"

#include "package_base.hpp"

#include <mos/delta/delta.hpp>
#include <mos/package/bundled.hpp>
#include <mos/package/frame.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::delta {

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

// What a member of a tar takes besides its content, compressed.
constexpr std::uint64_t member_bytes = 64;
// What an entry's two lists and headers take besides the delta itself.
constexpr std::uint64_t patch_bytes = 160;

// The list of a patch's base files is held twice when it is applied.
constexpr std::uint64_t most_list_bytes(std::uint64_t apply_memory) {
    return std::min(apply_memory / 32, package::Limits{}.patch_base_bytes);
}

}  // namespace

std::vector<Group> group_candidates(const std::vector<Candidate> &candidates,
                                    const std::vector<std::uint64_t> &list_bytes, const GroupLimits &limits) {
    std::vector<Group> groups;
    std::optional<std::size_t> open;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const std::uint64_t size = candidates[i].entry.size;
        if (size > limits.result_bytes) {
            groups.push_back({.candidates = {i}, .bytes = size});
            continue;
        }
        if (!open || groups[*open].bytes > limits.result_bytes - size ||
            groups[*open].list_bytes + list_bytes.at(i) > limits.list_bytes) {
            open = groups.size();
            groups.emplace_back();
        }
        groups[*open].candidates.push_back(i);
        groups[*open].bytes += size;
        groups[*open].list_bytes += list_bytes[i];
    }
    return groups;
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

// The delta is empty when no codec can do it within the device's memory or the maker's.
Result<void> PatchMaker::make_smallest(base::Source &joined, base::Source &result, Attempt &attempt) {
    MOS_TRY(const std::uint64_t base_bytes, joined.size());
    CancelOnly observer{*m_options.package.observer};
    // A group's result may be held while a large file is made, and the list is, twice: hence less than the device has.
    const std::uint64_t held = m_options.apply_memory / 4 + attempt.list.size() * 2;
    for (const Codec codec : {Codec::suffix, Codec::full}) {
        if (!can_create(codec) || (codec == Codec::suffix && base_bytes == 0))
            continue;
        const CreateOptions options{.codec = codec,
                                    .memory_limit = m_options.create_memory,
                                    .apply_memory = m_options.apply_memory - held,
                                    .observer = &observer};
        base::Bytes delta;
        auto made = create_delta(joined, result, options, [&](base::ByteView part) -> Result<void> {
            delta.insert(delta.end(), part.begin(), part.end());
            return {};
        });
        if (!made && made.error().code() == Code::LIMIT) {
            if (codec == Codec::suffix)
                attempt.refusal = std::move(made).error();
            continue;
        }
        MOS_CHECK(made ? Result<void>{} : Result<void>{std::move(made).error()});
        if (attempt.delta.empty() || delta.size() < attempt.delta.size())
            attempt.delta = std::move(delta);
    }
    return {};
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
        m_renamed += m_likely[i] && m_base.files()[*m_likely[i]].path != candidate.entry.path ? 1U : 0U;
        Fate &fate = m_survey.fates[candidate.number];
        fate.origin = package::Origin::patched;
        fate.place = {number, at};
        at += candidate.entry.size;
    }
    return {};
}

// Out of these files of the base, together.
Result<PatchMaker::Attempt> PatchMaker::attempt(const std::set<std::size_t> &numbers, base::Source &result) {
    Attempt attempt;
    std::vector<package::BaseLine> files;
    for (const std::size_t number : numbers) {
        files.push_back(package::line_of(m_base.files()[number]));
        attempt.list += package::write_base_line(files.back()) + "\n";
    }
    if (attempt.list.size() > most_list_bytes(m_options.apply_memory))
        return attempt;
    JoinedBase joined{m_base, files};
    MOS_CHECK(make_smallest(joined, result, attempt));
    return attempt;
}

// Adds what has most in common with the group's files: another file may have got the path of one, or one be put
// together from several.
Result<std::set<std::size_t>> PatchMaker::with_similar(const Group &group, std::set<std::size_t> numbers) {
    for (const std::size_t i : group.candidates) {
        MOS_TRY(const auto found, m_origins.by_content(m_survey.candidates[i].entry));
        numbers.insert(found.begin(), found.end());
    }
    return numbers;
}

Result<void> PatchMaker::make(const Group &group) {
    std::set<std::size_t> numbers;
    for (const std::size_t i : group.candidates)
        if (m_likely[i])
            numbers.insert(*m_likely[i]);
    MOS_TRY(const auto result, result_of(group));
    MOS_TRY(const std::uint64_t whole, whole_bytes(group, *result));
    MOS_TRY(Attempt best, attempt(numbers, *result));
    if (best.delta.empty() || best.bytes() > whole / 2) {
        MOS_TRY(const std::set<std::size_t> more, with_similar(group, numbers));
        if (more.size() > numbers.size()) {
            MOS_TRY(Attempt other, attempt(more, *result));
            if (!other.delta.empty() && (best.delta.empty() || other.bytes() < best.bytes()))
                best = std::move(other);
        }
    }
    if (best.refusal)
        count_refused(group, std::move(*best.refusal));
    if (best.delta.empty() || best.bytes() + patch_bytes >= whole)
        return {};
    return keep(group, std::move(best.list), best.delta);
}

void PatchMaker::count_refused(const Group &group, Error refusal) {
    m_refused_files += group.candidates.size();
    m_refused_bytes += group.bytes;
    if (!m_first_refusal)
        m_first_refusal = std::move(refusal);
}

void PatchMaker::tell_refused(base::Observer &observer) const {
    if (!m_first_refusal)
        return;
    const std::string files =
        m_refused_files == 1 ? "a changed file" : fmt::format("{} changed files", m_refused_files);
    observer.notice(fmt::format("for want of memory no difference to the base is made of {} ({} bytes): {}", files,
                                m_refused_bytes, m_first_refusal->message()));
}

// Which base file each candidate most likely comes from, and what a list of them takes.
Result<std::vector<std::uint64_t>> PatchMaker::find_origins() {
    std::vector<std::uint64_t> list_bytes;
    for (const Candidate &candidate : m_survey.candidates) {
        MOS_TRY(const auto found, m_origins.likely(candidate.entry));
        m_likely.push_back(found);
        list_bytes.push_back(found ? package::write_base_line(package::line_of(m_base.files()[*found])).size() + 1 : 0);
    }
    return list_bytes;
}

Result<void> PatchMaker::run() {
    base::Observer &observer = *m_options.package.observer;
    MOS_TRY(const std::vector<std::uint64_t> list_bytes, find_origins());
    const std::vector<Group> groups = group_candidates(m_survey.candidates, list_bytes,
                                                       {.result_bytes = most_group_bytes(m_options.apply_memory),
                                                        .list_bytes = most_list_bytes(m_options.apply_memory)});
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
    tell_refused(observer);
    return {};
}

}  // namespace mos::delta
