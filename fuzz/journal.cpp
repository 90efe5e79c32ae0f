// A journal of events, on a disk in memory: whatever stands in it, it is read to its end, written to, and read again.
#include "target.hpp"

#include "twin.hpp"

#include <mos/observe/event_line.hpp>
#include <mos/observe/journal.hpp>
#include <mos/observe/journal_reader.hpp>

#include <string>
#include <vector>

namespace {

using namespace mos;

constexpr std::size_t most = 100'000;  // events of one reading

void put(base::Directory &folder, const std::string &name, std::string_view text) {
    const auto file = fuzz::must(folder.open_file(name, base::OpenMode::create_new), "a file is made");
    fuzz::must(file->write_at(0, base::as_bytes(text)), "a file is written");
}

std::vector<base::Event> read(const test::Twin &twin, std::uint64_t from) {
    observe::JournalReader reader{
        [&]() { return twin.root()->open_directory(observe::journal_folder_name, base::Symlinks::refuse); }, from, "b"};
    std::vector<base::Event> events;
    while (events.size() < most) {
        auto event = fuzz::must(reader.next(), "a journal is read whatever stands in it");
        if (!event)
            break;
        events.push_back(std::move(*event));
    }
    fuzz::hold(events.size() < most, "a journal has an end");
    return events;
}

void check_lines(const std::vector<base::Event> &events) {
    std::uint64_t last = 0;
    for (const base::Event &event : events) {
        const std::string line = observe::write_event(event);
        fuzz::hold(base::is_clean_text(line), "an event can be shown");
        const auto again = observe::parse_event(line);
        fuzz::hold(again.ok(), "an event that was read is read back");
        fuzz::hold(observe::write_event(*again) == line, "an event that was read is read back as the same");
        if (event.sequence == 0)
            continue;
        fuzz::hold(event.sequence > last, "events come in their order");
        last = event.sequence;
    }
}

}  // namespace

// Two segments: the older one up to a zero byte, and the current one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view text = base::as_text(fuzz::input(data, size));
    const std::size_t middle = text.find('\0');
    const test::Twin twin;
    const auto root = twin.root();
    fuzz::must(root->make_directory(observe::journal_folder_name, 0755), "a folder is made");
    const auto folder = fuzz::must(root->open_directory(observe::journal_folder_name, base::Symlinks::refuse), "open");
    if (middle != std::string_view::npos) {
        put(*folder, "00000000000000000001.jsonl", text.substr(0, middle));
        put(*folder, observe::current_segment_name, text.substr(middle + 1));
    } else {
        put(*folder, observe::current_segment_name, text);
    }
    const std::vector<base::Event> events = read(twin, 0);
    check_lines(events);
    check_lines(read(twin, 3));

    std::vector<base::Event> further{base::make_event(base::EventType::notice, "s", "m")};
    observe::Journal journal;
    if (!journal.append(*root, further, "b"))
        return 0;  // numbers that can't be gone beyond
    const std::vector<base::Event> after = read(twin, 0);
    fuzz::hold(!after.empty() && after.back().sequence == further.front().sequence, "what was written is read last");
    fuzz::hold(events.empty() || after.back().sequence > events.back().sequence, "no number is given twice");
    return 0;
}
