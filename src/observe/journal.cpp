#include <mos/observe/journal.hpp>

#include "segment.hpp"
#include "shared_file.hpp"

#include <mos/observe/event_line.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::observe {

using base::Directory;
using base::Event;
using base::File;

namespace {

constexpr std::uint32_t folder_mode = 0700;  // what scripts and errors say is not for everybody
constexpr std::uint32_t file_mode = 0600;

Result<std::unique_ptr<Directory>> open_folder(Directory &state_folder) {
    auto opened = state_folder.open_directory(journal_folder_name, base::Symlinks::refuse);
    if (opened || opened.error().code() != Code::NOT_FOUND)
        return opened;
    auto made = state_folder.make_directory(journal_folder_name, folder_mode);
    if (!made && made.error().code() != Code::EXISTS)
        return std::move(made).error();
    return state_folder.open_directory(journal_folder_name, base::Symlinks::refuse);
}

// What the newest segment that was put aside says; nothing where there is none.
Result<SegmentState> newest_old(Directory &folder) {
    MOS_TRY(const std::vector<std::uint64_t> old, old_segments(folder));
    if (old.empty())
        return SegmentState{};
    MOS_TRY(const auto file, folder.open_file(segment_name(old.back()), base::OpenMode::read));
    MOS_TRY(const base::FileStatus status, file->status());
    MOS_TRY(SegmentState state, examine_segment(*file, status.size));
    if (state.last == 0)  // nothing in it can be read
        state.last = old.back();
    return state;
}

}  // namespace

// Where in the current segment the next event goes, and what it is called.
struct Journal::Place {
    std::uint64_t size = 0;
    std::uint64_t first = 0;
    std::uint64_t next = 0;
    std::uint64_t previous = 0;  // of a segment that is to be begun
    std::string boot = {};       // in which the segment was begun
    bool is_torn = false;
    bool is_damaged = false;  // its beginning can't be read
};

Result<Journal::Place> Journal::find_place(Directory &folder, File &file, const base::FileStatus &status) {
    if (m_known && m_known->inode == status.inode && m_known->size == status.size)
        return Place{.size = status.size, .first = m_known->first, .next = m_known->next, .boot = m_known->boot};
    if (status.size == 0) {
        MOS_TRY(const SegmentState old, newest_old(folder));
        const std::uint64_t next = old.last + (old.is_torn ? 2 : 1);
        return Place{
            .first = next, .next = next, .previous = old.last, .boot = old.header ? old.header->boot : std::string{}};
    }
    MOS_TRY(const SegmentState state, examine_segment(file, status.size));
    if (!state.header) {
        MOS_TRY(const SegmentState old, newest_old(folder));
        const std::uint64_t last = std::max(old.last, state.last);
        return Place{.size = status.size,
                     .first = old.last + (old.is_torn ? 2 : 1),
                     .next = last + 1,
                     .previous = last,
                     .is_torn = state.is_torn,
                     .is_damaged = true};
    }
    const std::uint64_t last = std::max(state.last, state.header->first - 1);
    return Place{.size = status.size,
                 .first = state.header->first,
                 .next = last + (state.is_torn ? 2 : 1),
                 .previous = last,
                 .boot = state.header->boot,
                 .is_torn = state.is_torn};
}

// The segment gets its number as its name, and the oldest ones go.
Result<void> Journal::put_aside(Directory &folder, const Place &place) {
    m_known.reset();
    MOS_CHECK(folder.rename(current_segment_name, folder, segment_name(place.first), base::RenameMode::keep_existing));
    MOS_TRY(const std::vector<std::uint64_t> old, old_segments(folder));
    for (std::size_t i = 0; i + m_limits.segments <= old.size(); ++i)
        MOS_CHECK(folder.remove_file(segment_name(old[i])));
    return {};
}

// False when the current segment is another one by now.
Result<bool> Journal::try_append(Directory &folder, std::span<Event> events, std::string_view boot,
                                 const Finish &finish) {
    MOS_TRY(const auto locked, lock_shared_file(folder, std::string{current_segment_name}, file_mode));
    if (locked == nullptr)
        return false;
    const auto &[file, status] = *locked;
    MOS_TRY(Place place, find_place(folder, *file, status));
    const bool is_new = place.size == 0;
    const bool other_boot = place.boot != boot && place.next > 1;
    if (!is_new && (place.is_damaged || other_boot || place.size >= m_limits.segment_bytes)) {
        MOS_CHECK(put_aside(folder, place));
        return false;
    }
    if (is_new && other_boot)
        place.first = place.next += numbers_left_out;
    std::string text;
    if (is_new)
        text = write_header({.first = place.first, .previous = place.previous, .boot = std::string{boot}});
    if (place.is_torn)
        text = "\n";
    std::uint64_t next = place.next;
    if (next + events.size() > max_sequence)
        return Error{Code::LIMIT, "the numbers of the journal of events are used up: somebody has written to it"};
    for (Event &event : events) {
        event.sequence = next++;
        if (finish)
            finish(event);
        text += write_event(event) + '\n';
    }
    m_known.reset();  // what a failure leaves is looked at again
    MOS_CHECK(file->write_at(status.size, base::as_bytes(text)));
    m_known = Known{.inode = status.inode,
                    .size = status.size + text.size(),
                    .first = place.first,
                    .next = next,
                    .boot = std::string{boot}};
    return true;
}

Result<void> Journal::append(Directory &state_folder, std::span<Event> events, std::string_view boot,
                             const Finish &finish) {
    MOS_TRY(const auto folder, open_folder(state_folder));
    return try_until_done(std::string{current_segment_name}, [&] { return try_append(*folder, events, boot, finish); });
}

}  // namespace mos::observe
