"""Packs a tree and its next release, installs, updates, takes back and removes, and compares everything each time."""

import os
import shutil
import subprocess
import time
from typing import NamedTuple

import picture
from changes import change

TIME_LIMIT_S = 900

# What the engine keeps in a root, and the folders that hold it. They are there before the first package is, so they
# keep their own times, as every folder does that was there before; and they stay when the package goes.
ENGINE_PATHS = frozenset({b".multios-stage", b"var/lib/multios"})
HOLDERS = frozenset({b"var", b"var/lib"})


class Wrong(Exception):
    """Something that must hold does not."""


class Ended(NamedTuple):
    code: int
    err: str
    seconds: float
    peak_bytes: int


def _peak_bytes(pid):
    """The most memory that a process has had; 0 when it has ended. What the kernel tells after its end counts its
    parent's memory as well."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            return next((int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:")), 0)
    except (FileNotFoundError, ProcessLookupError):
        return 0


class Tools:
    """The built programs, {name: path}, and a key that the roots trust, in a folder."""

    def __init__(self, paths, folder):
        self.paths, self.key = paths, os.path.join(folder, "signer.key")
        self.trust = os.path.join(folder, "trust")
        os.mkdir(self.trust)
        self.environment = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        self.environment.pop("SOURCE_DATE_EPOCH", None)  # it would cut the times
        self.must("multios-package", "keygen", "--type=ed25519", f"--output={self.key.removesuffix('.key')}")
        shutil.move(os.path.join(folder, "signer.pub"), self.trust)

    def run(self, name, *arguments):
        begin, peak = time.monotonic(), 0
        with subprocess.Popen([self.paths[name], *arguments], env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            # Its messages are few, so the pipe does not fill before it ends.
            while process.poll() is None:
                peak = max(peak, _peak_bytes(process.pid))
                if time.monotonic() - begin > TIME_LIMIT_S:
                    process.kill()
                time.sleep(0.002)
            err = process.stderr.read().decode(errors="replace").strip()
        return Ended(process.returncode, err, time.monotonic() - begin, peak)

    def must(self, name, *arguments):
        ended = self.run(name, *arguments)
        if ended.code != 0:
            raise Wrong(f"'{name} {arguments[0]}' ended with {ended.code}: {ended.err}")
        return ended

    def create(self, tree, version, output):
        return self.run("multios-package", "create", "--name=tree", f"--version={version}", f"--input-directory={tree}",
                        f"--output={output}", "--keep-owners", f"--sign-key={self.key}")


def compare(expected, root):
    """How a root differs from the tree that was packed: sentences, none when it does not."""
    expected = picture.whole_seconds(expected)
    found = picture.picture(root, ENGINE_PATHS)
    for path in HOLDERS & found.keys():
        if path in expected:
            found[path] = found[path]._replace(modified_ns=expected[path].modified_ns)
        else:
            del found[path]
    return picture.differences(expected, found)


class Trial:
    """One tree in a folder of its own. `make(top)` fills a folder, the same each time; `go_on(top)` makes
    changes of its own before those that every tree gets."""

    def __init__(self, tools, folder, make, go_on=None):
        self.tools, self.folder = tools, folder
        self.root = self._path("root")
        for name in ("1", "2", "root"):
            os.mkdir(self._path(name))
        make(self._path("1"))
        make(self._path("2"))
        if go_on is not None:
            go_on(self._path("2"))
        self.changes = change(self._path("2"))
        self.first, self.second = (picture.picture(self._path(name)) for name in ("1", "2"))

    def _path(self, name):
        return os.path.join(self.folder, name)

    def run(self):
        """Raises Wrong at the first stand that is not as it must be."""
        if not self.changes or self.first == self.second:
            raise Wrong("the next release is no other: it shows nothing")
        for version in ("1", "2"):
            ended = self.tools.create(self._path(version), version, self._path(f"{version}.mos"))
            if ended.code != 0:
                raise Wrong(f"'multios-package create' ended with {ended.code}: {ended.err}")
        trust = (f"--root={self.root}", f"--trust={self.tools.trust}")
        self.tools.must("multios-package", "verify", self._path("1.mos"), self._path("2.mos"), *trust)
        self._after(self.first, "multios-package", "install", self._path("1.mos"), *trust)
        self._after(self.second, "multios-package", "install", self._path("2.mos"), *trust)
        self._after(self.first, "multios-update", "rollback", *trust)
        self._after(self.second, "multios-package", "install", self._path("2.mos"), *trust)
        self._after({}, "multios-package", "remove", "tree", "--remove-config", *trust)
        self._after(self.second, "multios-update", "rollback", *trust)

    def _after(self, expected, name, *arguments):
        ended = self.tools.must(name, *arguments)
        if ended.err:
            raise Wrong(f"'{name} {arguments[0]}' reports what nobody did: {ended.err}")
        wrong = compare(expected, self.root)
        if wrong:
            more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
            raise Wrong(f"after '{name} {arguments[0]}': {wrong[0]}{more}")
