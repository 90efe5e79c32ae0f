"""Everything that a tree holds, seen by the kernel's calls alone, and how two trees differ.

Names are bytes, and each folder is opened relative to the one above it: a path may be longer than the kernel takes.
"""

import hashlib
import os
import stat
from typing import NamedTuple

SECOND_NS = 1_000_000_000
READ_BYTES = 1 << 20
BLOCK_BYTES = 512  # of st_blocks
# What a filesystem may take for a file besides its data, or for the ends of its holes.
SLACK_BYTES = 64 << 10


class Entry(NamedTuple):
    """One path. `names` are all paths of its inode, none if it has only this one."""
    kind: str
    mode: int
    owner: int
    group: int
    modified_ns: int
    size: int
    content: bytes  # a digest, or where a symbolic link leads
    attributes: tuple
    names: tuple
    taken_bytes: int


def shown(path):
    """A name as a message shows it: quoted, and on one line."""
    return ascii(os.fsdecode(path)) if path.isascii() else repr(path)[1:]


class _Picture:
    def __init__(self, without):
        self.entries, self._without = {}, without
        self._digests, self._names = {}, {}

    def add_folder(self, folder, prefix):
        for name in sorted(os.listdir(b"/proc/self/fd/%d" % folder)):
            path = prefix + name
            if path not in self._without:
                self._add(folder, name, path)

    def _add(self, folder, name, path):
        status = os.lstat(name, dir_fd=folder)
        kind = stat.filemode(status.st_mode)[0]
        inode = (status.st_dev, status.st_ino)
        if kind != "d" and status.st_nlink > 1:
            self._names.setdefault(inode, []).append(path)
        content = b""
        if kind == "l":
            content = os.readlink(name, dir_fd=folder)
        elif kind == "-":
            content = self._digest(folder, name, inode)
        self.entries[path] = Entry(
            kind=kind, mode=stat.S_IMODE(status.st_mode), owner=status.st_uid, group=status.st_gid,
            modified_ns=status.st_mtime_ns, size=status.st_size if kind != "d" else 0, content=content,
            attributes=_attributes(folder, name), names=inode, taken_bytes=status.st_blocks * BLOCK_BYTES)
        if kind == "d":
            below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            try:
                self.add_folder(below, path + b"/")
            finally:
                os.close(below)

    def _digest(self, folder, name, inode):
        if inode not in self._digests:
            hasher = hashlib.sha256()
            with open(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder), "rb", buffering=0) as file:
                while part := file.read(READ_BYTES):
                    hasher.update(part)
            self._digests[inode] = hasher.digest()
        return self._digests[inode]

    def finish(self):
        """An inode has its names only when the whole tree was seen."""
        groups = {inode: tuple(sorted(names)) for inode, names in self._names.items() if len(names) > 1}
        return {path: entry._replace(names=groups.get(entry.names, ()) if entry.kind != "d" else ())
                for path, entry in self.entries.items()}


def _attributes(folder, name):
    path = b"/proc/self/fd/%d/%s" % (folder, name)
    return tuple((attribute, os.getxattr(path, attribute, follow_symlinks=False))
                 for attribute in sorted(os.listxattr(path, follow_symlinks=False)))


def picture(top, without=frozenset()):
    """{path: Entry} of everything below a folder, itself left out, and without the paths named (bytes)."""
    found = _Picture(without)
    folder = os.open(top, os.O_RDONLY | os.O_DIRECTORY)
    try:
        found.add_folder(folder, b"")
    finally:
        os.close(folder)
    return found.finish()


def whole_seconds(entries):
    """As a package keeps them: the fraction of a second is cut off, downwards before 1970 too."""
    return {path: entry._replace(modified_ns=entry.modified_ns // SECOND_NS * SECOND_NS)
            for path, entry in entries.items()}


def _too_full(expected, actual):
    return actual.taken_bytes > expected.taken_bytes + expected.taken_bytes // 8 + SLACK_BYTES


def differences(expected, actual):
    """Each difference in one sentence, in the order of the paths; none when the trees are equal."""
    wrong = []
    for path in sorted(expected.keys() | actual.keys()):
        if path not in actual:
            wrong.append(f"{shown(path)} is missing")
        elif path not in expected:
            wrong.append(f"{shown(path)} should not be there")
        else:
            wrong += _differences_of(path, expected[path], actual[path])
    return wrong


def _differences_of(path, expected, actual):
    for field in Entry._fields[:-1]:
        should, is_so = getattr(expected, field), getattr(actual, field)
        if should != is_so:
            yield f"{field} of {shown(path)} is {_value(field, is_so)}, expected {_value(field, should)}"
    if actual.kind == "-" and _too_full(expected, actual):
        yield f"the holes of {shown(path)} are filled: it takes {actual.taken_bytes} bytes, expected " \
              f"{expected.taken_bytes}"


def _value(field, value):
    return oct(value) if field == "mode" else repr(value)


class Traits(NamedTuple):
    """How much of what is easily lost a tree has."""
    entries: int
    link_groups: int
    symlinks: int
    special_bits: int
    capabilities: int
    owned: int  # by others than root
    odd_names: int
    empty_folders: int


_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-/")


def traits(entries):
    parents = {path.rpartition(b"/")[0] for path in entries}
    values = entries.values()
    return Traits(
        entries=len(entries), link_groups=len({entry.names for entry in values if entry.names}),
        symlinks=sum(entry.kind == "l" for entry in values),
        special_bits=sum(entry.mode & 0o7000 != 0 for entry in values),
        capabilities=sum(any(name == "security.capability" for name, _ in entry.attributes) for entry in values),
        owned=sum(entry.owner != 0 or entry.group != 0 for entry in values),
        odd_names=sum(not _PLAIN.issuperset(path.rpartition(b"/")[2]) or path.rpartition(b"/")[2].startswith(b"-")
                      for path in entries),
        empty_folders=sum(entry.kind == "d" and path not in parents for path, entry in entries.items()))
