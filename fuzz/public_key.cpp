// Public keys, in DER and in PEM.
#include "target.hpp"

#include <mos/crypto/key.hpp>

#include <algorithm>

namespace {

using mos::crypto::PublicKey;
using mos::fuzz::hold;

void check_key(const PublicKey &key) {
    const PublicKey again = mos::fuzz::must(PublicKey::from_pem(key.to_pem(), "again"), "an accepted key is read back");
    hold(again == key, "an accepted key is read back as the same");
    const mos::base::ByteView nonsense = key.der();  // no signature of anybody
    for (const auto algorithm : key.algorithms())
        hold(!key.verify(algorithm, nonsense, nonsense), "a key does not accept nonsense as its signature");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace mos;
    const base::ByteView bytes = fuzz::input(data, size);
    if (const auto key = PublicKey::from_der(bytes, "input")) {
        hold(std::ranges::equal(key->der(), bytes), "a key has one spelling in DER");
        check_key(*key);
    }
    if (const auto key = PublicKey::from_pem(base::as_text(bytes), "input"))
        check_key(*key);
    return 0;
}
