#include "text_writers.hpp"

#include "expect.hpp"

using namespace mos::base;
using namespace mos::observe;
using namespace mos::test;
using mos::Code;
using mos::Error;
using mos::Result;

namespace {

struct Written {
    std::vector<std::string> texts;
    [[nodiscard]] TextOutput output() {
        return [this](std::string_view text) -> Result<void> {
            texts.emplace_back(text);
            return {};
        };
    }
};

std::vector<Event> two() {
    return {make_event(EventType::package_refused, "x.mos", "not let in"),
            make_event(EventType::trust_added, "ca-1", "trusted\nnow")};
}

}  // namespace

TEST_CASE("the console gets the lines of a batch at once") {
    Written written;
    ConsoleWriter writer{written.output(), must(LineFormat::parse("level,message"))};
    must(writer.write(two()));
    CHECK(written.texts == std::vector<std::string>{"error not let in\ninfo trusted\\x0anow\n"});
}

TEST_CASE("the system's log gets a message an event, with facility and severity") {
    Written written;
    SyslogWriter writer{written.output(), 16, 42};
    must(writer.write(two()));
    CHECK(written.texts == std::vector<std::string>{"<131>multios[42]: package_refused: not let in",
                                                    "<134>multios[42]: trust_added: trusted\\x0anow"});
}

TEST_CASE("a message is no longer than every receiver takes") {
    Written written;
    SyslogWriter writer{written.output(), 1, 1};
    must(writer.write(std::vector{make_event(EventType::notice, {}, std::string(10'000, 'x'))}));
    CHECK(written.texts.front().size() == 2048);
}

TEST_CASE("an output that fails is told") {
    const TextOutput broken = [](std::string_view) -> Result<void> { return Error{Code::IO, "gone"}; };
    SyslogWriter syslog{broken, 1, 1};
    ConsoleWriter console{broken, LineFormat::json()};
    CHECK(refusal(syslog.write(two())) == Code::IO);
    CHECK(refusal(console.write(two())) == Code::IO);
}
