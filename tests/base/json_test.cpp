#include <mos/base/json.hpp>

#include "expect.hpp"

#include <nlohmann/json.hpp>

#include <string>

using namespace mos::base;
using mos::test::must;
using mos::test::refusal;

static const JsonLimits defaults;

TEST_CASE("ordinary JSON is read into a tree") {
    const JsonTree tree = must(parse_json(R"({"a": [1, -2, true, null, "x"], "b": {"c": {}}})", defaults));
    CHECK(tree->at("a").at(1) == -2);
    CHECK(tree->at("b").at("c").empty());
    CHECK(must(parse_json("[[1,[2]],[3]]", defaults))->dump() == "[[1,[2]],[3]]");
}

TEST_CASE("JSON that two readers could understand differently is refused") {
    CHECK(refusal(parse_json(R"({"a": 1, "a": 2})", defaults)) == Code::FORMAT);
    CHECK(refusal(parse_json("[1.5]", defaults)) == Code::FORMAT);
    CHECK(refusal(parse_json("[1e3]", defaults)) == Code::FORMAT);
    CHECK(refusal(parse_json("[99999999999999999999]", defaults)) == Code::FORMAT);
    CHECK(refusal(parse_json("{} {}", defaults)) == Code::FORMAT);
    CHECK(refusal(parse_json("[\"caf\xe9\"]", defaults)) == Code::FORMAT);
    CHECK(refusal(parse_json("{'a': 1}", defaults)) == Code::FORMAT);
    CHECK(refusal(parse_json("", defaults)) == Code::FORMAT);
}

TEST_CASE("numbers that are no integers of 64 bits are kept as they are written where that is asked for") {
    const JsonTree tree =
        must(parse_json("[1.10, 1e3, 99999999999999999999, 7]", defaults, OtherNumbers::keep_as_text));
    CHECK(tree->dump() == R"(["1.10","1e3","99999999999999999999",7])");
}

TEST_CASE("JSON beyond a limit is refused before it takes memory") {
    CHECK(refusal(parse_json(std::string(100'000, '['), defaults)) == Code::LIMIT);
    CHECK(refusal(parse_json("[1,2,3]", {.values = 3})) == Code::LIMIT);
    CHECK(refusal(parse_json("[1,2,3]", {.bytes = 6})) == Code::LIMIT);
    CHECK(must(parse_json("[[]]", {.depth = 2}))->size() == 1);
    CHECK(refusal(parse_json("[[[]]]", {.depth = 2})) == Code::LIMIT);
}
