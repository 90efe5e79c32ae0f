#include "journal_bench.hpp"

using namespace mos::base;
using namespace mos::observe;
using namespace mos::test;

namespace {

constexpr JournalLimits small = {.segment_bytes = 700, .segments = 3};

void write(Directory &root, int count, JournalLimits limits = {}) {
    Journal journal{limits};
    for (int i = 1; i <= count; ++i)
        must(append(journal, root, std::to_string(i)));
}

}  // namespace

TEST_CASE("a journal that is not there yet is empty, and is read once it is there") {
    const Twin twin;
    const auto root = twin.root();
    auto reader = reader_of(*root);
    CHECK_FALSE(must(reader.next()).has_value());
    write(*root, 1);
    CHECK(subjects(read_all(reader)) == Words{"1"});
}

TEST_CASE("a reader goes on with what is written after it came to the end, over segments that are put aside") {
    const Twin twin;
    const auto root = twin.root();
    Journal journal{{.segment_bytes = 700, .segments = 100}};
    auto reader = reader_of(*root);
    for (int i = 1; i <= 30; ++i) {
        must(append(journal, *root, std::to_string(i)));
        if (i % 7 == 0)
            must(append(journal, *root, "extra"));
        const auto events = read_all(reader);
        REQUIRE_FALSE(events.empty());
        CHECK(events.front().subject == std::to_string(i));
        CHECK(events.size() == (i % 7 == 0 ? 2 : 1));
    }
}

TEST_CASE("a cursor is a number: another reader goes on from there") {
    const Twin twin;
    const auto root = twin.root();
    write(*root, 12, {.segment_bytes = 700, .segments = 100});
    for (std::uint64_t from = 1; from <= 12; ++from) {
        INFO(from);
        auto reader = reader_of(*root, from);
        const auto events = read_all(reader);
        CHECK(events.size() == 13 - from);
        CHECK(events.front().sequence == from);
        CHECK(reader.position() == 13);
    }
    CHECK(read_all(*root, 13).empty());
}

TEST_CASE("a reader whose events are gone is told, and goes on with what is there") {
    const Twin twin;
    const auto root = twin.root();
    write(*root, 40, small);
    auto reader = reader_of(*root, 2);
    const auto events = read_all(reader);
    REQUIRE(events.size() > 1);
    CHECK(events[0].type == "events_lost");
    const std::uint64_t first = events[1].sequence;
    CHECK(events[0].sequence == first - 1);
    CHECK(events[0].payload ==
          std::vector<EventField>{{"from", std::int64_t{2}}, {"until", static_cast<std::int64_t>(first - 1)}});
    CHECK(events.back().subject == "40");
}

TEST_CASE("a reader who asks for the oldest that there is has lost nothing") {
    const Twin twin;
    const auto root = twin.root();
    write(*root, 40, small);
    CHECK(read_all(*root, 0).front().type == "notice");
}

TEST_CASE("a slow reader is told what was rotated away under it") {
    const Twin twin;
    const auto root = twin.root();
    Journal journal{small};
    must(append(journal, *root, "1"));
    auto reader = reader_of(*root);
    CHECK(subjects(read_all(reader)) == Words{"1"});
    for (int i = 2; i <= 40; ++i)
        must(append(journal, *root, std::to_string(i)));
    const auto events = read_all(reader);
    std::size_t told = 0;
    std::uint64_t expected = 2;
    for (const Event &event : events) {
        if (event.type == "events_lost")
            ++told;
        else
            CHECK(event.sequence == expected);
        expected = event.sequence + 1;
    }
    CHECK(told == 1);
    CHECK(expected == 41);
}

TEST_CASE("events that a power cut has taken are told, and none is read twice") {
    const Twin twin;
    const auto root = twin.root();
    write(*root, 5);
    auto reader = reader_of(*root, 9, next_boot);
    const auto told = must(reader.next());
    REQUIRE(told.has_value());
    CHECK(told->type == "events_lost");
    CHECK(told->payload == std::vector<EventField>{{"from", std::int64_t{6}}, {"until", std::int64_t{8}}});
    CHECK_FALSE(must(reader.next()).has_value());
    Journal journal;
    must(append(journal, *root, "new", next_boot));
    CHECK(subjects(read_all(reader)) == Words{"new"});
}

TEST_CASE("a journal that was deleted and begun anew is told, and read from its beginning") {
    const Twin twin;
    const auto root = twin.root();
    write(*root, 2);
    CHECK(subjects(read_all(*root, 9)) == Words{"(lost)", "1", "2"});
}

TEST_CASE("a number that there is not yet is told as that, with the newest; whether it was read is not made up") {
    const Twin twin;
    const auto root = twin.root();
    write(*root, 3);
    CHECK(read_all(*root, 4).empty());
    const auto told = read_all(*root, 5);
    REQUIRE(told.size() == 4);
    CHECK(told[0].message.starts_with("there is no event 5 yet, the newest is 3; if events as far as that were read"));
    CHECK(told[0].payload == std::vector<EventField>{{"from", std::int64_t{5}}, {"newest", std::int64_t{3}}});
}

TEST_CASE("a reader of what is new passes over what is there") {
    const Twin twin;
    const auto root = twin.root();
    write(*root, 9, small);
    auto reader = reader_of(*root);
    must(reader.go_to_end());
    CHECK(read_all(reader).empty());
    Journal journal{small};
    must(append(journal, *root, "new"));
    CHECK(subjects(read_all(reader)) == Words{"new"});
}

TEST_CASE("what is no event is passed over: torn lines, zeros, a line without end, files of others") {
    const Twin twin;
    const auto root = twin.root();
    write(*root, 1);
    const auto folder = journal_folder(*root);
    const auto file = must(folder->open_file(current_segment_name, OpenMode::write));
    Event event = event_about("2");
    event.sequence = 2;
    const std::string more =
        "{\"sequence\":9,\"torn\n" + std::string(200'000, '\0') + "\n\n" + write_event(event) + "\n";
    must(file->write_at(must(file->status()).size, as_bytes(more)));
    must(must(folder->open_file("notes.txt", OpenMode::create_new))->write_at(0, as_bytes("mine")));
    CHECK(subjects(read_all(*root)) == Words{"1", "2"});
}

TEST_CASE("reading changes nothing and creates nothing") {
    Twin twin;
    const auto root = twin.root();
    CHECK(read_all(*root).empty());
    write(*root, 20, small);
    const std::uint64_t before = twin.mutations();
    read_all(*root);
    read_all(*root, 3);
    CHECK(twin.mutations() == before);
}
