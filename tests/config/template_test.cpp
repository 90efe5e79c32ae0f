#include <mos/config/template.hpp>

#include <mos/config/values.hpp>

#include "expect.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace mos::config;
using mos::Code;
using mos::base::JsonTree;
using mos::test::must;
using mos::test::refusal;

namespace {

constexpr std::string_view values_text = R"({
    "name": "web", "port": 80, "on": true, "ratio": 1.10, "min": -5, "none": null, "empty": "",
    "a": {"b": {"c-d_1": "deep"}, "list": [1]}, "tag": "{{ name }}"
})";

mos::Result<std::string> fill(std::string_view text) {
    const JsonTree values = must(read_values(values_text, Format::json, "values.json"));
    return render(text, *values, "t.conf");
}

std::string refused(std::string_view text, Code code) {
    const auto result = fill(text);
    CHECK(refusal(result) == code);
    return result.error().message();
}

}  // namespace

TEST_CASE("a template is filled with the values as they were written") {
    CHECK(must(fill("listen {{ port }};\nserver {{name}} {{\tname }}\n")) == "listen 80;\nserver web web\n");
    CHECK(must(fill("{{on}} {{ratio}} {{min}} [{{empty}}]")) == "true 1.10 -5 []");
    CHECK(must(fill("{{ a.b.c-d_1 }}")) == "deep");
    CHECK(must(fill("{{name}}{{port}}")) == "web80");
    CHECK(must(fill("")).empty());
}

TEST_CASE("what is no place for a value stays, byte for byte") {
    for (const std::string_view text : {"no braces\r\n", "{ name } }} {", "a\\b \\{ x", "\xff\xfe caf\xe9 \x80"})
        CHECK(must(fill(text)) == text);
    const std::string_view with_nul{"a\0b", 3};
    CHECK(must(fill(with_nul)) == with_nul);
    CHECK(must(fill("caf\xe9 {{name}} \xff")) == "caf\xe9 web \xff");
}

TEST_CASE("a backslash in front makes the braces literal") {
    CHECK(must(fill("\\{{ name }} {{ name }}")) == "{{ name }} web");
    CHECK(must(fill("\\\\{{ name }}")) == "\\{{ name }}");
    CHECK(must(fill("{{name}}\\{{")) == "web{{");
}

TEST_CASE("a value is not looked at again") { CHECK(must(fill("{{ tag }}")) == "{{ name }}"); }

TEST_CASE("all values that are missing are named at once, with their first lines") {
    CHECK(refused("{{ x }} {{ name }}\n{{ a.y.z }}\n\n{{x}} {{none}} {{ name.more }} {{a.list.0}}",
                  Code::TEMPLATE_VALUE_MISSING) ==
          "template 't.conf' needs values that are not given: 'a.list.0' (line 4), 'a.y.z' (line 2), "
          "'name.more' (line 4), 'none' (line 4), 'x' (line 1)");
    std::string many;
    for (int i = 10; i < 40; ++i)
        many += fmt::format("{{{{k{}}}}}\n", i);
    CHECK(refused(many, Code::TEMPLATE_VALUE_MISSING).ends_with("'k29' (line 20) and 10 more"));
}

TEST_CASE("a malformed place for a value is refused with its line") {
    CHECK(refused("a\n{{ name", Code::FORMAT) ==
          "template 't.conf' line 2: '{{' is not closed by '}}'; write '\\{{' if the braces are meant");
    CHECK(refused("{{ name\n}}", Code::FORMAT).starts_with("template 't.conf' line 1: '{{' is not closed"));
    for (const std::string_view key :
         {"", " ", "a b", "a..b", ".a", "a.", "#if x", "a/b", "{name}", "caf\xc3\xa9", "&x"})
        CHECK(refused(fmt::format("{{{{{}}}}}", key), Code::FORMAT).starts_with("template 't.conf' line 1: '"));
    CHECK(refused("{{ a b }}", Code::FORMAT) == "template 't.conf' line 1: 'a b' is no key: letters, digits, '_' and "
                                                "'-', with dots between them, at most 256 bytes");
    CHECK(refused("{{" + std::string(257, 'k') + "}}", Code::FORMAT).ends_with("at most 256 bytes"));
    CHECK(refused("{{" + std::string(256, 'k') + "}}", Code::TEMPLATE_VALUE_MISSING).size() > 256);
}

TEST_CASE("an object or a list has no text") {
    CHECK(refused("\n{{ a.b }}", Code::INVALID_ARGUMENT) ==
          "template 't.conf' line 2: key 'a.b' is an object, which has no text of its own");
    CHECK(refused("{{ a.list }}", Code::INVALID_ARGUMENT) ==
          "template 't.conf' line 1: key 'a.list' is a list, which has no text of its own");
}

TEST_CASE("whoever writes a template is told what no values could mend") {
    CHECK(mos::config::check_template("listen {{ port }};\\{{ {{ a.b }}", "t.conf").ok());
    for (const char *text : {"one\n{{ ", "one\n{{ 1 + 2 }}", "one\n{{ a\n}}"}) {
        const auto refused = mos::config::check_template(text, "t.conf");
        CHECK_MESSAGE(refusal(refused) == Code::INVALID_ARGUMENT, text);
        CHECK(refused.error().message().starts_with("template 't.conf' line 2: "));
    }
    CHECK(refusal(mos::config::check_template(std::string(mos::config::max_rendered_bytes + 1, 'x'), "t.conf")) ==
          Code::LIMIT);
}

TEST_CASE("a result beyond the limit is refused before it grows") {
    const std::string full(max_rendered_bytes - 3, 'x');
    CHECK(must(fill(full + "{{name}}")).size() == max_rendered_bytes);
    CHECK(refused(full + "{{name}}y", Code::LIMIT) == "template 't.conf' would be filled to more than 1048576 bytes");
    CHECK(refused(full + "y{{name}}", Code::LIMIT).ends_with("bytes"));
}
