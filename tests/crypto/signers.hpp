// Those who sign in the tests of verify.hpp: a certified one, a pinned one, and the message.
#pragma once

#include "certificate_maker.hpp"
#include "keys.hpp"

#include <mos/crypto/key_signer.hpp>
#include <mos/crypto/verify.hpp>

namespace mos::test {

inline const Bytes message = base::to_bytes(base::as_bytes("multiosupdate package statement 1"));
inline constexpr crypto::Subject subject = {.name = "app", .type = "application"};

inline crypto::PrivateKey copy_of(const crypto::PrivateKey &key) {
    return must(crypto::PrivateKey::from_pem(base::as_text(key.to_pem()), "copy"));
}

inline const crypto::PrivateKey &ed25519_key() {
    static const crypto::PrivateKey key = must(crypto::PrivateKey::generate(crypto::KeyType::ed25519));
    return key;
}

inline crypto::Signature sign(const crypto::PrivateKey &key, std::vector<crypto::Certificate> chain = {},
                              std::optional<crypto::SignatureAlgorithm> algorithm = {}) {
    return must(must(make_signer(copy_of(key), std::move(chain), algorithm))->sign(message));
}

inline Recipe root_recipe() { return ca_recipe("Root", key_number(0), "Root", key_number(0)); }
inline Recipe leaf_recipe() { return {.key = &key_number(1), .issuer_key = &key_number(0)}; }

inline crypto::Decision decision() {
    crypto::Decision made;
    made.now_unix_s = now;
    return made;
}

inline void check_refusal(const Result<crypto::Verdict> &result, Code code, std::string_view words) {
    CHECK(refusal(result) == code);
    CHECK_MESSAGE(result.error().full_message().find(words) != std::string::npos, result.error().full_message());
}

}  // namespace mos::test
