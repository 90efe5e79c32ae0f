#include <mos/observe/event_line.hpp>

#include "expect.hpp"

#include <mos/base/bytes.hpp>

#include <string>

using namespace mos::base;
using namespace mos::observe;
using mos::Code;
using mos::test::must;
using mos::test::refusal;

namespace {

Event example() {
    Event event = make_event(EventType::package_updated, "webserver", "webserver 2.1.0 updated");
    event.sequence = 42;
    event.time_unix_s = 1'764'000'000;
    event.cause = "update-job-40";
    event.actor = "uid:0";
    event.payload = {{"old_version", "2.0.4"}, {"paths", std::int64_t{17}}};
    return event;
}

}  // namespace

TEST_CASE("an event is one line of JSON with all that it says") {
    CHECK(
        write_event(example()) ==
        R"({"sequence":42,"time":"2025-11-24T16:00:00Z","level":"info","component":"update_manager",)"
        R"("type":"package_updated","subject":"webserver","message":"webserver 2.1.0 updated","cause":"update-job-40",)"
        R"("actor":"uid:0","payload":{"old_version":"2.0.4","paths":17}})");
}

TEST_CASE("a line that was written is read back as the same event") {
    CHECK(must(parse_event(write_event(example()))) == example());
    Event quoted = example();
    quoted.message = R"(a "quoted" \ word)";
    CHECK(must(parse_event(write_event(quoted))) == quoted);
}

TEST_CASE("bytes that are no clean text can't break a line or a terminal") {
    Event event = example();
    event.subject = "usr/bin/\xff\n\x1b[2J";
    const std::string line = write_event(event);
    CHECK(is_clean_text(line));
    CHECK(must(parse_event(line)).subject == R"(usr/bin/\xff\x0a\x1b[2J)");
}

TEST_CASE("a text that is too long is cut where a character ends") {
    Event event = example();
    event.message = std::string(max_event_text_bytes - 1, 'x') + "\xc3\xa4";
    CHECK(must(parse_event(write_event(event))).message == std::string(max_event_text_bytes - 1, 'x'));
}

TEST_CASE("a payload that makes the line too long is left out, and the event stays") {
    Event event = example();
    for (int i = 0; i < 40; ++i)
        event.payload.push_back({"field-" + std::to_string(i), std::string(max_event_text_bytes, 'x')});
    const std::string line = write_event(event);
    CHECK(line.size() <= max_event_line_bytes);
    CHECK(must(parse_event(line)).message == event.message);
    CHECK(must(parse_event(line)).payload.empty());
}

TEST_CASE("of more fields than a payload may have, the first are kept") {
    Event event = example();
    event.payload.clear();
    for (std::size_t i = 0; i < max_event_fields + 5; ++i)
        event.payload.push_back({"field-" + std::to_string(i), std::int64_t{1}});
    CHECK(must(parse_event(write_event(event))).payload.size() == max_event_fields);
}

TEST_CASE("an event of a newer version is read, with what is known of it") {
    const Event event = must(parse_event(
        R"({"sequence":7,"time":"2030-01-01T00:00:00Z","level":"warn","component":"oracle","type":"omen_seen",)"
        R"("subject":"","message":"m","cause":"","actor":"","payload":{},"colour":"red"})"));
    CHECK(event.type == "omen_seen");
    CHECK(event.component == "oracle");
}

TEST_CASE("a line that is no event is refused") {
    const std::string good = write_event(example());
    for (const std::string &line :
         {std::string{}, std::string{"{}"}, good.substr(0, good.size() - 1), good + "}", " " + good,
          std::string{R"({"sequence":1})"}, std::string{R"({"sequence":-1,"time":""})"}}) {
        INFO(line);
        CHECK(refusal(parse_event(line)) == Code::FORMAT);
    }
    for (const char *member :
         {"time", "level", "component", "type", "subject", "message", "cause", "actor", "payload"}) {
        std::string without = good;
        without.replace(without.find(std::string{"\""} + member + "\":") + 1, 1, "_");
        INFO(without);
        CHECK(refusal(parse_event(without)) == Code::FORMAT);
    }
}

TEST_CASE("the number of a line is found without reading the rest, and of nothing else") {
    CHECK(sequence_of(write_event(example())) == 42);
    CHECK_FALSE(sequence_of(R"({"sequence":42,"time":"2025)").has_value());
    CHECK_FALSE(sequence_of(R"({"journal":1,"first":42})").has_value());
    CHECK_FALSE(sequence_of(R"({"sequence":99999999999999999999999,"x":1})").has_value());
}

TEST_CASE("every type has a name of its own, a component and a meaning") {
    for (std::size_t i = 0; i <= static_cast<std::size_t>(EventType::events_dropped); ++i) {
        const EventDescription description = describe(static_cast<EventType>(i));
        CHECK(is_event_name(description.name));
        CHECK(is_event_component(description.component));
        CHECK_FALSE(description.meaning.empty());
    }
    CHECK_FALSE(is_event_name("job"));
    CHECK_FALSE(is_event_component("printer"));
}
