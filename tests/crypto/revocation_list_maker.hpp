// Builds revocation lists with any fault that a test needs, as certificate_maker.hpp does certificates.
#pragma once

#include "certificate_maker.hpp"

#include <mos/crypto/revocation_list.hpp>

namespace mos::test {

inline constexpr std::uint16_t list_sign = 1U << 6U;

inline Bytes reason(std::string_view value_hex, bool is_critical = false) {
    return extension("551d15", is_critical, hex(value_hex));
}
inline Bytes list_number(std::string_view integer_hex = "020105", bool is_critical = false) {
    return extension("551d14", is_critical, hex(integer_hex));
}

inline Bytes revoked(std::string_view serial_hex, const std::vector<Bytes> &extensions = {}) {
    const Bytes list = extensions.empty() ? Bytes{} : der::element(Tag::sequence, {join(extensions)});
    return der::element(Tag::sequence, {hex(serial_hex), must(der::time(now - day)), list});
}

// An authority that may sign lists.
inline crypto::Certificate list_authority(const std::string &subject = "Root", std::size_t key = 0) {
    Recipe recipe = ca_recipe(subject, key_number(key), subject, key_number(key));
    recipe.extensions = {ca_constraints(), key_usage(certificate_sign | list_sign)};
    return make(recipe);
}

struct ListRecipe {
    std::string issuer = "Intermediate";
    const crypto::PrivateKey *key = nullptr;  // of the issuer
    std::vector<Bytes> entries = {};
    std::vector<Bytes> extensions = {list_number()};
    Bytes version = hex("020101");
    std::int64_t this_update = now - day;
    Bytes next_update = must(der::time(now + day));
    Bytes algorithm = {};        // instead of what fits the key
    Bytes outer_algorithm = {};  // instead of algorithm
    bool has_authority_key_id = true;
};

inline Bytes make_list_der(const ListRecipe &recipe) {
    const Bytes algorithm = recipe.algorithm.empty() ? ecdsa_identifier() : recipe.algorithm;
    std::vector<Bytes> extensions = recipe.extensions;
    if (recipe.has_authority_key_id)
        extensions.push_back(authority_key_id(recipe.key->public_key().id()));
    const Bytes to_be_signed = der::element(
        Tag::sequence,
        {recipe.version, algorithm, name(recipe.issuer), must(der::time(recipe.this_update)), recipe.next_update,
         recipe.entries.empty() ? Bytes{} : der::element(Tag::sequence, {join(recipe.entries)}),
         extensions.empty()
             ? Bytes{}
             : der::element(der::context_constructed(0), {der::element(Tag::sequence, {join(extensions)})})});
    const Bytes signature = must(recipe.key->sign({.digest = crypto::DigestAlgorithm::sha384}, to_be_signed));
    return der::element(Tag::sequence,
                        {to_be_signed, recipe.outer_algorithm.empty() ? algorithm : recipe.outer_algorithm,
                         der::bit_string(signature)});
}

inline crypto::RevocationList make_list(const ListRecipe &recipe) {
    return must(crypto::RevocationList::from_der(make_list_der(recipe), "list"));
}

}  // namespace mos::test
