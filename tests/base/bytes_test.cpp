#include <mos/base/bytes.hpp>

#include "expect.hpp"

#include <random>

using namespace mos::base;
using mos::test::must;
using mos::test::refusal;

TEST_CASE("base64 has the values of RFC 4648 section 10") {
    CHECK(to_base64(as_bytes("")) == "");
    CHECK(to_base64(as_bytes("f")) == "Zg==");
    CHECK(to_base64(as_bytes("fo")) == "Zm8=");
    CHECK(to_base64(as_bytes("foo")) == "Zm9v");
    CHECK(to_base64(as_bytes("foobar")) == "Zm9vYmFy");
}

TEST_CASE("base64 and hexadecimal give back what went in, for every length") {
    std::mt19937 random{1};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same at each run
    for (std::size_t length = 0; length < 70; ++length) {
        Bytes bytes(length);
        for (std::byte &b : bytes)
            b = static_cast<std::byte>(random() & 0xFFU);
        CHECK(must(from_base64(to_base64(bytes))) == bytes);
        CHECK(must(from_hex(to_hex(bytes))) == bytes);
    }
}

TEST_CASE("base64 that another decoder might accept is refused") {
    for (const char *text : {"Zg", "Zg=", "Zg==\n", "Z===", "====", "Zh==", "Zm9=", "Zm 9", "Zg==Zg=="})
        CHECK_MESSAGE(refusal(from_base64(text)) == Code::FORMAT, text);
}

TEST_CASE("hexadecimal with a space, an odd length or another letter is refused") {
    for (const char *text : {"0", " 00", "0g", "0x00"})
        CHECK_MESSAGE(refusal(from_hex(text)) == Code::FORMAT, text);
}

TEST_CASE("a reader of a fixed layout stops at the end") {
    Bytes bytes;
    append_u16(bytes, 0x0102);
    append_u32(bytes, 0x03040506);
    append_u64(bytes, 0x0708090A0B0C0D0EULL);
    ByteReader reader{bytes};
    CHECK(must(reader.u16()) == 0x0102);
    CHECK(must(reader.u32()) == 0x03040506U);
    CHECK(must(reader.u64()) == 0x0708090A0B0C0D0EULL);
    CHECK(reader.remaining() == 0);
    CHECK(refusal(reader.u16()) == Code::TRUNCATED);
}

TEST_CASE("clean text is well-formed UTF-8 without control characters") {
    CHECK(is_clean_text("naïve 日本 🙂"));
    CHECK_FALSE(is_clean_text("bell\a"));
    CHECK_FALSE(is_clean_text("\x1b[31m"));
    CHECK_FALSE(is_clean_text("\xc2\x9b"));          // CSI as one C1 character
    CHECK_FALSE(is_clean_text("\xc0\xaf"));          // overlong
    CHECK_FALSE(is_clean_text("\xed\xa0\x80"));      // surrogate
    CHECK_FALSE(is_clean_text("\xf4\x90\x80\x80"));  // beyond U+10FFFF
    CHECK_FALSE(is_clean_text("caf\xe9"));           // Latin-1
}

TEST_CASE("printable text can't move a terminal's cursor") {
    CHECK(printable("a\x1b[2Jb") == "a\\x1b[2Jb");
    CHECK(printable("caf\xe9") == "caf\\xe9");
    CHECK(in_quotes("plain") == "'plain'");
    const std::string longest(300, 'a');
    CHECK(in_quotes(longest) == "'" + longest + "'");
    CHECK(in_quotes(longest + "b") == "'" + longest + "…'");
    // No character is cut in two, and what is none counts by its bytes.
    CHECK(in_quotes(longest.substr(1) + "äb") == "'" + longest.substr(1) + "…'");
    CHECK(in_quotes(longest.substr(1) + "\xff" + "b") == "'" + longest.substr(1) + "\\xff…'");
}

TEST_CASE("sizes that do not fit in 64 bits are an error") {
    CHECK(must(checked_add(1, 2)) == 3);
    CHECK(refusal(checked_add(UINT64_MAX, 1)) == Code::LIMIT);
    CHECK(must(checked_multiply(1U << 20U, 1U << 20U)) == 1ULL << 40U);
    CHECK(refusal(checked_multiply(1ULL << 63U, 2)) == Code::LIMIT);
}
