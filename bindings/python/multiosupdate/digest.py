"""Message digests, streaming."""

import enum

from .context import pointer_of
from ._library import Handle, call, create, ffi, lib


class DigestAlgorithm(enum.IntEnum):
    SHA256 = lib.MOS_DIGEST_SHA256
    SHA384 = lib.MOS_DIGEST_SHA384
    SHA512 = lib.MOS_DIGEST_SHA512
    BLAKE2B = lib.MOS_DIGEST_BLAKE2B


class Digest(Handle):
    def __init__(self, algorithm=DigestAlgorithm.SHA256, context=None):
        super().__init__(create(lib.mos_digest_create, pointer_of(context), algorithm), lib.mos_digest_free)

    def update(self, content):
        call(lib.mos_digest_update, self._pointer, ffi.from_buffer(content), len(content))

    def finish(self):
        """The digest of all that was taken in, as bytes; it then starts anew."""
        size = lib.mos_digest_size(self._pointer)
        out = ffi.new("uint8_t[]", size)
        call(lib.mos_digest_finish, self._pointer, out, size)
        return bytes(out)
