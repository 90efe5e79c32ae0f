"""Trees that no package has: names that are not UTF-8, every kind of attribute at its limits, paths of the longest."""

import os
import shutil
import struct
from typing import NamedTuple

import random_tree

# What lies in a package below "content/files/" has 14 bytes and two folders less than its own limits.
LONGEST_PATH = 4095 - 14
DEEPEST = 128 - 2
LONGEST_NAME = 255
LONGEST_TARGET = 4095
MOST_ATTRIBUTES = 64

SECOND_NS = 1_000_000_000


class Made(NamedTuple):
    """`make` fills an empty folder; `go_on` makes the next release of it, besides the changes that every tree gets."""
    name: str
    make: object
    go_on: object = None


def _write(top, name, text=b"x"):
    path = os.path.join(os.fsencode(top), name)
    with open(path, "wb") as file:
        file.write(text)
    return path


# ---- names ----

WORDS = [  # UTF-8, and awkward for one reason or another
    "with space", " leading", "trailing ", "-rf", "--", "~", "...", ".hidden", "a:b", "C:", "back\\slash", "\\x2d", "a\\",
    "quote'", 'double"', "`date`", "$HOME", "a*b?[c]", "{}", "%00", "%2f", "#", "&", ";", "|", "<>", "!", "(", "=", "@",
    "CON", "aux.txt", "Ünïcödé", "\u00e9", "e\u0301", "漢字", "🎁", "a\u202eb", "\u200b", "\ufeff", "\u2028", "\ud7ff",
    "Case", "case", "a", "a-b", "a.b", "a0"]
CONTROLS = [bytes([value]) + b"-control" for value in range(1, 32)] + [b"\x7f", b"new\nline", b"\r", b"tab\t", b"\n",
                                                                      "\u0085".encode(), "\u009f".encode()]
NOT_UTF8 = [b"caf\xe9", b"\xff", b"\xfe\xff", b"\x80", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"a\xe4b/c"[:3],
            b"\xe2\x82", "Größe".encode("latin-1"), "дом".encode("koi8-r"), "漢字".encode("euc-jp"),
            "表示".encode("shift-jis")]
LONG = [b"l" * LONGEST_NAME, "ü".encode() * 127, b"\xff" * LONGEST_NAME, b"\n" * LONGEST_NAME, b'"' * LONGEST_NAME]


def _names(top):
    for i, name in enumerate([word.encode() for word in WORDS] + CONTROLS + NOT_UTF8 + LONG):
        folder = b"folders/" + name
        os.makedirs(os.path.join(os.fsencode(top), folder))
        _write(top, folder + b"/" + name, b"%d" % i)
        os.symlink(name, os.path.join(os.fsencode(top), folder, b"link"))
        os.link(os.path.join(os.fsencode(top), folder, name), os.path.join(os.fsencode(top), b"hard " + name[:200]))
        _write(top, name, b"%d on top" % i)


def _other_names(top):
    """Every third is one byte longer, where there is room."""
    for name in (CONTROLS + NOT_UTF8)[::3]:
        path = os.path.join(os.fsencode(top), b"folders", name)
        os.rename(os.path.join(path, name), os.path.join(path, name + b"\xff"))
        os.rename(path, path + b"\n")


# ---- attributes ----

TIMES_NS = [0, 1, -1, SECOND_NS - 1, -SECOND_NS, -SECOND_NS - 1, -2**31 * SECOND_NS, (2**31 + 1) * SECOND_NS,
            2**33 * SECOND_NS + 999_999_999, 1_700_000_000_123_456_789]
OWNERS = [(0, 0), (1, 2), (65534, 65534), (65536, 65537), (2_097_152, 7), (2**32 - 2, 2**32 - 2)]
CAPABILITIES = [
    struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0),  # effective
    struct.pack("<5I", 0x02000000, 0xffffffff, 0xffffffff, 0x1ff, 0),  # all permitted, and inheritable
    struct.pack("<6I", 0x03000001, 1 << 10, 0, 0, 0, 100_000),  # of a user namespace whose root is 100000
]


def _modes(top):
    for mode in (0, 0o400, 0o4755, 0o2755, 0o6711, 0o7777, 0o1644, 0o4000, 0o2010):
        os.chmod(_write(top, b"mode %o" % mode), mode)
    for mode in (0, 0o1777, 0o2775, 0o4700, 0o7777, 0o111):
        folder = os.path.join(os.fsencode(top), b"folder %o" % mode)
        os.mkdir(folder)
        _write(folder, b"in it")
        os.chmod(folder, mode)


def _owners(top):
    for owner, group in OWNERS:
        name = os.path.join(os.fsencode(top), b"%d %d" % (owner, group))
        _write(top, name + b" file")
        os.mkdir(name + b" folder")
        os.symlink(b"to", name + b" link")
        for kind in (b" file", b" folder", b" link"):
            os.chown(name + kind, owner, group, follow_symlinks=False)
        os.chmod(name + b" file", 0o6755)


def _extended(top):
    for i, value in enumerate(CAPABILITIES):
        os.setxattr(_write(top, b"capability %d" % i), "security.capability", value)
    many = _write(top, b"many")
    for i in range(MOST_ATTRIBUTES):
        os.setxattr(many, f"user.{i}", b"%d" % i)
    folder = os.path.join(os.fsencode(top), b"attributes")
    os.mkdir(folder)
    for name, value in (("user.empty", b""), ("user.bytes", bytes(range(256))), ("user.größe", b"\n"),
                        ("user." + "n" * 250, b"long name")):
        os.setxattr(folder, name, value)


def _times(top):
    """Last: everything else changes them."""
    for i, time in enumerate(TIMES_NS):
        for name in (_write(top, b"time %d" % i), os.path.join(os.fsencode(top), b"time of a folder %d" % i),
                     os.path.join(os.fsencode(top), b"time of a link %d" % i)):
            if b"folder" in name:
                os.mkdir(name)
            elif b"link" in name:
                os.symlink(b"time 0", name)
            os.utime(name, ns=(time, time), follow_symlinks=False)


def _attributes(top):
    for make in (_modes, _owners, _extended, _times):
        make(top)


# ---- links ----

MANY_NAMES = 2000


def _links(top):
    top = os.fsencode(top)
    for folder in (b"a", b"b", b"b/c", b"z"):
        os.mkdir(os.path.join(top, folder))
    first = _write(top, b"b/first", b"across folders")
    for name in (b"a/before", b"b/c/below", b"z/after", b"b-beside"):
        os.link(first, os.path.join(top, name))
    os.setxattr(first, "user.of", b"the inode")
    os.chmod(first, 0o4755)
    many = _write(top, b"many", b"names")
    for i in range(MANY_NAMES):
        os.link(many, os.path.join(top, b"z", b"%d" % i))
    # Equal in everything, and yet two inodes: the second is stored as a copy, and must not become a link.
    for name in (b"equal 1", b"equal 2"):
        os.utime(_write(top, name, b"the same" * 1000), (5, 5))
    for name in (b"empty 1", b"empty 2"):
        os.utime(_write(top, name, b""), (5, 5))
    os.link(os.path.join(top, b"empty 1"), os.path.join(top, b"empty linked"))
    for name, target in ((b"absolute", b"/etc/passwd"), (b"up", b"../../../.."), (b"itself", b"itself"), (b"dangling", b"no/where"),
                         (b"dots", b"./a/../b//first"), (b"latin-1", b"caf\xe9\n"), (b"folder", b"b"),
                         (b"long", b"t/" * (LONGEST_TARGET // 2) + b"t")):
        os.symlink(target, os.path.join(top, name))


def _other_links(top):
    top = os.fsencode(top)
    for i in range(0, MANY_NAMES, 2):
        os.unlink(os.path.join(top, b"z", b"%d" % i))
    # The group's first name goes, another joins.
    os.unlink(os.path.join(top, b"a/before"))
    os.link(os.path.join(top, b"b/first"), os.path.join(top, b"0"))
    os.unlink(os.path.join(top, b"equal 2"))
    os.link(os.path.join(top, b"equal 1"), os.path.join(top, b"equal 2"))


# ---- paths ----

def descend(top, components):
    """Makes folders one in the other and gives the last one's descriptor: such a path can't be named in one call."""
    folder = os.open(top, os.O_RDONLY | os.O_DIRECTORY)
    for name in components:
        try:
            os.mkdir(name, dir_fd=folder)
        except FileExistsError:
            pass
        below = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=folder)
        os.close(folder)
        folder = below
    return folder


def write_at(folder, name, text):
    with open(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644, dir_fd=folder), "wb") as file:
        file.write(text)


def long_path(length):
    """The components of a path of so many bytes."""
    names = [b"%03d-" % i + b"d" * (LONGEST_NAME - 4) for i in range(length // (LONGEST_NAME + 1))]
    rest = length - sum(len(name) + 1 for name in names)
    return names + [b"e" * rest] if rest else names[:-1] + [names[-1][:-1], b"e"]


def deep_path(depth):
    return [b"%d" % i for i in range(depth)]


def make_path(top, components, text=b"at the end"):
    folder = descend(top, components[:-1])
    try:
        write_at(folder, components[-1], text)
    finally:
        os.close(folder)


def _paths(top):
    make_path(top, long_path(LONGEST_PATH))
    make_path(top, deep_path(DEEPEST))
    folder = descend(top, deep_path(DEEPEST - 1))
    os.mkdir(b"empty", dir_fd=folder)
    os.symlink(b"../" * DEEPEST, b"link", dir_fd=folder)
    os.close(folder)
    _write(top, b"short")


def _other_paths(top):
    make_path(top, long_path(LONGEST_PATH), b"changed at the end")
    make_path(top, [b"new", *long_path(LONGEST_PATH - 4)])
    folder = descend(top, deep_path(DEEPEST - 1))
    os.unlink(b"%d" % (DEEPEST - 1), dir_fd=folder)
    os.rmdir(b"empty", dir_fd=folder)
    write_at(folder, b"empty", b"a file now")
    os.close(folder)


# ---- holes ----

LARGE = (4 << 30) + 5

def _holes(top):
    large = 48 << 20
    for name, size, data in ((b"all hole", large, ()), (b"data in the middle", large, (large // 2,)),
                             (b"at both ends", large + 7, (0, large)), (b"odd ends", 100_001, (4095, 50_000)),
                             (b"no hole", 4, (0,))):
        _write_sparse(top, name, size, data)


def _write_sparse(top, name, size, data):
    with open(os.path.join(os.fsencode(top), name), "wb") as file:
        for at in data:
            file.seek(at)
            file.write(b"data")
        file.truncate(size)


def _other_holes(top):
    with open(os.path.join(os.fsencode(top), b"all hole"), "r+b") as file:
        file.seek(12_345_678)
        file.write(b"no more")


def _large(top):
    _write_sparse(top, b"over 4 GiB", LARGE, (LARGE - 5,))
    _write(top, b"beside")


def _other_large(top):
    _write_sparse(top, b"over 4 GiB", LARGE + 1, (0, LARGE - 5))


# ---- drawn by lot ----

def _other_random(top):
    for name in os.listdir(top):
        shutil.rmtree(os.path.join(top, name))
    random_tree.make(top, seed=2)


MADE = (
    Made("made:names", _names, _other_names),
    Made("made:attributes", _attributes),
    Made("made:links", _links, _other_links),
    Made("made:paths", _paths, _other_paths),
    Made("made:holes", _holes, _other_holes),
    Made("made:random", random_tree.make, _other_random),
    Made("made:large", _large, _other_large),
)
