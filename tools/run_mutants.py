#!/usr/bin/python3
"""Checks the checkers: breaks the transaction on purpose and expects its tests to notice.

Each tests/mutants/*.patch says in its first line what it breaks. It is applied to a copy of the tree, the programs of
the transaction's tests are built there and run. A mutant is caught when a program fails. All must be caught; a patch
that does not apply or does not compile proves nothing and fails the run, and so does a copy without a patch whose
programs do not pass.

With --table=FILE only the mutants of that table are tried, each by the crash run on the filesystem and workloads that
its line names; that needs root.

Ends with "N passed, N failed", the copy without a patch counted as one.
"""

import argparse
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
PATCHES = TOP / "tests" / "mutants"
# A short run of each: a mutant that needs a long one to be seen needs a better test.
PROGRAMS = ["tests/state/test-state", "tests/transaction/test-transaction", "tests/transaction/fault-run --sample"]
TIME_LIMIT_S = 300
# Of the crash run, with the recorder that it starts.
CRASH_RUN = "tests/crash/crash-run"
CRASH_TARGETS = [CRASH_RUN, "tests/crash/disk-recorder"]
CRASH_STATES = 400


def copy_tree(to):
    """The files of the working tree, uncommitted ones too, but nothing that git ignores."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=TOP, check=True,
                            capture_output=True).stdout.decode().split("\0")
    for name in filter(None, listed):
        if (TOP / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TOP / name, to / name)


class Copy:
    """A copy of the tree that is built again for each mutant: only what the patch touches is compiled."""

    def __init__(self, folder, programs, targets=None):
        self.folder = folder
        self.programs = [shlex.split(program) for program in programs]
        self.targets = targets or [program[0] for program in self.programs]
        copy_tree(folder)
        self.call(["meson", "setup", "build", "--buildtype=release", "-Dtools=false"], check=True)

    def call(self, command, check=False, limit=None):
        return subprocess.run(command, cwd=self.folder, check=check, timeout=limit, text=True, errors="replace",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def apply(self, patch, *options):
        return self.call(["git", "apply", *options, str(patch)]).returncode == 0

    def build(self):
        return self.call(["ninja", "-C", "build", *self.targets])

    def run(self, programs=None):
        """Which program failed and its last words, or (None, ''). All programs, or just these."""
        for program, *arguments in programs or self.programs:
            try:
                result = self.call([f"build/{program}", *arguments], limit=TIME_LIMIT_S)
            except subprocess.TimeoutExpired:
                return program, f"still ran after {TIME_LIMIT_S} s"
            if result.returncode != 0:
                return program, result.stdout[-2000:]
        return None, ""


def judge(copy, patch, programs=None, place=""):
    """(whether the mutant was caught, the word for the table)."""
    if not copy.apply(patch):
        return False, "does not apply"
    try:
        if copy.build().returncode != 0:
            return False, "does not compile"
        program, _ = copy.run(programs)
        return (True, f"caught by {place or pathlib.Path(program).name}") if program else (False, "NOT CAUGHT")
    finally:
        if not copy.apply(patch, "-R"):
            raise RuntimeError(f"'{patch.name}' can't be taken back")


def crash_table(path):
    """{mutant: (filesystem, commands)} of a table like tests/crash/mutants.txt."""
    table = {}
    for line in path.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, filesystem, *workloads = line.split()
        table[name] = (filesystem, [[CRASH_RUN, f"--filesystem={filesystem}", f"--workload={workload}",
                                     f"--states={CRASH_STATES}"] for workload in workloads])
    return table


def arguments():
    parser = argparse.ArgumentParser(description="Breaks the transaction on purpose; its tests must notice.")
    parser.add_argument("names", nargs="*", help="only these mutants, without '.patch'")
    parser.add_argument("--program", action="append", metavar="COMMAND", dest="programs",
                        help="run this program of the build folder instead of the transaction's (may be repeated)")
    parser.add_argument("--table", type=pathlib.Path, help="try the mutants of this table, by the crash run")
    parser.add_argument("--patches", type=pathlib.Path, default=PATCHES, help="folder of the patches")
    return parser.parse_args()


def chosen(options):
    patches = {path.stem: path.resolve() for path in sorted(options.patches.glob("*.patch"))}
    unknown = [name for name in options.names if name not in patches]
    if unknown or not patches:
        print(f"no mutant '{unknown[0]}'" if unknown else f"no patch in '{options.patches}'")
        print("0 passed, 1 failed")
        sys.exit(1)
    return [patches[name] for name in options.names] or list(patches.values())


def main():
    options = arguments()
    table = crash_table(options.table) if options.table else {}
    options.names = options.names or list(table)
    patches = chosen(options)
    programs = [shlex.join(command) for _, commands in table.values() for command in commands]
    programs = list(dict.fromkeys(programs)) or options.programs or PROGRAMS
    results = []
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Copy(pathlib.Path(folder), programs, CRASH_TARGETS if table else None)
        begin = time.monotonic()
        build = copy.build()
        program, words = copy.run() if build.returncode == 0 else ("the build", build.stdout[-2000:])
        results.append((program is None, "(no patch)", "passes" if program is None else f"FAILS in {program}",
                        time.monotonic() - begin, "nothing"))
        if program:
            print(words)
            patches = []
        for patch in patches:
            begin = time.monotonic()
            filesystem, commands = table.get(patch.stem, ("", None))
            good, verdict = judge(copy, patch, commands, filesystem and f"the crash run on {filesystem}")
            results.append((good, patch.stem, verdict, time.monotonic() - begin,
                            patch.read_text(errors="replace").split("\n", 1)[0]))

    for good, name, verdict, seconds, breaks in results:
        print(f"{name:32} {verdict:32} {seconds:5.0f} s  {breaks}")
    passed = sum(good for good, *_ in results)
    print(f"{passed} passed, {len(results) - passed} failed")
    return 0 if passed == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
