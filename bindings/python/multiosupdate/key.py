"""Keys and certificates for signing packages."""

import enum

from . import _callbacks
from .context import pointer_of
from ._library import Handle, c_path, c_text, call, create, ffi, lib, new_struct, text


class KeyType(enum.IntEnum):
    ED25519 = lib.MOS_KEY_ED25519
    ECC_P384 = lib.MOS_KEY_ECC_P384
    RSA_4096 = lib.MOS_KEY_RSA_4096
    ECC_P256 = lib.MOS_KEY_ECC_P256
    RSA_3072 = lib.MOS_KEY_RSA_3072
    RSA_2048 = lib.MOS_KEY_RSA_2048


class Key(Handle):
    """A private key, in memory or (remote) elsewhere."""

    def __init__(self, pointer, failures=None):
        super().__init__(pointer, lib.mos_key_free)
        self._failures = failures if failures is not None else []  # of the callback that signs, for the jobs that sign

    @classmethod
    def generate(cls, type=KeyType.ECC_P384, context=None):
        return cls(create(lib.mos_key_generate, pointer_of(context), type))

    @classmethod
    def load(cls, path, passphrase=None, context=None):
        if passphrase is None:
            return cls(create(lib.mos_key_load, pointer_of(context), c_path(path)))
        return cls(create(lib.mos_key_load_encrypted, pointer_of(context), c_path(path), c_text(passphrase)))

    @classmethod
    def remote(cls, public_key_path, sign, context=None):
        """A key that a token or a service has: sign(algorithm, message) returns the signature, as bytes.

        Called on the thread that signs; may not call back into the library. What it raises is raised where the
        signature is waited for.
        """
        failures = []
        return cls(create(lib.mos_key_create_remote, pointer_of(context), c_path(public_key_path),
                          _callbacks.sign, _callbacks.keep(sign, failures), _callbacks.release), failures)

    def use_algorithm(self, name):
        """By which algorithm it signs packages: "RSA-PSS-SHA256" for an RSA key."""
        call(lib.mos_key_use_algorithm, self._pointer, c_text(name))

    def store(self, path, passphrase=None):
        """Writes the private key, readable by its owner alone; never replaces a file."""
        if passphrase is None:
            call(lib.mos_key_store, self._pointer, c_path(path))
        else:
            call(lib.mos_key_store_encrypted, self._pointer, c_path(path), c_text(passphrase))

    def store_public(self, path):
        call(lib.mos_key_store_public, self._pointer, c_path(path))

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

    def revoke(self, ca_key, path, revoked=None, reason=None, validity_days=0):
        """Revokes a certificate that this authority issued, in its list at `path`; None only renews the list."""
        call(lib.mos_certificate_revoke, ca_key._pointer, self._pointer, ffi.NULL if revoked is None else
             revoked._pointer, ffi.NULL if reason is None else c_text(reason), validity_days, c_path(path))

    @classmethod
    def load(cls, path, context=None):
        return cls(create(lib.mos_certificate_load, pointer_of(context), c_path(path)))

    def store(self, path):
        call(lib.mos_certificate_store, self._pointer, c_path(path))

    @property
    def fingerprint(self):
        return text(lib.mos_certificate_fingerprint(self._pointer))

    @property
    def subject(self):
        return text(lib.mos_certificate_subject(self._pointer))
