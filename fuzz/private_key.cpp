// Private keys, in DER and in PEM. An accepted one works: what it signs, its public half verifies.
#include "target.hpp"

#include <mos/crypto/key.hpp>

namespace {

using mos::crypto::PrivateKey;
using mos::fuzz::hold;
using mos::fuzz::must;

void check_key(const PrivateKey &key) {
    const mos::crypto::SecretBytes pem = key.to_pem();
    const PrivateKey again =
        must(PrivateKey::from_pem(mos::base::as_text(pem), "again"), "an accepted key is read back");
    hold(again.public_key() == key.public_key(), "an accepted key is read back as the same");
    const mos::base::ByteView message = mos::base::as_bytes("message");
    const mos::base::Bytes signature = must(key.sign(message), "an accepted key signs");
    must(key.public_key().verify(key.public_key().algorithms().front(), message, signature),
         "an accepted key's signature verifies");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace mos;
    const base::ByteView bytes = fuzz::input(data, size);
    if (const auto key = PrivateKey::from_der(bytes, "input"))
        check_key(*key);
    if (const auto key = PrivateKey::from_pem(base::as_text(bytes), "input"))
        check_key(*key);
    return 0;
}
