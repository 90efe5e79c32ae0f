/* Error codes. Written by tools/generate_errors.py from src/base/include/mos/base/errors.def; fixed for ever.
 * MOS_E_SIGNATURE_INVALID is E001 in messages and documents, and so on. */
#ifndef MULTIOSUPDATE_ERROR_CODES_H
#define MULTIOSUPDATE_ERROR_CODES_H

/* clang-format off */
enum {
    MOS_E_SIGNATURE_INVALID = -1, /* E001: package signature invalid */
    MOS_E_DEPENDENCY = -2, /* E002: dependency resolution failed */
    MOS_E_NO_SPACE = -3, /* E003: not enough disk space */
    MOS_E_NETWORK_TIMEOUT = -4, /* E004: network time-out */
    MOS_E_REQUIREMENTS = -5, /* E005: system requirements not met */
    MOS_E_CONFLICT = -6, /* E006: update conflicts with what is there */
    MOS_E_BACKUP = -7, /* E007: backup could not be made */
    MOS_E_INVALID_ARGUMENT = -8, /* E008: invalid argument */
    MOS_E_OUT_OF_MEMORY = -9, /* E009: out of memory */
    MOS_E_IO = -10, /* E010: input or output failed */
    MOS_E_NOT_FOUND = -11, /* E011: not found */
    MOS_E_EXISTS = -12, /* E012: exists already */
    MOS_E_PERMISSION = -13, /* E013: permission denied */
    MOS_E_READ_ONLY = -14, /* E014: filesystem is read-only */
    MOS_E_UNSUPPORTED = -15, /* E015: not supported */
    MOS_E_NOT_BUILT = -16, /* E016: this part was left out of this build */
    MOS_E_CANCELLED = -17, /* E017: cancelled */
    MOS_E_NEEDS_ANSWER = -18, /* E018: needs an answer */
    MOS_E_LOCKED = -19, /* E019: the root is in use by another process */
    MOS_E_INTERNAL = -20, /* E020: internal error */
    MOS_E_WRONG_HANDLE = -21, /* E021: handle is of another type or was freed */
    MOS_E_LIMIT = -22, /* E022: input is beyond a limit */
    MOS_E_FORMAT = -23, /* E023: not a valid package */
    MOS_E_TRUNCATED = -24, /* E024: file ends too early */
    MOS_E_TRAILING_DATA = -25, /* E025: file goes on after its end */
    MOS_E_DIGEST_MISMATCH = -26, /* E026: content does not match its digest */
    MOS_E_SIGNATURE_COPY = -27, /* E027: readable copy of the signature differs */
    MOS_E_NOT_SIGNED = -28, /* E028: package is not signed */
    MOS_E_SIGNER_UNTRUSTED = -29, /* E029: signer is not trusted */
    MOS_E_CERTIFICATE_EXPIRED = -30, /* E030: certificate is not valid at this time */
    MOS_E_CERTIFICATE_INVALID = -31, /* E031: certificate does not fit the profile */
    MOS_E_ALGORITHM_REFUSED = -32, /* E032: signature algorithm is not allowed */
    MOS_E_TRUST_UNREADABLE = -33, /* E033: trust store can't be read */
    MOS_E_KEY_INVALID = -34, /* E034: key can't be used */
    MOS_E_PATH_REFUSED = -35, /* E035: path is refused */
    MOS_E_ENTRY_DUPLICATE = -36, /* E036: entry stands twice */
    MOS_E_ENTRY_UNSUPPORTED = -37, /* E037: entry is of a type that packages do not carry */
    MOS_E_DOWNGRADE = -38, /* E038: would install an older version */
    MOS_E_PLAN_CHANGED = -39, /* E039: plan is not the one that was shown */
    MOS_E_CHANGED_MEANWHILE = -40, /* E040: target changed while it was being prepared */
    MOS_E_DATABASE_DAMAGED = -41, /* E041: database is damaged */
    MOS_E_DATABASE_TOO_NEW = -42, /* E042: database was written by a newer version */
    MOS_E_NOTHING_TO_ROLL_BACK = -43, /* E043: nothing to roll back */
    MOS_E_RECOVERY_FAILED = -44, /* E044: an unfinished transaction could not be completed */
    MOS_E_NOT_INSTALLED = -45, /* E045: package is not installed */
    MOS_E_ALREADY_INSTALLED = -46, /* E046: package is installed already */
    MOS_E_CROSS_MOUNT = -47, /* E047: a mount is in the way */
    MOS_E_FILESYSTEM_UNSUITABLE = -48, /* E048: filesystem can't keep the promise */
    MOS_E_REVERTED = -49, /* E049: failed after it had begun, and was undone */
    MOS_E_POLICY_REFUSED = -50, /* E050: policy does not allow this */
    MOS_E_SYMLINK_IN_PATH = -51, /* E051: path leads through a symbolic link */
    MOS_E_STAGE_UNCLEAR = -52, /* E052: leftover stage can't be matched with the database */
    MOS_E_SCRIPT_FAILED = -53, /* E053: a script of the package failed */
    MOS_E_SCRIPT_TIMEOUT = -54, /* E054: a script of the package took too long */
    MOS_E_SERVICE_FAILED = -55, /* E055: a service could not be stopped, started or reloaded */
    MOS_E_TEMPLATE_VALUE_MISSING = -56, /* E056: template needs a value that was not given */
    MOS_E_CERTIFICATE_REVOKED = -57, /* E057: certificate was revoked */
    MOS_E_REVOCATION_UNKNOWN = -58, /* E058: whether a certificate was revoked can't be told */
    MOS_E_SIGNER_NOT_ALLOWED = -59, /* E059: signer may not sign this */
    MOS_E_POLICY_UNREADABLE = -60, /* E060: policy can't be read */
    MOS_E_WRONG_PASSPHRASE = -61, /* E061: passphrase does not open the key */
    MOS_E_POINT_DAMAGED = -62, /* E062: recovery point is not what it was */
    MOS_E_BACKUP_DAMAGED = -63, /* E063: backup is damaged, or is none */
    MOS_E_NEWER_IN_PLACE = -64, /* E064: a newer file is in the way of the backup's */
    MOS_E_HEALTH_CHECK_FAILED = -65, /* E065: the system is not well after the change */
    MOS_E_HEALTH_CHECK_TIMEOUT = -66, /* E066: a health check took too long */
    MOS_E_BASE_DIFFERS = -67, /* E067: delta is for another base */
    MOS_E_RECOVERY_MODE = -68 /* E068: root is in recovery mode and takes nothing new */
};
/* clang-format on */

#endif
