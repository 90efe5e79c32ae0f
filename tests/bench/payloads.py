"""The trees that the bench packs: made from a seed and from bytes of this machine's /usr, so that they compress as
programs and texts do. Each has two further stands, in which 5 % are changed: at random, or all in one place.
"""

import hashlib
import math
import os
import pathlib
import random
from typing import NamedTuple

TEXTS = ("/usr/include", "/usr/share/perl", "/usr/lib/python3")
PROGRAMS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib/gcc")
MATERIAL_BYTES = 64 * 2**20  # of each kind
BLOCK_BYTES = 4096
PIECE_BYTES = 256 * 2**10  # of an image
CHANGED = 0.05
STANDS = ("random", "clustered")
EPOCH = 1_700_000_000
LATER = 30 * 86400


class Missing(Exception):
    """This machine lacks something that the bench needs."""


def _regular_files(folders):
    for folder in folders:
        for place, names, files in os.walk(folder):
            names.sort()
            for name in sorted(files):
                path = os.path.join(place, name)
                if not os.path.islink(path) and os.path.isfile(path):
                    yield path


def _collect(folders, fits):
    """The first MATERIAL_BYTES of the files beneath the folders that fit, in the order of their names."""
    parts, left = [], MATERIAL_BYTES
    for path in _regular_files(folders):
        content = pathlib.Path(path).read_bytes()[:left]
        if fits(content[:BLOCK_BYTES]):
            parts.append(content)
            left -= len(content)
        if left == 0:
            break
    return b"".join(parts)


class Material:
    """Bytes to cut contents from: by kind. Of two machines with the same packages it is the same."""

    def __init__(self):
        self._of = {"text": _collect(TEXTS, lambda begin: b"\0" not in begin),
                    "program": _collect(PROGRAMS, lambda begin: begin.startswith(b"\x7fELF"))}
        for kind, content in self._of.items():
            if len(content) < 2**20:
                raise Missing(f"there is hardly any {kind} below /usr to make payloads of; ./dev setup brings enough")
        self.digest = hashlib.sha256(b"".join(self._of.values())).hexdigest()

    def cut(self, kind, size, rng):
        if kind == "packed":
            return rng.randbytes(size)
        content = self._of[kind]
        begin = rng.randrange(max(1, len(content) - size))
        piece = content[begin:begin + size]
        return piece if len(piece) == size else (piece * (size // len(piece) + 1))[:size]


class Shape(NamedTuple):
    """How a tree of files is drawn by lot. `spread` is the sigma of the log-normal sizes."""
    files: int
    plain_bytes: int
    spread: float
    files_per_folder: int
    kinds: dict  # of files, in parts of one


class File(NamedTuple):
    path: str
    kind: str
    size: int


def _draw_files(shape, rng):
    raw = [math.exp(rng.gauss(0, shape.spread)) for _ in range(shape.files)]
    scale = shape.plain_bytes / sum(raw)
    kinds = rng.choices(list(shape.kinds), weights=list(shape.kinds.values()), k=shape.files)
    endings = {"text": "h", "program": "so", "packed": "gz"}
    for i, (size, kind) in enumerate(zip(raw, kinds)):
        group, folder = divmod(i // shape.files_per_folder, 20)
        path = f"opt/bench/part-{group:03}/folder-{folder:02}/{rng.randbytes(3).hex()}-{i:06}.{endings[kind]}"
        yield File(path, kind, max(1, round(size * scale)))


def chosen(count, stand, rng):
    """The numbers of those of `count` things that a stand changes."""
    changed = max(1, round(count * CHANGED))
    if stand == "random":
        return sorted(rng.sample(range(count), changed))
    begin = rng.randrange(count - changed + 1)
    return list(range(begin, begin + changed))


def changed_content(content, rng):
    """The next release of a file: a tenth of it is another, and it is a bit longer."""
    begin = rng.randrange(len(content))
    tenth = len(content) // 10
    return content[:begin] + rng.randbytes(min(64, tenth + 1)).hex().encode() + content[begin + tenth:]


def _set_times(top):
    for place, _, _ in os.walk(top):
        os.utime(place, (EPOCH, EPOCH))


class Tree:
    """A payload of many files."""

    def __init__(self, name, shape, material, seed):
        self.name, self._material, self._seed = name, material, seed
        self._files = sorted(_draw_files(shape, random.Random(f"{seed} {name}")))
        self.plain_bytes = sum(file.size for file in self._files)
        self.files = len(self._files)
        self.disk_bytes = sum(file.size + BLOCK_BYTES for file in self._files)

    def _content(self, number):
        file = self._files[number]
        return self._material.cut(file.kind, file.size, random.Random(f"{self._seed} {self.name} {number}"))

    def _write(self, top, number, content, modified):
        path = os.path.join(top, self._files[number].path)
        with open(path, "wb") as file:
            file.write(content)
        os.utime(path, (modified, modified))

    def make(self, top):
        for folder in {os.path.dirname(file.path) for file in self._files}:
            os.makedirs(os.path.join(top, folder), exist_ok=True)
        for number in range(self.files):
            self._write(top, number, self._content(number), EPOCH + number)
        _set_times(top)

    def _numbers(self, stand):
        return chosen(self.files, stand, random.Random(f"{self._seed} {self.name} {stand}"))

    def change(self, top, stand):
        """Makes a stand of the first one; returns the paths that differ."""
        for number in self._numbers(stand):
            rng = random.Random(f"{self._seed} {self.name} {stand} {number}")
            self._write(top, number, changed_content(self._content(number), rng), EPOCH + number + LATER)
        return [self._files[number].path for number in self._numbers(stand)]

    def change_back(self, top, stand):
        for number in self._numbers(stand):
            self._write(top, number, self._content(number), EPOCH + number)


class Image:
    """A payload of one large file. No piece of it is zeros: a hole would spare us what others write."""

    PATH = "opt/bench/image"
    KINDS = {"text": 0.3, "program": 0.4, "packed": 0.3}

    def __init__(self, name, plain_bytes, material, seed):
        self.name, self._material, self._seed = name, material, seed
        self._pieces = max(1, plain_bytes // PIECE_BYTES)
        self.plain_bytes = self._pieces * PIECE_BYTES
        self.files = 1
        self.disk_bytes = self.plain_bytes

    def _content(self, number, release):
        rng = random.Random(f"{self._seed} {self.name} {release} {number}")
        kind = rng.choices(list(self.KINDS), weights=list(self.KINDS.values()))[0]
        return self._material.cut(kind, PIECE_BYTES, rng)

    def _write(self, top, numbers, release):
        path = os.path.join(top, self.PATH)
        with open(path, "r+b" if os.path.exists(path) else "wb") as file:
            for number in numbers:
                file.seek(number * PIECE_BYTES)
                file.write(self._content(number, release))
        modified = EPOCH + (LATER if release else 0)
        os.utime(path, (modified, modified))

    def make(self, top):
        os.makedirs(os.path.join(top, os.path.dirname(self.PATH)))
        self._write(top, range(self._pieces), "")
        _set_times(top)

    def _numbers(self, stand):
        return chosen(self._pieces, stand, random.Random(f"{self._seed} {self.name} {stand}"))

    def change(self, top, stand):
        self._write(top, self._numbers(stand), stand)
        return [self.PATH]

    def change_back(self, top, stand):
        self._write(top, self._numbers(stand), "")


SHAPES = {
    "small": Shape(10_000, 140_000_000, 1.0, 25, {"text": 0.75, "program": 0.22, "packed": 0.03}),
    "application": Shape(450, 30_000_000, 1.8, 15, {"text": 0.45, "program": 0.45, "packed": 0.1}),
    "tiny": Shape(100_000, 20_000_000, 0.5, 100, {"text": 0.95, "program": 0.05}),
}
IMAGE_BYTES = 512 * 2**20
NAMES = ("small", "application", "image", "tiny")


def make_payload(name, material, seed, scale=1.0):
    """`scale` below 1 makes a smaller one of the same kind."""
    if name == "image":
        return Image(name, round(IMAGE_BYTES * scale), material, seed)
    shape = SHAPES[name]
    return Tree(name, shape._replace(files=max(20, round(shape.files * scale)),
                                     plain_bytes=round(shape.plain_bytes * scale)), material, seed)
