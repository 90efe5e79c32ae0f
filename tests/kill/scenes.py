"""What the commands work on: a bare root with other people's files, the trees of which packages are made, a workshop."""

import os
import struct

AS_ROOT = os.geteuid() == 0
EPOCH = 1_500_000_000
LONG = 300_000  # more than one write

# Version 2, effective, cap_net_raw or cap_net_bind_service permitted: as the kernel keeps it.
CAPABILITIES = {number: struct.pack("<5I", 0x02000001, 1 << number, 0, 0, 0) for number in (10, 13)}

KEPT = {"user.kept": b"yes"}


class Tree:
    """Makes a directory entry by entry; each gets a time of its own, directories theirs at the end."""

    def __init__(self, top):
        self.top, self.directories, self.time = top, [], EPOCH
        os.makedirs(top)

    def path(self, name):
        return os.path.join(self.top, name)

    def _finish(self, name, mode, owner, attributes):
        self.time += 1
        path = self.path(name)
        if AS_ROOT:
            os.chown(path, *owner, follow_symlinks=False)
        if mode is not None:
            os.chmod(path, mode)
        for key, value in attributes.items():
            if AS_ROOT or key.startswith("user."):
                os.setxattr(path, key, value)
        os.utime(path, (self.time, self.time), follow_symlinks=False)
        return self

    def directory(self, name, mode=0o755, owner=(0, 0), attributes=None):
        os.mkdir(self.path(name))
        self._finish(name, mode, owner, attributes or {})
        self.directories.append((name, self.time))
        return self

    def file(self, name, content, mode=0o644, owner=(0, 0), attributes=None):
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write(content)
        return self._finish(name, mode, owner, attributes or {})

    def symlink(self, name, target, owner=(0, 0)):
        os.symlink(target, self.path(name))
        return self._finish(name, None, owner, {})

    def link(self, name, to):
        os.link(self.path(to), self.path(name))
        return self

    def finish(self):
        for name, time in self.directories:
            os.utime(self.path(name), (time, time))
        return self.top


def bare_root(top, trusted_key, outside):
    """A root that trusts one key, with files that no package brings. Some lead out of the root."""
    tree = Tree(top)
    tree.directory("etc").directory("etc/multios").directory("etc/multios/trust")
    with open(trusted_key, encoding="ascii") as key:
        tree.file("etc/multios/trust/signer.pub", key.read())
    tree.file("etc/local.conf", "the administrator's", 0o600, (12, 34)).symlink("etc/outside", outside)
    tree.directory("home", 0o711).file("home/user.txt", "the user's").symlink("home/link", "user.txt")
    tree.directory("usr").directory("usr/lib", attributes=KEPT).file("usr/lib/foreign", "nobody's package")
    tree.directory("var").directory("var/lib")
    return tree.finish()


def first_release(top):
    tree = Tree(top)
    tree.directory("usr").directory("usr/bin").directory("usr/lib", attributes=KEPT)
    tree.file("usr/lib/kept", "in both releases")
    tree.file("usr/bin/tool", "1" * LONG, 0o4755, (0, 7))
    tree.file("usr/bin/ping", "ping 1", 0o755, attributes={"security.capability": CAPABILITIES[13]})
    tree.symlink("usr/bin/sh", "tool")
    tree.file("usr/bin/to-link", "was a file").symlink("usr/bin/to-file", "kept")
    tree.directory("a").file("a-b", "beside 1").file("a/b", "within 1")
    tree.directory("b").file("b/x", "goes with its directory")
    tree.file("to-directory", "was a file")
    tree.directory("gone", 0o2750, (3, 4), attributes={"user.kept": b"by the recovery point"})
    tree.directory("gone/inner").file("gone/inner/x", "one").file("gone/y", "two").symlink("gone/z", "y")
    tree.directory("share", attributes={"user.color": b"red"})
    tree.file("share/attributes", "only its attributes change", attributes={"user.one": b"1"})
    tree.directory("links").file("links/one", "shared 1").link("links/two", "links/one")
    return tree.finish()


def second_release(top):
    """Against the first, every kind of operation."""
    tree = Tree(top)
    tree.directory("usr").directory("usr/bin").directory("usr/lib", attributes=KEPT)
    tree.file("usr/lib/kept", "in both releases")
    tree.file("usr/bin/tool", "2" * LONG, 0o4755, (5, 6))
    tree.file("usr/bin/ping", "ping 2", 0o755, attributes={"security.capability": CAPABILITIES[10]})
    tree.symlink("usr/bin/sh", "ping")
    tree.symlink("usr/bin/to-link", "tool").file("usr/bin/to-file", "is a file now")
    tree.directory("a").file("a-b", "beside 2").file("a/b", "within 2").file("a/new", "new beside b")
    tree.file("b", "was a directory")
    tree.directory("to-directory", 0o700).file("to-directory/x", "in it").directory("to-directory/y")
    tree.directory("new", 0o1777).directory("new/deep").file("new/deep/file", "n" * 5000, 0o2755)
    tree.symlink("new/deep/link", "file").directory("new/empty", 0o500, (9, 9))
    tree.directory("share", 0o2775, (1, 2), attributes={"user.color": b"blue", "user.weight": b"3"})
    tree.file("share/attributes", "only its attributes change", 0o4711, (8, 0), {"user.two": b"2"})
    tree.directory("links").file("links/one", "shared 2").link("links/two", "links/one")
    tree.link("links/three", "links/one")
    return tree.finish()


def library(top):
    tree = Tree(top)
    tree.directory("usr").directory("usr/lib", attributes=KEPT).file("usr/lib/library.so", "l" * 5000, 0o755)
    tree.symlink("usr/lib/library", "library.so").directory("usr/lib/plugins").file("usr/lib/plugins/one", "plugin")
    return tree.finish()


def more(top):
    tree = Tree(top)
    tree.directory("usr").directory("usr/bin").file("usr/bin/one-more", "one more", 0o755)
    return tree.finish()


def scripted(version):
    def make(top):
        tree = Tree(top)
        tree.directory("opt").directory("opt/scripted").file("opt/scripted/tool", f"tool {version}", 0o755)
        return tree.finish()
    return make


TREES = {"app-1": first_release, "app-2": second_release, "library-1": library, "more-1": more,
         "scripted-1": scripted(1), "scripted-2": scripted(2)}

# What the scripts of "scripted" write. The list is declared as an output. The mark of version 2 is taken away by `undo`;
# a removal would leave it, so version 1 has none. A file that is there for a moment shows a script that died and was not
# called again. All times are the tool's, each run alike.
OUTPUT = "etc/scripted.list"
SCRIPTS = {
    "pre-install": "test -e /etc/local.conf",
    "post-install": """set -e
echo begun > /home/begun
echo "$1 $2 over [$3]" > /etc/scripted.list
touch -r /opt/scripted/tool /etc/scripted.list
test $2 = 1 || echo enabled > /etc/enabled
test $2 = 1 || touch -r /opt/scripted/tool /etc/enabled
rm /home/begun""",
    "undo": "test -e /opt/scripted/tool && rm -f /etc/enabled /home/begun",
    "pre-remove": "test -e /opt/scripted/tool",
    "post-remove": """set -e
test ! -e /opt/scripted
echo begun > /home/begun
rm /home/begun""",
}


def write_scripts(top):
    os.makedirs(top)
    for name, text in SCRIPTS.items():
        path = os.path.join(top, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\n{text}\n")
        os.chmod(path, 0o755)


def add_shell(top, busybox):
    """What scripts need of a root."""
    tree = Tree(os.path.join(top, "bin"))
    os.link(busybox, tree.path("busybox"))
    for name in ("sh", "rm", "touch"):
        tree.symlink(name, "busybox")
    for name in ("etc", "home"):  # where they write, and leave the time of the run
        os.utime(os.path.join(top, name))
