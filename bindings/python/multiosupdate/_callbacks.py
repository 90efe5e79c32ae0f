"""Python objects that C calls back: kept alive until C says that it needs them no longer.

C can't carry an exception. What a callback raises is kept for who waits for the work, which is cancelled where it can
be: on the thread of a call that is `_library.call`, on a thread of the library's the Job, by the list of failures that
it shares with what it was made of.
"""

import contextlib
import os
import signal
import sys
import threading
import traceback

from ._library import ffi, here

_kept = {}


class Target:
    """What is called, and where it is kept what it raises on a thread of the library's; None: it is only shown."""

    def __init__(self, function, failures=None):
        self.function = function
        self.failures = failures


def keep(function, failures=None):
    """A user_data for `function`, which lives until `release` is called with it."""
    user_data = ffi.new_handle(Target(function, failures))
    _kept[int(ffi.cast("uintptr_t", user_data))] = user_data
    return user_data


def _function(user_data):
    return ffi.from_handle(user_data).function


def raised(kind, exception, trace):
    """For cffi, when a callback has raised: keeps it for who waits."""
    if here.raised is not None:
        here.raised.append(exception)
        if here.cancel is not None:
            here.cancel()
        return
    user_data = trace.tb_frame.f_locals.get("user_data") if trace else None
    failures = ffi.from_handle(user_data).failures if user_data else None
    if failures is None:
        _show(exception)
    else:
        failures.append(exception)


def _raised_by_notifier(kind, exception, trace):
    """Users who can't be told fail no update; Ctrl-C is no such failure."""
    if isinstance(exception, Exception):
        _show(exception)
    else:
        raised(kind, exception, trace)


def _show(exception):
    print("From a callback of multiosupdate:", file=sys.stderr)
    traceback.print_exception(exception, file=sys.stderr)


@contextlib.contextmanager
def cancelled_by(cancel):
    """While a job runs on this thread, `cancel` ends it: when a callback raises, and at once at Ctrl-C.

    Python takes a signal between its own instructions, and so at the end of the job if nothing calls back: on the main
    thread another one waits for it meanwhile.
    """
    outer, here.cancel = here.cancel, cancel
    try:
        with _watched(cancel) if _takes_interrupts() else contextlib.nullcontext():
            yield
    finally:
        here.cancel = outer


def _takes_interrupts():
    return (threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler)


@contextlib.contextmanager
def _watched(cancel):
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

    def watch():
        while numbers := os.read(reader, 64):
            if before != -1:
                with contextlib.suppress(OSError):
                    os.write(before, numbers)  # whose turn it would have been
            if signal.SIGINT in numbers:
                cancel()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(writer)
        watcher.join()
        os.close(reader)


@ffi.callback("mos_destroy_callback")
def release(user_data):
    _kept.pop(int(ffi.cast("uintptr_t", user_data)), None)


@ffi.callback("mos_log_callback", onerror=raised)
def log(user_data, level, message):
    _function(user_data)(level, ffi.string(message).decode("utf-8", "replace"))


@ffi.callback("mos_clock_callback", onerror=raised)
def clock(user_data):
    return int(_function(user_data)())


@ffi.callback("mos_read_at_callback", error=-1, onerror=raised)
def read_at(user_data, offset, buffer, size):
    content = _function(user_data)(offset, size)
    if len(content) > size:
        raise ValueError(f"a source was asked for {size} bytes and gave {len(content)}")
    ffi.memmove(buffer, content, len(content))
    return len(content)


@ffi.callback("mos_write_callback", error=-1, onerror=raised)
def write(user_data, content, size):
    _function(user_data)(bytes(ffi.buffer(content, size)))
    return 0


@ffi.callback("mos_sign_callback", error=-1, onerror=raised)
def sign(user_data, algorithm, message, message_size, signature, room, size):
    made = _function(user_data)(ffi.string(algorithm).decode("ascii"), bytes(ffi.buffer(message, message_size)))
    if len(made) > room:
        raise ValueError(f"a signature of {len(made)} bytes, and there is room for {room}")
    ffi.memmove(signature, made, len(made))
    size[0] = len(made)
    return 0


@ffi.callback("mos_health_callback", error=-1, onerror=raised)
def health(user_data, time_left_ms):
    return 0 if _function(user_data)(time_left_ms / 1000) else 1


@ffi.callback("mos_notify_callback", error=-1, onerror=_raised_by_notifier)
def notify(user_data, notice):
    _function(user_data)(notice)
    return 0


@ffi.callback("mos_event_callback", onerror=raised)
def event(user_data, event):
    _function(user_data)(event)


@ffi.callback("mos_service_callback", error=-1, onerror=raised)
def service(user_data, unit, action):
    return int(_function(user_data)(ffi.string(unit).decode("ascii"), action))
