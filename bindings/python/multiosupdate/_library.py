"""The shared library, loaded once, and what all calls of it have in common."""

import os
import threading

import cffi

from ._declarations import CDEF

ffi = cffi.FFI()
ffi.cdef(CDEF)
# A build tree names its own library; an installed one is found by the dynamic linker.
lib = ffi.dlopen(os.environ.get("MULTIOSUPDATE_LIBRARY") or "libmultiosupdate.so.0")


def text(pointer):
    """A borrowed string of UTF-8 as str; bytes that are none are replaced."""
    return ffi.string(pointer).decode("utf-8", "replace") if pointer else ""


def path_text(pointer):
    """A borrowed path as str, in the way of os.fsdecode: no byte is lost."""
    return os.fsdecode(ffi.string(pointer)) if pointer else ""


def c_text(value):
    return _whole(value.encode("utf-8"))


def c_path(path):
    return _whole(os.fsencode(path))


def _whole(encoded):
    """C would take what stands before a NUL for all of it; Python's own open() refuses it too."""
    if b"\0" in encoded:
        raise ValueError("embedded null byte")
    return encoded


def new_struct(name, /, **fields):
    """A struct with its size set and, of `fields`, those that are not None.

    Strings become C strings; the struct keeps them alive only together with the list that is returned beside it.
    """
    struct = ffi.new(f"{name} *")
    struct.struct_size = ffi.sizeof(name)
    kept = []
    for field, value in fields.items():
        if value is None:
            continue
        if isinstance(value, bytes):
            value = ffi.new("char[]", value)
            kept.append(value)
        setattr(struct, field, value)
    return struct, kept


class _Here(threading.local):
    """The call of C that this thread is in: what its callbacks have raised, and how to end it before its time."""

    raised = None
    cancel = None


here = _Here()


def call(function, *arguments):
    """Calls a function whose last argument is `mos_error **`. Returns MOS_OK, MOS_END or MOS_PENDING, or raises.

    What a callback raises on this thread comes out here, whatever C made of it.
    """
    from .errors import from_c

    error = ffi.new("mos_error **")
    outer, here.raised = here.raised, []
    try:
        status = function(*arguments, error)
        if status < 0:
            raise from_c(status, error[0])
        return status
    finally:
        raised, here.raised = here.raised, outer
        if raised:
            raise raised[0]


def check(status):
    """For a function that returns a code and no error object."""
    from .errors import from_c

    if status < 0:
        raise from_c(status, ffi.NULL)
    return status


def version():
    """The version of the library that is loaded, such as "0.1.0"."""
    return text(lib.mos_version())


class Handle:
    """Owns one C handle; freed by close(), by leaving `with`, or with the last reference."""

    def __init__(self, pointer, free):
        self._owned = ffi.gc(pointer, free)

    @property
    def _pointer(self):
        if self._owned is None:
            raise ValueError(f"this {type(self).__name__} is closed")
        return self._owned

    def close(self):
        if self._owned is not None:
            ffi.release(self._owned)
            self._owned = None

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


def create(function, *arguments):
    """Calls a function whose last arguments are an output handle and `mos_error **`; returns the handle."""
    handle_type = ffi.typeof(function).args[-2]
    output = ffi.new(handle_type)
    call(function, *arguments, output)
    return output[0]
