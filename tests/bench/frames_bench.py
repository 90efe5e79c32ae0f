#!/usr/bin/python3
"""What the size of frames makes of packages: their bytes beside a solid tar, and what two releases have in common.

Packs two releases of each tree at each frame size and level, and prints a table for each tree and level.
docs/performance.md says what the columns mean, and which default was chosen from them.
"""

import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

from circumstances import machine, machine_text, version_of
from contenders import SolidTar
from frames import Touched, content_bytes, digests, read_package, reused, touched
from measure import Failed, Meter
from payloads import Material, Missing, make_payload
from releases import PACKAGES, compare, from_apt, from_payload, take_times

PAYLOAD = "application"
TREES = (*PACKAGES, PAYLOAD)
LEVELS = (3, 19)
KIB, MB = 2**10, 10**6
USUAL = 0  # the sizes that the writer takes at that level unless it is told
SIZES_KIB = (16, 32, 64, 128, 256, 512, 1024, 2048, USUAL)
EPOCH = 4_102_444_800  # 2100: later than all files, whose times stay what they are
FAST_LEVEL = 1  # for the old release, of which digests of plain bytes alone are asked: where they don't depend on it


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Row(NamedTuple):
    """A package of the new release."""
    frame_kib: int  # 0: the writer's usual sizes
    package_bytes: int
    over_solid: float  # share
    besides_bytes: int  # what is not frames of content: head, metadata, last frame
    frames: int
    reused: float
    reused_same_times: float  # if the old release's files had the times that the new one gives them
    touched: Touched
    create_s: float


class Table(NamedTuple):
    tree: str
    level: int
    solid_bytes: int
    rows: list


class Packer:
    """Makes packages in a folder of its own, one at a time."""

    def __init__(self, program, folder):
        self._program, self._folder = program, folder

    def pack(self, tree, level, frame_kib):
        """The package, and the seconds it took."""
        begin = time.monotonic()
        ended = subprocess.run([self._program, tree, self._folder, "one.mos", "none", str(level), str(frame_kib * KIB),
                                str(EPOCH)], capture_output=True, text=True, check=False)
        took = time.monotonic() - begin
        if ended.returncode != 0:
            raise Failed(f"make-package ended with {ended.returncode}: {ended.stderr.strip()}")
        path = os.path.join(self._folder, "one.mos")
        package = read_package(path)
        os.remove(path)
        return package, took

    def digests(self, tree, size, level):
        return digests(self.pack(tree, level if size == USUAL else FAST_LEVEL, size)[0])


def solid_bytes(folder, tree, level):
    """Of the tar that the other bench packs."""
    tar = SolidTar(os.path.join(folder, f"solid-{level}"), tree, level, Meter("", folder))
    tar.meter.run(tar.command("create"))
    return tar.created_bytes()


def label(size):
    return "usual" if size == USUAL else str(size)


def row_of(frame_kib, package, took, solid, known, known_same_times, seed):
    return Row(frame_kib, package.stored_bytes, package.stored_bytes / solid - 1,
               package.stored_bytes - content_bytes(package), len(package.frames), reused(package, known),
               reused(package, known_same_times), touched(package, seed), took)


def tables_of(releases, folder, packer, options):
    say(f"{releases.name}: packing the old release")
    known = [{} for _ in range(2)]  # by size and level; the second with the new release's times
    for digests_of in known:
        for size in options.size:
            of_first = packer.digests(releases.old, size, options.level[0])
            for level in options.level:
                is_other = size == USUAL and level != options.level[0]
                digests_of[size, level] = packer.digests(releases.old, size, level) if is_other else of_first
        take_times(releases.old, releases.new)
    for level in options.level:
        solid = solid_bytes(folder, releases.new, level)
        rows = []
        for size in options.size:
            package, took = packer.pack(releases.new, level, size)
            rows.append(row_of(size, package, took, solid, *(each[size, level] for each in known), options.seed))
            say(f"{releases.name}, level {level}: {label(size)} KiB: {rows[-1].package_bytes / MB:.3f} MB, {took:.1f} s")
        yield Table(releases.name, level, solid, rows)


# ---- what is said about it ----

HEADING = (f"{'frame KiB':>9}{'package MB':>12}{'over solid %':>14}{'besides KiB':>13}{'frames':>8}{'reused %':>10}"
           f"{'same times %':>14}{'touched frames %':>18}{'bytes %':>9}{'create s':>10}")


def text_of(table):
    yield f"{table.tree}, level {table.level}: a solid tar | zstd has {table.solid_bytes / MB:.3f} MB"
    yield HEADING
    for row in table.rows:
        yield (f"{label(row.frame_kib):>9}{row.package_bytes / MB:12.3f}{row.over_solid * 100:14.1f}{row.besides_bytes / KIB:13.0f}"
               f"{row.frames:8}{row.reused * 100:10.1f}{row.reused_same_times * 100:14.1f}{row.touched.frames * 100:18.1f}"
               f"{row.touched.plain_bytes * 100:9.1f}{row.create_s:10.1f}")


def json_of(table):
    return {**table._asdict(), "rows": [{**row._asdict(), "touched": row.touched._asdict()} for row in table.rows]}


def releases_of(name, folder, material, seed):
    say(f"{name}: making two releases")
    if name == PAYLOAD:
        return from_payload(make_payload(PAYLOAD, material, seed), folder)
    return from_apt(name, folder, seed)


def run_tree(releases, folder, packer, options, print_lines):
    """Its part of the JSON; each table is printed as soon as it is there."""
    counts = compare(releases.old, releases.new)
    print_lines(f"\n{releases.name}: {counts.files} files, {counts.plain_bytes / MB:.1f} MB; {counts.other_content} have other "
                f"content than in the old release, {counts.other_time} another time alone\nfrom {releases.origin}")
    tables = []
    for table in tables_of(releases, folder, packer, options):
        tables.append(json_of(table))
        print_lines("", *text_of(table))
    return {"name": releases.name, "origin": releases.origin, **counts._asdict(), "tables": tables}


def run(options):
    def print_lines(*lines):
        if options.format == "text":
            print("\n".join(lines), flush=True)
    material = Material() if PAYLOAD in options.tree else None
    about = {**machine(options.work), "seed": options.seed, "material": material.digest if material else None,
             "versions": [version_of("zstd", "--version"), version_of("tar", "--version")]}
    print_lines(machine_text(about), f"seed {options.seed}, {', '.join(about['versions'])}")
    trees, program = [], str((options.build / "tests/package/make-package").resolve())
    for name in options.tree:
        with tempfile.TemporaryDirectory(prefix="mos-bench-", dir=options.work) as folder:
            releases = releases_of(name, folder, material, options.seed)
            packages = os.path.join(folder, "packages")
            os.mkdir(packages)
            trees.append(run_tree(releases, packages, Packer(program, packages), options, print_lines))
    if options.format == "json":
        print(json.dumps({**about, "trees": trees}, indent=1))


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="the build folder")
    parser.add_argument("--tree", action="append", choices=TREES, help="this one; may be given again. Else all")
    parser.add_argument("--level", action="append", type=int, choices=range(1, 20), metavar="N", help="the same; else 3, 19")
    parser.add_argument("--size", action="append", type=int, metavar="KIB", help="the same; else 16 to 2048, and 0: "
                        "the writer's usual sizes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()), metavar="DIR",
                        help="where the trees and packages are made; the folder for temporary files otherwise")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    options = parser.parse_args()
    options.tree, options.level, options.size = (
        options.tree or list(TREES), options.level or list(LEVELS), options.size or list(SIZES_KIB))
    return options


def main():
    # So that what lies on the disk goes, however it ends.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        run(read_options())
    except (Missing, Failed, OSError) as broken:
        print(f"bench: {broken}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
