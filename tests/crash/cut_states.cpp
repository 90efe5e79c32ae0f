#include "cut_states.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <unordered_set>

namespace mos::test {

namespace {

constexpr std::string_view mark_word = "allowed ";
constexpr std::uint64_t discard_grain_sectors = 128;  // 64 KiB: a discard of megabytes is not torn into sectors

constexpr std::array variants_in_order = {
    Arrival::everything,  Arrival::half_of_sectors, Arrival::some_writes, Arrival::all_but_one_write,
    Arrival::few_sectors, Arrival::most_sectors,    Arrival::nothing,     Arrival::only_one_write,
};

bool coin(std::uint64_t seed, std::uint64_t number, std::uint64_t percent) { return mix(seed, number) % 100 < percent; }

void apply_part(DiskImage &image, const Record &record, std::uint64_t start, std::uint64_t length) {
    if (record.kind == RecordKind::zero)
        image.zero(record.offset + start, length);
    else
        image.write(record.offset + start,
                    record.data.subspan(static_cast<std::size_t>(start), static_cast<std::size_t>(length)));
}

// Several devices may share the disk, each with a part of it.
bool is_flushed_by(const Record &write, const Record &flush) {
    return flush.length == 0 || (write.offset >= flush.offset && write.offset - flush.offset < flush.length);
}

// What is kept or lost together: a sector, but for a discard, which may be megabytes, and for blocks that are never
// torn.
std::uint64_t grain_of(const Record &record, std::uint64_t sector, const Recording &recording) {
    if (record.kind == RecordKind::zero)
        return sector / discard_grain_sectors;
    constexpr std::uint64_t sectors_per_block = block_bytes / sector_bytes_of_disk;
    const std::uint64_t first = sector / sectors_per_block * sectors_per_block;
    const bool whole =
        recording.tear_bytes == block_bytes ||
        std::ranges::find(recording.whole_blocks, first * sector_bytes_of_disk) != recording.whole_blocks.end();
    return whole ? first : sector;
}

// Builds what is left when only a part of what was not flushed has arrived.
class PartBuilder {
  public:
    PartBuilder(const DiskImage &durable, const std::vector<const Record *> &unflushed, const Recording &recording,
                const Subset &subset)
        : m_image(durable), m_recording(recording), m_subset(subset), m_writes(unflushed.size()) {
        for (std::uint64_t i = 0; i < m_writes; ++i)
            apply_kept(*unflushed[static_cast<std::size_t>(i)], i);
    }
    [[nodiscard]] DiskImage &&image() { return std::move(m_image); }

  private:
    // Neighbours that arrived are written together.
    void apply_kept(const Record &record, std::uint64_t write) {
        std::uint64_t kept_from = 0;
        std::uint64_t at = 0;
        while (at < record.length) {
            const std::uint64_t sector = (record.offset + at) / sector_bytes_of_disk;
            const std::uint64_t end = std::min(record.length, (sector + 1) * sector_bytes_of_disk - record.offset);
            if (!m_subset.keeps(write, m_writes, grain_of(record, sector, m_recording))) {
                apply_part(m_image, record, kept_from, at - kept_from);
                kept_from = end;
            }
            at = end;
        }
        apply_part(m_image, record, kept_from, record.length - kept_from);
    }

    DiskImage m_image;
    const Recording &m_recording;
    const Subset &m_subset;
    std::uint64_t m_writes;
};

std::uint64_t count_of(const std::vector<Record> &records, RecordKind kind) {
    return static_cast<std::uint64_t>(std::ranges::count(records, kind, &Record::kind));
}

}  // namespace

std::string_view arrival_name(Arrival arrival) noexcept {
    switch (arrival) {
    case Arrival::everything:
        return "everything arrived";
    case Arrival::nothing:
        return "nothing unflushed arrived";
    case Arrival::all_but_one_write:
        return "one unflushed write did not arrive";
    case Arrival::only_one_write:
        return "one unflushed write arrived";
    case Arrival::some_writes:
        return "some unflushed writes arrived";
    case Arrival::few_sectors:
        return "few unflushed sectors arrived";
    case Arrival::half_of_sectors:
        return "half of the unflushed sectors arrived";
    case Arrival::most_sectors:
        return "most unflushed sectors arrived";
    }
    return "unknown";
}

Subset Subset::of_variant(std::uint64_t variant, std::uint64_t seed) {
    const std::uint64_t kinds = variants_in_order.size();
    // Everything and nothing have one way each: later rounds go through the others alone.
    Arrival arrival = variants_in_order[static_cast<std::size_t>(variant % kinds)];
    if (variant >= kinds && (arrival == Arrival::everything || arrival == Arrival::nothing))
        arrival = Arrival::half_of_sectors;
    return Subset{arrival, mix(seed, variant)};
}

bool Subset::keeps(std::uint64_t write, std::uint64_t writes, std::uint64_t sector) const noexcept {
    const std::uint64_t number = mix(write, sector);
    switch (m_arrival) {
    case Arrival::everything:
        return true;
    case Arrival::nothing:
        return false;
    case Arrival::all_but_one_write:
        return write != m_seed % writes;
    case Arrival::only_one_write:
        return write == m_seed % writes;
    case Arrival::some_writes:
        return coin(m_seed, write, 50);
    case Arrival::few_sectors:
        return coin(m_seed, number, 15);
    case Arrival::half_of_sectors:
        return coin(m_seed, number, 50);
    case Arrival::most_sectors:
        return coin(m_seed, number, 90);
    }
    return true;
}

std::string mark_of(Allowed allowed) { return fmt::format("{}{}", mark_word, allowed); }

Result<Allowed> allowed_of(base::ByteView mark) {
    const std::string_view text = base::as_text(mark);
    Allowed allowed = 0;
    if (text.starts_with(mark_word)) {
        const char *const begin = text.data() + mark_word.size();
        const char *const end = text.data() + text.size();
        if (const auto read = std::from_chars(begin, end, allowed);
            read.ec == std::errc{} && read.ptr == end && allowed != 0)
            return allowed;
    }
    return Error{Code::FORMAT,
                 fmt::format("the recording has a mark {} that no workload writes", base::in_quotes(text))};
}

std::string CutState::description() const {
    return fmt::format("cut after record {}, {}", record, arrival_name(subset.arrival()));
}

std::uint64_t Recording::writes() const {
    return count_of(records, RecordKind::write) + count_of(records, RecordKind::zero);
}
std::uint64_t Recording::flushes() const { return count_of(records, RecordKind::flush); }

Result<void> for_each_state(const Recording &recording, std::uint64_t variants, std::uint64_t seed,
                            const TakeState &take) {
    DiskImage durable = recording.base;
    DiskImage written = recording.base;
    std::vector<const Record *> unflushed;
    Allowed allowed = recording.allowed;
    std::uint64_t number = 0;
    std::uint64_t position = 0;
    for (const Record &record : recording.records) {
        ++position;
        if (record.kind == RecordKind::mark) {
            MOS_TRY(allowed, allowed_of(record.data));
        } else if (record.kind == RecordKind::flush) {
            std::erase_if(unflushed, [&](const Record *earlier) {
                const bool flushed = is_flushed_by(*earlier, record);
                if (flushed)
                    apply_part(durable, *earlier, 0, earlier->length);
                return flushed;
            });
        } else {
            apply_part(written, record, 0, record.length);
            unflushed.push_back(&record);
        }
        const std::uint64_t ways = unflushed.empty() ? 1 : variants;
        for (std::uint64_t variant = 0; variant < ways; ++variant) {
            const Subset subset = Subset::of_variant(variant, mix(seed, position));
            const DiskImage image = subset.arrival() == Arrival::everything
                                        ? written
                                        : PartBuilder{durable, unflushed, recording, subset}.image();
            MOS_CHECK(take({number++, position, subset, allowed, image}));
        }
    }
    return {};
}

Result<Choice> choose_states(const Recording &recording, std::uint64_t variants, std::uint64_t seed,
                             std::uint64_t count) {
    Choice choice;
    std::unordered_set<std::uint64_t> seen;
    MOS_CHECK(for_each_state(recording, variants, seed, [&](const CutState &state) -> Result<void> {
        ++choice.states;
        if (seen.insert(mix(state.image.hash(), state.allowed)).second)
            choice.chosen.push_back(state.number);
        return {};
    }));
    choice.distinct = choice.chosen.size();
    if (choice.chosen.size() > count) {
        std::ranges::sort(choice.chosen, {}, [&](std::uint64_t number) { return mix(seed, number); });
        choice.chosen.resize(static_cast<std::size_t>(count));
        std::ranges::sort(choice.chosen);
    }
    return choice;
}

}  // namespace mos::test
