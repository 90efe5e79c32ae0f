#include <mos/observe/line_format.hpp>

#include "expect.hpp"

#include <mos/observe/event_line.hpp>

using namespace mos::base;
using namespace mos::observe;
using mos::Code;
using mos::test::must;
using mos::test::refusal;

namespace {

Event example() {
    Event event = make_event(EventType::notice, "usr/bin/x", "it was kept");
    event.sequence = 3;
    event.time_unix_s = 1'764'000'000;
    event.actor = "uid:0";
    return event;
}

}  // namespace

TEST_CASE("the guide's format is time, level and message") {
    CHECK(must(LineFormat::parse("timestamp,level,message")).line(example()) ==
          "2025-11-24T16:00:00Z warn it was kept\n");
}

TEST_CASE("every column can be asked for, and an empty one is a dash") {
    CHECK(must(LineFormat::parse("sequence,component,type,subject,cause,actor")).line(example()) ==
          "3 update_manager notice usr/bin/x - uid:0\n");
}

TEST_CASE("a file has everything but the payload, unless somebody says otherwise") {
    CHECK(LineFormat::full().line(example()) ==
          "2025-11-24T16:00:00Z warn update_manager notice - uid:0 it was kept\n");
}

TEST_CASE("lines of JSON are those of the journal") {
    CHECK(must(LineFormat::parse("json")).line(example()) == write_event(example()) + "\n");
}

TEST_CASE("what is said can't begin a second line") {
    Event event = example();
    event.message = "one\ntwo\x1b[2J";
    CHECK(must(LineFormat::parse("message")).line(event) == "one\\x0atwo\\x1b[2J\n");
}

TEST_CASE("a column that there is not is refused, and those that there are are named") {
    for (const char *text : {"", "time", "level,", ",level", "level, message", "json,level"}) {
        INFO(text);
        const auto format = LineFormat::parse(text);
        CHECK(refusal(format) == Code::INVALID_ARGUMENT);
        CHECK(format.error().message().find("timestamp") != std::string::npos);
    }
}
