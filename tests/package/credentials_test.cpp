#include <mos/package/credentials.hpp>

#include "expect.hpp"

using namespace mos;
using namespace mos::package;
using mos::test::must;
using mos::test::refusal;

namespace {

base::Bytes statement_with_room(std::uint32_t reserved) {
    Statement statement;
    statement.signature_area_bytes = reserved;
    statement.index_stored_bytes = 1000;
    statement.index_expanded_bytes = 5000;
    statement.payload_stored_bytes = 100'000;
    statement.payload_plain_bytes = 200'000;
    statement.entries = 12;
    statement.frames = 3;
    statement.manifest_bytes = 700;
    statement.name = "kernel";
    statement.version = "1.2.3";
    statement.architecture = "x86_64";
    statement.type = "kernel";
    return encode_statement(statement);
}

SignatureArea one_signature() {
    SignatureArea area;
    // It ends in zeros, as what is left of the room does.
    area.put({crypto::SignatureAlgorithm::ed25519, base::Bytes(32, std::byte{1}), base::Bytes(64, std::byte{0}), {}});
    return area;
}

}  // namespace

TEST_CASE("credentials come back as they were") {
    const base::Bytes statement = statement_with_room(4096);
    const base::Bytes bytes = must(write_credentials(statement, one_signature(), 4096));
    CHECK(bytes.size() < 4 + statement.size() + 128);
    const Credentials credentials = must(read_credentials(bytes));
    CHECK(credentials.statement_bytes == statement);
    CHECK(credentials.statement.name == "kernel");
    CHECK(credentials.area.signatures == one_signature().signatures);
}

TEST_CASE("credentials that are longer than they were written are refused") {
    base::Bytes bytes = must(write_credentials(statement_with_room(512), one_signature(), 512));
    bytes.push_back(std::byte{0});
    CHECK(refusal(read_credentials(bytes)) == Code::FORMAT);
    bytes.resize(bytes.size() + 512, std::byte{1});
    CHECK(refusal(read_credentials(bytes)) == Code::FORMAT);
}

TEST_CASE("credentials that end too early are refused") {
    const base::Bytes bytes = must(write_credentials(statement_with_room(512), one_signature(), 512));
    CHECK(refusal(read_credentials(base::ByteView{bytes}.first(3))) == Code::TRUNCATED);
    CHECK(refusal(read_credentials(base::ByteView{bytes}.first(100))) == Code::TRUNCATED);
}
