/* Errors: what failed, on which object, why, and what to do about it.
 *
 * A mos_error belongs to the caller and is freed with mos_error_free. Its strings live as long as it does. All
 * functions here accept NULL and then describe MOS_E_INTERNAL; none of them fails. Thread-safe as long as the error is
 * not freed meanwhile. */
#ifndef MULTIOSUPDATE_ERROR_H
#define MULTIOSUPDATE_ERROR_H

#include <multiosupdate/error_codes.h>
#include <multiosupdate/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The code that the failed function returned, such as MOS_E_SIGNATURE_INVALID. Since 0.1. */
MOS_API int32_t mos_error_code(const mos_error *error);

/* One line for a person, without the number: "package 'libfoo' is signed by …". Control characters are escaped, and of
 * a text in quotes that is longer than 300 bytes the beginning is shown; mos_error_object has all of it. Since 0.1. */
MOS_API const char *mos_error_message(const mos_error *error);

/* What to do about it, one line: in this case, or else whenever the code is returned. Since 0.1. */
MOS_API const char *mos_error_remedy(const mos_error *error);

/* The path, package or key that the error is about; "" where there is none. A path's bytes, unescaped. Since 0.1. */
MOS_API const char *mos_error_object(const mos_error *error);

/* The errno of the system call that failed, 0 where there was none. Since 0.1. */
MOS_API int32_t mos_error_errno(const mos_error *error);

/* Whether the same call can succeed later without anything being mended: a lock, a time-out, a full disk,
 * a lack of descriptors. Since 0.1. */
MOS_API bool mos_error_retryable(const mos_error *error);

/* The error beneath this one, or NULL; freed with it. Since 0.1. */
MOS_API const mos_error *mos_error_cause(const mos_error *error);

MOS_API void mos_error_free(mos_error *error);

/* For a code: "SIGNATURE_INVALID", "package signature invalid", and its remedy. Static text. Since 0.1. */
MOS_API const char *mos_error_code_name(int32_t code);
MOS_API const char *mos_error_code_sentence(int32_t code);
MOS_API const char *mos_error_code_remedy(int32_t code);

#ifdef __cplusplus
}
#endif

#endif
