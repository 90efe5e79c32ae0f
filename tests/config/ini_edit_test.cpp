#include <mos/config/ini_edit.hpp>

#include "expect.hpp"

#include <string>
#include <vector>

using namespace mos::config;
using mos::Code;
using mos::test::must;
using mos::test::refusal;

namespace {

std::string edited(std::string_view text, const std::vector<Assignment> &assignments) {
    return must(edit_ini(text, assignments, "p.ini"));
}

}  // namespace

TEST_CASE("a value of INI is replaced where it stands, and its comment stays") {
    CHECK(edited("; top\n[a]\nb = 1 ; why\nc: x\n", {{"a.b", "3"}, {"a.c", "y z"}}) ==
          "; top\n[a]\nb = 3 ; why\nc: y z\n");
    CHECK(edited("[a.b]\nc=1\n", {{"a.b.c", "2"}}) == "[a.b]\nc= 2\n");
    CHECK(edited("a.b = 1\n", {{"a.b", "2"}}) == "a.b = 2\n");
}

TEST_CASE("a key that INI lacks comes at the end of its section, and a section at the end") {
    CHECK(edited("[a]\nb = 1\n\n# about d\n[d]\ne = 2\n", {{"a.x", "2GB"}}) ==
          "[a]\nb = 1\nx = 2GB\n\n# about d\n[d]\ne = 2\n");
    CHECK(edited("[a]\nb = 1\n", {{"c.d.e", "1"}, {"c.d.f", "2"}}) == "[a]\nb = 1\n\n[c.d]\ne = 1\nf = 2\n");
    CHECK(edited("", {{"a.b", "1"}}) == "[a]\nb = 1\n");
    CHECK(edited("[a]\n", {{"a.b", "1"}}) == "[a]\nb = 1\n");
}

TEST_CASE("a value that INI would read otherwise is refused, and so is a malformed file") {
    const std::vector<Assignment> comment = {{"a.b", "x ;y"}};
    const std::vector<Assignment> lines = {{"a.b", "1\n2"}};
    const std::vector<Assignment> good = {{"a.b", "1"}};
    CHECK(refusal(edit_ini("[a]\n", comment, "p.ini")) == Code::INVALID_ARGUMENT);
    CHECK(refusal(edit_ini("[a]\n", lines, "p.ini")) == Code::INVALID_ARGUMENT);
    CHECK(refusal(edit_ini("nonsense\n", good, "p.ini")) == Code::INVALID_ARGUMENT);
    CHECK(refusal(edit_ini("[a.b]\nc = 1\n", good, "p.ini")) == Code::INVALID_ARGUMENT);
}
