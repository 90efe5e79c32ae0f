#include <mos/config/yaml_edit.hpp>

#include "expect.hpp"

#include <string>
#include <vector>

using namespace mos::config;
using mos::Code;
using mos::test::must;
using mos::test::refusal;

namespace {

std::string edited(std::string_view text, const std::vector<Assignment> &assignments) {
    return must(edit_yaml(text, assignments, "p.yml"));
}

}  // namespace

TEST_CASE("a value is replaced where it stands, and all else stays as it was written") {
    CHECK(edited("# top\na:\n  b: 1   # why\n  c: \"x # y\" # z\n\nd: 2\n", {{"a.b", "3"}, {"a.c", "true"}}) ==
          "# top\na:\n  b: 3  # why\n  c: true  # z\n\nd: 2\n");
}

TEST_CASE("a missing key comes at the end of its section, indented as the section is") {
    CHECK(edited("a:\n    b: 1\n\n# about d\nd: 2\n", {{"a.x", "2GB"}}) ==
          "a:\n    b: 1\n    x: 2GB\n\n# about d\nd: 2\n");
    CHECK(edited("a:\n  b: 1\n", {{"a.c.d", "x"}}) == "a:\n  b: 1\n  c:\n    d: x\n");
    CHECK(edited("a:\n", {{"a.b", "1"}}) == "a:\n  b: 1\n");
}

TEST_CASE("an empty text, or one of comments alone, gets all of the sections") {
    CHECK(edited("", {{"a.b", "1"}, {"a.c", "2"}}) == "a:\n  b: 1\n  c: 2\n");
    CHECK(edited("# nothing yet\n", {{"a", "1"}}) == "# nothing yet\na: 1\n");
}

TEST_CASE("a key of the same name in another section is another one") {
    CHECK(edited("x:\n  b: 1\na:\n  b: 1\n", {{"a.b", "2"}}) == "x:\n  b: 1\na:\n  b: 2\n");
}

TEST_CASE("a list in lines of its own is replaced as a whole, and so is one on the key's line") {
    CHECK(edited("a:\n  l:\n    - 1\n    - 2\n  m: 3\n", {{"a.l", "[4, 5]"}}) == "a:\n  l: [4, 5]\n  m: 3\n");
    CHECK(edited("a:\n  l:\n  - 1\n  m: 3\n", {{"a.l", "[4]"}}) == "a:\n  l: [4]\n  m: 3\n");
    CHECK(edited("a:\n  l: [1, 2]\n", {{"a.l", "[4]"}}) == "a:\n  l: [4]\n");
}

TEST_CASE("a key in quotes is found") { CHECK(edited("\"a\":\n  'b': 1\n", {{"a.b", "2"}}) == "\"a\":\n  'b': 2\n"); }

TEST_CASE("a layout that can't be edited line by line is left to its owner") {
    for (const std::string_view text :
         {"a: {b: 1, c: 2}\n", "a: &anchor\n  b: 1\nd: *anchor\n", "a:\n  b: |\n    several\n    lines\n  c: 1\n"}) {
        const auto refused = edit_yaml(text, std::vector<Assignment>{{"a.b", "2"}}, "p.yml");
        CHECK_MESSAGE(refusal(refused) == Code::INVALID_ARGUMENT, text);
    }
    CHECK(refusal(edit_yaml("a: 1\n", std::vector<Assignment>{{"a.b", "2"}}, "p.yml")) == Code::INVALID_ARGUMENT);
}

TEST_CASE("a value can't bring lines of its own") {
    for (const std::string_view value :
         {"1\nevil: true", "one\n    and the same", "1\r", "1\n  c: 2", "[1", "\"", "a: b"})
        CHECK_MESSAGE(refusal(edit_yaml("a:\n  b: 1\n", std::vector<Assignment>{{"a.b", std::string{value}}},
                                        "p.yml")) == Code::INVALID_ARGUMENT,
                      value);
}

// The fuzz target's first finding: such a path left the library as an exception.
TEST_CASE("a path with an empty key is refused") {
    for (const std::string_view path : {"", ".", ".a", "a.", "a..b", ".a..b."})
        CHECK_MESSAGE(refusal(edit_yaml("a:\n  b: 1\n", std::vector<Assignment>{{std::string{path}, "2"}}, "p.yml")) ==
                          Code::INVALID_ARGUMENT,
                      path);
}

// As a number it would have made a list of what is missing.
TEST_CASE("a key of digits is a key like any other") {
    CHECK(edited("a: 1\n", {{"x.0", "2"}}) == "a: 1\nx:\n  0: 2\n");
}
