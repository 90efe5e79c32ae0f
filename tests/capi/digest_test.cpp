#include "capi_bench.hpp"

#include <algorithm>
#include <array>
#include <vector>

using namespace mos::test::capi;

namespace {

Context context() {
    return made_by<Context>([](auto out, auto error) { return mos_context_create(nullptr, out, error); });
}

Digest make(const Context &by, mos_digest_algorithm algorithm) {
    return made_by<Digest>([&](auto out, auto error) { return mos_digest_create(by.get(), algorithm, out, error); });
}

void update(const Digest &digest, const std::string &text) {
    mos_error *error = nullptr;
    must(mos_digest_update(digest.get(), text.data(), text.size(), &error), error);
}

std::string finish(const Digest &digest) {
    std::vector<std::uint8_t> out(mos_digest_size(digest.get()));
    mos_error *error = nullptr;
    must(mos_digest_finish(digest.get(), out.data(), out.size(), &error), error);
    std::string hex;
    for (const std::uint8_t byte : out) {
        constexpr std::string_view digits = "0123456789abcdef";
        hex += digits[byte >> 4U];
        hex += digits[byte & 15U];
    }
    return hex;
}

}  // namespace

// "abc": FIPS 180-4's examples, and RFC 7693 appendix A.
TEST_CASE("each digest gives the known answer, in whatever pieces the bytes come") {
    const Context by = context();
    const std::array<std::pair<mos_digest_algorithm, std::string_view>, 4> known = {
        {{MOS_DIGEST_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
         {MOS_DIGEST_SHA384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca1"
                             "34c825a7"},
         {MOS_DIGEST_SHA512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23"
                             "a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
         {MOS_DIGEST_BLAKE2B, "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de"
                              "4533cc9518d38aa8dbf1925ab92386edd4009923"}}};
    for (const auto &row : known) {
        const Digest digest = make(by, row.first);
        CHECK(mos_digest_size(digest.get()) == row.second.size() / 2);
        update(digest, "a");
        update(digest, "");
        update(digest, "bc");
        CHECK(finish(digest) == row.second);
        INFO("it has started anew");
        update(digest, "abc");
        CHECK(finish(digest) == row.second);
    }
}

TEST_CASE("a digest of nothing is one too") {
    const Context by = context();
    const Digest digest = make(by, MOS_DIGEST_SHA256);
    mos_error *error = nullptr;
    must(mos_digest_update(digest.get(), nullptr, 0, &error), error);
    CHECK(finish(digest) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("a digest outlives its context, and a mistake in a call takes nothing from it") {
    Context by = context();
    const Digest digest = make(by, MOS_DIGEST_SHA256);
    by.reset();
    update(digest, "abc");
    std::array<std::uint8_t, 31> small{};
    for (const auto &call : {std::pair<std::uint8_t *, std::size_t>{small.data(), small.size()}, {nullptr, 32}}) {
        const Failure failure =
            failure_of([&](auto error) { return mos_digest_finish(digest.get(), call.first, call.second, error); });
        CHECK(failure.code == MOS_E_INVALID_ARGUMENT);
        CHECK(std::string{mos_error_message(failure.error.get())} == "a digest needs room for 32 bytes");
    }
    CHECK(failure_of([&](auto error) { return mos_digest_update(digest.get(), nullptr, 1, error); }).code ==
          MOS_E_INVALID_ARGUMENT);
    CHECK(std::all_of(small.begin(), small.end(), [](std::uint8_t byte) { return byte == 0; }));
    CHECK(finish(digest) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("a digest that is none is refused") {
    const Context by = context();
    mos_digest *digest = nullptr;
    for (const mos_digest_algorithm unknown : {-1, 4, 99})
        CHECK(failure_of([&](auto error) { return mos_digest_create(by.get(), unknown, &digest, error); }).code ==
              MOS_E_INVALID_ARGUMENT);
    CHECK(digest == nullptr);
    CHECK(failure_of([&](auto error) { return mos_digest_create(nullptr, 0, &digest, error); }).code ==
          MOS_E_INVALID_ARGUMENT);
    CHECK(failure_of([&](auto error) { return mos_digest_create(by.get(), 0, nullptr, error); }).code ==
          MOS_E_INVALID_ARGUMENT);
    CHECK(failure_of([&](auto error) { return mos_digest_update(nullptr, "x", 1, error); }).code ==
          MOS_E_INVALID_ARGUMENT);
    std::array<std::uint8_t, 64> out{};
    CHECK(failure_of([&](auto error) { return mos_digest_finish(nullptr, out.data(), out.size(), error); }).code ==
          MOS_E_INVALID_ARGUMENT);
    CHECK(mos_digest_size(nullptr) == 0);
    mos_digest_free(nullptr);
}
