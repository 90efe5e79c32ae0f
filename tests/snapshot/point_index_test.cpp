#include "point_index.hpp"

#include "expect.hpp"
#include "twin.hpp"

#include <mos/base/bytes.hpp>

using namespace mos;
using namespace mos::snapshot;
using mos::test::must;
using mos::test::refusal;

namespace {

// Of the entries that it could read, or why it could not.
Result<std::size_t> count_entries(std::string_view text) {
    const test::Twin twin;
    const auto folder = twin.root();
    must(must(folder->open_file(index_name, base::OpenMode::create_new))->write_at(0, base::as_bytes(text)));
    MOS_TRY(IndexReader reader, IndexReader::open(*folder));
    for (std::size_t count = 0;; ++count) {
        MOS_TRY(const auto entry, reader.next());
        if (!entry)
            return count;
    }
}

std::string index_with(std::string_view trees, std::string_view lines, unsigned entries) {
    return R"({"format":"multiosupdate point 1","point":3,"trees":[)" + std::string{trees} + "],\"excluded\":[]}\n" +
           std::string{lines} + "{\"entries\":" + std::to_string(entries) + "}\n";
}

std::string link_to(std::string_view target) {
    return R"({"path":"a","type":2,"target":")" + base::to_base64(base::as_bytes(target)) +
           R"(","attributes":"{\"group\":0,\"mode\":511,\"nanoseconds\":0,\"owner\":0,\"seconds\":1}"})" + "\n";
}

}  // namespace

TEST_CASE("an index is read to its last line, which counts") {
    CHECK(must(count_entries(index_with("", "", 0))) == 0);
    CHECK(must(count_entries(index_with("", link_to("x"), 1))) == 1);
    CHECK(refusal(count_entries(index_with("", link_to("x"), 2))) == Code::FORMAT);
}

TEST_CASE("an index of a tree that leads out of the root is refused") {
    const std::string outside = '"' + base::to_base64(base::as_bytes("../etc")) + '"';
    CHECK(must(count_entries(index_with(R"("")", "", 0))) == 0);  // the whole root
    CHECK(refusal(count_entries(index_with(outside, "", 0))) == Code::FORMAT);
}

TEST_CASE("an index of a link to what no link can lead to is refused") {
    CHECK(refusal(count_entries(index_with("", link_to(""), 1))) == Code::FORMAT);
    CHECK(refusal(count_entries(index_with("", link_to(std::string_view{"a\0b", 3}), 1))) == Code::FORMAT);
}

TEST_CASE("an index with something behind its last line is refused") {
    CHECK(refusal(count_entries(index_with("", "", 0) + "x")) == Code::FORMAT);
    CHECK(refusal(count_entries(index_with("", "", 0) + index_with("", "", 0))) == Code::FORMAT);
}
