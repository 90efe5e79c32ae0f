#include "signed_object.hpp"

#include "oids.hpp"

#include <mos/crypto/limits.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mos::crypto {

using base::ByteView;
using der::Tag;

namespace {

Error malformed(std::string_view what) { return Error{Code::FORMAT, std::string{what}}; }

struct KnownSignature {
    std::string_view oid;
    CertificateSignatureAlgorithm algorithm;
};

constexpr std::array known_signatures = {
    KnownSignature{oid::rsa_with_sha256, {DigestAlgorithm::sha256, true}},
    KnownSignature{oid::rsa_with_sha384, {DigestAlgorithm::sha384, true}},
    KnownSignature{oid::rsa_with_sha512, {DigestAlgorithm::sha512, true}},
    KnownSignature{oid::ecdsa_with_sha256, {DigestAlgorithm::sha256, false}},
    KnownSignature{oid::ecdsa_with_sha384, {DigestAlgorithm::sha384, false}},
    KnownSignature{oid::ecdsa_with_sha512, {DigestAlgorithm::sha512, false}},
};

Result<void> read_algorithm(IssuerSignature &signature) {
    MOS_TRY(der::Reader reader, der::open(signature.identifier, Tag::sequence));
    MOS_TRY(const ByteView algorithm, reader.object_identifier());
    signature.algorithm_oid = der::dotted(algorithm);
    const auto *const known = std::find_if(known_signatures.begin(), known_signatures.end(),
                                           [&](const KnownSignature &k) { return oid::is(algorithm, k.oid); });
    if (known == known_signatures.end())
        return {};                  // the profile refuses it by its identifier
    if (known->algorithm.is_rsa) {  // RFC 4055 section 5: parameters are NULL; RFC 5758 section 3.2: ECDSA has none
        MOS_TRY(const der::Element parameters, reader.next(Tag::null));
        if (!parameters.content.empty())
            return malformed("a NULL has content");
    }
    MOS_CHECK(reader.expect_end());
    signature.algorithm = known->algorithm;
    return {};
}

Result<Extension> read_extension(der::Reader &list) {
    MOS_TRY(der::Reader reader, list.enter(Tag::sequence));
    Extension extension;
    MOS_TRY(extension.id, reader.object_identifier());
    if (reader.next_is(Tag::boolean)) {
        MOS_TRY(extension.is_critical, reader.boolean());
        if (!extension.is_critical)
            return malformed("an extension writes out a default");
    }
    MOS_TRY(const der::Element value, reader.next(Tag::octet_string));
    MOS_CHECK(reader.expect_end());
    extension.value = value.content;
    return extension;
}

}  // namespace

Result<std::vector<Extension>> read_extensions(der::Reader list) {
    if (list.at_end())
        return malformed("the list of extensions is empty");
    std::vector<Extension> extensions;
    while (!list.at_end()) {
        if (extensions.size() == max_certificate_extensions)
            return Error{Code::LIMIT, fmt::format("there are more than {} extensions", max_certificate_extensions)};
        MOS_TRY(const Extension extension, read_extension(list));
        if (std::any_of(extensions.begin(), extensions.end(),
                        [&](const Extension &other) { return oid::is(other.id, base::as_text(extension.id)); }))
            return malformed(fmt::format("extension {} stands twice", der::dotted(extension.id)));
        extensions.push_back(extension);
    }
    return extensions;
}

Result<AuthorityKeyId> read_authority_key_id(const Extension &extension) {
    MOS_TRY(der::Reader reader, der::open(extension.value, Tag::sequence));
    AuthorityKeyId id{.is_critical = extension.is_critical, .key_id = {}};
    if (reader.next_is(der::context(0))) {
        MOS_TRY(const der::Element key_id, reader.next());
        id.key_id = key_id.content;
    }
    for (const Tag tag : {der::context_constructed(1), der::context(2)})
        if (reader.next_is(tag)) {
            MOS_TRY([[maybe_unused]] const der::Element skipped, reader.next());
            id.names_certificate = true;
        }
    MOS_CHECK(reader.expect_end());
    return id;
}

Result<IssuerSignature> read_issuer_signature(ByteView der) {
    MOS_TRY(der::Reader reader, der::open(der, Tag::sequence));
    MOS_TRY(const der::Element to_be_signed, reader.next(Tag::sequence));
    MOS_TRY(const der::Element identifier, reader.next(Tag::sequence));
    IssuerSignature signature;
    MOS_TRY(signature.value, reader.bit_string());
    MOS_CHECK(reader.expect_end());
    signature.to_be_signed = to_be_signed.whole;
    signature.identifier = identifier.whole;
    MOS_CHECK(read_algorithm(signature));
    return signature;
}

Result<void> check_same_algorithm(const IssuerSignature &signature, ByteView inside) {
    if (base::as_text(signature.identifier) != base::as_text(inside))
        return malformed("the signature algorithm that is signed differs from the one outside");
    return {};
}

Result<void> check_issuer_signature(const IssuerSignature &signature, std::string_view object, const PublicKey &key,
                                    std::string_view issuer) {
    if (!signature.algorithm)
        return Error{Code::CERTIFICATE_INVALID, fmt::format("{} is signed by an algorithm that is not allowed ({})",
                                                            object, signature.algorithm_oid)};
    const bool is_rsa = key.family() == KeyFamily::rsa;
    if (signature.algorithm->is_rsa != is_rsa || key.family() == KeyFamily::ed25519 ||
        !key.verifies({.digest = signature.algorithm->digest}, signature.to_be_signed, signature.value))
        return Error{Code::CERTIFICATE_INVALID, fmt::format("{} names {} as its issuer, but was not signed by it",
                                                            object, base::in_quotes(issuer))};
    return {};
}

}  // namespace mos::crypto
