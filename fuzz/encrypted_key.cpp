// Private keys behind a passphrase, in DER and in PEM: what opens is a key or says that it is none.
//
// The number of rounds is work that the file asks for, up to a limit of seconds. Files that ask for more than a few but
// not too many are passed over here, since they would be nothing but slow.
#include "target.hpp"

#include "encrypted_key.hpp"
#include "pem.hpp"

#include <mos/crypto/der.hpp>
#include <mos/crypto/key.hpp>
#include <mos/crypto/limits.hpp>

#include <optional>

namespace {

using namespace mos;
using crypto::der::Tag;
using fuzz::hold;

constexpr std::uint32_t most_rounds = 64;
constexpr std::string_view passphrase = "secret";

// Where the file says how many there are; nothing when it is no such file.
Result<std::uint32_t> rounds_of(base::ByteView encrypted) {
    MOS_TRY(auto file, crypto::der::open(encrypted, Tag::sequence));
    MOS_TRY(auto algorithm, file.enter(Tag::sequence));
    MOS_CHECK(algorithm.object_identifier());
    MOS_TRY(auto parts, algorithm.enter(Tag::sequence));
    MOS_TRY(auto derivation, parts.enter(Tag::sequence));
    MOS_CHECK(derivation.object_identifier());
    MOS_TRY(auto details, derivation.enter(Tag::sequence));
    MOS_CHECK(details.next(Tag::octet_string));
    return details.small_unsigned_integer();
}

bool is_expected(Code code) {
    return code == Code::FORMAT || code == Code::UNSUPPORTED || code == Code::LIMIT || code == Code::WRONG_PASSPHRASE;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const base::ByteView bytes = fuzz::input(data, size);
    const auto rounds = rounds_of(bytes);
    if (rounds && *rounds > most_rounds && *rounds <= crypto::max_key_rounds)
        return 0;
    const auto key = crypto::decrypt_key(bytes, passphrase);
    const crypto::SecretBytes pem = crypto::write_pem("ENCRYPTED PRIVATE KEY", bytes);
    const auto read = crypto::PrivateKey::from_pem(base::as_text(pem), "input", passphrase);
    if (!key) {
        hold(is_expected(key.error().code()), "what does not open says why");
        hold(base::is_clean_text(key.error().full_message()), "a refusal can be shown");
        hold(!read, "what does not open is no key");
        return 0;
    }
    hold(rounds.ok() && *rounds <= most_rounds, "work is bounded");
    hold(key->size() < size, "what opens is smaller than its file");
    hold(read.ok() == crypto::PrivateKey::from_der(*key, "input").ok(), "what opens is the key of the PEM file");
    return 0;
}
