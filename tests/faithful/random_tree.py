"""Trees drawn by lot over few names, so that two of them hold the same paths as different things: a file here is a
folder there, a name joins another group of hard links, a symbolic link stands where files were."""

import os
import random

NAMES = [b"a", b"a-b", b"a.b", b"a b", b"b", b"\xe4", b"c\n"]
KINDS = ("file", "file", "file", "link", "link", "symlink", "folder", "folder", "nothing")
MODES = (0o644, 0o755, 0o4755, 0o2750, 0o600, 0o6711)
DEPTH = 4
TREES = 8
FIRST_TIME = 1_500_000_000


class _Maker:
    def __init__(self, top, seed):
        self.top, self.chance, self.files = os.fsencode(top), random.Random(seed), []

    def fill(self, folder, depth):
        for name in NAMES:
            path = os.path.join(folder, name)
            kind = self.chance.choice(KINDS)
            if kind == "folder" and depth < DEPTH:
                os.mkdir(path)
                self.fill(path, depth + 1)
                os.chmod(path, self.chance.choice((0o755, 0o2775, 0o1777)))
            elif kind == "symlink":
                os.symlink(self.chance.choice(NAMES), path)
            elif kind == "link" and self.files:
                os.link(self.chance.choice(self.files), path)
                continue
            elif kind != "nothing":
                self._write(path)
            else:
                continue
            self._give_time(path)

    def _write(self, path):
        with open(path, "wb") as file:
            # Few contents: equal files are stored once, and must not become links.
            file.write(b"%d" % self.chance.randrange(5) * self.chance.choice((0, 1, 5000)))
        os.chown(path, self.chance.randrange(3), self.chance.randrange(3))
        os.chmod(path, self.chance.choice(MODES))
        self.files.append(path)

    def _give_time(self, path):
        time = FIRST_TIME + self.chance.randrange(3)
        os.utime(path, (time, time), follow_symlinks=False)


def make(top, seed=1):
    for number in range(TREES):
        folder = os.path.join(os.fsencode(top), b"%d" % number)
        os.mkdir(folder)
        _Maker(top, f"{seed} {number}").fill(folder, 1)
        os.utime(folder, (FIRST_TIME, FIRST_TIME))
