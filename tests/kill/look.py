"""What a folder and a root's database hold, seen without our own code: by lstat and by Python's SQLite."""

import hashlib
import json
import os
import shutil
import sqlite3
import stat
import tempfile
import time
from typing import NamedTuple

# What the engine keeps in a root, and the directories that hold it: their times are nobody's.
ENGINE_PATHS = frozenset({".multios-stage", "var/lib/multios"})
HOLDERS = frozenset({".", "var", "var/lib"})

# A directory that stays when its package goes has the time of that moment, which is another one in each run.
RUN_BEGAN_NS = time.time_ns()
IN_THIS_RUN = -1

COMMITTED, REVERTING, DONE, REVERTED, PRUNED, APPLIED, UNDOING = range(1, 8)  # src/state/include/mos/state/transactions.hpp
UNFINISHED = (COMMITTED, REVERTING, APPLIED, UNDOING)


class Entry(NamedTuple):
    """One path. `linked` is the first path of its group of hard links."""
    kind: str
    mode: int
    owner: str
    modified_ns: int
    content: str
    attributes: tuple
    linked: str


def _content(path, status):
    if stat.S_ISLNK(status.st_mode):
        return os.readlink(path)
    if not stat.S_ISREG(status.st_mode):
        return ""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def _modified_ns(relative, status):
    if relative in HOLDERS:
        return 0
    if stat.S_ISDIR(status.st_mode) and status.st_mtime_ns >= RUN_BEGAN_NS:
        return IN_THIS_RUN
    return status.st_mtime_ns


def _entry(path, relative, first_paths):
    status = os.lstat(path)
    names = sorted(os.listxattr(path, follow_symlinks=False))
    linked = first_paths.setdefault(status.st_ino, relative) if status.st_nlink > 1 and not stat.S_ISDIR(
        status.st_mode) else ""
    return Entry(kind=stat.filemode(status.st_mode)[0], mode=stat.S_IMODE(status.st_mode),
                 owner=f"{status.st_uid}:{status.st_gid}",
                 modified_ns=_modified_ns(relative, status), content=_content(path, status),
                 attributes=tuple((name, os.getxattr(path, name, follow_symlinks=False)) for name in names),
                 linked=linked)


def picture(top, without=ENGINE_PATHS):
    """{path: Entry} of everything below a folder, and of itself."""
    found, first_paths, waiting = {}, {}, ["."]
    while waiting:
        relative = waiting.pop()
        path = os.path.join(top, relative)
        found[relative] = _entry(path, relative, first_paths)
        if found[relative].kind == "d":
            below = (os.path.normpath(os.path.join(relative, name)) for name in sorted(os.listdir(path), reverse=True))
            waiting += [name for name in below if name not in without]
    return found


def difference(expected, actual):
    """'' when two pictures are equal; otherwise their first difference."""
    for path in sorted(expected.keys() | actual.keys()):
        if path not in actual:
            return f"'{path}' is missing"
        if path not in expected:
            return f"'{path}' should not be there"
        for name, should, is_so in zip(Entry._fields, expected[path], actual[path]):
            if should != is_so:
                return f"{name} of '{path}' is {is_so!r}, expected {should!r}"
    return ""


class Book(NamedTuple):
    """What a root's database says. `dump` is all of it, to compare."""
    installed: tuple  # of (name, version), sorted
    changes: int  # how many are in effect: files are put back without another package
    points: frozenset  # numbers of those that were captured
    unfinished: tuple
    stages: frozenset  # the names of those that a row owns
    queue: tuple  # of (key, state) of each update that was put there
    undecided: tuple  # keys of those that run although their transaction is done
    dump: str


EMPTY_BOOK = Book((), 0, frozenset(), (), frozenset(), (), (), "")

INSTALLED = """SELECT name, version FROM packages p
    WHERE EXISTS (SELECT 1 FROM transactions t WHERE t.id = p.installed_by AND t.in_effect)
    AND NOT EXISTS (SELECT 1 FROM transactions t WHERE t.id = p.removed_by AND t.in_effect) ORDER BY name, version"""


def book(root):
    """Reads a copy, so that looking changes nothing: SQLite empties the log of what it opens."""
    folder = os.path.join(root, "var/lib/multios")
    if not os.path.exists(os.path.join(folder, "state.db")):
        return EMPTY_BOOK
    with tempfile.TemporaryDirectory(prefix="mos-book-") as copy:
        for name in os.listdir(folder):
            if name.startswith("state.db"):
                shutil.copy(os.path.join(folder, name), copy)
        connection = sqlite3.connect(os.path.join(copy, "state.db"))
        try:
            rows = connection.execute("SELECT id, stage, state, in_effect FROM transactions").fetchall()
            return Book(installed=tuple(connection.execute(INSTALLED).fetchall()),
                        changes=sum(1 for row in rows if row[0] == row[1] and row[3]),
                        points=frozenset(str(row[0]) for row in connection.execute("SELECT id FROM points")),
                        unfinished=tuple(row[0] for row in rows if row[2] in UNFINISHED),
                        stages=frozenset(str(row[0]) for row in rows if row[0] == row[1] and row[2] != PRUNED),
                        queue=tuple(connection.execute("SELECT key, state FROM queue ORDER BY id").fetchall()),
                        undecided=tuple(row[0] for row in connection.execute(
                            "SELECT q.key FROM queue q JOIN transactions t ON t.id = q.transaction_id "
                            "WHERE q.state = 3 AND t.state = 3")),
                        dump="\n".join(connection.iterdump()))
        finally:
            connection.close()


def stages(root):
    """The names in the stages' folder, without the copy of the database."""
    try:
        return frozenset(os.listdir(os.path.join(root, ".multios-stage"))) - {"copy", "copy.new"}
    except FileNotFoundError:
        return frozenset()


def _digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def _names(folder):
    return os.listdir(folder) if os.path.isdir(folder) else []


def points_fault(root, known):
    """'' when the store of captured points holds those that are known and what they need, no more and no less."""
    top = os.path.join(root, "var/lib/multios/points")
    folders = frozenset(_names(top)) - {"objects"}
    if folders != known:
        return f"the captured points are {sorted(folders)}, by the database {sorted(known)}"
    needed = set()
    for name in folders:
        with open(os.path.join(top, name, "index"), encoding="utf-8") as index:
            entries = [json.loads(line) for line in index]
        needed |= {entry["sha256"] for entry in entries if entry.get("size")}
    objects = os.path.join(top, "objects")
    there = {shelf + name: os.path.join(objects, shelf, name) for shelf in _names(objects)
             for name in _names(os.path.join(objects, shelf))}
    if needed != there.keys():
        return f"captured points need {len(needed)} contents, and there are {len(there)}"
    torn = [name for name, path in there.items() if _digest(path) != name]
    return f"the captured content {torn[0]} has another digest" if torn else ""


def recovery_mode(root):
    """Whether the root is in recovery mode, and "damaged" where its record is not whole."""
    path = os.path.join(root, "var/lib/multios/recovery-mode")
    if not os.path.lexists(path):
        return "off"
    with open(path, encoding="utf-8") as file:
        try:
            record = json.load(file)
        except ValueError:
            return "damaged"
    return "on" if record.keys() == {"since", "actor", "reason", "stopped"} else "damaged"


def backups(root):
    """What is wrong with a root's backups, and how many there are by the catalogue."""
    catalogue = os.path.join(root, "var/lib/multios/backups")
    records = []
    for name in _names(catalogue):
        if name.endswith(".json"):
            with open(os.path.join(catalogue, name), encoding="utf-8") as file:
                records.append(json.load(file))
    known, there = set(), set()
    for record in records:
        known.add(os.path.join(root, record["folder"], record["file"]))
        there |= {os.path.join(root, record["folder"], name) for name in _names(os.path.join(root, record["folder"]))}
    for record in records:
        path = os.path.join(root, record["folder"], record["file"])
        if not record["written"] or record.get("leaving"):
            return f"backup {record['number']} is unfinished", len(records)
        if not os.path.exists(path):
            return f"the archive of backup {record['number']} is missing", len(records)
        if _digest(path) != record["sha256"]:
            return f"the archive of backup {record['number']} is another", len(records)
    if known != there:
        return f"'{(known ^ there).pop()}' is no backup", len(records)
    return "", len(records)
