#include <mos/observe/journal_reader.hpp>

#include "segment.hpp"

#include <mos/observe/event_line.hpp>
#include <mos/observe/journal.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::observe {

using base::Directory;
using base::Event;

namespace {

Event lost(std::uint64_t from, std::uint64_t until) {
    Event event = base::make_event(base::EventType::events_lost, {},
                                   fmt::format("the events {} to {} are not in the journal any more", from, until));
    event.sequence = until;
    event.payload = {{"from", static_cast<std::int64_t>(from)}, {"until", static_cast<std::int64_t>(until)}};
    return event;
}

// A number is all that is known of what the reader has seen: it may be one that it has made up.
Event beyond_end(std::uint64_t from, std::uint64_t newest) {
    Event event = base::make_event(
        base::EventType::events_lost, {},
        fmt::format("there is no event {} yet, the newest is {}; if events as far as that were read here before, the "
                    "journal was begun anew since. It is read from its beginning",
                    from, newest));
    event.payload = {{"from", static_cast<std::int64_t>(from)}, {"newest", static_cast<std::int64_t>(newest)}};
    return event;
}

struct Newest {
    std::uint64_t number = 0;  // of the newest event, as far as the journal tells; 0 where there was none
    std::string boot;          // in which it was written
};

Result<Newest> newest_in(Directory &folder) {
    Newest newest;
    MOS_TRY(const std::vector<std::uint64_t> old, old_segments(folder));
    for (const std::string &name :
         {old.empty() ? std::string{} : segment_name(old.back()), std::string{current_segment_name}}) {
        if (name.empty())
            continue;
        auto opened = folder.open_file(name, base::OpenMode::read);
        if (!opened && opened.error().code() == Code::NOT_FOUND)
            continue;
        MOS_TRY(const auto file, std::move(opened));
        MOS_TRY(const base::FileStatus status, file->status());
        MOS_TRY(const SegmentState state, examine_segment(*file, status.size));
        newest.number = std::max({newest.number, state.last, state.header ? state.header->previous : 0});
        newest.boot = state.header ? state.header->boot : std::string{};
    }
    return newest;
}

Result<std::optional<std::uint64_t>> segment_after(Directory &folder, std::uint64_t first) {
    MOS_TRY(const std::vector<std::uint64_t> old, old_segments(folder));
    const auto found = std::ranges::upper_bound(old, first);
    return found == old.end() ? std::optional<std::uint64_t>{} : *found;
}

}  // namespace

JournalReader::JournalReader(OpenFolder open_folder, std::uint64_t from, std::string boot)
    : m_open_folder(std::move(open_folder)), m_next(from), m_boot(std::move(boot)) {}
JournalReader::JournalReader(JournalReader &&) noexcept = default;
JournalReader::~JournalReader() = default;

void JournalReader::begin(std::unique_ptr<base::File> file, std::uint64_t first) {
    m_file = std::move(file);
    m_lines = std::make_unique<LineReader>();
    m_first = first;
    m_is_last_look = false;
}

// False when it is gone.
Result<bool> JournalReader::open_segment(Directory &folder, std::uint64_t first) {
    auto opened = folder.open_file(segment_name(first), base::OpenMode::read);
    if (!opened && opened.error().code() == Code::NOT_FOUND)
        return false;
    MOS_TRY(auto file, std::move(opened));
    begin(std::move(file), first);
    m_is_current = false;
    return true;
}

Result<bool> JournalReader::open_current(Directory &folder) {
    auto opened = folder.open_file(current_segment_name, base::OpenMode::read);
    if (!opened && opened.error().code() == Code::NOT_FOUND)
        return false;
    MOS_TRY(auto file, std::move(opened));
    begin(std::move(file), m_first);
    m_is_current = true;
    return true;
}

Result<void> JournalReader::go_to_end() {
    MOS_TRY(const auto folder, m_open_folder());
    m_next = 1;
    if (folder != nullptr) {
        MOS_TRY(const Newest newest, newest_in(*folder));
        m_next = newest.number + 1;
    }
    return {};
}

// What is to be said when the reader asks for more than there is. Within one boot nothing is lost, so that either the
// journal was begun anew or the number was never one of its; otherwise the power was cut before the newest events were
// on the disk.
Result<std::optional<Event>> JournalReader::compare_with_end(Directory &folder) {
    std::optional<Event> told;
    if (m_next <= 1)
        return told;
    MOS_TRY(const Newest newest, newest_in(folder));
    if (m_next <= newest.number + 1)
        return told;
    if (newest.number > 0 && !m_boot.empty() && newest.boot != m_boot)
        return std::optional{lost(newest.number + 1, m_next - 1)};
    told = beyond_end(m_next, newest.number);
    m_next = 0;
    return told;
}

// The segment in which the first event that is wanted stands.
Result<void> JournalReader::find_beginning(Directory &folder) {
    MOS_TRY(const std::vector<std::uint64_t> old, old_segments(folder));
    const auto after = std::ranges::upper_bound(old, m_next);
    m_first = after == old.begin() ? 0 : *(after - 1) - 1;
    m_has_begun = true;
    return {};
}

// Whether the segment that is read as the current one is it no more.
Result<bool> JournalReader::was_put_aside(Directory &folder) {
    MOS_TRY(const base::FileStatus own, m_file->status());
    MOS_TRY(const auto named, folder.find(current_segment_name));
    return !named || named->inode != own.inode;
}

// The next segment is open, or the same one is to be read to its end; false where there is nothing more now.
Result<bool> JournalReader::open_next() {
    MOS_TRY(const auto folder, m_open_folder());
    if (folder == nullptr)
        return false;
    if (m_file != nullptr && m_is_current) {
        MOS_TRY(const bool aside, was_put_aside(*folder));
        if (!aside)
            return false;
        if (!std::exchange(m_is_last_look, true))
            return true;  // what was written before it was put aside
    }
    for (;;) {
        const std::uint64_t before = m_first;
        MOS_TRY(const auto further, segment_after(*folder, before));
        MOS_TRY(const bool opened, further ? open_segment(*folder, *further) : open_current(*folder));
        if (further && !opened)
            continue;  // it went meanwhile
        MOS_TRY(const auto meanwhile, segment_after(*folder, before));
        if (further || !meanwhile)
            return opened;
        m_first = before;  // the current segment was put aside before it was opened, and another one has come
    }
}

std::optional<Event> JournalReader::take(std::string_view line) {
    if (const auto header = parse_header(line); header) {
        m_first = header->first;
        const std::uint64_t wanted = m_next;
        if (wanted == 0 || header->previous < wanted)
            return std::nullopt;
        m_next = header->previous + 1;
        return lost(wanted, header->previous);
    }
    const auto sequence = sequence_of(line);
    if (!sequence || *sequence < m_next)
        return std::nullopt;
    auto event = parse_event(line);
    if (!event)
        return std::nullopt;
    m_next = event->sequence + 1;
    return std::move(event).value();
}

Result<std::optional<Event>> JournalReader::next() {
    if (!m_has_begun) {
        MOS_TRY(const auto folder, m_open_folder());
        if (folder == nullptr)
            return std::optional<Event>{};
        MOS_TRY(auto told, compare_with_end(*folder));
        MOS_CHECK(find_beginning(*folder));
        if (told)
            return told;
    }
    for (;;) {
        if (m_file != nullptr) {
            MOS_TRY(const auto line, m_lines->next(*m_file));
            if (line) {
                if (auto event = take(*line); event)
                    return event;
                continue;
            }
        }
        MOS_TRY(const bool more, open_next());
        if (!more)
            return std::optional<Event>{};
    }
}

}  // namespace mos::observe
