#!/usr/bin/python3
"""Runs every command of the user's guide on roots of its own and looks at what stands afterwards: `./dev guide`.

Each line of commands.txt has one case in cases/, or stands in not_built.txt. With --hollow the commands of the cases do
nothing, and every test must notice. Ends with "N passed, N failed", one for each command and file.
"""

import argparse
import importlib
import os
import pathlib
import pkgutil
import shutil
import sys
from typing import NamedTuple

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "examples"))  # what all tests of the tools share

import guide
import support
from fixture import Case
from judge import Standing, Verdict, judge, judge_hollow, merged
from not_built import NotBuilt
from table import Table, totals

FILES = "Configuration files"
TOOLS = ("multios-package", "multios-update", "multios-repo")


def use_tools_of(build):
    """The tools of a build folder; one that is not there is None."""
    for name in TOOLS:
        path = build / "examples" / name / name
        support.TOOLS[name] = str(path) if path.exists() else None
    os.environ["MULTIOS_HELPER"] = str(build / "src/libexec/multios-run-script")
    os.environ.setdefault("BUSYBOX", shutil.which("busybox") or "/bin/busybox")


def load_cases():
    """Every case of the modules in cases/: a class from which no other is derived."""
    for module in pkgutil.iter_modules([str(FOLDER / "cases")]):
        importlib.import_module(f"cases.{module.name}")

    def leaves(kind):
        derived = kind.__subclasses__()
        return [leaf for child in derived for leaf in leaves(child)] if derived else [kind]

    return [kind for kind in leaves(Case) if kind not in (Case, NotBuilt)]


class Row(NamedTuple):
    """A line or a file of the guide, and the cases that answer for it; none for what is not built."""
    heading: str
    subject: str
    cases: list


def rows_of(commands, cases):
    """Every command and every file, in the order of the guide."""
    by_line = {case.line: case for case in cases if not case.file}
    rows = [Row(command.heading, command.line, [by_line[command.line]] if command.line in by_line else [])
            for command in commands]
    return rows + [Row(FILES, path.name, [case for case in cases if case.file == path.name])
                   for path in sorted(guide.CONFIG.iterdir())]


def unclear(commands, not_built, cases):
    """What the guide, the cases and not_built.txt disagree about."""
    claims = [(line, "not_built.txt") for line in not_built]
    claims += [(case.line, f"{case.__module__}.{case.__name__}") for case in cases if not case.file]
    yield from guide.unclear_claims(commands, claims)
    files = {path.name for path in guide.CONFIG.iterdir()}
    claimed = {case.file for case in cases if case.file}
    for name in sorted(files - claimed):
        yield f"nobody answers for this file of the guide, so write a case for it: {name}"
    for name in sorted(claimed - files):
        yield f"a case answers for a file that the guide does not have: {name}"


class NotBuiltLines:
    """Judges the lines that are not built, on one root for all of them."""

    def __enter__(self):
        NotBuilt.setUpClass()
        self.case = NotBuilt()
        self.case.setUp()
        return self

    def __exit__(self, *_):
        NotBuilt.doClassCleanups()

    def judge(self, line):
        try:
            return Verdict(Standing.NOT_BUILT, self.case.missing_part(line))
        except AssertionError as wrong:
            self.case.note_state()  # what this line did is not the next one's fault
            return Verdict(Standing.FAILED, faults=(str(wrong),))


def judge_rows(rows, how):
    """Each row with its verdict, as it comes; `how` judges a case."""
    with NotBuiltLines() as lines:
        for row in rows:
            yield row, merged([how(case) for case in row.cases]) if row.cases else lines.judge(row.subject)


def show_standing(rows, table):
    """How each command and each file stands; (passed, failed)."""
    standings = {"commands": [], "files": []}
    for row, verdict in judge_rows(rows, judge):
        table.row(row.heading, row.subject, verdict)
        standings["files" if row.heading == FILES else "commands"].append(verdict.standing)
    print()
    for what, found in standings.items():
        if found:
            print(totals(what, found))
    every = sum(standings.values(), [])
    failed = every.count(Standing.FAILED)
    return len(every) - failed, failed


def show_hollow(rows, table):
    """Runs the cases with commands that do nothing; (how many noticed, how many did not)."""
    words = {Standing.WORKS: "fails, as it must", Standing.FAILED: "PASSES ALTHOUGH NOTHING IS DONE"}
    counts = dict.fromkeys(words, 0)
    for row, verdict in judge_rows([row for row in rows if row.cases], judge_hollow):
        if verdict.standing in words:  # else there is nothing yet that could be hollow
            table.row(row.heading, row.subject, verdict, words[verdict.standing])
            counts[verdict.standing] += 1
    print(f"\nof {sum(counts.values())} cases {counts[Standing.WORKS]} fail when their command does nothing")
    return counts[Standing.WORKS], counts[Standing.FAILED]


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="the build folder with the tools")
    parser.add_argument("patterns", nargs="*", metavar="PATTERN",
                        help="only what has this text in its heading, command or name")
    parser.add_argument("--hollow", action="store_true", help="replace each command by one that does nothing: every "
                                                              "case must then fail")
    return parser.parse_intermixed_args()


def main():
    options = read_options()
    use_tools_of(options.build.resolve())
    commands, cases = guide.read_commands(), load_cases()
    problems = list(unclear(commands, guide.read_not_built(), cases))
    for problem in problems:
        print(f"WRONG: {problem}")
    rows = [row for row in rows_of(commands, cases) if not options.patterns or
            any(pattern.lower() in f"{row.heading}\n{row.subject}".lower() for pattern in options.patterns)]
    if not rows:
        problems.append("nothing")
        print(f"WRONG: nothing in the guide has the text {' or '.join(map(repr, options.patterns))}")
    passed, failed = (show_hollow if options.hollow else show_standing)(rows, Table())
    failed += len(problems)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
