#include "journal_bench.hpp"

#include "temporary_root.hpp"

#include <algorithm>
#include <set>
#include <thread>

using namespace mos::base;
using namespace mos::observe;
using namespace mos::test;
using mos::Code;

namespace {

constexpr JournalLimits small = {.segment_bytes = 700, .segments = 3};  // two or three events each

void cut_last_line(Directory &root, std::uint64_t bytes) {
    const auto folder = journal_folder(root);
    const auto file = must(folder->open_file(current_segment_name, OpenMode::write));
    must(file->resize(must(file->status()).size - bytes));
}

std::size_t segments_in(Directory &root) { return must(journal_folder(root)->list()).size(); }

}  // namespace

TEST_CASE("events get numbers from 1 on, and are read back as they were") {
    const Twin twin;
    const auto root = twin.root();
    Journal journal;
    CHECK(must(append(journal, *root, "a")) == 1);
    CHECK(must(append(journal, *root, "b")) == 2);
    const auto events = read_all(*root);
    REQUIRE(events.size() == 2);
    Event expected = event_about("b");
    expected.sequence = 2;
    CHECK(events[1] == expected);
}

TEST_CASE("a journal that is opened again goes on where it was") {
    const Twin twin;
    const auto root = twin.root();
    for (std::uint64_t i = 1; i <= 5; ++i) {
        Journal journal;
        CHECK(must(append(journal, *root, "x")) == i);
    }
}

TEST_CASE("two writers take turns, and no number is given twice") {
    const Twin twin;
    const auto root = twin.root();
    Journal one;
    Journal other;
    CHECK(must(append(one, *root, "a")) == 1);
    CHECK(must(append(other, *root, "b")) == 2);
    CHECK(must(append(one, *root, "c")) == 3);
    CHECK(must(append(one, *root, "d")) == 4);
    CHECK(must(append(other, *root, "e")) == 5);
    CHECK(subjects(read_all(*root)) == Words{"a", "b", "c", "d", "e"});
}

TEST_CASE("two writers at once, which also put segments aside, lose nothing") {
    const TemporaryRoot folder;
    constexpr std::size_t each = 300;
    const auto write = [&](const std::string &name) {
        const auto root = folder.root();
        Journal journal{{.segment_bytes = 2000, .segments = 1000}};
        for (std::size_t i = 0; i < each; ++i)
            static_cast<void>(append(journal, *root, name));
    };
    std::thread one{write, "one"};
    std::thread other{write, "other"};
    one.join();
    other.join();
    const auto root = folder.root();
    const auto events = read_all(*root);
    CHECK(events.size() == 2 * each);
    std::set<std::uint64_t> numbers;
    for (const Event &event : events)
        numbers.insert(event.sequence);
    CHECK(numbers.size() == 2 * each);
    CHECK(*numbers.rbegin() == 2 * each);
}

TEST_CASE("a journal that is held for long is given up, and told") {
    const Twin twin;
    const auto root = twin.root();
    Journal journal;
    must(append(journal, *root, "a"));
    const auto held = must(journal_folder(*root)->open_file(current_segment_name, OpenMode::read));
    must(held->lock(LockMode::exclusive));
    CHECK(refusal(append(journal, *root, "b")) == Code::LOCKED);
}

TEST_CASE("nothing is flushed") {
    const Twin twin;
    const auto root = twin.root();
    Journal journal{small};
    for (int i = 0; i < 20; ++i)
        must(append(journal, *root, "x"));
    CHECK(twin.flushes() == 0);
}

TEST_CASE("a full segment is put aside, and the oldest one goes") {
    const Twin twin;
    const auto root = twin.root();
    Journal journal{small};
    for (int i = 0; i < 40; ++i)
        must(append(journal, *root, std::to_string(i)));
    CHECK(segments_in(*root) == small.segments);
    const auto events = read_all(*root);
    CHECK(events.back().subject == "39");
    CHECK(events.size() >= 4);
    for (std::size_t i = 1; i < events.size(); ++i)
        CHECK(events[i].sequence == events[i - 1].sequence + 1);
}

TEST_CASE("a torn last line is passed over, and its number is not given to another event") {
    for (const std::uint64_t bytes : {2U, 30U, 150U}) {
        INFO(bytes);
        const Twin twin;
        const auto root = twin.root();
        Journal journal;
        must(append(journal, *root, "a"));
        must(append(journal, *root, "b"));
        cut_last_line(*root, bytes);
        CHECK(subjects(read_all(*root)) == Words{"a"});
        CHECK(must(append(journal, *root, "c")) == 3);
        CHECK(subjects(read_all(*root)) == Words{"a", "c"});
    }
}

TEST_CASE("a last line that lacks nothing but its end is read when the next one is written") {
    const Twin twin;
    const auto root = twin.root();
    Journal journal;
    must(append(journal, *root, "a"));
    must(append(journal, *root, "b"));
    cut_last_line(*root, 1);
    CHECK(subjects(read_all(*root)) == Words{"a"});
    CHECK(must(append(journal, *root, "c")) == 3);
    CHECK(subjects(read_all(*root)) == Words{"a", "b", "c"});
}

TEST_CASE("after another boot numbers are left out, for those of lost events may have been read") {
    const Twin twin;
    const auto root = twin.root();
    Journal journal;
    must(append(journal, *root, "a"));
    Journal later;
    CHECK(must(append(later, *root, "b", next_boot)) == 2 + numbers_left_out);
    CHECK(must(append(later, *root, "c", next_boot)) == 3 + numbers_left_out);
    CHECK(subjects(read_all(*root)) == Words{"a", "b", "c"});
}

TEST_CASE("a segment whose beginning was destroyed is put aside, and what can be read of it is read") {
    const Twin twin;
    const auto root = twin.root();
    Journal journal;
    must(append(journal, *root, "a"));
    must(append(journal, *root, "b"));
    const auto file = must(journal_folder(*root)->open_file(current_segment_name, OpenMode::write));
    must(file->write_at(0, as_bytes(std::string(10, '\0'))));
    Journal later;
    CHECK(must(append(later, *root, "c")) > 2);
    CHECK(subjects(read_all(*root)) == Words{"a", "b", "c"});
}

TEST_CASE("a disk that is full costs events, and what follows is written again when there is room") {
    Twin twin;
    const auto root = twin.root();
    Journal journal;
    must(append(journal, *root, "a"));
    twin.set_free_bytes(0);
    int refused = 0;
    for (int i = 0; i < 50; ++i)
        refused += append(journal, *root, "lost") ? 0 : 1;
    CHECK(refused > 0);
    twin.set_free_bytes(1U << 20U);
    must(append(journal, *root, "z"));
    const auto events = read_all(*root);
    CHECK(events.front().subject == "a");
    CHECK(events.back().subject == "z");
}

TEST_CASE("whatever call fails, the journal can be read and written afterwards") {
    std::uint64_t calls = 0;
    {
        const Twin twin;
        const auto root = twin.root();
        Journal journal{small};
        for (int i = 0; i < 8; ++i)
            must(append(journal, *root, std::to_string(i)));
        calls = twin.calls();
    }
    for (std::uint64_t call = 1; call <= calls; ++call) {
        INFO(call);
        Twin twin;
        const auto root = twin.root();
        twin.fail_at(call, ENOSPC);
        Journal journal{small};
        std::vector<std::uint64_t> given;
        for (int i = 0; i < 8; ++i)
            if (const auto number = append(journal, *root, std::to_string(i)); number)
                given.push_back(*number);
        twin.fail_never();
        CHECK(given.size() >= 7);
        given.push_back(must(append(journal, *root, "last")));
        for (std::size_t i = 1; i < given.size(); ++i)
            CHECK(given[i] > given[i - 1]);
        CHECK(read_all(*root).back().subject == "last");
    }
}

TEST_CASE("wherever the power is cut, what is read is what was told, and no number comes again") {
    Twin twin;
    const auto root = twin.root();
    std::vector<DiskState> cuts;
    std::vector<std::uint64_t> newest;  // that somebody may have read before the cut
    std::uint64_t last = 0;
    twin.on_mutation([&](std::uint64_t number, std::string_view) {
        for (const Selection &keep : {Selection::none(), Selection::all(), Selection::random(number),
                                      Selection::random(number + 1000).torn(number)}) {
            cuts.push_back(twin.crash(keep));
            newest.push_back(last);
        }
    });
    Journal journal{{.segment_bytes = 700, .segments = 100}};
    for (int i = 0; i < 10; ++i) {
        last = must(append(journal, *root, std::to_string(i)));
        if (i == 0)
            must(must(root->open_sync_point())->flush());  // the kernel's own, sooner or later
    }
    twin.on_mutation(nullptr);
    for (std::size_t i = 0; i < cuts.size(); ++i) {
        INFO(i);
        const Twin after{cuts[i]};
        const auto there = after.root();
        std::uint64_t before = 0;
        for (const Event &event : read_all(*there, 0, next_boot)) {
            CHECK(event.sequence > before);
            CHECK((event.type == "events_lost" || event.subject == std::to_string(event.sequence - 1)));
            before = event.sequence;
        }
        Journal later;
        const std::uint64_t next = must(append(later, *there, "next", next_boot));
        CHECK((newest[i] <= 1 || next > newest[i]));
        CHECK(read_all(*there, 0, next_boot).back().subject == "next");
    }
}
