#include <mos/config/values.hpp>

#include "expect.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string>

using namespace mos::config;
using mos::Code;
using mos::test::must;
using mos::test::refusal;

namespace {

std::string read(Format format, std::string_view text) { return must(read_values(text, format, "v"))->dump(); }

// The message; the code must be that one.
std::string refused(Format format, std::string_view text, Code code = Code::INVALID_ARGUMENT) {
    const auto result = read_values(text, format, "v");
    CHECK(refusal(result) == code);
    return result.error().full_message();
}

}  // namespace

TEST_CASE("a format follows from the ending of a file's name") {
    CHECK(must(format_of("a.yml")) == Format::yaml);
    CHECK(must(format_of("a/b.yaml")) == Format::yaml);
    CHECK(must(format_of("a.ini")) == Format::ini);
    CHECK(must(format_of("site.conf")) == Format::ini);
    CHECK(must(format_of("a.json")) == Format::json);
    CHECK(refusal(format_of("a.toml")) == Code::INVALID_ARGUMENT);
    CHECK(format_of("yaml").error().message() ==
          "'yaml' ends with none of .yml, .yaml, .ini, .conf, .json, so its format can't be told");
}

TEST_CASE("an empty file is an empty object, whatever its format, and may begin with a byte order mark") {
    for (const Format format : {Format::ini, Format::json}) {
        CHECK(read(format, "") == "{}");
        CHECK(read(format, " \n\r\n") == "{}");
    }
    CHECK(read(Format::ini, "\xef\xbb\xbf"
                            "a=1") == R"({"a":1})");
    CHECK(read(Format::json, "\xef\xbb\xbf{\"a\":1}") == R"({"a":1})");
}

TEST_CASE("text that is no clean UTF-8 is refused at its line and column") {
    CHECK(refused(Format::ini, "a=1\n\tb=caf\xe9\n") ==
          "'v' line 2 column 7: a byte is no UTF-8, or a control character");
    CHECK(refused(Format::json, std::string_view{"{\"\xc3\xa9\0\"}", 7}) ==
          "'v' line 1 column 5: a byte is no UTF-8, or a control character");
    CHECK(refused(Format::ini, "a=\x1b[2J").starts_with("'v' line 1 column 3"));
    CHECK(refused(Format::ini, "\xff\xfe").starts_with("'v' line 1 column 1"));  // UTF-16
}

TEST_CASE("a text beyond the limit of bytes is refused before it is read") {
    const std::string large(max_values_bytes + 1, '\n');
    for (const Format format : {Format::yaml, Format::ini, Format::json})
        CHECK(refused(format, large, Code::LIMIT) == "'v' has 1048577 bytes, at most 1048576 are allowed");
}

TEST_CASE("INI: sections and dots make objects, values stay as they are written") {
    CHECK(read(Format::ini, "top = 1\n"
                            "[server]\n"
                            "  port=0080\n"
                            "\tversion : 1.10   ; a comment\r\n"
                            "# another = comment\n"
                            "name = \"a b\"=c\n"
                            "on = yes\n"
                            "off = false\n"
                            "empty =\n"
                            "[server.http]\n"
                            "max = 18446744073709551615\n"
                            "min = -1\n"
                            "tls.level = -0\n"
                            "[server]\n"
                            "again = +1\n") ==
          R"({"server":{"again":"+1","empty":"","http":{"max":18446744073709551615,"min":-1,"tls":{"level":"-0"}},)"
          R"("name":"\"a b\"=c","off":false,"on":"yes","port":"0080","version":"1.10"},"top":1})");
}

TEST_CASE("INI: what is malformed is refused with line and column") {
    CHECK(refused(Format::ini, "a=1\n\nb\n") == "'v' line 3 column 1: is neither '[section]' nor 'key = value'");
    CHECK(refused(Format::ini, "[a\nb=1\n") == "'v' line 1 column 1: is neither '[section]' nor 'key = value'");
    CHECK(refused(Format::ini, "x\na=1\na=2\n") == "'v' line 1 column 1: is neither '[section]' nor 'key = value'");
    CHECK(refused(Format::ini, "a=1\na=2\nx\n") == "'v' line 2 column 1: key 'a' stands twice");
    CHECK(refused(Format::ini, "a=1\n  \ta=2\n") == "'v' line 2 column 4: key 'a' stands twice");
    CHECK(refused(Format::ini, "[s]\na=1\n[s]\na=2\n") == "'v' line 4 column 1: key 's.a' stands twice");
    CHECK(refused(Format::ini, "a.b=1\na=2\n") == "'v' line 2 column 1: key 'a' stands twice");
    CHECK(refused(Format::ini, "a=1\n[a]\nb=2\n") == "'v' line 3 column 1: key 'a.b': 'a' is a value already");
    CHECK(refused(Format::ini, "=1\n") == "'v' line 1 column 1: key '' has an empty part");
    CHECK(refused(Format::ini, "[a..b]\nc=1\n") == "'v' line 2 column 1: key 'a..b.c' has an empty part");
}

TEST_CASE("INI: what inih would cut off, or take for a continuation, is refused or read as a line of its own") {
    const std::string fits = "a=" + std::string(195, 'x');
    CHECK(read(Format::ini, fits) == fmt::format(R"({{"a":"{}"}})", std::string(195, 'x')));
    CHECK(refused(Format::ini, "\n" + fits + "x\n", Code::LIMIT) == "'v' line 2 column 1: is longer than 197 bytes");
    CHECK(read(Format::ini, "; " + fits + fits + "\na=1") == R"({"a":1})");
    const std::string section(49, 's');
    CHECK(read(Format::ini, "[" + section + "]\na=1") == fmt::format(R"({{"{}":{{"a":1}}}})", section));
    CHECK(refused(Format::ini, "[" + section + "s]\na=1", Code::LIMIT) ==
          "'v' line 1 column 1: the section's name is longer than 49 bytes");
    CHECK(read(Format::ini, "a=1\n  b=2\n") == R"({"a":1,"b":2})");
}

TEST_CASE("INI: depth and number of values are bounded") {
    CHECK(must(read_values("a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p=1", Format::ini, "v"))->size() == 1);
    CHECK(refused(Format::ini, "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q=1", Code::LIMIT) ==
          "'v' line 1 column 1: key 'a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q' is nested deeper than 16");
    std::string text;
    for (int i = 1; i < 10'000; ++i)
        text += fmt::format("k{}=1\n", i);
    CHECK(must(read_values(text, Format::ini, "v"))->size() == 9'999);
    CHECK(refused(Format::ini, text + "more=1", Code::LIMIT) == "'v' line 10000 column 1: more than 10000 values");
}

TEST_CASE("JSON: numbers stay as they are written, and what is malformed says so without speaking of packages") {
    CHECK(read(Format::json, R"({"a":[1.10,80,true,null],"b":{"c":"x\ny"}})") ==
          R"({"a":["1.10",80,true,null],"b":{"c":"x\ny"}})");
    CHECK(refused(Format::json, "{\"a\":1,}") == "'v' can't be read as JSON: not valid JSON at byte 8");
    CHECK(refused(Format::json, R"({"a":1,"a":2})") == "'v' can't be read as JSON: key 'a' stands twice");
    CHECK(refused(Format::json, "[1]") == "'v' is no list of keys with their values");
    CHECK(refused(Format::json, R"({"a":["x\u0000"]})") == "'v' has a text that holds a NUL byte");
    CHECK(refused(Format::json, R"({"x\u0000":1})") == "'v' has a text that holds a NUL byte");
    CHECK(refused(Format::json, std::string(20, '['), Code::LIMIT) ==
          "'v' can't be read: JSON is nested deeper than 16");
}

#ifndef MOS_HAVE_YAML

TEST_CASE("YAML is refused as a part that was left out") {
    CHECK(refused(Format::yaml, "a: 1", Code::NOT_BUILT) ==
          "'v' is YAML, which this build can't read; INI and JSON it can");
}

#else

TEST_CASE("YAML: scalars print as they are written") {
    CHECK(read(Format::yaml, "") == "{}");
    CHECK(read(Format::yaml, "# nothing\n") == "{}");
    CHECK(read(Format::yaml, "---\n...\n") == "{}");
    CHECK(read(Format::yaml, "port: 0080\n"
                             "version: 1.10\n"
                             "workers: 8\n"
                             "max: 18446744073709551615\n"
                             "more: 18446744073709551616\n"
                             "hex: 0x1F\n"
                             "on: true\n"
                             "On: True\n"
                             "off: no\n"
                             "quoted: \"80\"\n"
                             "single: 'it''s'\n"
                             "none: ~\n"
                             "empty:\n"
                             "text: |\n"
                             "  two\n"
                             "  lines\n"
                             "list: [a, 'true', {x: 1}]\n"
                             "forced: !!str 12\n"
                             "ratio: 1e3\n") ==
          R"({"On":"True","empty":null,"forced":"12","hex":"0x1F","list":["a","true",{"x":1}],)"
          R"("max":18446744073709551615,"more":"18446744073709551616","none":null,"off":"no","on":true,)"
          R"("port":"0080","quoted":"80","ratio":"1e3","single":"it's","text":"two\nlines\n","version":"1.10",)"
          R"("workers":8})");
}

TEST_CASE("YAML: an alias stands for a copy") {
    CHECK(read(Format::yaml, "a: &x {k: [1, &y 2]}\nb: *x\nc: [*y, *x]\n") ==
          R"({"a":{"k":[1,2]},"b":{"k":[1,2]},"c":[2,{"k":[1,2]}]})");
    CHECK(read(Format::yaml, "a: &x 1\nb: &x 2\nc: *x\n") == R"({"a":1,"b":2,"c":2})");
    CHECK(read(Format::yaml, "a: &x\nb: *x\n") == R"({"a":null,"b":null})");
    CHECK(refused(Format::yaml, "a: &x [1, *x]") == "'v' line 1 column 11: an alias stands within what it stands for");
    CHECK(refused(Format::yaml, "a: *x") == "'v' line 1 column 4: the referenced anchor is not defined");
}

TEST_CASE("YAML: what two readers could understand differently is refused at its line and column") {
    CHECK(refused(Format::yaml, "a: 1\nb: 2\na: 3\n") == "'v' line 3 column 1: key 'a' stands twice");
    CHECK(refused(Format::yaml, "a: {b: 1, 'b': 2}") == "'v' line 1 column 11: key 'b' stands twice");
    CHECK(refused(Format::yaml, "a: &x {b: 1}\nc:\n  <<: *x\n") ==
          "'v' line 3 column 3: merge keys are not allowed; write the values themselves");
    CHECK(read(Format::yaml, "'<<': 1") == R"({"<<":1})");
    CHECK(refused(Format::yaml, "a: !ruby/object x") ==
          "'v' line 1 column 4: tag '!ruby/object' is not allowed here; leave it out");
    CHECK(refused(Format::yaml, "a: !!int 5") ==
          "'v' line 1 column 4: tag 'tag:yaml.org,2002:int' is not allowed here; leave it out");
    CHECK(refused(Format::yaml, "a: !!set {x}") ==
          "'v' line 1 column 4: tag 'tag:yaml.org,2002:set' is not allowed here; leave it out");
    CHECK(refused(Format::yaml, "a: !x [1]") == "'v' line 1 column 4: tag '!x' is not allowed here; leave it out");
    CHECK(refused(Format::yaml, "[a]: 1") == "'v' line 1 column 1: a key is an object or a list; only text can be one");
    CHECK(refused(Format::yaml, "? {a: 1}\n: 1") ==
          "'v' line 1 column 3: a key is an object or a list; only text can be one");
    CHECK(refused(Format::yaml, "~: 1") ==
          "'v' line 1 column 1: a key is empty or null; put quotes round it if it is meant");
    CHECK(refused(Format::yaml, "a: &x b\n*x : 1") == "'v' line 2 column 1: an alias is a key; write the key itself");
    CHECK(refused(Format::yaml, "&x a: 1") == "'v' line 1 column 1: a key has an anchor; anchors belong to values");
    CHECK(refused(Format::yaml, "a: 1\n---\nb: 2\n").starts_with("'v' line 2 column 1: a second document begins"));
    CHECK(refused(Format::yaml, "a: \"x\\0\"") == "'v' line 1 column 4: a text holds a NUL byte");
    CHECK(refused(Format::yaml, "a: [1\n").starts_with("'v' line "));
    CHECK(refused(Format::yaml, "a: b: c\n").starts_with("'v' line 1 column 5: "));
    CHECK(refused(Format::yaml, "- a\n- b\n") == "'v' is no list of keys with their values");
    CHECK(refused(Format::yaml, "only text") == "'v' is no list of keys with their values");
}

TEST_CASE("YAML: aliases that would expand beyond a limit are refused") {
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 10; ++i)
        bomb += fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", i, i - 1);
    CHECK(refused(Format::yaml, bomb, Code::LIMIT).ends_with("more than 10000 values"));
    std::string wide = "a: &a " + std::string(max_values_bytes / 4, 'x') + "\nb: [*a, *a, *a]\n";
    CHECK(refused(Format::yaml, wide, Code::LIMIT) ==
          "'v' line 2 column 13: keys and texts come to more than 1048576 bytes");
    std::string deep = "a: &a [[[[[[[[1]]]]]]]]\nb: [[[[[[[*a]]]]]]]\n";
    CHECK(must(read_values(deep, Format::yaml, "v"))->size() == 2);
    deep = "a: &a [[[[[[[[1]]]]]]]]\nb: [[[[[[[[*a]]]]]]]]\n";
    CHECK(refused(Format::yaml, deep, Code::LIMIT) == "'v' line 2 column 12: nested deeper than 16");
}

TEST_CASE("YAML: depth and number of values are bounded") {
    const auto nested = [](std::size_t lists) { return "a: " + std::string(lists, '[') + std::string(lists, ']'); };
    CHECK(must(read_values(nested(15), Format::yaml, "v"))->size() == 1);
    CHECK(refused(Format::yaml, nested(16), Code::LIMIT) == "'v' line 1 column 19: nested deeper than 16");
    CHECK(refused(Format::yaml, nested(100'000), Code::LIMIT).ends_with("nested deeper than 16"));
    std::string text;
    for (int i = 1; i < 10'000; ++i)
        text += fmt::format("k{}: 1\n", i);
    CHECK(must(read_values(text, Format::yaml, "v"))->size() == 9'999);
    CHECK(refused(Format::yaml, text + "more: 1", Code::LIMIT) == "'v' line 10000 column 7: more than 10000 values");
}

#endif
