#include "frame/completion.hpp"
#include "frame/listing.hpp"

#include <doctest/doctest.h>

using namespace frame;

namespace {

struct Row {
    std::string name;
    std::uint64_t count;
    std::int64_t time;
};

const Columns<Row> columns{
    {{For::everyone, "name", "what", Align::left, Holds::path}, [](const Row &row) -> Cell { return Path{row.name}; }},
    {{For::everyone, "count", "how many", Align::right}, [](const Row &row) -> Cell { return row.count; }},
    {{For::people, "", "note"}, [](const Row &row) -> Cell { return row.count > 1000 ? "many" : ""; }},
    {{For::csv, "time", ""}, [](const Row &row) -> Cell { return Time{row.time}; }},
    {{For::json, "time_unix_s", ""}, [](const Row &row) -> Cell { return row.time; }},
    {{For::programs, "signers", ""},
     [](const Row &) -> Cell {
         return std::vector<std::string>{"a", "b"};
     }},
    {{For::programs, "until", ""}, [](const Row &) -> Cell { return Unknown{}; }},
    {{For::programs, "target", ""}, [](const Row &) -> Cell { return LeftOut{}; }},
};

Tool small_tool() {
    Tool tool{"a-tool", "A tool.", "A tool.", {}, {{"deep missing", "it is not built"}}};
    for (const std::string_view name : {"list", "trust add", "trust show all", "trust"})
        tool.commands.push_back({name, "say it", "a-tool", Effect::reads, nullptr, {}, {}});
    return tool;
}

}  // namespace

TEST_CASE("a CSV line is quoted as RFC 4180 says, and holds nothing that acts on a terminal") {
    CHECK(csv_line({"a", "b c", "1"}) == "a,b c,1\r\n");
    CHECK(csv_line({"a,b", "say \"hi\"", ""}) == "\"a,b\",\"say \"\"hi\"\"\",\r\n");
    CHECK(csv_line({"x\ny", "\x1b[2J", "\xff"}) == "x\\x0ay,\\x1b[2J,\\xff\r\n");
    CHECK(csv_line({""}) == "\"\"\r\n");
    CHECK(csv_line({"\xc3\xa9"}) == "\xc3\xa9\r\n");
}

TEST_CASE("CSV has the columns that are for it, a path in two") {
    CHECK(csv_names(columns) ==
          std::vector<std::string>{"name", "name_base64", "count", "time", "signers", "until", "target"});
    CHECK(csv_fields(columns, Row{"usr/a", 9310, 0}) ==
          std::vector<std::string>{"usr/a", "", "9310", "1970-01-01T00:00:00Z", "a; b", "", ""});
    CHECK(csv_fields(columns, Row{"\xff", 1, 0})[0].empty());
    CHECK(csv_fields(columns, Row{"\xff", 1, 0})[1] == "/w==");
}

TEST_CASE("JSON has numbers as numbers, null for what is unknown, and no key for what is left out") {
    CHECK(json_line(json_object(columns, Row{"usr/a", 9310, 7})) ==
          R"({"name":"usr/a","count":9310,"time_unix_s":7,"signers":["a","b"],"until":null})");
    CHECK(json_line(json_list(columns, std::vector<Row>{{"\xff", 1, 0}})) ==
          R"([{"name_base64":"/w==","count":1,"time_unix_s":0,"signers":["a","b"],"until":null}])");
}

TEST_CASE("the table has titles, and what programs read is not in it") {
    CHECK(table_of(columns, std::vector<Row>{{"usr/a", 9310, 0}, {"b", 1, 0}}).lines() ==
          std::vector<std::string>{"what   how many  note", "usr/a     9,310  many", "b             1"});
    const Columns<Row> untitled{{{For::people, "", ""}, [](const Row &row) -> Cell { return row.count > 1; }}};
    CHECK(table_of(untitled, std::vector<Row>{{"a", 1, 0}, {"b", 2, 0}}).lines() ==
          std::vector<std::string>{"no", "yes"});
}

TEST_CASE("two lists in one CSV share the columns of one name") {
    CHECK(merged({"id", "name"}, {"id", "state"}) == std::vector<std::string>{"id", "name", "state"});
    CHECK(in_order({"id", "name", "state"}, {"state", "id"}, {"good", "7"}) ==
          std::vector<std::string>{"7", "", "good"});
}

TEST_CASE("a format is offered by commands that have it, and words by what chooses") {
    const Command without{"a", "", "", Effect::reads, nullptr, {}, {}};
    CHECK(choices(common_options(without).front()) == std::vector<std::string_view>{"text", "json"});
    CHECK(choices(common_options(with_csv(without, columns)).front()) ==
          std::vector<std::string_view>{"text", "json", "csv"});
    CHECK(choices(Operands{"bash|zsh", 1, 1}) == std::vector<std::string_view>{"bash", "zsh"});
    CHECK(choices(Operands{"FILE", 1, 1}).empty());
    CHECK(choices(text("level", "N|none", "")).empty());
}

TEST_CASE("command words form a tree without what is not built") {
    const Tool tool = small_tool();
    const std::vector<CommandNode> nodes = command_tree(tool);
    std::vector<std::string> shape;
    for (const CommandNode &node : nodes) {
        std::string line = std::string{node.name} + (node.options.size() > 1 ? "!" : "") + ":";
        for (const CommandNode::Next &next : node.next)
            line += " " + std::string{next.word} + "=" + next.summary;
        shape.push_back(line);
    }
    CHECK(shape == std::vector<std::string>{"!: list=say it trust=say it", "list!:", "trust!: add=say it show=all",
                                            "trust add!:", "trust show: all=say it", "trust show all!:"});
}

TEST_CASE("what a script is made of is quoted for its shell") {
    Tool tool = small_tool();
    tool.commands.front().summary = "it's [not]: a \\ $HOME";
    tool.commands.front().options = {text("o", "FILE", "it's [not]: a \\ $HOME")};
    CHECK(zsh_completion(tool).find(R"('list:it'\''s [not]: a \\ $HOME')") != std::string::npos);
    CHECK(zsh_completion(tool).find(R"('--o=[it'\''s \[not\]\: a \\ $HOME]:FILE:_files')") != std::string::npos);
    CHECK(fish_completion(tool).find(R"(-d 'it\'s [not]: a \\ $HOME')") != std::string::npos);
    CHECK(bash_completion(tool).find("options=(--o= ") != std::string::npos);
}
