// Units of systemd, as text and as `systemd-analyze verify` and `calendar` read them.
#include <mos/schedule/systemd_units.hpp>

#include "random_calendar.hpp"
#include "seed.hpp"
#include "updates.hpp"

using namespace mos;
using namespace mos::test;
using config::calendar_expressions;

namespace {

config::Calendar calendar(std::string_view text) { return must(config::parse_calendar(text)); }

std::string service(std::string_view program, std::string_view root = "/") {
    return must(schedule::service_unit(program, root));
}

bool has_line(const std::string &text, const std::string &line) {
    return text.find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("a calendar is written as systemd reads it") {
    const auto written = [](std::string_view text) { return calendar_expressions(calendar(text), "UTC"); };
    CHECK(written("Sat,Sun 02:00") == std::vector<std::string>{"Sat,Sun *-*-* 02:00:00 UTC"});
    CHECK(written("*-*~01 23:00 Europe/Berlin") == std::vector<std::string>{"*-*~01 23:00:00 Europe/Berlin"});
    CHECK(written("2027-02-03 *:0/30") == std::vector<std::string>{"2027-02-03 *:00,30:00 UTC"});
    CHECK(calendar_expressions(calendar("weekly"), "") == std::vector<std::string>{"Mon *-*-* 00:00:00"});
}

TEST_CASE("a crontab's day or weekday becomes two expressions") {
    CHECK(calendar_expressions(calendar("0 2 1 * fri"), "UTC") ==
          std::vector<std::string>{"*-*-01 02:00:00 UTC", "Fri *-*-* 02:00:00 UTC"});
}

TEST_CASE("an expression that was read and written is the same calendar") {
    const std::uint64_t seed = fresh_seed();
    CAPTURE(seed);
    Dice dice{seed};
    for (int i = 0; i < 1000; ++i) {
        const std::string text = RandomCalendar{dice}.expression().open;
        CAPTURE(text);
        const config::Calendar read = calendar(text);
        const std::vector<std::string> written = calendar_expressions(read, "");
        REQUIRE(written.size() == 1);
        CAPTURE(written[0]);
        CHECK(must(config::parse_calendar_expression(written[0])) == read);
    }
}

TEST_CASE("the timer elapses when windows open, and else each ten minutes or sooner") {
    schedule::Policy policy = weekly_policy();
    policy.windows.windows.push_back(window(22 * hours, 6 * hours, "Europe/Berlin", 0x7f, "night"));
    policy.check_interval_s = hours;
    const std::string text = schedule::timer_unit(policy);
    CHECK(has_line(text, "OnCalendar=Fri *-*-* 02:00:00 UTC"));
    CHECK(has_line(text, "OnCalendar=*-*-* 22:00:00 Europe/Berlin"));
    CHECK(has_line(text, "OnUnitInactiveSec=600s"));
    CHECK(has_line(text, "Persistent=true"));
    CHECK(has_line(text, "WantedBy=timers.target"));
    policy.check_interval_s = 60;
    CHECK(has_line(schedule::timer_unit(policy), "OnUnitInactiveSec=60s"));
}

TEST_CASE("the service runs what is due on its root") {
    CHECK(has_line(service("/usr/bin/multios-update"), "ExecStart=\"/usr/bin/multios-update\" run-due"));
    CHECK(has_line(service("/usr/bin/multios-update", "/srv/board"),
                   "ExecStart=\"/usr/bin/multios-update\" run-due --root=\"/srv/board\""));
    CHECK(has_line(service("/usr/bin/multios-update"), "Type=oneshot"));
}

TEST_CASE("what systemd would read otherwise is escaped, and what a unit can't hold is refused") {
    CHECK(has_line(service("/opt/100%/a \"b\"\\c$d"), R"(ExecStart="/opt/100%%/a \"b\"\\c$$d" run-due)"));
    for (const std::string &wrong : {std::string{"multios-update"}, std::string{}, std::string{"/a\nExecStart=/bin/sh"},
                                     std::string{"/a\0b", 4}, "/" + std::string(4096, 'a')}) {
        CAPTURE(wrong);
        CHECK(refusal(schedule::service_unit(wrong, "/")) == base::Code::INVALID_ARGUMENT);
        CHECK(refusal(schedule::service_unit("/m", wrong)) == base::Code::INVALID_ARGUMENT);
    }
}
