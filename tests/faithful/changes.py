"""Changes a tree into its next release: links, special bits, capabilities, types, owners, times, whatever it offers."""

import os
import shutil
import struct
from typing import NamedTuple

from picture import Entry, picture

# Version 2, effective, cap_net_bind_service permitted: as the kernel keeps it.
CAPABILITY = struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0)
MOST_BELOW = 20  # in a folder that becomes something else
LONGEST_PATH = 4000  # with the folder above all; longer ones can't be named in one call
DEEPEST = 120  # what is added may be a few folders deeper
OLD_NS = 86_399_999_999_999


class Change(NamedTuple):
    """What is done to paths that `fits`; `count` of them, each in no other change."""
    name: str
    fits: object
    do: object
    count: int = 1


class Choice:
    """A tree's paths, the deepest first, each given away once."""

    def __init__(self, entries):
        self.entries = dict(sorted(entries.items(), key=lambda item: -item[0].count(b"/")))
        self._used, self._children = set(), {}
        for path in entries:
            self._children.setdefault(path.rpartition(b"/")[0], []).append(path)

    def take(self, fits):
        """The first unused path that fits, or None."""
        for path, entry in self.entries.items():
            if path not in self._used and fits(self, path, entry):
                self.use(path)
                return path
        return None

    def use(self, path):
        """With all that a change of it touches: what lies below it, and its inode's other names."""
        self._used |= {path, *self.below(path), *self.entries[path].names}

    def spare(self, path):
        """With the folders that lead to it."""
        while path:
            self._used.add(path)
            path = path.rpartition(b"/")[0]

    def below(self, path):
        found = []
        for child in self._children.get(path, ()):
            found += [child, *self.below(child)]
        return found

    def is_free(self, paths):
        return self._used.isdisjoint(paths)


# ---- what fits ----

def _single(_, __, entry: Entry):
    return entry.kind == "-" and not entry.names


def _in_group(_, __, entry):
    return entry.kind == "-" and len(entry.names) > 1


def _in_larger_group(_, __, entry):
    return entry.kind == "-" and len(entry.names) > 2


def _special(_, __, entry):
    return entry.kind == "-" and entry.mode & 0o6000 != 0


def _plain(_, __, entry):
    return _single(_, __, entry) and entry.mode & 0o7000 == 0


def _capable(_, __, entry):
    return any(name == "security.capability" for name, _ in entry.attributes)


def _symlink(_, __, entry):
    return entry.kind == "l"


def _folder(_, __, entry):
    return entry.kind == "d"


def _empty_folder(choice, path, entry):
    return entry.kind == "d" and not choice.below(path)


def _small_folder(choice, path, entry):
    if entry.kind != "d":
        return False
    below = choice.below(path)
    return 0 < len(below) <= MOST_BELOW and choice.is_free(below) and not any(choice.entries[b].names for b in below)


# ---- what is done; paths are absolute bytes ----

def _remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def _write(path, text):
    with open(path, "wb") as file:
        file.write(text)


def _append(path):
    with open(path, "ab") as file:
        file.write(b"\nand one line more\n")


def _own_copy(path):
    shutil.copy2(path, path + b"~")
    os.rename(path + b"~", path)


def _another_name(path):
    os.link(path, os.path.join(os.path.dirname(path), b"~another name"), follow_symlinks=False)


def _to_file(path):
    _remove(path)
    _write(path, b"a file now\n")


def _to_folder(path):
    _remove(path)
    os.mkdir(path, 0o2750)
    _write(os.path.join(path, b"in it"), b"was none\n")


def _to_symlink(path):
    _remove(path)
    os.symlink(b"../nowhere/\xe4", path)
    os.chown(path, 7, 8, follow_symlinks=False)


def _mode(mode):
    def change(path):
        os.chmod(path, mode)
    return change


def _owner(path):
    mode = os.lstat(path).st_mode & 0o7777
    os.chown(path, 4_000_000_000, 65534, follow_symlinks=False)
    if not os.path.islink(path):
        os.chmod(path, mode)


def _drop_special(path):
    os.chmod(path, os.lstat(path).st_mode & 0o0777)


def _give_capability(path):
    os.setxattr(path, "security.capability", CAPABILITY)


def _drop_capability(path):
    os.removexattr(path, "security.capability")


def _give_attribute(path):
    os.setxattr(path, "user.faithful", b"\0\xff\n")


def _old(path):
    os.utime(path, ns=(OLD_NS, OLD_NS), follow_symlinks=False)


def _sparse(path):
    with open(path, "r+b") as file:
        file.truncate((8 << 20) + 1)


def _new_in(path):
    _write(os.path.join(path, b"~new"), b"new\n")
    os.makedirs(os.path.join(path, b"~new folder", b"deep", b"empty"))
    os.symlink(b"deep", os.path.join(path, b"~new folder", b"link"))


CHANGES = (
    Change("name of a link removed", _in_larger_group, _remove),
    Change("link becomes a file of its own", _in_group, _own_copy),
    Change("linked file changes", _in_group, _append),
    Change("special bits dropped", _special, _drop_special),
    Change("owner of a special file", _special, _owner),
    Change("capability dropped", _capable, _drop_capability),
    Change("folder becomes a file", _small_folder, _to_file),
    Change("folder becomes a link", _small_folder, _to_symlink),
    Change("empty folder removed", _empty_folder, _remove),
    Change("empty folder becomes a file", _empty_folder, _to_file),
    Change("link becomes a file", _symlink, _to_file),
    Change("link becomes a folder", _symlink, _to_folder),
    Change("link leads elsewhere", _symlink, _to_symlink),
    Change("owner of a link", _symlink, _owner),
    Change("file becomes linked", _single, _another_name),
    Change("content", _single, _append, 3),
    Change("file becomes a folder", _single, _to_folder),
    Change("file becomes a link", _single, _to_symlink),
    Change("special bits", _plain, _mode(0o6711)),
    Change("capability", _single, _give_capability),
    Change("file removed", _single, _remove, 2),
    Change("owner", _single, _owner),
    Change("attribute", _single, _give_attribute),
    Change("time alone", _single, _old),
    Change("holes", _single, _sparse),
    Change("no rights", _single, _mode(0)),
    Change("new in a folder", _folder, _new_in),
    Change("folder's mode", _folder, _mode(0o3775)),
    Change("folder's owner", _folder, _owner),
    Change("folder's attribute", _folder, _give_attribute),
)


def change(top):
    """Makes all changes that the tree has room for, and names them. Two files become one inode, too."""
    top = os.fsencode(top)
    entries = picture(top)
    choice = Choice(entries)
    for path in entries:
        if len(top) + len(path) >= LONGEST_PATH or path.count(b"/") > DEEPEST:
            choice.spare(path)
    done = []
    for wanted in CHANGES:
        for _ in range(wanted.count):
            path = choice.take(wanted.fits)
            if path is not None:
                wanted.do(os.path.join(top, path))
                done.append(wanted.name)
    return done + _join_two(top, choice)


def _join_two(top, choice):
    one, two = choice.take(_single), choice.take(_single)
    if two is None:
        return []
    os.unlink(os.path.join(top, two))
    os.link(os.path.join(top, one), os.path.join(top, two))
    return ["two files become one"]
