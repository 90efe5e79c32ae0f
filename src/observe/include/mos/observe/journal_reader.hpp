// Reads a journal of events, while others may write to it.
#pragma once

#include <mos/base/events.hpp>
#include <mos/base/filesystem.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mos::observe {

class LineReader;

class JournalReader {
  public:
    // Opens the journal's folder; null where there is none yet.
    using OpenFolder = std::function<Result<std::unique_ptr<base::Directory>>()>;

    // From the first event whose number is not less than `from`; 0 is the oldest that there is. `boot` is this boot's.
    JournalReader(OpenFolder open_folder, std::uint64_t from, std::string boot);
    JournalReader(JournalReader &&) noexcept;
    ~JournalReader();

    // The next event; nullopt where there is none now, and then it may be asked again. Lines that are no events are
    // passed over. Where events are gone that were asked for, an `events_lost` comes in their place: they are too old,
    // a power cut has taken them, or there is no such number yet, which is so after the journal was begun anew: then it
    // is read from its beginning.
    [[nodiscard]] Result<std::optional<base::Event>> next();

    // The number from which another reader would go on.
    [[nodiscard]] std::uint64_t position() const noexcept { return m_next; }
    // Everything that is there now is passed over. Before the first next() only.
    [[nodiscard]] Result<void> go_to_end();

  private:
    [[nodiscard]] Result<std::optional<base::Event>> compare_with_end(base::Directory &folder);
    [[nodiscard]] Result<void> find_beginning(base::Directory &folder);
    [[nodiscard]] Result<bool> open_segment(base::Directory &folder, std::uint64_t first);
    [[nodiscard]] Result<bool> open_current(base::Directory &folder);
    [[nodiscard]] Result<bool> open_next();
    [[nodiscard]] Result<bool> was_put_aside(base::Directory &folder);
    [[nodiscard]] std::optional<base::Event> take(std::string_view line);
    void begin(std::unique_ptr<base::File> file, std::uint64_t first);

    OpenFolder m_open_folder;
    std::uint64_t m_next;
    std::string m_boot;
    bool m_has_begun = false;
    std::unique_ptr<base::File> m_file;  // null before the journal is there
    std::unique_ptr<LineReader> m_lines;
    std::uint64_t m_first = 0;  // of the segment, as far as it is known
    bool m_is_current = false;  // it may grow
    bool m_is_last_look = false;
};

}  // namespace mos::observe
