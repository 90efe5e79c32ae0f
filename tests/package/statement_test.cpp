#include <mos/package/statement.hpp>

#include "expect.hpp"

using namespace mos;
using namespace mos::package;
using mos::test::must;
using mos::test::refusal;

namespace {

Statement sample() {
    Statement statement;
    statement.signature_area_bytes = 32U << 10U;
    statement.created_unix_s = 1'700'000'000;
    statement.payload_stored_bytes = 100'000;
    statement.payload_plain_bytes = 200'000;
    statement.index_stored_bytes = 1000;
    statement.index_expanded_bytes = 5000;
    statement.entries = 12;
    statement.frames = 3;
    statement.manifest_bytes = 700;
    statement.index_sha256 = crypto::sha256({});
    statement.content_digest = crypto::sha256(base::as_bytes("x"));
    statement.name = "kernel";
    statement.version = "1.2.3";
    statement.release = "1";
    statement.architecture = "x86_64";
    statement.type = "kernel";
    return statement;
}

template <class Change>
Code refused(Change change, const Limits &limits = {}) {
    Statement statement = sample();
    change(statement);
    return refusal(decode_statement(encode_statement(statement), limits));
}

Code refused_byte(std::size_t at, unsigned value) {
    base::Bytes bytes = encode_statement(sample());
    bytes[at] = static_cast<std::byte>(value);
    return refusal(decode_statement(bytes, {}));
}

constexpr std::uint64_t half = std::uint64_t{1} << 63U;

}  // namespace

TEST_CASE("a statement comes back as it was, in 640 bytes") {
    const base::Bytes bytes = encode_statement(sample());
    CHECK(bytes.size() == statement_bytes);
    CHECK(must(decode_statement(bytes, {})) == sample());
    Statement delta = sample();
    delta.kind = PackageKind::delta;
    delta.base_content_digest = crypto::sha256(base::as_bytes("base"));
    CHECK(must(decode_statement(encode_statement(delta), {})) == delta);
}

TEST_CASE("the fields stand where docs/package-format.md says") {
    const base::Bytes bytes = encode_statement(sample());
    const auto text = [&](std::size_t at, std::size_t length) {
        return base::as_text(base::ByteView{bytes}.subspan(at, length));
    };
    CHECK(text(0, 8) == "MOS-STMT");
    CHECK(text(192, 7) == std::string_view{"kernel\0", 7});
    CHECK(text(320, 6) == std::string_view{"1.2.3\0", 6});
    CHECK(text(448, 2) == std::string_view{"1\0", 2});
    CHECK(text(512, 6) == "x86_64");
    CHECK(text(576, 6) == "kernel");
    base::ByteReader reader{base::ByteView{bytes}.subspan(20)};
    CHECK(must(reader.u32()) == 32U << 10U);
    CHECK(must(reader.u64()) == 1'700'000'000);
    CHECK(must(reader.u64()) == 100'000);
    CHECK(must(reader.u64()) == 200'000);
    CHECK(must(reader.u64()) == 1000);
    CHECK(must(reader.u64()) == 5000);
    CHECK(must(reader.u64()) == 12);
    CHECK(must(reader.u32()) == 3);
    CHECK(must(reader.u32()) == 700);
}

TEST_CASE("sizes beyond the limits are refused, 2^63 among them") {
    CHECK(refused([](Statement &s) { s.payload_stored_bytes = half; }) == Code::LIMIT);
    CHECK(refused([](Statement &s) { s.payload_plain_bytes = half; }) == Code::LIMIT);
    CHECK(refused([](Statement &s) { s.index_stored_bytes = half; }) == Code::LIMIT);
    CHECK(refused([](Statement &s) { s.index_expanded_bytes = half; }) == Code::LIMIT);
    CHECK(refused([](Statement &s) { s.entries = half; }) == Code::LIMIT);
    CHECK(refused([](Statement &s) { s.payload_stored_bytes = UINT64_MAX; }) == Code::LIMIT);
    CHECK(refused([](Statement &s) { s.frames = UINT32_MAX; }) == Code::LIMIT);
    CHECK(refused([](Statement &s) { s.manifest_bytes = UINT32_MAX; }) == Code::LIMIT);
    CHECK(refused([](Statement &s) { s.signature_area_bytes = 1U << 30U; }) == Code::LIMIT);
    CHECK(refused([](Statement &) {}, {.entries = 11}) == Code::LIMIT);
    CHECK(refused([](Statement &) {}, {.statement_bytes = 639}) == Code::LIMIT);
    CHECK(refused([](Statement &) {}, {.expansion_ratio = 1}) == Code::LIMIT);
    CHECK(refused([](Statement &s) { s.index_expanded_bytes = 5001; }, {.expansion_ratio = 5}) == Code::LIMIT);
    must(decode_statement(encode_statement(sample()), {.expansion_ratio = 5}));  // 1000 bytes to 5000
    CHECK(refused([](Statement &s) { s.index_expanded_bytes = std::uint64_t{1} << 30U; }) == Code::LIMIT);
}

TEST_CASE("a statement without content, or with a value out of range, is refused") {
    CHECK(refused([](Statement &s) { s.frames = 0; }) == Code::FORMAT);
    CHECK(refused([](Statement &s) { s.entries = 0; }) == Code::FORMAT);
    CHECK(refused([](Statement &s) { s.manifest_bytes = 0; }) == Code::FORMAT);
    CHECK(refused([](Statement &s) {
              s.index_stored_bytes = 0;
              s.index_expanded_bytes = 0;
          }) == Code::FORMAT);
    CHECK(refused([](Statement &s) { s.signature_area_bytes = 0; }) == Code::FORMAT);
    CHECK(refused([](Statement &s) { s.signature_area_bytes = 1000; }) == Code::FORMAT);
    CHECK(refused([](Statement &s) { s.created_unix_s = -1; }) == Code::FORMAT);
    CHECK(refused([](Statement &s) { s.created_unix_s = max_creation_time + 1; }) == Code::FORMAT);
    CHECK(refused([](Statement &s) { s.kind = PackageKind{3}; }) == Code::FORMAT);
    CHECK(refused([](Statement &s) { s.kind = PackageKind::delta; }) == Code::FORMAT);              // without a base
    CHECK(refused([](Statement &s) { s.base_content_digest[0] = std::byte{1}; }) == Code::FORMAT);  // full, with one
    CHECK(refused([](Statement &s) { s.name = "../x"; }) == Code::FORMAT);
    CHECK(refused([](Statement &s) { s.name.clear(); }) == Code::FORMAT);
    CHECK(refused([](Statement &s) { s.version = "1 2"; }) == Code::FORMAT);
}

TEST_CASE("reserved bytes and what follows a text are zero") {
    CHECK(refused_byte(18, 1) == Code::FORMAT);
    for (std::size_t at = 176; at < 192; ++at)
        CHECK(refused_byte(at, 1) == Code::FORMAT);
    CHECK(refused_byte(200, 'x') == Code::FORMAT);
    CHECK(refused_byte(319, 'x') == Code::FORMAT);
    CHECK(refused_byte(639, 'x') == Code::FORMAT);
    CHECK(refused_byte(0, 'm') == Code::FORMAT);
}

TEST_CASE("a text may fill its field to the last byte") {
    Statement full = sample();
    full.name = std::string(128, 'n');
    full.type = std::string(64, 't');
    CHECK(must(decode_statement(encode_statement(full), {})) == full);
    CHECK(refused([](Statement &s) { s.type = "Kernel"; }) == Code::FORMAT);
    CHECK(refused([](Statement &s) { s.version = "1:-2"; }) == Code::FORMAT);
}

TEST_CASE("a newer format is read only when it says that it may be") {
    Statement newer = sample();
    newer.version_of_format = 1;
    base::Bytes bytes = encode_statement(newer);
    bytes.resize(bytes.size() + 100, std::byte{7});  // what only the newer format knows
    CHECK(must(decode_statement(bytes, {})) == newer);
    bytes[18] = std::byte{1};  // what both know holds for both
    CHECK(refusal(decode_statement(bytes, {})) == Code::FORMAT);
    newer.minimum_reader_version = 1;
    CHECK(refusal(decode_statement(encode_statement(newer), {})) == Code::UNSUPPORTED);
    CHECK(refused([](Statement &s) { s.minimum_reader_version = 1; }) == Code::FORMAT);
    CHECK(refused_byte(12, 1) == Code::UNSUPPORTED);  // a must-understand bit
    CHECK(refused_byte(15, 0x80) == Code::UNSUPPORTED);
    bytes = encode_statement(sample());
    bytes.push_back(std::byte{0});
    CHECK(refusal(decode_statement(bytes, {})) == Code::FORMAT);
}

TEST_CASE("a statement cut anywhere is refused") {
    const base::Bytes bytes = encode_statement(sample());
    for (std::size_t length = 0; length < bytes.size(); ++length)
        CHECK(refusal(decode_statement(base::ByteView{bytes}.first(length), {})) == Code::TRUNCATED);
}
