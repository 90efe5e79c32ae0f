#include <mos/config/units.hpp>

#include "expect.hpp"

#include <string>

using mos::Code;
using mos::config::parse_bytes;
using mos::test::must;
using mos::test::refusal;

namespace {

std::string refused(std::string_view text) {
    const auto result = parse_bytes(text);
    INFO("size ", text);
    CHECK(refusal(result) == Code::INVALID_ARGUMENT);
    return result.error().message();
}

}  // namespace

TEST_CASE("a size is a number of bytes, with or without its unit") {
    CHECK(must(parse_bytes("0")) == 0);
    CHECK(must(parse_bytes("512")) == 512);
    CHECK(must(parse_bytes("512B")) == 512);
    CHECK(must(parse_bytes("007")) == 7);
    CHECK(must(parse_bytes("9223372036854775807")) == 9'223'372'036'854'775'807U);
}

TEST_CASE("units of 1000 and of 1024 are told apart, capitals are not") {
    CHECK(must(parse_bytes("10MB")) == 10'000'000);
    CHECK(must(parse_bytes("2 GB")) == 2'000'000'000);
    CHECK(must(parse_bytes("2gb")) == 2'000'000'000);
    CHECK(must(parse_bytes("1KB")) == 1'000);
    CHECK(must(parse_bytes("1TB")) == 1'000'000'000'000);
    CHECK(must(parse_bytes("1KiB")) == 1'024);
    CHECK(must(parse_bytes("3 mib")) == 3U << 20U);
    CHECK(must(parse_bytes("2GIB")) == std::uint64_t{2} << 30U);
    CHECK(must(parse_bytes("7TiB")) == std::uint64_t{7} << 40U);
}

TEST_CASE("a fraction is exact or refused") {
    CHECK(must(parse_bytes("1.5GiB")) == 1'610'612'736);
    CHECK(must(parse_bytes("0.001KB")) == 1);
}

TEST_CASE("what is no size is refused in words") {
    for (const std::string_view text :
         {"",    " ",    "GB",    " 1GB",  "1GB ", "-1",    "+1",  "1.",       ".5GB", "1.5.5",
          "1e9", "0x10", "1,5GB", "1 G B", "1G",   "1Gbit", "1PB", "1.2345GB", "1GB2", "١"})
        CHECK(refused(text).find("is no size like '512', '10MB' or '1.5GiB'") != std::string::npos);
    CHECK(refused("1.5") == "'1.5' is no whole number of bytes");
    CHECK(refused("0.0001KB").find("is no size like") != std::string::npos);
    CHECK(refused("1.001KiB") == "'1.001KiB' is no whole number of bytes");
}

TEST_CASE("a size beyond 2^63 - 1 is refused, and none wraps round") {
    for (const std::string_view text : {"9223372036854775808", "18446744073709551616", "18446744073709551617",
                                        "9223373TB", "8388608TiB", "99999999999999999999999999999999GB"})
        CHECK(refused(text) == "'" + std::string{text} + "' is too large a size");
    CHECK(must(parse_bytes("9223372TB")) == 9'223'372'000'000'000'000U);
    CHECK(must(parse_bytes("8388607TiB")) == std::uint64_t{8388607} << 40U);
}
