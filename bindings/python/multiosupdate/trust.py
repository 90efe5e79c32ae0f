"""Trust: who may sign what a root installs."""

import dataclasses
import enum

from ._library import call, ffi, lib, new_struct, text


class TrustLevel(enum.IntEnum):
    LOW = lib.MOS_TRUST_LOW
    MEDIUM = lib.MOS_TRUST_MEDIUM
    HIGH = lib.MOS_TRUST_HIGH


@dataclasses.dataclass(frozen=True)
class TrustEntry:
    id: str
    kind: str  # "ca" or "key"
    name: str
    level: TrustLevel
    subject: str
    algorithm: str
    fingerprint: str
    packages: str  # patterns, separated by spaces; "" for all
    types: str
    not_before_unix_s: int  # 0 for none
    not_after_unix_s: int


@dataclasses.dataclass(frozen=True)
class RevocationList:
    id: str
    issuer: str
    fingerprint: str
    number: str  # hexadecimal
    state: str  # "fresh", "stale", or "early" before its time
    this_update_unix_s: int
    next_update_unix_s: int
    revoked_count: int


def revocation_lists(pointer):
    """The revocation lists of a mos_trust_list, which is freed with the last reference."""
    trusted = ffi.gc(pointer, lib.mos_trust_list_free)
    struct, _ = new_struct("mos_trust_revocations")
    found = []
    for index in range(lib.mos_trust_list_revocation_count(trusted)):
        call(lib.mos_trust_list_revocation_at, trusted, index, struct)
        found.append(RevocationList(text(struct.id), text(struct.issuer), text(struct.fingerprint),
                                    text(struct.number), text(struct.state), struct.this_update_unix_s,
                                    struct.next_update_unix_s, struct.revoked_count))
    return found


def entries(pointer):
    """The entries of a mos_trust_list, which is freed with the last reference."""
    trusted = ffi.gc(pointer, lib.mos_trust_list_free)
    struct, _ = new_struct("mos_trust_entry")
    found = []
    for index in range(lib.mos_trust_list_count(trusted)):
        call(lib.mos_trust_list_at, trusted, index, struct)
        found.append(TrustEntry(text(struct.id), text(struct.kind), text(struct.name), TrustLevel(struct.level),
                                text(struct.subject), text(struct.algorithm), text(struct.fingerprint),
                                text(struct.packages), text(struct.types), struct.not_before_unix_s,
                                struct.not_after_unix_s))
    return found
