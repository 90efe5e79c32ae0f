#!/usr/bin/python3
"""How small deltas of real updates are, and what they cost to make and to apply, beside other tools.

Takes pairs of Debian's packages by apt, those that are still served; makes the delta between their uncompressed data
tars (sorted, owner 0, time 0) by ours and by each peer that is installed; and compares every result byte for byte.
Sizes are in percent of the new .deb, which is what a device without deltas would fetch. What HDiffPatch makes of a pair is
not run but read from delta_pairs.tsv, where the new package is the one that it was measured with.

The row "package" is what a device downloads: the delta package between packages of both trees, by create-delta at its defaults,
with its index, signature and all. "apply" is its installation over the old one; the root must be the new tree then.

Then each changed file by itself, by the type of its content: the user's guide has a range for each.
"""

import argparse
import csv
import hashlib
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
from typing import NamedTuple

from circumstances import machine, machine_text, version_of
from delta_packages import DeltaPackages
from delta_types import measure_types, print_types, same
from measure import Failed, Meter

TABLE = pathlib.Path(__file__).with_name("delta_pairs.tsv")
MIB, MB = 2**20, 10**6
MOST_FOR_ALL = 100 * MB  # larger tars only go to tools that take little memory for them


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Tool(NamedTuple):
    name: str
    create: list  # words; OLD, NEW, DELTA and OUT are replaced
    apply: list
    largest: int = 0  # bytes of a tar; 0: any
    only: str = ""  # the pair that it is for; "": all


def tools(build):
    ours = str((build / "tests/delta/delta-tool").resolve())
    built = subprocess.run([ours, "codecs"], capture_output=True, text=True, check=True).stdout.split()
    for codec in ("suffix", "vcdiff"):
        if codec in built:
            yield Tool(codec, [ours, "create", codec, "OLD", "NEW", "DELTA"], [ours, "apply", "OLD", "DELTA", "OUT"])
    # What less memory on the device costs, and what the kernel's image, which is packed by xz, gains from more.
    for name, memory, only in (("suffix-8M", 8 * MIB, ""), ("suffix-512M", 512 * MIB, "kernel")):
        yield Tool(name, [ours, "create", "suffix", "OLD", "NEW", "DELTA", str(memory)],
                   [ours, "apply", "OLD", "DELTA", "OUT", str(memory)], only=only)
    # -D, -R: else it unpacks what it takes for compressed, and can then make another file without saying so.
    peers = [
        Tool("xdelta3", ["xdelta3", "-q", "-f", "-e", "-D", "-9", "-S", "lzma", "-s", "OLD", "NEW", "DELTA"],
             ["xdelta3", "-q", "-f", "-d", "-D", "-R", "-s", "OLD", "DELTA", "OUT"]),
        Tool("bsdiff", ["bsdiff", "OLD", "NEW", "DELTA"], ["bspatch", "OLD", "OUT", "DELTA"], MOST_FOR_ALL),
        Tool("zstd", ["zstd", "-q", "-f", "-19", "--long=27", "--patch-from=OLD", "NEW", "-o", "DELTA"],
             ["zstd", "-q", "-f", "-d", "--long=27", "--patch-from=OLD", "DELTA", "-o", "OUT"], MOST_FOR_ALL),
    ]
    for peer in peers:
        if shutil.which(peer.create[0]):
            yield peer
        else:
            say(f"{peer.name} is not installed: left out")


class Row(NamedTuple):
    tool: str
    delta_bytes: int
    create_cpu_s: float
    create_peak: int
    apply_cpu_s: float
    apply_peak: int


# ---- the pairs ----

def download(package, folder):
    """The .deb, or nothing where it is no longer served."""
    folder.mkdir()
    ended = subprocess.run(["apt-get", "download", package], cwd=folder, capture_output=True, text=True, check=False)
    found = list(folder.glob("*.deb"))
    return found[0] if ended.returncode == 0 and len(found) == 1 else None


def data_tar(package, folder):
    tree, tar = folder / "tree", folder / "data.tar"
    subprocess.run(["dpkg-deb", "-x", package, tree], check=True)
    subprocess.run(["tar", "--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0", "-C", tree, "-cf",
                    tar, "."], check=True)
    return tar


class Pair(NamedTuple):
    name: str
    old: pathlib.Path
    new: pathlib.Path
    package_bytes: int  # of the new .deb
    known: dict  # the table's row, where it is about the same package


def fetch(row, folder):
    packages = [download(row[side], folder / side) for side in ("old", "new")]
    if None in packages:
        return None
    digest = hashlib.sha256(packages[1].read_bytes()).hexdigest()
    old, new = (data_tar(package, package.parent) for package in packages)
    return Pair(row["pair"], old, new, packages[1].stat().st_size, row if digest == row["new_deb_sha256"] else {})


# ---- measuring ----

def measure(tool, pair, folder, meter):
    places = {"OLD": str(pair.old), "NEW": str(pair.new), "DELTA": str(folder / "delta"), "OUT": str(folder / "out")}

    def filled(words):
        return [next((word.replace(name, path) for name, path in places.items() if name in word), word) for word in words]

    created = meter.measure(filled(tool.create))
    applied = meter.measure(filled(tool.apply))
    if not same(places["NEW"], places["OUT"]):
        raise Failed(f"{tool.name} did not give the new file of {pair.name} back")
    size = (folder / "delta").stat().st_size
    for name in ("delta", "out"):
        (folder / name).unlink()
    return Row(tool.name, size, created.cpu_s, created.peak_bytes, applied.cpu_s, applied.peak_bytes)


def rows_of(pair, chosen, folder, meter):
    for tool in chosen:
        if tool.only and tool.only != pair.name:
            continue
        if tool.largest and pair.new.stat().st_size > tool.largest:
            say(f"{pair.name}: left out for {tool.name}, whose memory grows with the file")
            continue
        yield measure(tool, pair, folder, meter)
    if pair.known.get("hd", "-") != "-":
        yield Row("hdiffpatch*", int(pair.known["hd"]), 0.0, 0, 0.0, 0)


def row_of_package(made):
    return Row("package", made.delta_bytes, made.created.cpu_s, made.created.peak_bytes, made.installed.cpu_s,
               made.installed.peak_bytes)


HEADING = f"{'tool':<12}{'bytes':>12}{'% of .deb':>11}{'create s':>10}{'MiB':>8}{'apply s':>9}{'MiB':>8}"


def text_of(row, package_bytes):
    costs = (f"{row.create_cpu_s:10.2f}{row.create_peak / MIB:8.0f}{row.apply_cpu_s:9.2f}{row.apply_peak / MIB:8.1f}"
             if row.create_peak else "")
    return f"{row.tool:<12}{row.delta_bytes:12}{row.delta_bytes / package_bytes * 100:11.2f}{costs}"


def total(results, chosen):
    """One row a tool, over the pairs that every tool was measured with; and the bytes of their packages."""
    every = {row.tool for _, rows in results for row in rows} - {tool.name for tool in chosen if tool.only}
    common = [(pair, rows) for pair, rows in results if {row.tool for row in rows} >= every]
    packages = sum(pair.package_bytes for pair, _ in common)
    names = [row.tool for row in common[0][1] if row.tool in every] if common else []
    sums = []
    for name in names:
        of_tool = [row for _, rows in common for row in rows if row.tool == name]
        sums.append(Row(name, sum(row.delta_bytes for row in of_tool), sum(row.create_cpu_s for row in of_tool),
                        max(row.create_peak for row in of_tool), sum(row.apply_cpu_s for row in of_tool),
                        max(row.apply_peak for row in of_tool)))
    return len(common), packages, sums


def total_of(results, names):
    """The sum over all pairs of the smallest of these tools' deltas."""
    found = [min(row.delta_bytes for row in rows if row.tool in names) for _, rows in results]
    return sum(found), sum(pair.package_bytes for pair, _ in results)


def run(options):
    with open(TABLE, encoding="utf-8") as lines:
        table = list(csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"))
    chosen, results, packages, types = list(tools(options.build)), [], {}, {}
    about = {**machine(options.work), "versions": [version_of("xdelta3", "-V"), version_of("zstd", "--version"),
                                                   version_of("xz", "--version")]}
    print(machine_text(about), "; ".join(filter(None, about["versions"])), sep="\n", flush=True)
    for row in table:
        if options.pair and row["pair"] not in options.pair:
            continue
        with tempfile.TemporaryDirectory(prefix="mos-bench-", dir=options.work) as name:
            folder = pathlib.Path(name)
            pair = fetch(row, folder)
            if pair is None:
                say(f"{row['pair']}: no longer served")
                continue
            rows, meter = [], Meter(str((options.build / "tests/bench/measure").resolve()), name)
            results.append((pair, rows))
            print(f"\n{pair.name}: the new .deb has {pair.package_bytes} bytes\n{HEADING}", flush=True)
            for each in rows_of(pair, chosen, folder, meter):
                rows.append(each)
                print(text_of(each, pair.package_bytes), flush=True)
            packages[pair.name] = made = DeltaPackages(options.build, folder, meter).measure(pair.name)
            rows.append(row_of_package(made))
            print(text_of(rows[-1], pair.package_bytes), made.text(), sep="\n", flush=True)
            if chosen[0].name == "suffix":
                measure_types(chosen[0], folder, types)
    if not results:
        raise Failed("none of the pairs is served")
    count, deb_bytes, sums = total(results, chosen)
    print(f"\n{count} pairs that all were measured with, {deb_bytes} bytes of new .debs: sums, and the highest memory\n{HEADING}")
    for each in sums:
        print(text_of(each, deb_bytes))
    for names in (("suffix",), ("suffix", "suffix-512M")):
        if any(row.tool in names for _, rows in results for row in rows):
            found, deb_bytes = total_of(results, names)
            print(f"all {len(results)} pairs, the smaller of {' and '.join(names)}: {found} bytes, {found / deb_bytes * 100:.2f} % of the .debs")
    print_types(types)
    print("\n* from delta_pairs.tsv")
    if options.json:
        options.json.write_text(json.dumps({**about, "types": {kind: row._asdict() for kind, row in types.items()}, "pairs": [
            {"pair": pair.name, "package_bytes": pair.package_bytes, "full_bytes": packages[pair.name].full_bytes, "rows": [row._asdict() for row in rows]}
            for pair, rows in results]}, indent=1))


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="the build folder")
    parser.add_argument("--pair", action="append", help="this one; may be given again. Else all")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()), metavar="DIR",
                        help="where the packages go; the folder for temporary files otherwise")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="the figures there as well")
    options = parser.parse_args()
    try:
        run(options)
    except Failed as failure:
        say(failure)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
