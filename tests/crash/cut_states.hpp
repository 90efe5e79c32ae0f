// The states of a disk that a power cut can leave, rebuilt from what was sent to it.
//
// A cut may come after each record. What was flushed before is there; of what was written since, any sector of 512
// bytes may have arrived or not. At each record a fixed number of these states is built: everything arrived, and random
// parts of it, of whole writes and of sectors.
#pragma once

#include "disk.hpp"
#include "disk_image.hpp"
#include "disk_log.hpp"

#include <functional>
#include <string>

namespace mos::test {

inline constexpr std::uint64_t sector_bytes_of_disk = 512;

// Which of the unflushed sectors arrived.
enum class Arrival : std::uint8_t {
    everything,
    nothing,
    all_but_one_write,
    only_one_write,
    some_writes,
    few_sectors,
    half_of_sectors,
    most_sectors,
};
[[nodiscard]] std::string_view arrival_name(Arrival arrival) noexcept;

// The choice for the sector at `sector` (its number on the disk) of the `write`-th of `writes` unflushed writes.
// Deterministic.
class Subset {
  public:
    Subset(Arrival arrival, std::uint64_t seed) : m_arrival(arrival), m_seed(seed) {}
    // The variant-th of those that are tried at every record: 0 is everything.
    [[nodiscard]] static Subset of_variant(std::uint64_t variant, std::uint64_t seed);

    [[nodiscard]] Arrival arrival() const noexcept { return m_arrival; }
    [[nodiscard]] bool keeps(std::uint64_t write, std::uint64_t writes, std::uint64_t sector) const noexcept;

  private:
    Arrival m_arrival;
    std::uint64_t m_seed;
};

// "allowed 5": the mark by which a workload says what a cut may leave from here on.
[[nodiscard]] std::string mark_of(Allowed allowed);
[[nodiscard]] Result<Allowed> allowed_of(base::ByteView mark);

struct CutState {              // NOLINT(*-member-init): a subset has no default, and so is always given
    std::uint64_t number = 0;  // counted over all states of the recording
    std::uint64_t record = 0;  // the cut came after this one, from 1
    Subset subset;
    Allowed allowed = 0;
    const DiskImage &image;

    [[nodiscard]] std::string description() const;
};

struct Recording {
    DiskImage base;               // when it began
    Allowed allowed = 0;          // then
    std::vector<Record> records;  // borrow from whoever made them
    // Where blocks lie that arrive whole or not at all, besides (Filesystem::whole_blocks).
    std::vector<std::uint64_t> whole_blocks;
    std::uint64_t tear_bytes = sector_bytes_of_disk;  // the rest: sectors, or blocks

    [[nodiscard]] std::uint64_t writes() const;
    [[nodiscard]] std::uint64_t flushes() const;
};

// Calls `take` with every state, in order: `variants` at each record, and one where nothing is unflushed. An error of
// `take` ends it. FORMAT for a mark that no workload writes.
using TakeState = std::function<Result<void>(const CutState &)>;
[[nodiscard]] Result<void> for_each_state(const Recording &recording, std::uint64_t variants, std::uint64_t seed,
                                          const TakeState &take);

// The numbers of states to examine: different from each other in the disk's content or in what is allowed, at most
// `count` of them, chosen by the seed, in order.
struct Choice {
    std::uint64_t states = 0;    // all that were built
    std::uint64_t distinct = 0;  // of these, different
    std::vector<std::uint64_t> chosen;
};
[[nodiscard]] Result<Choice> choose_states(const Recording &recording, std::uint64_t variants, std::uint64_t seed,
                                           std::uint64_t count);

}  // namespace mos::test
