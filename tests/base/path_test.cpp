#include <mos/base/path.hpp>

#include "expect.hpp"

#include <string>

using namespace mos::base;
using mos::test::must;
using mos::test::refusal;

TEST_CASE("paths are joined, and freed of the slashes that people write") {
    CHECK(mos::base::join_path("", "b") == "b");
    CHECK(mos::base::join_path("a", "b/c") == "a/b/c");
    CHECK(mos::base::without_outer_slashes("//opt/app/") == "opt/app");
    CHECK(mos::base::without_outer_slashes("/").empty());
}

TEST_CASE("an entry path is relative and names every folder on its way") {
    must(check_entry_path("x"));
    must(check_entry_path("usr/bin/x"));
    must(check_entry_path("usr/...hidden/a b\xff"));  // bytes that are no UTF-8 are a name too
    must(check_entry_path(std::string(255, 'a')));
}

TEST_CASE("an entry path that could leave the root or is ambiguous is refused") {
    for (const std::string path : {"", "/", "/usr", "..", "../x", "a/../b", "a/..", ".", "a/./b", "a//b", "a/", "/a"})
        CHECK_MESSAGE(refusal(check_entry_path(path)) == Code::PATH_REFUSED, path);
    CHECK(refusal(check_entry_path(std::string_view{"a\0b", 3})) == Code::PATH_REFUSED);
}

TEST_CASE("an entry path beyond a limit of the kernel or of ours is refused") {
    CHECK(refusal(check_entry_path(std::string(256, 'a'))) == Code::PATH_REFUSED);
    std::string deep = "d";
    for (std::size_t i = 1; i < max_path_depth; ++i)
        deep += "/d";
    must(check_entry_path(deep));
    CHECK(refusal(check_entry_path(deep + "/d")) == Code::PATH_REFUSED);
    std::string long_path = std::string(200, 'a');
    while (long_path.size() <= max_path_bytes)
        long_path += "/" + std::string(200, 'a');
    CHECK(refusal(check_entry_path(long_path)) == Code::PATH_REFUSED);
}

TEST_CASE("a path splits at its last slash") {
    CHECK(split_path("usr/bin/x").parent == "usr/bin");
    CHECK(split_path("usr/bin/x").name == "x");
    CHECK(split_path("x").parent == "");
}

TEST_CASE("below means inside, not beginning with the same letters") {
    CHECK(is_below("a/b", "a"));
    CHECK(is_below("a/b/c", "a"));
    CHECK(is_below("a", ""));
    CHECK_FALSE(is_below("ab", "a"));
    CHECK_FALSE(is_below("a", "a"));
    CHECK_FALSE(is_below("a-b", "a"));
}

TEST_CASE("in byte order, something below a path may still come until a path sorts behind all that is below it") {
    CHECK(may_still_cover("a", "a-b"));  // "a/b" sorts after it
    CHECK(may_still_cover("a", "a/b"));
    CHECK_FALSE(may_still_cover("a", "a0"));
    CHECK_FALSE(may_still_cover("a", "b"));
    CHECK_FALSE(may_still_cover("a", "a"));
}
