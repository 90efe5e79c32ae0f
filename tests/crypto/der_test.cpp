#include <mos/crypto/der.hpp>

#include "expect.hpp"

#include <string_view>

using namespace mos::crypto::der;
using mos::Code;
using mos::base::Bytes;
using mos::base::from_hex;
using mos::base::to_hex;
using mos::test::must;
using mos::test::refusal;

namespace {

Bytes hex(std::string_view text) { return must(from_hex(text)); }

// What one call of a reader makes of `text`; a view that it returns is good for its size only.
template <class T>
mos::Result<T> read(std::string_view text, mos::Result<T> (Reader::*what)()) {
    const Bytes bytes = hex(text);
    Reader reader{bytes};
    return (reader.*what)();
}

}  // namespace

TEST_CASE("elements are read front to back") {
    const Bytes bytes = hex("3006020105020107");
    Reader reader = must(open(bytes, Tag::sequence));
    CHECK(must(reader.small_unsigned_integer()) == 5);
    CHECK(reader.next_is(Tag::integer));
    CHECK(refusal(reader.expect_end()) == Code::FORMAT);
    CHECK(must(reader.small_unsigned_integer()) == 7);
    must(reader.expect_end());
    CHECK(refusal(reader.next(Tag::integer)) == Code::FORMAT);
}

TEST_CASE("identifiers and lengths that are cut off or not DER are refused") {
    for (const char *text : {"", "30", "3005", "300501", "3080", "30800000", "308101", "30810100", "30817f", "3082007f",
                             "30820080", "3085000000000100", "3084ffffffff", "30ff", "1f0100", "3f8101ff"})
        CHECK_MESSAGE(refusal(Reader{hex(text)}.next()) == Code::FORMAT, text);
    CHECK(must(Reader{hex("308180" + std::string(256, '0'))}.next()).content.size() == 128);
    CHECK(refusal(open(hex("300000"), Tag::sequence)) == Code::FORMAT);
    CHECK(refusal(open(hex("3100"), Tag::sequence)) == Code::FORMAT);
}

TEST_CASE("integers are not negative and as short as can be") {
    CHECK(must(read("020100", &Reader::unsigned_integer)).empty());
    CHECK(must(read("02020080", &Reader::unsigned_integer)).size() == 1);
    CHECK(must(read("020500ffffffff", &Reader::small_unsigned_integer)) == 0xFFFFFFFFU);
    for (const char *text : {"0200", "020180", "0201ff", "0202007f", "02020000"})
        CHECK_MESSAGE(refusal(read(text, &Reader::unsigned_integer)) == Code::FORMAT, text);
    CHECK(refusal(read("02050100000000", &Reader::small_unsigned_integer)) == Code::FORMAT);
}

TEST_CASE("booleans are 00 or ff") {
    CHECK(must(read("0101ff", &Reader::boolean)));
    CHECK_FALSE(must(read("010100", &Reader::boolean)));
    for (const char *text : {"0100", "010101", "0102ffff"})
        CHECK_MESSAGE(refusal(read(text, &Reader::boolean)) == Code::FORMAT, text);
}

TEST_CASE("bit strings are of whole bytes, or of named bits without zeros at the end") {
    CHECK(must(read("030200aa", &Reader::bit_string)).size() == 1);
    for (const char *text : {"0300", "030201aa", "030108"})
        CHECK_MESSAGE(refusal(read(text, &Reader::bit_string)) == Code::FORMAT, text);
    CHECK(must(read("03020780", &Reader::named_bits)) == 1U);
    CHECK(must(read("03020106", &Reader::named_bits)) == (1U << 5U | 1U << 6U));
    CHECK(must(read("0303070080", &Reader::named_bits)) == 1U << 8U);
    CHECK(must(read("030100", &Reader::named_bits)) == 0U);
    for (const char *text : {"0300", "030107", "03020080", "03020700", "030207c0", "03020880", "030400010101"})
        CHECK_MESSAGE(refusal(read(text, &Reader::named_bits)) == Code::FORMAT, text);
    for (std::uint32_t bits = 0; bits < 0x10000; bits += 7) {
        const Bytes written = named_bits(static_cast<std::uint16_t>(bits));
        CHECK(must(Reader{written}.named_bits()) == bits);
    }
}

TEST_CASE("object identifiers are shown with dots") {
    CHECK(dotted(hex("2a8648ce3d040303")) == "1.2.840.10045.4.3.3");
    CHECK(dotted(hex("551d13")) == "2.5.29.19");
    CHECK(dotted(hex("883703")) == "2.999.3");
    CHECK(dotted(hex("00")) == "0.0");
    CHECK(dotted(hex("2affffffffffffffffffff7f")) == "2affffffffffffffffffff7f");
    CHECK(must(read("0603551d13", &Reader::object_identifier)).size() == 3);
    for (const char *text : {"0600", "0602802a", "06022a80", "06032a8001"})
        CHECK_MESSAGE(refusal(read(text, &Reader::object_identifier)) == Code::FORMAT, text);
}

TEST_CASE("times are in UTC, to the second, in the one form that RFC 5280 allows") {
    const auto utc = [](std::string_view text) { return element(Tag::utc_time, {mos::base::as_bytes(text)}); };
    const auto general = [](std::string_view text) {
        return element(Tag::generalized_time, {mos::base::as_bytes(text)});
    };
    const auto seconds = [](const Bytes &bytes) { return Reader{bytes}.time_unix_s(); };
    CHECK(must(seconds(utc("700101000000Z"))) == 0);
    CHECK(must(seconds(utc("270115080000Z"))) == 1'800'000'000);
    CHECK(must(seconds(utc("500101000000Z"))) == -631'152'000);
    CHECK(must(seconds(general("20500101000000Z"))) == 2'524'608'000);
    CHECK(must(seconds(general("99991231235959Z"))) == 253'402'300'799);
    for (const char *text :
         {"7001010000Z", "700101000000+0000", "700101000000z", "700230000000Z", "701301000000Z", "700100000000Z",
          "700101240000Z", "700101006000Z", "700101000060Z", "7x0101000000Z", "70010100000-Z", "", "690229000000Z"})
        CHECK_MESSAGE(refusal(seconds(utc(text))) == Code::FORMAT, text);
    for (const char *text : {"20491231235959Z", "20500101000000.5Z", "2050010100000Z", "x0500101000000Z",
                             "99x11231235959Z", "20500101000000"})
        CHECK_MESSAGE(refusal(seconds(general(text))) == Code::FORMAT, text);
}

TEST_CASE("times are written as they are read, from 1950 to 9999") {
    for (const std::int64_t moment : {-631'152'000LL, -1LL, 0LL, 951'782'400LL, 1'800'000'000LL, 2'524'607'999LL,
                                      2'524'608'000LL, 253'402'300'799LL})
        CHECK(must(Reader{must(time(moment))}.time_unix_s()) == moment);
    CHECK(refusal(time(-631'152'001)) == Code::INVALID_ARGUMENT);
    CHECK(refusal(time(253'402'300'800)) == Code::INVALID_ARGUMENT);
    CHECK(refusal(time(INT64_MAX)) == Code::INVALID_ARGUMENT);
    CHECK(refusal(time(INT64_MIN)) == Code::INVALID_ARGUMENT);
}

TEST_CASE("lengths are written in their shortest form") {
    CHECK(to_hex(element(Tag::sequence, {})) == "3000");
    CHECK(to_hex(element(Tag::octet_string, {Bytes(127)})).substr(0, 4) == "047f");
    CHECK(to_hex(element(Tag::octet_string, {Bytes(128)})).substr(0, 6) == "048180");
    CHECK(to_hex(element(Tag::octet_string, {Bytes(255)})).substr(0, 6) == "0481ff");
    CHECK(to_hex(element(Tag::octet_string, {Bytes(256)})).substr(0, 8) == "04820100");
    CHECK(to_hex(element(Tag::octet_string, {Bytes(65536)})).substr(0, 10) == "0483010000");
    CHECK(to_hex(unsigned_integer({})) == "020100");
    CHECK(to_hex(unsigned_integer(hex("000080"))) == "02020080");
    CHECK(to_hex(unsigned_integer(hex("7f"))) == "02017f");
}

TEST_CASE("an integer may be negative, and is as short as can be") {
    for (const std::string_view good : {"020100", "0201ff", "02020080", "0202ff7f", "020180"}) {
        const Bytes bytes = hex(good);
        CHECK_MESSAGE(Reader{bytes}.integer().ok(), good);
    }
    for (const std::string_view bad : {"0200", "0202007f", "0202ff80", "02020000", "0202ffff"}) {
        const Bytes bytes = hex(bad);
        CHECK_MESSAGE(refusal(Reader{bytes}.integer()) == Code::FORMAT, bad);
    }
}
