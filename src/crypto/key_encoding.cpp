#include "key_encoding.hpp"

#include "oids.hpp"

#include <mos/crypto/limits.hpp>

#include <fmt/format.h>

#include <sodium.h>

namespace mos::crypto {

using base::Bytes;
using base::ByteView;
using der::Tag;

Result<void> prepare_sodium() {
    static const bool ready = sodium_init() >= 0;
    if (!ready)
        return Error{Code::INTERNAL, "libsodium finds no random source"};
    return {};
}

Result<KeyFamily> read_key_algorithm(der::Reader &reader) {
    MOS_TRY(der::Reader fields, reader.enter(Tag::sequence));
    MOS_TRY(const ByteView algorithm, fields.object_identifier());
    if (oid::is(algorithm, oid::ed25519)) {
        MOS_CHECK(fields.expect_end());  // RFC 8410 section 3: parameters are absent
        return KeyFamily::ed25519;
    }
    if (oid::is(algorithm, oid::rsa_encryption)) {
        MOS_TRY(const der::Element parameters, fields.next(Tag::null));  // RFC 3279 section 2.3.1
        if (!parameters.content.empty())
            return Error{Code::FORMAT, "a NULL has content"};
        MOS_CHECK(fields.expect_end());
        return KeyFamily::rsa;
    }
    if (!oid::is(algorithm, oid::ec_public_key))
        return Error{Code::UNSUPPORTED, fmt::format("key type {} is not supported; Ed25519, ECC P-384 and RSA are",
                                                    der::dotted(algorithm))};
    MOS_TRY(const ByteView curve, fields.object_identifier());  // RFC 5480 section 2.1.1: a named curve, nothing else
    MOS_CHECK(fields.expect_end());
    if (oid::is(curve, oid::curve_p384))
        return KeyFamily::ecc_p384;
    if (oid::is(curve, oid::curve_p256))
        return KeyFamily::ecc_p256;
    return Error{Code::UNSUPPORTED, fmt::format("curve {} is not supported; P-384 and P-256 are", der::dotted(curve))};
}

Bytes write_key_algorithm(KeyFamily family) {
    const auto object_identifier = [](std::string_view oid) {
        return der::element(Tag::object_identifier, {base::as_bytes(oid)});
    };
    switch (family) {
    case KeyFamily::ed25519:
        return der::element(Tag::sequence, {object_identifier(oid::ed25519)});
    case KeyFamily::ecc_p256:
        return der::element(Tag::sequence, {object_identifier(oid::ec_public_key), object_identifier(oid::curve_p256)});
    case KeyFamily::ecc_p384:
        return der::element(Tag::sequence, {object_identifier(oid::ec_public_key), object_identifier(oid::curve_p384)});
    case KeyFamily::rsa:
        break;
    }
    return der::element(Tag::sequence, {object_identifier(oid::rsa_encryption), der::element(Tag::null, {})});
}

mbed::Curve curve_of(KeyFamily family) noexcept {
    return family == KeyFamily::ecc_p256 ? mbed::Curve::p256 : mbed::Curve::p384;
}

Bytes write_public_key_info(KeyFamily family, ByteView key) {
    return der::element(Tag::sequence, {write_key_algorithm(family), der::bit_string(key)});
}

Bytes write_rsa_public_key(ByteView modulus, ByteView exponent) {
    return der::element(Tag::sequence, {der::unsigned_integer(modulus), der::unsigned_integer(exponent)});
}

Result<void> check_key_size(std::size_t size, std::string_view name) {
    if (size > max_key_bytes)
        return Error{Code::LIMIT, fmt::format("key {} has {} bytes, at most {} are allowed", base::in_quotes(name),
                                              size, max_key_bytes)}
            .about(std::string{name});
    return {};
}

}  // namespace mos::crypto
