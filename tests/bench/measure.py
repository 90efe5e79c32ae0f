"""Runs commands and tells what they cost: by the program `measure`, and by strace where calls are counted."""

import os
import re
import subprocess
import tempfile
from typing import NamedTuple

FLUSHES = ("fsync", "fdatasync", "sync", "syncfs", "sync_file_range", "msync")
TRANSFERS = ("read", "pread64", "readv", "write", "pwrite64", "writev", "copy_file_range", "sendfile", "splice")
CALL = re.compile(r"(\w+)\((.*) = (-?\d+)")
NAMED = re.compile(r"\d+<(/[^>]*)>")
COLLECTED = re.compile(r"Collected *: *(\d+)")
UNFINISHED = " <unfinished ...>"
RESUMED = re.compile(r"<\.\.\. \w+ resumed>")


class Failed(Exception):
    """A command did not do what it is measured at."""


class Figures(NamedTuple):
    wall_s: float
    cpu_s: float
    peak_bytes: int
    read_bytes: int
    written_bytes: int
    disk_read_bytes: int
    disk_written_bytes: int


def _run(command, environment=None):
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                           env=environment, check=False)
    if ended.returncode != 0:
        raise Failed(f"'{' '.join(command)}' ended with {ended.returncode}: "
                     f"{ended.stderr.decode(errors='replace').strip()}")


def _whole_calls(rows):
    """The calls of a log of several threads, whose lines strace breaks where another's come between."""
    begun = {}
    for row in rows:
        thread, _, call = row.partition(" ")
        call = call.strip()
        if call.endswith(UNFINISHED):
            begun[thread] = call.removesuffix(UNFINISHED)
            continue
        call = RESUMED.sub(lambda _, thread=thread: begun.pop(thread, ""), call)
        match = CALL.match(call)
        if match:
            yield match[1], match[2], int(match[3])


class Meter:
    """`program` is the built `measure`, `folder` one for its reports."""

    def __init__(self, program, folder):
        self._program, self._folder = program, folder
        # Times are to be those of the files, and messages the same everywhere.
        self._environment = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        for name in ("SOURCE_DATE_EPOCH", "MALLOC_PERTURB_"):  # the second costs instructions
            self._environment.pop(name, None)

    def run(self, command):
        """Runs it without measuring."""
        _run(command, self._environment)

    def measure(self, command, cold=False):
        """With what it reads in the page cache, or with nothing there; and nothing of others' waiting to be written."""
        os.sync()
        if cold:
            with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as switch:
                switch.write("3")
        with tempfile.NamedTemporaryFile("r", dir=self._folder, encoding="ascii") as report:
            _run([self._program, report.name, *command], self._environment)
            values = {name: int(value) for name, value in map(str.split, report)}
        return Figures(values["wall_ns"] / 1e9, values["cpu_us"] / 1e6, values["peak_bytes"], values["read_bytes"],
                       values["written_bytes"], values["disk_read_bytes"], values["disk_written_bytes"])

    def _strace(self, command, *options):
        with tempfile.NamedTemporaryFile("r", dir=self._folder, encoding="utf-8", errors="replace") as log:
            _run(["strace", "-f", "-qq", "--seccomp-bpf", "-o", log.name, *options, "--", *command], self._environment)
            return log.read().splitlines()

    def calls(self, command, traced):
        """How often it makes the system calls that strace's expression means: {name: count}."""
        rows = self._strace(command, "-c", "--summary-columns=calls,name", f"--trace={traced}")
        return {row.split()[1]: int(row.split()[0]) for row in rows
                if len(row.split()) == 2 and row.split()[0].isdigit() and row.split()[1] != "total"}

    def instructions(self, command):
        """What it executes, counted by callgrind: the same in each run, but for what threads do while they wait."""
        with tempfile.NamedTemporaryFile("r", dir=self._folder, encoding="utf-8", errors="replace") as log:
            _run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", f"--log-file={log.name}", *command],
                 self._environment)
            return int(COLLECTED.search(log.read())[1])

    def flushes(self, command):
        return sum(self.calls(command, ",".join(FLUSHES)).values())

    def transferred(self, command, counts):
        """The bytes that its system calls move from or to files whose path counts, and its flushes."""
        moved = flushes = 0
        for name, arguments, result in _whole_calls(self._strace(
                command, "-y", "-s0", f"--trace={','.join(FLUSHES + TRANSFERS)}")):
            if name in FLUSHES:
                flushes += 1
            elif any(counts(path) for path in NAMED.findall(arguments)):
                moved += max(0, result)
        return moved, flushes
