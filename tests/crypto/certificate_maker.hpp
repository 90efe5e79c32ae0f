// Builds certificates with any fault that a test needs, in DER written here: nothing of the code under test but the
// writer's primitives and the keys.
#pragma once

#include "expect.hpp"

#include <mos/crypto/certificate.hpp>
#include <mos/crypto/der.hpp>
#include <mos/crypto/profile.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mos::test {

using base::Bytes;
using base::ByteView;
using crypto::der::Tag;
namespace der = crypto::der;

inline constexpr std::int64_t now = 1'800'000'000;  // 2027-01-15
inline constexpr std::int64_t day = 86'400;
inline constexpr std::string_view code_signing_oid = "2b06010505070303";
inline constexpr std::string_view server_auth_oid = "2b06010505070301";
inline constexpr std::string_view any_usage_oid = "551d2500";

inline constexpr std::uint16_t digital_signature = 1;
inline constexpr std::uint16_t certificate_sign = 1U << 5U;

inline Bytes hex(std::string_view text) { return must(base::from_hex(text)); }
inline Bytes oid(std::string_view hex_text) { return der::element(Tag::object_identifier, {hex(hex_text)}); }

inline Bytes name(std::string_view common_name) {
    if (common_name.empty())
        return der::element(Tag::sequence, {});
    return der::element(
        Tag::sequence,
        {der::element(Tag::set,
                      {der::element(Tag::sequence,
                                    {oid("550403"), der::element(Tag::utf8_string, {base::as_bytes(common_name)})})})});
}

inline Bytes extension(std::string_view id, bool is_critical, ByteView value) {
    return der::element(Tag::sequence,
                        {oid(id), is_critical ? hex("0101ff") : Bytes{}, der::element(Tag::octet_string, {value})});
}
inline Bytes ca_constraints(int path_length = -1, bool is_critical = true) {
    const Bytes length = path_length < 0 ? Bytes{} : der::unsigned_integer(Bytes{static_cast<std::byte>(path_length)});
    return extension("551d13", is_critical, der::element(Tag::sequence, {hex("0101ff"), length}));
}
inline Bytes leaf_constraints() { return extension("551d13", true, der::element(Tag::sequence, {})); }
inline Bytes key_usage(std::uint16_t bits) { return extension("551d0f", true, der::named_bits(bits)); }
inline Bytes extended_key_usage(const std::vector<std::string_view> &purposes, bool is_critical = false) {
    Bytes list;
    for (const std::string_view purpose : purposes) {
        const Bytes one = oid(purpose);
        list.insert(list.end(), one.begin(), one.end());
    }
    return extension("551d25", is_critical, der::element(Tag::sequence, {list}));
}
inline Bytes subject_key_id(ByteView id) { return extension("551d0e", false, der::element(Tag::octet_string, {id})); }
inline Bytes authority_key_id(ByteView id) {
    return extension("551d23", false, der::element(Tag::sequence, {der::element(der::context(0), {id})}));
}
inline Bytes subject_key_id(std::string_view id) { return subject_key_id(base::as_bytes(id)); }
inline Bytes authority_key_id(std::string_view id) { return authority_key_id(base::as_bytes(id)); }

inline Bytes join(const std::vector<Bytes> &parts) {
    Bytes all;
    for (const Bytes &one : parts)
        all.insert(all.end(), one.begin(), one.end());
    return all;
}

// General names, and the extensions that are made of them.
inline Bytes mailbox(std::string_view text) { return der::element(der::context(1), {base::as_bytes(text)}); }
inline Bytes dns(std::string_view text) { return der::element(der::context(2), {base::as_bytes(text)}); }
inline Bytes uri(std::string_view text) { return der::element(der::context(6), {base::as_bytes(text)}); }
inline Bytes ip(std::string_view hex_text) { return der::element(der::context(7), {hex(hex_text)}); }
inline Bytes directory(ByteView distinguished_name) {
    return der::element(der::context_constructed(4), {distinguished_name});
}
inline Bytes other_name(std::string_view type) {
    return der::element(der::context_constructed(0), {oid(type), hex("a0020500")});
}
inline Bytes alternative_names(const std::vector<Bytes> &names, bool is_critical = false) {
    return extension("551d11", is_critical, der::element(Tag::sequence, {join(names)}));
}
inline Bytes subtrees(unsigned number, const std::vector<Bytes> &names) {
    std::vector<Bytes> list;
    list.reserve(names.size());
    for (const Bytes &one : names)
        list.push_back(der::element(Tag::sequence, {one}));
    return names.empty() ? Bytes{} : der::element(der::context_constructed(number), {join(list)});
}
inline Bytes name_constraints(const std::vector<Bytes> &permitted, const std::vector<Bytes> &excluded,
                              bool is_critical = true) {
    return extension("551d1e", is_critical,
                     der::element(Tag::sequence, {subtrees(0, permitted), subtrees(1, excluded)}));
}

inline std::vector<Bytes> ca_extensions(int path_length = -1) {
    return {ca_constraints(path_length), key_usage(certificate_sign)};
}
inline std::vector<Bytes> leaf_extensions() {
    return {leaf_constraints(), key_usage(digital_signature), extended_key_usage({code_signing_oid})};
}

// SHA-384 with ECDSA, and SHA-256 with RSA.
inline Bytes ecdsa_identifier() { return der::element(Tag::sequence, {oid("2a8648ce3d040303")}); }
inline Bytes rsa_identifier() {
    return der::element(Tag::sequence, {oid("2a864886f70d01010b"), der::element(Tag::null, {})});
}

struct Recipe {
    std::string subject = "Leaf";
    std::string issuer = "Root";
    const crypto::PrivateKey *key = nullptr;         // whose certificate it is
    const crypto::PrivateKey *issuer_key = nullptr;  // who signs it
    std::vector<Bytes> extensions = leaf_extensions();
    Bytes version = hex("a003020102");
    Bytes serial = hex("020142");
    std::int64_t not_before = now - day;
    std::int64_t not_after = now + day;
    Bytes validity = {};         // instead of the two times
    Bytes algorithm = {};        // instead of what fits issuer_key
    Bytes outer_algorithm = {};  // instead of algorithm
    Bytes unique_id = {};        // behind the key
    Bytes subject_name = {};     // a Name, instead of the common name `subject`
    // Identifiers of the keys, made from them; a self-signed one has no authority's.
    bool has_subject_key_id = true;
    bool has_authority_key_id = true;
};

inline Bytes all_extensions(const Recipe &recipe) {
    std::vector<Bytes> list = recipe.extensions;
    if (list.empty())
        return {};
    if (recipe.has_subject_key_id)
        list.push_back(subject_key_id(recipe.key->public_key().id()));
    if (recipe.has_authority_key_id && recipe.key != recipe.issuer_key)
        list.push_back(authority_key_id(recipe.issuer_key->public_key().id()));
    return der::element(der::context_constructed(3), {der::element(Tag::sequence, {join(list)})});
}

inline Bytes make_der(const Recipe &recipe) {
    const bool is_rsa = recipe.issuer_key->public_key().family() == crypto::KeyFamily::rsa;
    const auto digest_algorithm = is_rsa ? crypto::DigestAlgorithm::sha256 : crypto::DigestAlgorithm::sha384;
    const Bytes own_algorithm = is_rsa ? rsa_identifier() : ecdsa_identifier();
    const Bytes &algorithm = recipe.algorithm.empty() ? own_algorithm : recipe.algorithm;
    const Bytes times =
        der::element(Tag::sequence, {must(der::time(recipe.not_before)), must(der::time(recipe.not_after))});
    const Bytes to_be_signed =
        der::element(Tag::sequence, {recipe.version, recipe.serial, algorithm, name(recipe.issuer),
                                     recipe.validity.empty() ? times : recipe.validity,
                                     recipe.subject_name.empty() ? name(recipe.subject) : recipe.subject_name,
                                     recipe.key->public_key().der(), recipe.unique_id, all_extensions(recipe)});
    const Bytes signature = must(recipe.issuer_key->sign({.digest = digest_algorithm}, to_be_signed));
    return der::element(Tag::sequence,
                        {to_be_signed, recipe.outer_algorithm.empty() ? algorithm : recipe.outer_algorithm,
                         der::bit_string(signature)});
}

inline crypto::Certificate make(const Recipe &recipe) {
    return must(crypto::Certificate::from_der(make_der(recipe), recipe.subject));
}

inline Recipe ca_recipe(std::string subject, const crypto::PrivateKey &key, std::string issuer,
                        const crypto::PrivateKey &issuer_key) {
    return {.subject = std::move(subject),
            .issuer = std::move(issuer),
            .key = &key,
            .issuer_key = &issuer_key,
            .extensions = ca_extensions()};
}

// A P-384 key that lives as long as the program; the same for the same number.
inline const crypto::PrivateKey &key_number(std::size_t number) {
    static std::vector<std::unique_ptr<crypto::PrivateKey>> keys;
    while (keys.size() <= number)
        keys.push_back(
            std::make_unique<crypto::PrivateKey>(must(crypto::PrivateKey::generate(crypto::KeyType::ecc_p384))));
    return *keys[number];
}

// check_chain() without revocation lists.
inline mos::Result<mos::crypto::TrustedPath> judge_chain(const mos::crypto::Certificate &leaf,
                                                         std::span<const mos::crypto::Certificate> intermediates,
                                                         std::span<const mos::crypto::Certificate> roots,
                                                         std::int64_t now_unix_s, const mos::crypto::Profile &profile) {
    return check_chain({leaf, intermediates, roots, {}, now_unix_s}, profile);
}

}  // namespace mos::test
