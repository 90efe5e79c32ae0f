// A journal on the twin, and what one reads there.
#pragma once

#include "expect.hpp"
#include "twin.hpp"

#include <mos/observe/event_line.hpp>
#include <mos/observe/journal.hpp>
#include <mos/observe/journal_reader.hpp>

#include <string>
#include <vector>

namespace mos::test {

inline constexpr const char *this_boot = "boot-1";
inline constexpr const char *next_boot = "boot-2";

inline base::Event event_about(const std::string &subject) {
    base::Event event = base::make_event(base::EventType::notice, subject, "something about " + subject);
    event.time_unix_s = 1'764'000'000;
    event.actor = "uid:0";
    return event;
}

inline Result<std::uint64_t> append(observe::Journal &journal, base::Directory &root, const std::string &subject,
                                    const std::string &boot = this_boot) {
    std::vector<base::Event> events{event_about(subject)};
    MOS_CHECK(journal.append(root, events, boot));
    return events.front().sequence;
}

inline observe::JournalReader reader_of(base::Directory &root, std::uint64_t from = 0,
                                        const std::string &boot = this_boot) {
    const auto open = [&root]() -> Result<std::unique_ptr<base::Directory>> {
        auto opened = root.open_directory(observe::journal_folder_name, base::Symlinks::refuse);
        if (!opened && opened.error().code() == Code::NOT_FOUND)
            return std::unique_ptr<base::Directory>{};
        return opened;
    };
    return observe::JournalReader{open, from, boot};
}

inline std::vector<base::Event> read_all(observe::JournalReader &reader) {
    std::vector<base::Event> events;
    for (auto event = must(reader.next()); event; event = must(reader.next()))
        events.push_back(std::move(*event));
    return events;
}
inline std::vector<base::Event> read_all(base::Directory &root, std::uint64_t from = 0,
                                         const std::string &boot = this_boot) {
    auto reader = reader_of(root, from, boot);
    return read_all(reader);
}

inline std::vector<std::string> subjects(const std::vector<base::Event> &events) {
    std::vector<std::string> found;
    found.reserve(events.size());
    for (const base::Event &event : events)
        found.push_back(event.type == "events_lost" ? "(lost)" : event.subject);
    return found;
}

inline std::unique_ptr<base::Directory> journal_folder(base::Directory &root) {
    return must(root.open_directory(observe::journal_folder_name, base::Symlinks::refuse));
}

using Words = std::vector<std::string>;

}  // namespace mos::test
