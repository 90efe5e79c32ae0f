"""Deltas: one file made out of another."""

import dataclasses
import enum

from .context import pointer_of
from .job import Job
from ._library import c_path, call, create, ffi, lib, new_struct


class DeltaCodec(enum.IntEnum):
    DEFAULT = lib.MOS_DELTA_DEFAULT
    KEEP = lib.MOS_DELTA_KEEP
    FULL = lib.MOS_DELTA_FULL
    VCDIFF = lib.MOS_DELTA_VCDIFF
    SUFFIX = lib.MOS_DELTA_SUFFIX

    @property
    def can_create(self):
        return bool(lib.mos_delta_can_create(self))

    @property
    def can_apply(self):
        return bool(lib.mos_delta_can_apply(self))


@dataclasses.dataclass(frozen=True)
class DeltaInformation:
    codec: DeltaCodec
    base_size: int
    result_size: int
    payload_size: int
    apply_memory: int
    base_sha256: str
    result_sha256: str


def _input(content):
    """A struct for a path, an open file or bytes, and what must live as long."""
    if hasattr(content, "fileno"):
        return new_struct("mos_delta_input", descriptor=content.fileno())
    if isinstance(content, (bytes, bytearray, memoryview)):
        # An address also where there is nothing, so that nothing is told from not given.
        buffer = ffi.from_buffer(bytes(content) or b"\0")
        struct, kept = new_struct("mos_delta_input", size=len(content))
        struct.bytes = buffer
        return struct, [*kept, buffer]
    return new_struct("mos_delta_input", path=c_path(content))


def _output(path):
    return new_struct("mos_delta_output", path=c_path(path))


def create_delta_job(base, result, delta, *, codec=DeltaCodec.DEFAULT, memory_limit=0, apply_memory=0, context=None):
    """A Job that makes a delta; `base` and `result` are paths, open files or bytes, `delta` is a path."""
    base, kept_base = _input(base)
    result, kept_result = _input(result)
    delta, kept_delta = _output(delta)
    options, _ = new_struct("mos_delta_options", codec=codec, memory_limit=memory_limit, apply_memory=apply_memory)
    return Job(create(lib.mos_delta_create_job, pointer_of(context), base, result, delta, options))


def create_delta(base, result, delta, *, progress=None, **options):
    """Makes a delta and returns when it is there; the options are those of create_delta_job."""
    with create_delta_job(base, result, delta, **options) as job:
        return job.run(progress)


def apply_delta_job(base, delta, result, *, memory_limit=0, context=None):
    """A Job that applies a delta; `base` and `delta` are paths, open files or bytes, `result` is a path."""
    base, kept_base = _input(base)
    delta, kept_delta = _input(delta)
    result, kept_result = _output(result)
    options, _ = new_struct("mos_delta_options", memory_limit=memory_limit)
    return Job(create(lib.mos_delta_apply_job, pointer_of(context), base, delta, result, options))


def apply_delta(base, delta, result, *, progress=None, **options):
    """Applies a delta; `result` is as it was, or right, when this returns or raises."""
    with apply_delta_job(base, delta, result, **options) as job:
        return job.run(progress)


def delta_information(delta, context=None):
    """What the header of a delta says."""
    source, kept = _input(delta)
    found, _ = new_struct("mos_delta_information")
    call(lib.mos_delta_information_get, pointer_of(context), source, found)
    return DeltaInformation(DeltaCodec(found.codec), found.base_size, found.result_size, found.payload_size,
                            found.apply_memory, bytes(list(found.base_sha256)).hex(),
                            bytes(list(found.result_sha256)).hex())
