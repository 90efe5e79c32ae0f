#include "disk_log.hpp"
#include "expect.hpp"

#include <doctest/doctest.h>

#include <cstring>

using namespace mos;
using namespace mos::test;

namespace {

constexpr std::uint64_t disk_bytes = 8192;

base::Bytes log_of(const Record &record) {
    base::Bytes log;
    append_record(log, record);
    return log;
}

Record write_of(std::uint64_t offset, base::ByteView data) { return {RecordKind::write, offset, data.size(), data}; }

}  // namespace

TEST_CASE("a log is read as it was written") {
    base::Bytes log;
    append_record(log, write_of(512, base::as_bytes("data")));
    append_record(log, {RecordKind::zero, 0, 4096, {}});
    append_record(log, {RecordKind::mark, 0, 4, base::as_bytes("word")});
    append_record(log, {RecordKind::flush, 0, 0, {}});
    const auto records = must(read_disk_log(log, disk_bytes));
    REQUIRE(records.size() == 4);
    CHECK(records[0].kind == RecordKind::write);
    CHECK(records[0].offset == 512);
    CHECK(base::as_text(records[0].data) == "data");
    CHECK(records[1].kind == RecordKind::zero);
    CHECK(records[1].length == 4096);
    CHECK(records[1].data.empty());
    CHECK(base::as_text(records[2].data) == "word");
    CHECK(records[3].kind == RecordKind::flush);
}

TEST_CASE("an empty log has no records") { CHECK(must(read_disk_log({}, disk_bytes)).empty()); }

TEST_CASE("a record that is cut off is refused") {
    const base::Bytes log = log_of(write_of(0, base::as_bytes("data")));
    for (std::size_t size = 1; size < log.size(); ++size)
        CHECK(refusal(read_disk_log(base::ByteView{log}.first(size), disk_bytes)) == Code::FORMAT);
}

TEST_CASE("a record of no known kind is refused") {
    for (const std::uint64_t kind : {std::uint64_t{0}, std::uint64_t{5}}) {
        base::Bytes log = log_of({RecordKind::flush, 0, 0, {}});
        std::memcpy(log.data(), &kind, sizeof kind);
        CHECK(refusal(read_disk_log(log, disk_bytes)) == Code::FORMAT);
    }
}

TEST_CASE("a record that reaches beyond the disk is refused") {
    CHECK(must(read_disk_log(log_of(write_of(disk_bytes - 4, base::as_bytes("data"))), disk_bytes)).size() == 1);
    CHECK(refusal(read_disk_log(log_of(write_of(disk_bytes - 3, base::as_bytes("data"))), disk_bytes)) == Code::FORMAT);
    CHECK(refusal(read_disk_log(log_of({RecordKind::zero, ~std::uint64_t{0}, 1, {}}), disk_bytes)) == Code::FORMAT);
    CHECK(refusal(read_disk_log(log_of({RecordKind::zero, 1, ~std::uint64_t{0}, {}}), disk_bytes)) == Code::FORMAT);
}
