// A chain that the profile takes, for tests that spoil one thing in it.
#pragma once

#include "certificate_maker.hpp"

namespace mos::test {

inline const crypto::Profile defaults;

// Root, intermediate and leaf that pass; a test spoils one of them.
struct Chain {
    Recipe root = ca_recipe("Root", key_number(0), "Root", key_number(0));
    Recipe intermediate = ca_recipe("Intermediate", key_number(1), "Root", key_number(0));
    Recipe leaf = {.subject = "Leaf", .issuer = "Intermediate", .key = &key_number(2), .issuer_key = &key_number(1)};

    [[nodiscard]] Result<crypto::TrustedPath> check(const crypto::Profile &profile = defaults,
                                                    std::int64_t time = now) const {
        return judge_chain(make(leaf), std::vector{make(intermediate)}, std::vector{make(root)}, time, profile);
    }
};

// The refusal's code and words.
inline void check_refusal(const Result<crypto::TrustedPath> &result, Code code, std::string_view words) {
    CHECK(refusal(result) == code);
    CHECK_MESSAGE(result.error().full_message().find(words) != std::string::npos, result.error().full_message());
}

inline void check_invalid(const Chain &chain, std::string_view words) {
    check_refusal(chain.check(), Code::CERTIFICATE_INVALID, words);
}

}  // namespace mos::test
