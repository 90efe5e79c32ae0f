"""Backups: what they are called, how they stand, and what becomes of newer files when they are put back."""

import dataclasses
import enum

from . import _callbacks
from ._library import c_path, c_text, call, create, ffi, lib, new_struct, path_text, text


class Compression(enum.IntEnum):
    CONFIGURED = lib.MOS_COMPRESSION_CONFIGURED
    NONE = lib.MOS_COMPRESSION_NONE
    GZIP = lib.MOS_COMPRESSION_GZIP
    ZSTD = lib.MOS_COMPRESSION_ZSTD
    LZ4 = lib.MOS_COMPRESSION_LZ4


class NewerRule(enum.IntEnum):
    REFUSE = lib.MOS_NEWER_REFUSE
    ASK = lib.MOS_NEWER_ASK
    KEEP = lib.MOS_NEWER_KEEP
    REPLACE = lib.MOS_NEWER_REPLACE


class BackupStanding(enum.IntEnum):
    COMPLETE = lib.MOS_BACKUP_COMPLETE
    UNFINISHED = lib.MOS_BACKUP_UNFINISHED
    MISSING = lib.MOS_BACKUP_MISSING
    ELSEWHERE = lib.MOS_BACKUP_ELSEWHERE


@dataclasses.dataclass(frozen=True)
class Backup:
    id: str
    standing: BackupStanding
    paths: tuple
    archive: str  # "" where it went to a callback
    compression: str
    sha256: str
    time_unix_s: int
    archive_bytes: int
    content_bytes: int
    entries: int
    left_out: int
    outside_root: bool
    verified: bool


def backup_job(engine, paths, *, destination, compression, outside_root, verify, threads, leave_out, write, failures):
    """The mos_job that writes a backup; `write`, where it is given, gets the archive's bytes."""
    kept = [ffi.new("char[]", c_path(path)) for path in paths]
    array = ffi.new("char *[]", kept)
    options, more = new_struct("mos_backup_options", paths=array, path_count=len(kept),
                               destination=None if destination is None else c_path(destination),
                               compression=compression, threads=threads,
                               leave_out=c_text(",".join(leave_out)) if leave_out else None,
                               flags=(lib.MOS_BACKUP_OUTSIDE_ROOT if outside_root else 0) |
                               (0 if verify else lib.MOS_BACKUP_UNVERIFIED))
    if write is not None:
        options.write = _callbacks.write
        options.write_user_data = _callbacks.keep(write, failures)
        options.write_destroy = _callbacks.release
    job = create(lib.mos_engine_backup_job, engine, options)
    del array, kept, more
    return job


def choice(backup, outside_root=False):
    """A mos_backup_choice of "backup-7", of a Backup, or of the path of an archive or a folder; and what it points to."""
    name = backup.id if isinstance(backup, Backup) else backup
    flags = lib.MOS_BACKUP_OUTSIDE_ROOT if outside_root else 0
    encoded = c_path(name)
    if encoded.startswith(b"backup-") and b"/" not in encoded:
        return new_struct("mos_backup_choice", id=encoded)
    return new_struct("mos_backup_choice", path=encoded, flags=flags)


def restore_options(destination, on_newer, preserve_permissions):
    return new_struct("mos_restore_options", on_newer=on_newer, plain_permissions=not preserve_permissions,
                      destination=None if destination is None else c_path(destination))


def backups(engine):
    """A list of Backup, oldest first."""
    cursor = ffi.gc(create(lib.mos_backups_open, engine), lib.mos_backups_free)
    record, _ = new_struct("mos_backup_record")
    found = []
    while call(lib.mos_backups_next, cursor, record) == lib.MOS_OK:
        found.append(Backup(text(record.id), BackupStanding(record.standing),
                            tuple(path_text(record.paths).split("\n")), path_text(record.archive),
                            text(record.compression), text(record.sha256), record.time_unix_s, record.archive_bytes,
                            record.content_bytes, record.entries, record.left_out, bool(record.outside_root),
                            bool(record.verified)))
    return found


def retention(keep_at_most, older_than, keep_minimum, simulate):
    return new_struct("mos_backup_retention", keep_at_most=keep_at_most or 0, older_than_s=older_than or 0,
                      keep_minimum=keep_minimum, flags=lib.MOS_BACKUP_SIMULATE if simulate else 0)
