"""The context: log and clock."""

import enum

from . import _callbacks
from ._library import Handle, create, lib, new_struct


class LogLevel(enum.IntEnum):
    DEBUG = lib.MOS_LOG_DEBUG
    INFO = lib.MOS_LOG_INFO
    WARNING = lib.MOS_LOG_WARNING
    ERROR = lib.MOS_LOG_ERROR


class Context(Handle):
    """The ports through which the library meets its surroundings; never changes, may be shared between threads.

    log(level, message) is called on whatever thread does the work; clock() gives seconds since 1970-01-01 UTC. Neither
    may call back into the library.
    """

    def __init__(self, log=None, clock=None):
        self._failures = []  # of its callbacks, for the jobs that run with them
        options, _ = new_struct("mos_context_options")
        if log is not None:
            options.log = _callbacks.log
            options.log_user_data = _callbacks.keep(lambda level, message: log(LogLevel(level), message),
                                                      self._failures)
            options.log_destroy = _callbacks.release
        if clock is not None:
            options.clock = _callbacks.clock
            options.clock_user_data = _callbacks.keep(clock, self._failures)
            options.clock_destroy = _callbacks.release
        super().__init__(create(lib.mos_context_create, options), lib.mos_context_free)


def pointer_of(context):
    """The C context of `context`, or of a new one with every default."""
    return (context or Context())._pointer
