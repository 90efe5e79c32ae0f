#include "wycheproof_group.hpp"

#include "key_encoding.hpp"

#include <fmt/format.h>

#include <array>
#include <map>

namespace mos::vectors {

using base::Bytes;
using nlohmann::json;

namespace {

enum class SchemeKind : std::uint8_t { ecdsa, ecdsa_p1363, eddsa, rsa_pkcs1, rsa_pss };

// By the type of the group; the old files write some of them in other ways.
std::optional<SchemeKind> kind_of(const std::string &type) {
    static const std::map<std::string, SchemeKind> kinds = {
        {"EcdsaVerify", SchemeKind::ecdsa},           {"EcdsaP1363Verify", SchemeKind::ecdsa_p1363},
        {"EddsaVerify", SchemeKind::eddsa},           {"EDDSAVerify", SchemeKind::eddsa},
        {"RsassaPkcs1Verify", SchemeKind::rsa_pkcs1}, {"RsassaPssVerify", SchemeKind::rsa_pss},
    };
    const auto found = kinds.find(type);
    return found == kinds.end() ? std::nullopt : std::optional{found->second};
}

std::optional<crypto::DigestAlgorithm> digest_of(const json &group, const char *name) {
    const auto text = group.at(name).get<std::string>();
    if (text == "SHA-256")
        return crypto::DigestAlgorithm::sha256;
    if (text == "SHA-384")
        return crypto::DigestAlgorithm::sha384;
    if (text == "SHA-512")
        return crypto::DigestAlgorithm::sha512;
    return std::nullopt;
}

std::optional<Bytes> hex_member(const json &group, std::initializer_list<const char *> names) {
    for (const char *name : names)
        if (const auto found = group.find(name); found != group.end() && found->is_string())
            if (Result<Bytes> bytes = base::from_hex(found->get<std::string>()))
                return std::move(bytes).value();
    return std::nullopt;
}

std::optional<std::string> text_member(const json &group, std::initializer_list<const char *> names) {
    for (const char *name : names)
        if (const auto found = group.find(name); found != group.end() && found->is_string())
            return found->get<std::string>();
    return std::nullopt;
}

// The point or number alone, inside of an object that says which curve it is on.
Result<crypto::PublicKey> read_bare_key(const json &object) {
    static const std::map<std::string, crypto::KeyFamily> families = {
        {"secp256r1", crypto::KeyFamily::ecc_p256},
        {"secp384r1", crypto::KeyFamily::ecc_p384},
        {"edwards25519", crypto::KeyFamily::ed25519},
    };
    const auto curve = text_member(object, {"curve"}).value_or("none");
    const auto family = families.find(curve);
    const auto point = hex_member(object, {"uncompressed", "pk"});
    if (family == families.end() || !point)
        return Error{Code::UNSUPPORTED, fmt::format("there is no key of a curve that is supported ({})", curve)};
    return crypto::PublicKey::from_der(crypto::write_public_key_info(family->second, *point), "the key");
}

Result<crypto::PublicKey> read_key(const json &group) {
    if (const auto der = hex_member(group, {"publicKeyDer", "keyDer"}))
        return crypto::PublicKey::from_der(*der, "the key");
    if (const auto pem = text_member(group, {"publicKeyPem", "keyPem"}))
        return crypto::PublicKey::from_pem(*pem, "the key");
    if (const auto asn = hex_member(group, {"publicKeyAsn", "keyAsn"}))
        return crypto::PublicKey::from_der(crypto::write_public_key_info(crypto::KeyFamily::rsa, *asn), "the key");
    for (const char *name : {"publicKey", "key"})
        if (const auto found = group.find(name); found != group.end() && found->is_object())
            return read_bare_key(*found);
    return Error{Code::UNSUPPORTED, "the group has no key in a known form"};
}

GroupOrSkip skip_group(std::string why) { return {std::nullopt, std::move(why)}; }

// The digests and the padding; what is not supported leads to the reason.
std::optional<std::string> fill_scheme(SignatureGroup &read, SchemeKind kind, const json &group) {
    if (kind == SchemeKind::eddsa)
        return std::nullopt;
    const auto digest = digest_of(group, "sha");
    if (!digest)
        return fmt::format("the digest {} is not supported", group.at("sha").get<std::string>());
    read.scheme.digest = *digest;
    if (kind != SchemeKind::rsa_pss)
        return std::nullopt;
    const auto mask = group.at("mgf") == "MGF1" ? digest_of(group, "mgfSha") : std::nullopt;
    if (!mask)
        return fmt::format("the mask {} with {} is not supported", group.at("mgf").get<std::string>(),
                           text_member(group, {"mgfSha"}).value_or("no digest"));
    read.scheme.padding = crypto::RsaPadding::pss;
    read.scheme.mask_digest = *mask;
    read.scheme.salt_bytes = group.at("sLen").get<std::size_t>();
    return std::nullopt;
}

bool fits(SchemeKind kind, crypto::KeyFamily family) {
    switch (kind) {
    case SchemeKind::ecdsa:
    case SchemeKind::ecdsa_p1363:
        return family == crypto::KeyFamily::ecc_p256 || family == crypto::KeyFamily::ecc_p384;
    case SchemeKind::eddsa:
        return family == crypto::KeyFamily::ed25519;
    case SchemeKind::rsa_pkcs1:
    case SchemeKind::rsa_pss:
        break;
    }
    return family == crypto::KeyFamily::rsa;
}

}  // namespace

GroupOrSkip read_group(const json &file, const json &group) {
    const auto type = text_member(group, {"type"}).value_or(text_member(file, {"schema"}).value_or("no type"));
    const std::optional<SchemeKind> kind = kind_of(type);
    if (!kind)
        return skip_group(fmt::format("tests of the type {} are not about verifying signatures", type));
    Result<crypto::PublicKey> key = read_key(group);
    if (!key)
        return skip_group(key.error().full_message());
    if (!fits(*kind, key->family()))
        return skip_group(fmt::format("a key for {} does not fit tests of the type {}", key->algorithm_name(), type));
    SignatureGroup read{std::move(key).value(), {}, *kind == SchemeKind::ecdsa_p1363};
    if (const auto why_not = fill_scheme(read, *kind, group))
        return skip_group(*why_not);
    return {std::move(read), {}};
}

}  // namespace mos::vectors
