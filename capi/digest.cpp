#include "guard.hpp"

#include <mos/crypto/digest.hpp>

#include <fmt/format.h>

#include <algorithm>

using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::crypto::DigestAlgorithm;

namespace {

Result<DigestAlgorithm> algorithm_of(mos_digest_algorithm algorithm) {
    switch (algorithm) {
    case MOS_DIGEST_SHA256:
        return DigestAlgorithm::sha256;
    case MOS_DIGEST_SHA384:
        return DigestAlgorithm::sha384;
    case MOS_DIGEST_SHA512:
        return DigestAlgorithm::sha512;
    case MOS_DIGEST_BLAKE2B:
        return DigestAlgorithm::blake2b_512;
    default:
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no mos_digest_algorithm", algorithm)};
    }
}

}  // namespace

int mos_digest_create(mos_context *context, mos_digest_algorithm algorithm, mos_digest **digest, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(digest);
        MOS_CHECK_HANDLE(context);
        MOS_TRY(const DigestAlgorithm wanted, algorithm_of(algorithm));
        *digest = std::make_unique<mos_digest>(wanted).release();
        return {};
    });
}

int mos_digest_update(mos_digest *digest, const void *bytes, size_t size, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(digest);
        if (bytes == nullptr && size > 0)
            return Error{Code::INVALID_ARGUMENT, "there are no bytes to take in"};
        digest->hasher.update({static_cast<const std::byte *>(bytes), size});
        return {};
    });
}

size_t mos_digest_size(const mos_digest *digest) {
    return is_live(digest) ? mos::crypto::digest_bytes(digest->algorithm) : 0;
}

int mos_digest_finish(mos_digest *digest, uint8_t *out, size_t room, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(digest);
        const std::size_t size = mos::crypto::digest_bytes(digest->algorithm);
        if (out == nullptr || room < size)
            return Error{Code::INVALID_ARGUMENT, fmt::format("a digest needs room for {} bytes", size)};
        const mos::base::Bytes found = digest->hasher.finish();
        std::copy(found.begin(), found.end(), reinterpret_cast<std::byte *>(out));
        return {};
    });
}

void mos_digest_free(mos_digest *digest) {
    if (is_live(digest))
        delete digest;
}
