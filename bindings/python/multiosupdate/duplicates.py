"""Duplicates: which files are there more than once, over packages and folders, and what that costs."""

import dataclasses

from .context import pointer_of
from .job import Job
from ._library import Handle, c_path, call, create, ffi, lib, new_struct, path_text


@dataclasses.dataclass(frozen=True)
class Duplicate:
    source: str  # package, folder or file in which it is
    path: str  # there; "" for a file that was added by itself
    original_source: str
    original_path: str
    size: int
    is_stored_once: bool  # shares its content with another one already: nothing is to be saved


@dataclasses.dataclass(frozen=True)
class DuplicateTotals:
    files: int  # that were compared
    bytes: int
    duplicates: int
    duplicate_bytes: int
    stored_once_bytes: int  # of the duplicates, those that take no room as it is


class Duplicates(Handle):
    """A comparison to which packages and folders are added; a sequence of Duplicate."""

    def __init__(self, context=None):
        super().__init__(create(lib.mos_duplicates_create, pointer_of(context)), lib.mos_duplicates_free)

    def add_package(self, package, name=None):
        """Adds the files that a Package stores, by the digests of its index. Returns the comparison."""
        call(lib.mos_duplicates_add_package, self._pointer, package._pointer,
             ffi.NULL if name is None else c_path(name))
        return self

    def add(self, path, progress=None):
        """Adds a file, or all regular files below a folder; each is read. Returns the comparison."""
        with Job(create(lib.mos_duplicates_add_job, self._pointer, c_path(path)), self) as job:
            job.run(progress)
        return self

    def __len__(self):
        return lib.mos_duplicates_count(self._pointer)

    def __getitem__(self, index):
        if not 0 <= index < len(self):
            raise IndexError(index)
        struct, _ = new_struct("mos_duplicate")
        call(lib.mos_duplicates_at, self._pointer, index, struct)
        return Duplicate(path_text(struct.source), path_text(struct.path), path_text(struct.original_source),
                         path_text(struct.original_path), struct.size, struct.is_stored_once)

    @property
    def totals(self):
        struct, _ = new_struct("mos_duplicates_totals")
        call(lib.mos_duplicates_totals_get, self._pointer, struct)
        return DuplicateTotals(*(getattr(struct, field.name) for field in dataclasses.fields(DuplicateTotals)))
