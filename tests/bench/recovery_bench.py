#!/usr/bin/python3
"""`./dev bench recovery`: recovery points beside `cp -a --reflink=auto`, `btrfs subvolume snapshot` and ostree.

On loop mounts of ext4, xfs and btrfs, as root: a tree of many small files is captured, verified, changed, gone back to and
cleaned up. Each figure is the median of the rounds, in seconds, with everything flushed (`sync -f`) inside what is timed.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

MAKE = {
    "ext4": ("mkfs.ext4", "-q", "-F"),
    "xfs": ("mkfs.xfs", "-q", "-f", "-m", "reflink=1"),
    "btrfs": ("mkfs.btrfs", "-q", "-f"),
}
IMAGE_BYTES = 12 << 30  # sparse
FILES_IN_FOLDER = 100
SIZES = (0, 200, 1000, 4000, 9000, 30000)  # bytes; few files of a system are larger
CHANGED_OF_HUNDRED = 5


def run(*command, **options):
    ended = subprocess.run(command, capture_output=True, text=True, **options)
    if ended.returncode != 0:
        sys.exit(f"{' '.join(command)} answered {ended.returncode}:\n{ended.stdout}{ended.stderr}")
    return ended


def timed(work, folder):
    """Seconds that it takes, with what it wrote flushed."""
    run("sync", "-f", folder)
    begin = time.monotonic()
    work()
    run("sync", "-f", folder)
    return time.monotonic() - begin


class Mounted:
    """A filesystem of its own in a file."""

    def __init__(self, kind, folder):
        self.image = os.path.join(folder, f"{kind}.img")
        self.top = os.path.join(folder, kind)
        with open(self.image, "wb") as image:
            image.truncate(IMAGE_BYTES)
        run(*MAKE[kind], self.image)
        os.mkdir(self.top)
        run("mount", "-o", "loop", self.image, self.top)

    def __enter__(self):
        return self.top

    def __exit__(self, *exception):
        run("umount", self.top)
        os.unlink(self.image)


def content_of(number, generation):
    size = SIZES[number % len(SIZES)]
    return random.Random(f"{number} {generation}").randbytes(size)


def path_of(root, number):
    return os.path.join(root, f"data/{number // FILES_IN_FOLDER}/{number % FILES_IN_FOLDER}")


def make_tree(root, count):
    for number in range(count):
        path = path_of(root, number)
        if number % FILES_IN_FOLDER == 0:
            os.makedirs(os.path.dirname(path))
        with open(path, "wb") as file:
            file.write(content_of(number, 0))


def change_tree(root, count, generation):
    for number in range(0, count, 100 // CHANGED_OF_HUNDRED):
        with open(path_of(root, number), "wb") as file:
            file.write(content_of(number, generation) + b"changed")


class Tool:
    def __init__(self, build, root):
        self.program = os.path.join(build, "examples/multios-update/multios-update")
        self.root = root
        self.environment = {**os.environ, "LD_LIBRARY_PATH": os.path.join(build, "capi")}

    def __call__(self, *words):
        ended = run(self.program, *words, f"--root={self.root}", "--format=json", env=self.environment)
        return json.loads(ended.stdout)


class Ostree:
    """A commit for a point; a checkout of it by hard links, to which a name is turned, for the way back."""

    def __init__(self, top, tree):
        self.repository, self.tree = os.path.join(top, "repo"), tree
        self.checkout, self.current = os.path.join(top, "checkout"), os.path.join(top, "current")
        self("init", "--mode=bare")

    def __call__(self, *words):
        run("ostree", f"--repo={self.repository}", *words)

    def commit(self):
        self("commit", "--branch=point", f"--tree=dir={self.tree}", "--timestamp=@1700000000")

    def flip(self):
        self("checkout", "--require-hardlinks", "point", self.checkout)
        os.symlink(self.checkout, f"{self.current}.new")
        os.rename(f"{self.current}.new", self.current)

    def prune(self):
        self("refs", "--delete", "point")
        self("prune", "--refs-only")
        shutil.rmtree(self.checkout)


def measure(kind, top, build, count, rounds):
    root = os.path.join(top, "root")
    if kind == "btrfs":
        run("btrfs", "subvolume", "create", root)
    else:
        os.mkdir(root)
    make_tree(root, count)
    tool = Tool(build, root)
    ostree = Ostree(top, os.path.join(root, "data"))
    seconds = {}

    def note(what, work):
        seconds.setdefault(what, []).append(timed(work, top))

    for generation in range(1, rounds + 1):
        copy = os.path.join(top, "copy")
        note("cp -a --reflink=auto", lambda: run("cp", "-a", "--reflink=auto", root, copy))
        note("rm -r of that", lambda: shutil.rmtree(copy))
        if kind == "btrfs":
            snapshot = os.path.join(top, "snapshot")
            note("btrfs subvolume snapshot", lambda: run("btrfs", "subvolume", "snapshot", "-r", root, snapshot))
            note("btrfs subvolume delete", lambda: run("btrfs", "subvolume", "delete", "-C", snapshot))
        note("ostree commit", ostree.commit)
        note("ostree fsck", lambda: ostree("fsck", "--quiet"))
        note("ostree checkout and flip", ostree.flip)
        note("ostree prune", ostree.prune)
        made = {}
        note("recovery create", lambda: made.update(tool("recovery", "create")))
        name = made["recovery_point"]
        note("recovery verify", lambda: tool("recovery", "verify", f"--recovery-point={name}"))
        change_tree(root, count, generation)
        note("recovery info --details", lambda: tool("recovery", "info", f"--recovery-point={name}", "--details"))
        note("rollback --recovery-point", lambda: tool("rollback", f"--recovery-point={name}"))
        note("recovery cleanup", lambda: tool("recovery", "cleanup", f"--recovery-point={name}"))
    return {what: statistics.median(times) for what, times in seconds.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build")
    parser.add_argument("--files", type=int, action="append", help="how many; 10000 and 100000 otherwise")
    parser.add_argument("--filesystem", choices=MAKE, action="append", help="all otherwise")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("only root can mount")
    build = os.path.abspath(options.build)
    with tempfile.TemporaryDirectory(prefix="mos-recovery-bench-") as folder:
        for kind in options.filesystem or MAKE:
            if shutil.which(MAKE[kind][0]) is None:
                print(f"{kind}: there is no {MAKE[kind][0]}")
                continue
            for count in options.files or (10_000, 100_000):
                with Mounted(kind, folder) as top:
                    figures = measure(kind, top, build, count, options.rounds)
                os.rmdir(os.path.join(folder, kind))
                beside = figures["cp -a --reflink=auto"]
                print(f"\n{kind}, {count} files, median of {options.rounds}")
                for what, seconds in figures.items():
                    print(f"  {what:<28}{seconds:9.3f} s{seconds / beside:9.2f}x cp")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
