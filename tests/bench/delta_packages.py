"""The delta package of a pair of trees: made, installed over the old release, and compared with the new one."""

import filecmp
import json
import os
import shutil
import stat
import struct
import subprocess
from typing import NamedTuple

from measure import Failed, Figures

ENGINE = (".multios-stage", "var/lib/multios")  # its own folders in a root
SIGNATURE_FILE = 1536  # of the tar's end: a header and two empty blocks round the second copy of the signature area
SIZE_OF_AREA, SIZES_OF_INDEX = 37, 65  # where they stand in a package (docs/package-format.md, section 2)


class Made(NamedTuple):
    delta_bytes: int
    full_bytes: int  # of the full package of the new release, by create at its defaults
    payload_bytes: int  # of the deltas in it, as the format of deltas has them
    index_bytes: int
    area_bytes: int  # both copies
    list_bytes: int  # of the lists of base files, as they are before they are compressed
    created: Figures
    installed: Figures

    def text(self):
        rest = self.delta_bytes - self.payload_bytes - self.index_bytes - self.area_bytes
        return (f"{'':12}of which deltas {self.payload_bytes}, index {self.index_bytes}, signature area {self.area_bytes}, "
                f"lists, metadata and whole files {rest} (lists as text {self.list_bytes}); the full package {self.full_bytes}")


def entries_below(folder):
    """Paths and what lstat says of them, without the engine's own."""
    found = {}
    for parent, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.relpath(os.path.join(parent, name), folder)
            if not path.startswith(ENGINE):
                found[path] = os.lstat(os.path.join(folder, path))
    return found


def is_same(one, other, path, statuses):
    if statuses[0].st_mode != statuses[1].st_mode:
        return False
    places = [os.path.join(folder, path) for folder in (one, other)]
    if stat.S_ISLNK(statuses[0].st_mode):
        return os.readlink(places[0]) == os.readlink(places[1])
    return not stat.S_ISREG(statuses[0].st_mode) or filecmp.cmp(*places, shallow=False)


def first_difference(tree, root):
    """The first path at which the root is not the tree; folders of the root that the engine's own lie in may be more."""
    wanted, there = entries_below(tree), entries_below(root)
    for path in sorted(wanted.keys() | there.keys()):
        if path not in wanted:
            if any(own.startswith(f"{path}/") for own in ENGINE):
                continue
            return path
        if path not in there or not is_same(tree, root, path, (wanted[path], there[path])):
            return path
    return None


class DeltaPackages:
    """`folder` has old/tree and new/tree."""

    def __init__(self, build, folder, meter):
        self._tool = str((build / "examples/multios-package/multios-package").resolve())
        self._trees, self._folder, self._meter = folder, folder / "packages", meter
        self._trust, self._root = self._folder / "trust", self._folder / "root"
        for made in (self._folder, self._trust, self._root):
            made.mkdir()
        meter.run([self._tool, "keygen", "--type=ed25519", f"--output={self._folder / 'signer'}"])
        shutil.move(self._folder / "signer.pub", self._trust)

    def _signed(self, *words):
        return [self._tool, *words, f"--sign-key={self._folder / 'signer.key'}"]

    def _pack(self, name, side):
        made = self._folder / f"{side}.mos"
        self._meter.run(self._signed("create", f"--name={name}", f"--version={1 if side == 'old' else 2}",
                                     f"--input-directory={self._trees / side / 'tree'}", f"--output={made}"))
        return made

    def _install(self, package):
        return [self._tool, "install", str(package), f"--root={self._root}", f"--trust={self._trust}"]

    def _patch_sizes(self, delta, ending):
        listed = subprocess.run([self._tool, "list-contents", str(delta), f"--trust={self._trust}", "--format=json"],
                                capture_output=True, text=True, check=True).stdout
        return sum(entry["size"] for entry in json.loads(listed)["entries"]
                   if entry["path"].startswith("content/patches/") and entry["path"].endswith(ending))

    def measure(self, name):
        old, new, delta = self._pack(name, "old"), self._pack(name, "new"), self._folder / "delta.mos"
        created = self._meter.measure(self._signed("create-delta", str(new), f"--base={old}", f"--output={delta}",
                                                   f"--trust={self._trust}"))
        self._meter.run(self._install(old))
        installed = self._meter.measure(self._install(delta))
        different = first_difference(self._trees / "new/tree", self._root)
        if different is not None:
            raise Failed(f"the delta package of {name} did not make the new release of '{different}'")
        head = delta.read_bytes()[:128]
        area, = struct.unpack_from("<I", head, SIZE_OF_AREA)
        index, = struct.unpack_from("<Q", head, SIZES_OF_INDEX)
        made = Made(delta.stat().st_size, new.stat().st_size, self._patch_sizes(delta, ".delta"), index,
                    2 * area + SIGNATURE_FILE, self._patch_sizes(delta, ".base"), created, installed)
        shutil.rmtree(self._folder)
        return made
