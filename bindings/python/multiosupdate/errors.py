"""What a call raises: one class, with subclasses for the families that programs tell apart."""

from ._library import ffi, lib, path_text, text


class Error(Exception):
    """A refusal or a failure of the library.

    code: "E001"; number: -1, as in C; name: "SIGNATURE_INVALID"; message and remedy: a line each; object: the path,
    package or key that it is about, or ""; errno: of the system call, or 0; retryable: the same call can succeed later
    without anything being mended; cause: the Error beneath, or None.
    """

    def __init__(self, number, message, object="", remedy="", errno=0, retryable=False, cause=None):
        super().__init__(message)
        self.number = number
        self.code = f"E{-number:03}"
        self.name = text(lib.mos_error_code_name(number))
        self.message = message
        self.object = object
        self.remedy = remedy
        self.errno = errno
        self.retryable = retryable
        self.cause = cause

    def __str__(self):
        return f"{self.message} ({self.code})"


class SignatureError(Error):
    """Nobody who is trusted vouches for the package."""


class FormatError(Error):
    """The bytes are no valid package."""


class ConflictError(Error):
    """Something of somebody else's stands in the way, or came in the way meanwhile."""


class PlanChangedError(Error):
    """The plan to run is not the plan that was shown."""


class CancelledError(Error):
    """The job was cancelled, and everything is as it was."""


class LockedError(Error):
    """Another process is changing the root; the message names it."""


class NotFoundError(Error):
    """A file, a package or a recovery point that is not there."""


_FAMILIES = {
    SignatureError: ("SIGNATURE_INVALID", "NOT_SIGNED", "SIGNER_UNTRUSTED", "CERTIFICATE_EXPIRED", "CERTIFICATE_INVALID",
                     "ALGORITHM_REFUSED", "SIGNATURE_COPY", "TRUST_UNREADABLE"),
    FormatError: ("FORMAT", "TRUNCATED", "TRAILING_DATA", "DIGEST_MISMATCH", "PATH_REFUSED", "ENTRY_DUPLICATE",
                  "ENTRY_UNSUPPORTED"),
    ConflictError: ("CONFLICT", "CHANGED_MEANWHILE"),
    PlanChangedError: ("PLAN_CHANGED",),
    CancelledError: ("CANCELLED",),
    LockedError: ("LOCKED",),
    NotFoundError: ("NOT_FOUND", "NOT_INSTALLED", "NOTHING_TO_ROLL_BACK"),
}
_CLASS_OF = {getattr(lib, f"MOS_E_{name}"): family for family, names in _FAMILIES.items() for name in names}


def _copy(error):
    number = lib.mos_error_code(error)
    below = lib.mos_error_cause(error)
    return _CLASS_OF.get(number, Error)(
        number, text(lib.mos_error_message(error)), path_text(lib.mos_error_object(error)),
        text(lib.mos_error_remedy(error)), lib.mos_error_errno(error), bool(lib.mos_error_retryable(error)),
        _copy(below) if below else None)


def from_borrowed(error):
    """The exception for an error object that stays its owner's; None for NULL."""
    return _copy(error) if error else None


def from_c(status, error):
    """The exception for a status and its error object, which is freed; NULL where the function has none."""
    if error == ffi.NULL:
        return _CLASS_OF.get(status, Error)(status, text(lib.mos_error_code_sentence(status)),
                                            remedy=text(lib.mos_error_code_remedy(status)))
    try:
        return _copy(error)
    finally:
        lib.mos_error_free(error)
