#include <mos/package/relation.hpp>

#include "expect.hpp"

#include <string>

using namespace mos::package;
using mos::Code;
using mos::test::must;
using mos::test::refusal;

namespace {

bool satisfies(std::string_view version, std::string_view relation) {
    return satisfied(must(parse_relation(relation)).front(), "p", version);
}

std::string refused(std::string_view text, Code code = Code::FORMAT) {
    const auto result = parse_relation(text);
    CHECK(refusal(result) == code);
    return result.error().full_message();
}

}  // namespace

TEST_CASE("a relation is a name, or a name with a version, or alternatives of these") {
    CHECK(must(parse_relation("libfoo")) == Relation{{"libfoo", Comparison::any, ""}});
    CHECK(must(parse_relation("libfoo (>= 1.2)")) == Relation{{"libfoo", Comparison::later_or_equal, "1.2"}});
    CHECK(must(parse_relation("a | b (<< 2)")) ==
          Relation{{"a", Comparison::any, ""}, {"b", Comparison::earlier, "2"}});
    CHECK(must(parse_relation(" a(=1:2~rc1-3)|b\t( <=2 ) | c\n(>>0) ")) ==
          Relation{{"a", Comparison::equal, "1:2~rc1-3"},
                   {"b", Comparison::earlier_or_equal, "2"},
                   {"c", Comparison::later, "0"}});
}

TEST_CASE("a malformed relation is refused by name and with the rule") {
    CHECK(refused("") == "relation '' names no package, or none on one side of a '|'");
    CHECK(refused("a |") == "relation 'a |' names no package, or none on one side of a '|'");
    CHECK(refused("a || b") == "relation 'a || b' names no package, or none on one side of a '|'");
    CHECK(refused("a (< 1)") == "relation 'a (< 1)' has the operator '<'; write '<<' or '<='");
    CHECK(refused("a (> 1)") == "relation 'a (> 1)' has the operator '>'; write '>>' or '>='");
    for (const char *text : {"a (1)", "a (== 1)", "a (=> 1)", "a ()", "a (~ 1)", "a (<<< 1)"})
        CHECK(refused(text).ends_with("has none of the operators << <= = >= >> behind '('"));
    for (const char *text : {"a b", "a (= 1", "a (= 1) b", "a (= 1) (= 2)", "a )", "a (= 1))"})
        CHECK(refused(text).ends_with("has something else behind the name than a version in parentheses"));
    for (const char *text : {"a [amd64]", "a:any", "a <!nocheck>", "a:amd64 (= 1)"})
        CHECK(refused(text).ends_with("is bound to an architecture or a profile, which is not supported"));
    CHECK(refused("a (= )") == "relation 'a (= )' has a malformed version: version '' is empty");
    CHECK(refused("a (= 1 2)").starts_with("relation 'a (= 1 2)' has a malformed version: "));
    CHECK(refused("a (= x:1)").starts_with("relation 'a (= x:1)' has a malformed version: "));
    CHECK(refused("b | -a").starts_with("relation 'b | -a' has a malformed name: "));
    CHECK(refused("(>= 1)").starts_with("relation '(>= 1)' has a malformed name: "));
    CHECK(refused("a\x1b").starts_with("relation 'a\\x1b' has a malformed name: "));
}

TEST_CASE("the length of a relation and its alternatives are bounded") {
    std::string many = "a";
    for (std::size_t i = 1; i < max_alternatives; ++i)
        many += "|a";
    CHECK(must(parse_relation(many)).size() == max_alternatives);
    CHECK(refused(many + "|a", Code::LIMIT).ends_with("… has 65 alternatives, at most 64 are allowed"));
    CHECK(refused(std::string(max_relation_bytes + 1, ' '), Code::LIMIT).ends_with("… is longer than 4096 bytes"));
}

TEST_CASE("conflicts and what is provided have no alternatives, and what is provided has one version") {
    CHECK(must(parse_conflict("a (<< 2)")) == Alternative{"a", Comparison::earlier, "2"});
    CHECK(refusal(parse_conflict("a | b")) == Code::FORMAT);
    CHECK(must(parse_provided("a")) == Provided{"a", ""});
    CHECK(must(parse_provided("a (= 1.2)")) == Provided{"a", "1.2"});
    CHECK(refusal(parse_provided("a | b")) == Code::FORMAT);
    const auto open = parse_provided("a (>= 1)");
    CHECK(refusal(open) == Code::FORMAT);
    CHECK(open.error().message() == "relation 'a (>= 1)' is provided, so only '=' can stand before its version");
}

TEST_CASE("each operator compares versions as Debian orders them") {
    CHECK(satisfies("1", "p"));
    CHECK_FALSE(satisfied(must(parse_relation("q")).front(), "p", "1"));
    struct Row {
        std::string_view relation;
        bool before, same, after;
    };
    for (const Row &row : {Row{"p (<< 1.10)", true, false, false}, Row{"p (<= 1.10)", true, true, false},
                           Row{"p (= 1.10)", false, true, false}, Row{"p (>= 1.10)", false, true, true},
                           Row{"p (>> 1.10)", false, false, true}}) {
        CAPTURE(row.relation);
        CHECK(satisfies("1.9", row.relation) == row.before);
        CHECK(satisfies("1.10~rc1", row.relation) == row.before);
        CHECK(satisfies("1.10", row.relation) == row.same);
        CHECK(satisfies("0:1.010", row.relation) == row.same);
        CHECK(satisfies("1.10-1", row.relation) == row.after);
        CHECK(satisfies("1:0", row.relation) == row.after);
    }
}

TEST_CASE("a provided name without a version satisfies only what asks for none") {
    const auto asks = [](std::string_view text) { return must(parse_relation(text)).front(); };
    CHECK(satisfied(asks("p"), Provided{"p", ""}));
    CHECK_FALSE(satisfied(asks("p (>= 0)"), Provided{"p", ""}));
    CHECK_FALSE(satisfied(asks("p (<< 9)"), Provided{"p", ""}));
    CHECK(satisfied(asks("p"), Provided{"p", "1"}));
    CHECK(satisfied(asks("p (>= 1)"), Provided{"p", "1"}));
    CHECK_FALSE(satisfied(asks("p (>> 1)"), Provided{"p", "1"}));
    CHECK_FALSE(satisfied(asks("q"), Provided{"p", ""}));
}
