// The journal: the memory of the stream of events, as lines of JSON in a folder of its own.
//
// The newest events stand in "current.jsonl"; when that is full, it gets the number of its first event as its name, and
// the oldest such segment goes. A segment's first line tells its first number, the last one before it, and the boot in
// which it was begun.
//
// Nothing is flushed: an update's flushes must not grow by what it says of itself. So a power cut may take the last
// events away, and what was read of them had numbers that are then free again. They are not given twice: the first
// event of another boot begins a new segment and leaves out a million numbers, more than can be written between two
// flushes of the kernel. A line that a cut or a full disk has torn is passed over, and its number is left out too.
#pragma once

#include <mos/base/events.hpp>
#include <mos/base/filesystem.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mos::observe {

inline constexpr const char *journal_folder_name = "events";  // in the root's state folder
inline constexpr const char *current_segment_name = "current.jsonl";
inline constexpr std::uint64_t numbers_left_out = 1U << 20U;  // at the first event of another boot

struct JournalLimits {
    std::uint64_t segment_bytes = 1U << 20U;
    std::size_t segments = 8;  // the current one included
};

// One thread at a time; several of them, in this process and others, may write to one folder.
class Journal {
  public:
    explicit Journal(JournalLimits limits = {}) : m_limits(limits) {}

    // Gives the events their numbers and appends them. `state_folder` is where the journal's own folder is or will be;
    // `boot` differs from boot to boot; `finish`, which may be empty, is called for each event that has its number and
    // is not written yet. LOCKED when other writers don't let go of it; the errors of writing.
    using Finish = std::function<void(base::Event &event)>;
    [[nodiscard]] Result<void> append(base::Directory &state_folder, std::span<base::Event> events,
                                      std::string_view boot, const Finish &finish = {});

  private:
    struct Place;
    [[nodiscard]] Result<bool> try_append(base::Directory &folder, std::span<base::Event> events, std::string_view boot,
                                          const Finish &finish);
    [[nodiscard]] Result<Place> find_place(base::Directory &folder, base::File &file, const base::FileStatus &status);
    [[nodiscard]] Result<void> put_aside(base::Directory &folder, const Place &place);

    // What is known of the current segment as long as nobody else has written to it.
    struct Known {
        std::uint64_t inode = 0;
        std::uint64_t size = 0;
        std::uint64_t first = 0;
        std::uint64_t next = 0;
        std::string boot;
    };
    JournalLimits m_limits;
    std::optional<Known> m_known;
};

}  // namespace mos::observe
