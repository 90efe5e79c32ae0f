#include <mos/schedule/control_group.hpp>

#include <doctest/doctest.h>

using namespace mos::schedule;

namespace {

GroupTime time_of(const std::string &group, std::uint64_t used_us, std::uint64_t allowed_us = 50'000) {
    return {.group = group, .used_us = used_us, .allowed_us = allowed_us, .period_us = 100'000};
}

}  // namespace

TEST_CASE("a process's control group is that of version 2") {
    CHECK(parse_control_group("0::/system.slice/a.service\n") == "system.slice/a.service");
    CHECK(parse_control_group("4:memory:/x\n0::/\n") == "");
    for (const char *text : {"", "4:memory:/x\n", "0::", "0::/../../elsewhere\n"})
        CHECK_FALSE(parse_control_group(text));
}

TEST_CASE("a group's time is known where it is limited") {
    const auto time = parse_group_time("50000 100000\n", "nr_periods 4\nusage_usec 1234\nuser_usec 1000\n");
    REQUIRE(time);
    CHECK(*time == time_of("", 1234));
    CHECK_FALSE(parse_group_time("max 100000\n", "usage_usec 1234\n"));
    CHECK_FALSE(parse_group_time("50000 0\n", "usage_usec 1234\n"));
    CHECK_FALSE(parse_group_time("0 100000\n", "usage_usec 1234\n"));
    CHECK_FALSE(parse_group_time("50000 100000\n", "user_usec 1234\n"));
    CHECK_FALSE(parse_group_time("", ""));
}

TEST_CASE("the use of processors is that of the fullest group, of what it was allowed") {
    constexpr std::int64_t a_second = 1'000'000;
    CHECK(group_cpu_usage({time_of("", 0), time_of("a", 0)}, {time_of("", 100'000), time_of("a", 400'000)}, a_second) ==
          80);
    CHECK(group_cpu_usage({time_of("", 0)}, {time_of("", 9'000'000)}, a_second) == 100);  // saved up before
    CHECK_FALSE(group_cpu_usage({time_of("", 5)}, {time_of("", 4)}, a_second));
    CHECK_FALSE(group_cpu_usage({}, {time_of("", 4)}, a_second));
    CHECK_FALSE(group_cpu_usage({time_of("", 0)}, {time_of("", 4)}, 0));
    CHECK_FALSE(group_cpu_usage({time_of("", 0)}, {time_of("", 4, UINT64_MAX)}, a_second));
    CHECK(group_cpu_usage({time_of("", 0, 1)}, {time_of("", 4, 1)}, 1) == 100);  // less than a microsecond is allowed
}

TEST_CASE("a group's memory is used but for files that the kernel may drop") {
    CHECK(parse_group_memory_usage("1000\n", "800\n", "anon 500\ninactive_file 200\n") == 60);
    CHECK(parse_group_memory_usage("1000\n", "800\n", "") == 80);
    CHECK(parse_group_memory_usage("1000\n", "800\n", "inactive_file 9000\n") == 0);
    CHECK(parse_group_memory_usage("1000\n", "1200\n", "") == 100);
    CHECK_FALSE(parse_group_memory_usage("max\n", "800\n", ""));
    CHECK_FALSE(parse_group_memory_usage("0\n", "800\n", ""));
    CHECK_FALSE(parse_group_memory_usage("1000\n", "", ""));
}
