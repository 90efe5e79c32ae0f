"""Keys and certificates for signing packages."""

import enum
import os

from .context import pointer_of
from ._library import Handle, c_text, call, create, lib, new_struct, text


class KeyType(enum.IntEnum):
    ED25519 = lib.MOS_KEY_ED25519
    ECC_P384 = lib.MOS_KEY_ECC_P384
    RSA_4096 = lib.MOS_KEY_RSA_4096


class Key(Handle):
    """A private key."""

    def __init__(self, pointer):
        super().__init__(pointer, lib.mos_key_free)

    @classmethod
    def generate(cls, type=KeyType.ECC_P384, context=None):
        return cls(create(lib.mos_key_generate, pointer_of(context), type))

    @classmethod
    def load(cls, path, context=None):
        return cls(create(lib.mos_key_load, pointer_of(context), os.fsencode(path)))

    def store(self, path):
        """Writes the private key, readable by its owner alone; never replaces a file."""
        call(lib.mos_key_store, self._pointer, os.fsencode(path))

    def store_public(self, path):
        call(lib.mos_key_store_public, self._pointer, os.fsencode(path))

    @property
    def fingerprint(self):
        return text(lib.mos_key_fingerprint(self._pointer))


def _options(common_name, validity_days, not_before):
    return new_struct("mos_certificate_options", common_name=c_text(common_name), validity_days=validity_days,
                      not_before_unix_s=not_before)


class Certificate(Handle):
    """A certificate and the intermediate ones that lead to its root."""

    def __init__(self, pointer):
        super().__init__(pointer, lib.mos_certificate_free)

    @classmethod
    def create_ca(cls, key, common_name, validity_days=None, not_before=None):
        """A self-signed certificate authority of `key`, which may not be Ed25519."""
        options, kept = _options(common_name, validity_days, not_before)
        return cls(create(lib.mos_certificate_create_ca, key._pointer, options))

    def issue(self, ca_key, signer, common_name, validity_days=None, not_before=None):
        """A code-signing certificate for the key `signer`, issued by this authority."""
        options, kept = _options(common_name, validity_days, not_before)
        return Certificate(create(lib.mos_certificate_issue, ca_key._pointer, self._pointer, signer._pointer, options))

    @classmethod
    def load(cls, path, context=None):
        return cls(create(lib.mos_certificate_load, pointer_of(context), os.fsencode(path)))

    def store(self, path):
        call(lib.mos_certificate_store, self._pointer, os.fsencode(path))

    @property
    def fingerprint(self):
        return text(lib.mos_certificate_fingerprint(self._pointer))

    @property
    def subject(self):
        return text(lib.mos_certificate_subject(self._pointer))
