#include <mos/package/version.hpp>

#include "expect.hpp"

#include <compare>
#include <string>

using namespace mos;
using namespace mos::package;
using mos::test::must;
using mos::test::refusal;

TEST_CASE("versions are ordered as Debian Policy 5.6.12 orders them") {
    // Each is older than the next one.
    const std::string_view ascending[] = {"0~~",    "0~~a",    "0~",    "0",       "0a",    "0+",    "0.1~rc1",
                                          "0.1",    "0.1-1~b", "0.1-1", "0.1-1.1", "0.2",   "0.10",  "1.0~~",
                                          "1.0~~a", "1.0~",    "1.0",   "1.0-1",   "1.0a",  "1.0+b", "1.0.1",
                                          "1.2.3",  "1.10",    "2",     "10",      "1:0.1", "1:1",   "2:0"};
    for (std::size_t i = 0; i < std::size(ascending); ++i) {
        for (std::size_t k = 0; k < std::size(ascending); ++k)
            CHECK_MESSAGE(compare_versions(ascending[i], ascending[k]) == (i <=> k), ascending[i], " ", ascending[k]);
    }
}

TEST_CASE("leading zeros, a zero epoch and a zero revision make no difference") {
    CHECK(std::is_eq(compare_versions("1.02", "1.2")));
    CHECK(std::is_eq(compare_versions("0:1", "1")));
    CHECK(std::is_eq(compare_versions("00:1", "1")));
    CHECK(std::is_eq(compare_versions("1-0", "1")));
    CHECK(std::is_eq(compare_versions("1.0-", "1.0")));
    CHECK(std::is_gt(compare_versions("99999999999999999999999", "99999999999999999999998")));
    CHECK(std::is_eq(compare_versions("", "")));
}

TEST_CASE("names, versions and the rest keep to their grammar") {
    must(check_name("kernel"));
    must(check_name("lib-X.11+2_b"));
    must(check_version("1:2.3~rc1+git-4"));
    must(check_release(""));
    must(check_release("1.fc40"));
    must(check_architecture("x86_64"));
    must(check_type("firmware"));
    for (const std::string name : {"", "-a", ".a", "a/b", "a b", "a\n", "../x", "a\xc3\xa9"})
        CHECK_MESSAGE(refusal(check_name(name)) == Code::FORMAT, name);
    CHECK(refusal(check_name(std::string(129, 'a'))) == Code::FORMAT);
    for (const std::string version : {"", ":1", "a:1", "1:", "1:2:3", "1/2", "~1", "1234567890:1"})
        CHECK_MESSAGE(refusal(check_version(version)) == Code::FORMAT, version);
    CHECK(refusal(check_version(std::string(129, '1'))) == Code::FORMAT);
    CHECK(refusal(check_release("1-2")) == Code::FORMAT);
    CHECK(refusal(check_architecture("")) == Code::FORMAT);
    CHECK(refusal(check_type("Kernel")) == Code::FORMAT);
}
