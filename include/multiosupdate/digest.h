/* Message digests: SHA-2 (FIPS 180-4) and BLAKE2b (RFC 7693), streaming. */
#ifndef MULTIOSUPDATE_DIGEST_H
#define MULTIOSUPDATE_DIGEST_H

#include <multiosupdate/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t mos_digest_algorithm;
enum {
    MOS_DIGEST_SHA256 = 0, /* 32 bytes */
    MOS_DIGEST_SHA384 = 1, /* 48 */
    MOS_DIGEST_SHA512 = 2, /* 64 */
    MOS_DIGEST_BLAKE2B = 3 /* 64 */
};

/* A running digest, used by one thread at a time. Since 0.1. */
MOS_API int mos_digest_create(mos_context *context, mos_digest_algorithm algorithm, mos_digest **digest,
                              mos_error **error);

/* Takes in `size` bytes more. Since 0.1. */
MOS_API int mos_digest_update(mos_digest *digest, const void *bytes, size_t size, mos_error **error);

/* How many bytes the result has. Since 0.1. */
MOS_API size_t mos_digest_size(const mos_digest *digest);

/* Writes the digest of all that was taken in, mos_digest_size() bytes; `room` must be at least as much. The digest then
 * starts anew. Since 0.1. */
MOS_API int mos_digest_finish(mos_digest *digest, uint8_t *out, size_t room, mos_error **error);
MOS_API void mos_digest_free(mos_digest *digest);

#ifdef __cplusplus
}
#endif

#endif
