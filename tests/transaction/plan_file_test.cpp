#include <mos/transaction/plan_file.hpp>

#include "disks.hpp"

#include <string>
#include <zlib.h>

using namespace mos::transaction;
using mos::Code;
using mos::base::as_bytes;
using mos::base::Directory;
using mos::base::OpenMode;
using mos::state::OperationKind;
using mos::test::must;
using mos::test::refusal;
using mos::test::Twin;

namespace {

PlannedOperation exchange(std::uint64_t slot, std::string path) {
    PlannedOperation planned;
    planned.operation.slot = slot;
    planned.operation.kind = OperationKind::exchange;
    planned.operation.path = std::move(path);
    planned.operation.staged_inode = 40 + slot;
    planned.operation.leaving_inode = 40 + slot;
    planned.there = Witness{.inode = 7, .size = 1ULL << 40U, .modified = {-3, 999'999'999}};
    return planned;
}

PlannedOperation attributes(std::uint64_t slot) {
    PlannedOperation planned;
    planned.operation.slot = slot;
    planned.operation.kind = OperationKind::set_attributes;
    planned.operation.path = "d";
    planned.operation.before.mode = 0755;
    planned.operation.after = {
        .mode = 0700, .owner = 1, .group = 2, .modified = {5, 6}, .extended = {{"user.a", {std::byte{0}}}}};
    return planned;
}

void write(Directory &stage) {
    PlanWriter writer = must(PlanWriter::create(stage, 12));
    must(writer.append(exchange(0, "odd \xff\n path")));
    must(writer.append(attributes(1)));
    must(writer.finish());
}

std::string content(Directory &stage) {
    return std::string{mos::base::as_text(must(mos::base::read_file(stage, plan_file_name, 1U << 20U)))};
}

void replace(Directory &stage, const std::string &text) {
    must(stage.remove_file(plan_file_name));
    must(must(stage.open_file(plan_file_name, OpenMode::create_new))->write_at(0, as_bytes(text)));
}

// Reads to the end; the first error.
mos::Result<std::size_t> read(Directory &stage) {
    MOS_TRY(PlanReader reader, PlanReader::open(stage));
    for (std::size_t count = 0;; ++count) {
        MOS_TRY(const auto planned, reader.next());
        if (!planned)
            return count;
    }
}

// A finished plan of this one operation, whatever it says.
std::string plan_of(const std::string &line) {
    const std::string text = "{\"format\":\"multiosupdate plan 1\",\"transaction\":1}\n" + line + "\n";
    const auto sum = crc32_z(0, reinterpret_cast<const unsigned char *>(text.data()), text.size());
    return text + "{\"crc32\":" + std::to_string(sum) + ",\"operations\":1}\n";
}

std::string operation_line(std::string_view kind, std::string_view path, std::string_view more) {
    return R"({"slot":0,"staged_inode":1,"staged_size":1,"staged_modified":[1,2],"kind":)" + std::string{kind} +
           R"(,"path":")" + std::string{path} + '"' + std::string{more} + "}";
}

}  // namespace

TEST_CASE_TEMPLATE("a plan is read back as it was written", Disk, MOS_DISKS) {
    const Disk disk;
    const auto stage = disk.root();
    write(*stage);
    PlanReader reader = must(PlanReader::open(*stage));
    const auto first = must(reader.next());
    REQUIRE(first);
    CHECK(first->operation.path == "odd \xff\n path");
    CHECK(first->operation.staged_inode == 40);
    CHECK(first->operation.leaving_inode == 40);
    CHECK(first->there == exchange(0, "").there);
    const auto second = must(reader.next());
    REQUIRE(second);
    CHECK(second->operation.kind == OperationKind::set_attributes);
    CHECK(second->operation.before == attributes(1).operation.before);
    CHECK(second->operation.after == attributes(1).operation.after);
    CHECK_FALSE(second->there);
    CHECK_FALSE(must(reader.next()));
}

TEST_CASE("a plan of many operations is longer than any buffer") {
    const Twin twin;
    const auto stage = twin.root();
    constexpr std::size_t count = 3000;
    PlanWriter writer = must(PlanWriter::create(*stage, 1));
    for (std::size_t i = 0; i < count; ++i)
        must(writer.append(exchange(i, "path/" + std::to_string(i))));
    must(writer.finish());
    CHECK(writer.count() == count);
    CHECK(must(read(*stage)) == count);
}

TEST_CASE("a plan with any byte changed, cut anywhere or gone on is refused") {
    const Twin twin;
    const auto stage = twin.root();
    write(*stage);
    const std::string whole = content(*stage);
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (const int flip : {1, 0x20, 0x80}) {
            std::string damaged = whole;
            damaged[at] = static_cast<char>(damaged[at] ^ flip);
            replace(*stage, damaged);
            INFO("byte ", at, " changed by ", flip);
            REQUIRE(refusal(read(*stage)) == Code::FORMAT);
        }
        replace(*stage, whole.substr(0, at));
        REQUIRE(refusal(read(*stage)) == Code::FORMAT);
    }
    replace(*stage, whole + "x");
    CHECK(refusal(read(*stage)) == Code::FORMAT);
    replace(*stage, whole + "\n");
    CHECK(refusal(read(*stage)) == Code::FORMAT);
}

TEST_CASE("a plan that was never finished is refused, a missing one not found") {
    const Twin twin;
    const auto stage = twin.root();
    CHECK(refusal(PlanReader::open(*stage)) == Code::NOT_FOUND);
    {
        PlanWriter writer = must(PlanWriter::create(*stage, 1));
        must(writer.append(attributes(0)));
    }
    CHECK(refusal(PlanReader::open(*stage)) == Code::FORMAT);
}

TEST_CASE("a plan whose checksum is right is refused for what an operation says") {
    const Twin twin;
    const auto stage = twin.root();
    write(*stage);
    const auto read_one = [&](const std::string &line) {
        replace(*stage, plan_of(line));
        return read(*stage);
    };
    CHECK(must(read_one(operation_line("2", "usr/x", R"(,"there":[1,2,-3,4])"))) == 1);
    for (const char *path : {"../etc/passwd", "/etc/passwd", "a//b", "."})
        CHECK_MESSAGE(refusal(read_one(operation_line("2", path, ""))) == Code::FORMAT, path);
    for (const char *more :
         {R"(,"there":1)", R"(,"there":[1,2,3])", R"(,"there":[-1,2,3,4])", R"(,"there":[1,-2,3,4])",
          R"(,"there":[1,2,9223372036854775808,4])", R"(,"there":[1,2,3,2147483648])", R"(,"there":[1,2,3,"4"])"})
        CHECK_MESSAGE(refusal(read_one(operation_line("2", "x", more))) == Code::FORMAT, more);
    // Attributes that are no text were once an exception.
    for (const char *more : {"", R"(,"before":1,"after":"{}")", R"(,"before":null)", R"(,"before":{},"after":{}})"})
        CHECK_MESSAGE(refusal(read_one(operation_line("5", "x", more))) == Code::FORMAT, more);
    for (const char *kind : {"0", "7", "-1", "\"add\""})
        CHECK_MESSAGE(refusal(read_one(operation_line(kind, "x", ""))) == Code::FORMAT, kind);
}
