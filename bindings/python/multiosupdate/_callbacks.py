"""Python objects that C calls back: kept alive until C says that it needs them no longer."""

from ._library import ffi

_kept = {}


def keep(target):
    """A user_data for `target`, which lives until `release` is called with it."""
    user_data = ffi.new_handle(target)
    _kept[int(ffi.cast("uintptr_t", user_data))] = user_data
    return user_data


@ffi.callback("mos_destroy_callback")
def release(user_data):
    _kept.pop(int(ffi.cast("uintptr_t", user_data)), None)


@ffi.callback("mos_log_callback")
def log(user_data, level, message):
    ffi.from_handle(user_data)(level, ffi.string(message).decode("utf-8", "replace"))


@ffi.callback("mos_clock_callback")
def clock(user_data):
    return int(ffi.from_handle(user_data)())


@ffi.callback("mos_read_at_callback", error=-1)
def read_at(user_data, offset, buffer, size):
    content = ffi.from_handle(user_data)(offset, size)
    if len(content) > size:
        raise ValueError(f"a source was asked for {size} bytes and gave {len(content)}")
    ffi.memmove(buffer, content, len(content))
    return len(content)


@ffi.callback("mos_write_callback", error=-1)
def write(user_data, content, size):
    ffi.from_handle(user_data)(bytes(ffi.buffer(content, size)))
    return 0


@ffi.callback("mos_sign_callback", error=-1)
def sign(user_data, algorithm, message, message_size, signature, room, size):
    made = ffi.from_handle(user_data)(ffi.string(algorithm).decode("ascii"), bytes(ffi.buffer(message, message_size)))
    if len(made) > room:
        raise ValueError(f"a signature of {len(made)} bytes, and there is room for {room}")
    ffi.memmove(signature, made, len(made))
    size[0] = len(made)
    return 0


@ffi.callback("mos_health_callback", error=-1)
def health(user_data, time_left_ms):
    return 0 if ffi.from_handle(user_data)(time_left_ms / 1000) else 1


@ffi.callback("mos_notify_callback", error=-1)
def notify(user_data, notice):
    ffi.from_handle(user_data)(notice)
    return 0


@ffi.callback("mos_event_callback")
def event(user_data, event):
    ffi.from_handle(user_data)(event)


@ffi.callback("mos_service_callback", error=-1)
def service(user_data, unit, action):
    return int(ffi.from_handle(user_data)(ffi.string(unit).decode("ascii"), action))
