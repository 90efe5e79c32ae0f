"""What the size of a package's frames makes of it: its bytes, what a later release has in common with it, and what an
installer must expand for some of its files. All is read from the index, as docs/package-format.md has it.
"""

import json
import random
import subprocess
from typing import NamedTuple

CHANGED = 0.05  # of the files, for what an installer must expand
DRAWS = 20  # of these files, for a mean that another seed would hardly move
STATEMENT_AT, STATEMENT_LENGTH_AT = 17, 13
AREA_LENGTH, PAYLOAD_STORED, INDEX_STORED = (20, 4), (32, 8), (48, 8)  # offset in the statement, and length


class Frame(NamedTuple):
    stored: int
    plain: int
    digest: str  # of the plain bytes: the same at each level


class Package(NamedTuple):
    stored_bytes: int  # of the file
    frames: list  # those that hold entries of the tree; not the metadata's, nor the last one
    files: list  # for each regular entry of the tree that has content a range of numbers in `frames`


def _number(statement, place):
    offset, length = place
    return int.from_bytes(statement[offset:offset + length], "little")


def _index_text(path):
    """The index, and the size of the package."""
    with open(path, "rb") as file:
        head = file.read(STATEMENT_AT)
        length = int.from_bytes(head[STATEMENT_LENGTH_AT:STATEMENT_AT], "little")
        statement = file.read(length)
        index_at = STATEMENT_AT + length + 8 + _number(statement, AREA_LENGTH) + 8
        file.seek(index_at)
        index_bytes = _number(statement, INDEX_STORED)
        text = subprocess.run(["zstd", "-qdc"], input=file.read(index_bytes), capture_output=True, check=True).stdout
    return text.decode(), index_at + index_bytes + _number(statement, PAYLOAD_STORED)


def _range_of(entry):
    return range(entry["frame"], entry["frame"] + entry["frames"])


def package_of(text, stored_bytes):
    """Of an index's text. The metadata's frames come first and hold nothing else."""
    lines = [json.loads(line) for line in text.splitlines()]
    frames = [Frame(line["stored"], line["plain"], line["plain_sha256"]) for line in lines if "plain_sha256" in line]
    placed = [line for line in lines if "plain_sha256" not in line and "frame" in line]
    metadata = [line for line in placed if line.get("path", "").startswith("metadata/")]
    before = max(_range_of(entry).stop for entry in metadata)
    files = [_range_of(entry) for entry in placed if entry not in metadata]
    return Package(stored_bytes, frames[before:], [range(f.start - before, f.stop - before) for f in files])


def read_package(path):
    return package_of(*_index_text(path))


def content_bytes(package):
    return sum(frame.stored for frame in package.frames)


def digests(package):
    return {frame.digest for frame in package.frames}


def reused(package, known):
    """Which share of its content's stored bytes lies in frames that are known by their digests."""
    return sum(frame.stored for frame in package.frames if frame.digest in known) / max(1, content_bytes(package))


class Touched(NamedTuple):
    """Shares of all frames, and of their plain bytes."""
    frames: float
    plain_bytes: float


def _touched_by(package, files):
    numbers = {number for file in files for number in file}
    plain = sum(package.frames[number].plain for number in numbers)
    return Touched(len(numbers) / len(package.frames), plain / sum(frame.plain for frame in package.frames))


def touched(package, seed):
    """By files that are drawn by lot: the mean of some draws."""
    rng = random.Random(f"{seed} touched")
    count = max(1, round(len(package.files) * CHANGED))
    draws = [_touched_by(package, rng.sample(package.files, count)) for _ in range(DRAWS)]
    return Touched(*(sum(values) / DRAWS for values in zip(*draws)))
