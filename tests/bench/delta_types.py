"""Deltas of changed files by themselves, by the type of their content: the user's guide has a range for each."""

import re
import subprocess
from typing import NamedTuple

GUIDE = {"text": "5-15", "binary": "10-30", "image": "15-40", "archive": "5-25"}  # percent of the original
MAGIC = (("image", (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\0\0\1\0")),
         ("archive", (b"\x1f\x8b", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"BZh", b"PK\3\4", b"!<arch>")))


def type_of(path):
    content = path.read_bytes()
    for name, beginnings in MAGIC:
        if content.startswith(beginnings):
            return name
    try:
        return "binary" if b"\0" in content or not content.decode() else "text"
    except UnicodeDecodeError:
        return "binary"


def files_of(tree):
    """Regular files by their path, in which numbers, such as a version's, count for nothing."""
    return {re.sub(r"\d+", "#", str(path.relative_to(tree))): path for path in sorted(tree.rglob("*"))
            if path.is_file() and not path.is_symlink()}


class ByType(NamedTuple):
    files: int = 0
    new_bytes: int = 0
    delta_bytes: int = 0

    def plus(self, new_bytes, delta_bytes):
        return ByType(self.files + 1, self.new_bytes + new_bytes, self.delta_bytes + delta_bytes)


def same(one, other):
    return subprocess.run(["cmp", "-s", one, other], check=False).returncode == 0


def measure_types(tool, folder, sums):
    """Adds what each changed file of a pair takes; one that has no old one is in no delta."""
    old = files_of(folder / "old/tree")
    delta = folder / "delta"
    for name, new in files_of(folder / "new/tree").items():
        if name not in old or new.stat().st_size == 0 or same(old[name], new):
            continue
        command = [{"OLD": str(old[name]), "NEW": str(new), "DELTA": str(delta)}.get(word, word) for word in tool.create]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        kind = type_of(new)
        sums[kind] = sums.get(kind, ByType()).plus(new.stat().st_size, delta.stat().st_size)


def print_types(sums):
    print(f"\nchanged files by themselves, by suffix\n{'type':<10}{'files':>7}{'bytes':>12}{'delta':>12}{'%':>7}  guide, %")
    for kind, guide in GUIDE.items():
        row = sums.get(kind)
        if row is None:
            print(f"{kind:<10}{0:7}{'':31}  {guide}")
        else:
            print(f"{kind:<10}{row.files:7}{row.new_bytes:12}{row.delta_bytes:12}{row.delta_bytes / row.new_bytes * 100:7.2f}  {guide}")
