"""Ways to a release: which packages of a folder lead there from what is installed, and which of them are taken."""

import dataclasses
import enum

from .errors import from_borrowed
from .plan import install_options
from ._library import Handle, c_path, c_text, call, create, lib, new_struct, path_text, text


class WayKind(enum.IntEnum):
    FULL = lib.MOS_WAY_FULL
    DELTA = lib.MOS_WAY_DELTA
    CHAIN = lib.MOS_WAY_CHAIN


@dataclasses.dataclass(frozen=True)
class Way:
    kind: WayKind
    packages: tuple  # paths, in the order in which they are installed
    package_bytes: int
    base_content_digest: str  # "" for a full package
    obstacle: object  # the Error for which it can't be taken here, or None
    is_chosen: bool


class Ways(Handle):
    """What Engine.ways() has found: a sequence of Way, with the reason of the choice."""

    def __init__(self, engine, folder, name, *, version=None, content_digest=None, from_version=None, force_delta=False,
                 **install):
        texts = {"name": name, "version": version, "content_digest": content_digest, "from_version": from_version}
        options, kept = new_struct("mos_way_options", folder_path=c_path(folder), force_delta=force_delta,
                                   **{field: None if value is None else c_text(value) for field, value in texts.items()})
        steps, more = install_options(**install)
        super().__init__(create(lib.mos_ways_find, engine._pointer, options, steps), lib.mos_ways_free)
        del kept, more

    @property
    def version(self):
        """The version that they lead to; "" where the folder has none that was asked for."""
        return text(lib.mos_ways_version(self._pointer))

    @property
    def reason(self):
        """Why the chosen way was chosen, or why none, in a sentence."""
        return text(lib.mos_ways_reason(self._pointer))

    def __len__(self):
        return lib.mos_ways_count(self._pointer)

    def __getitem__(self, index):
        if not 0 <= index < len(self):
            raise IndexError(index)
        struct, _ = new_struct("mos_way")
        call(lib.mos_ways_at, self._pointer, index, struct)
        packages = tuple(path_text(lib.mos_ways_package_at(self._pointer, index, number))
                         for number in range(struct.package_count))
        return Way(WayKind(struct.kind), packages, struct.package_bytes, text(struct.base_content_digest),
                   from_borrowed(struct.obstacle), struct.is_chosen)

    @property
    def chosen(self):
        """The Way that Plan.install_way() takes, or None."""
        return next((way for way in self if way.is_chosen), None)
