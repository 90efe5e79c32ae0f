"""Events: what has happened to a root, as one stream."""

import dataclasses
import enum
import json

from ._library import c_text, call, create, ffi, lib, new_struct, path_text, text


class EventLevel(enum.IntEnum):
    DEBUG = lib.MOS_EVENT_DEBUG
    INFO = lib.MOS_EVENT_INFO
    WARNING = lib.MOS_EVENT_WARNING
    ERROR = lib.MOS_EVENT_ERROR


@dataclasses.dataclass(frozen=True)
class Event:
    sequence: int  # its place in the journal; 0 for one in no journal
    time_unix_s: int
    level: EventLevel
    type: str  # a stable name; docs/events.md lists them
    component: str
    subject: str
    message: str
    cause: str
    actor: str
    payload: dict


def event_of(struct):
    """An Event of a mos_event, which holds nothing of it."""
    return Event(struct.sequence, struct.time_unix_s, EventLevel(struct.level), text(struct.type),
                 text(struct.component), path_text(struct.subject), text(struct.message), text(struct.cause),
                 text(struct.actor), json.loads(text(struct.payload)))


class EventCursor:
    """Yields the events that are there now, and further ones when it is iterated over again."""

    def __init__(self, engine, since, types, level, only_new):
        options, kept = new_struct("mos_events_options", level=level, flags=lib.MOS_EVENTS_NEW if only_new else 0,
                                   types=c_text(" ".join(types)) if types else None)
        setattr(options, "from", since)
        self._cursor = ffi.gc(create(lib.mos_events_open, engine, options), lib.mos_events_free)
        del kept  # the types are copied

    def __iter__(self):
        struct, _ = new_struct("mos_event")
        while call(lib.mos_events_next, self._cursor, struct) == lib.MOS_OK:
            yield event_of(struct)

    def batch(self, most=100):
        """Up to so many events at once, as a list; empty where there are none now."""
        structs, count = ffi.new("mos_event[]", most), ffi.new("size_t *")
        structs[0].struct_size = ffi.sizeof("mos_event")
        call(lib.mos_events_batch, self._cursor, structs, most, count)
        return [event_of(structs[index]) for index in range(count[0])]

    @property
    def position(self):
        """What to give as `since` to go on another time."""
        return lib.mos_events_position(self._cursor)
