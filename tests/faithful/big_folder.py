"""A folder of 200,000 files: created, installed, updated, taken back, removed; with times and the most memory."""

import os
from typing import NamedTuple

import picture
from trial import Wrong, compare

FILES = 200_000
CHANGED_EACH = 100
# Of each command, whatever the number of files; a tenth of what their names alone would need in a database of objects.
MOST_BYTES = 256 << 20


class Measured(NamedTuple):
    command: str
    seconds: float
    peak_bytes: int


def _name(number):
    return b"big/%06d-a-name-of-usual-length" % number


def _write(top, number, text):
    with open(os.path.join(os.fsencode(top), _name(number)), "wb") as file:
        file.write(text)


def _make(top, files):
    os.makedirs(os.path.join(top, "big"))
    for number in range(files):
        _write(top, number, b"%d\n" % number)


def _make_next(top, files):
    """Every hundredth file has other content, as many are gone, as many are new."""
    _make(top, files)
    for number in range(0, files, CHANGED_EACH):
        _write(top, number, b"changed\n")
        os.unlink(os.path.join(os.fsencode(top), _name(number + 1)))
        _write(top, files + number, b"new\n")


def run(tools, folder, files=FILES):
    """The commands' times and memory. Raises Wrong where a tree is not as it must be, or one took too much."""
    paths = {name: os.path.join(folder, name) for name in ("1", "2", "root")}
    for path in paths.values():
        os.mkdir(path)
    _make(paths["1"], files)
    _make_next(paths["2"], files)
    first, second = (picture.picture(paths[name]) for name in ("1", "2"))
    trust = (f"--root={paths['root']}", f"--trust={tools.trust}")
    measured = []

    def note(command, ended):
        if ended.code != 0:
            raise Wrong(f"{command} ended with {ended.code}: {ended.err}")
        if ended.peak_bytes > MOST_BYTES:
            raise Wrong(f"{command} took {ended.peak_bytes >> 20} MiB, at most {MOST_BYTES >> 20} are allowed")
        measured.append(Measured(command, ended.seconds, ended.peak_bytes))

    def after(command, expected, *arguments):
        note(command, tools.run(*arguments, *trust))
        wrong = compare(expected, paths["root"])
        if wrong:
            raise Wrong(f"after {command}: {wrong[0]} (of {len(wrong)})")

    packages = {name: os.path.join(folder, f"{name}.mos") for name in ("1", "2")}
    for name, package in packages.items():
        note("create", tools.create(paths[name], name, package))
    after("install", first, "multios-package", "install", packages["1"])
    after("update", second, "multios-package", "install", packages["2"])
    after("rollback", first, "multios-update", "rollback")
    after("remove", {}, "multios-package", "remove", "tree")
    return measured
