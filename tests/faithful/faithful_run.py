#!/usr/bin/python3
"""Whether what is installed is what was packed: real Debian packages and made trees, compared in everything.

Each package of packages.txt is fetched by apt, laid out as its installation would, packed, signed, verified and
installed in an empty root; updated to a changed tree, taken back, updated again, removed, and that taken back. After
each command the whole root is compared with what went in. A package that apt does not serve any more is skipped; where
too many are, the run has failed. Ends with "N passed, N failed".
"""

import argparse
import concurrent.futures
import os
import pathlib
import shutil
import sys
import tempfile
import time
from typing import NamedTuple

import big_folder
import debian
import made
import refusals
from picture import Traits, traits
from trial import Tools, Trial, Wrong

MOST_SKIPPED = 1 / 4


class Result(NamedTuple):
    name: str
    seconds: float
    found: Traits = None
    changes: int = 0
    wrong: str = ""
    notes: tuple = ()


class Runner:
    """Runs trials, each in a folder of its own that goes with it."""

    def __init__(self, tools, folder):
        self.tools, self.folder = tools, folder

    def _in_folder(self, name, work):
        begin = time.monotonic()
        place = tempfile.mkdtemp(prefix="trial-", dir=self.folder)
        try:
            result = work(place)
        except (Wrong, debian.Broken, OSError) as wrong:
            result = Result(name, 0, wrong=str(wrong))
        finally:
            shutil.rmtree(place)
        return result._replace(seconds=time.monotonic() - begin)

    def tree(self, name, make, go_on=None):
        def work(place):
            trial = Trial(self.tools, place, make, go_on)
            result = Result(name, 0, traits(trial.first), len(trial.changes))
            try:
                trial.run()
            except Wrong as wrong:
                return result._replace(wrong=str(wrong))
            return result
        return self._in_folder(name, work)

    def package(self, package, file):
        return self.tree(package.name, lambda top: debian.unpack(file, package, top))

    def refusals(self):
        def work(place):
            return Result("made:refusals", 0, notes=(f"{refusals.check(self.tools, place)} refused, as they must be",))
        return self._in_folder("made:refusals", work)

    def big_folder(self):
        def work(place):
            measured = big_folder.run(self.tools, place)
            return Result("made:big-folder", 0, notes=tuple(
                f"{one.command:10}{one.seconds:7.1f} s{one.peak_bytes / 2**20:7.0f} MiB" for one in measured))
        return self._in_folder("made:big-folder", work)


def print_heading():
    print(f"{'tree':34}{'entries':>8}{'links':>7}{'symlinks':>9}{'special':>8}{'caps':>5}{'owned':>6}{'odd':>6}{'empty':>6}"
          f"{'changes':>8}{'time':>7}  result")


def print_result(result):
    counts = " " * 63
    if result.found:
        found = result.found
        counts = f"{found.entries:>8}{found.link_groups:>7}{found.symlinks:>9}{found.special_bits:>8}" \
                 f"{found.capabilities:>5}{found.owned:>6}{found.odd_names:>6}{found.empty_folders:>6}{result.changes:>8}"
    print(f"{result.name:34}{counts}{result.seconds:>5.0f} s  {'WRONG' if result.wrong else 'equal'}")
    if result.wrong:
        print(f"    {result.wrong}")
    for note in result.notes:
        print(f"    {note}")
    sys.stdout.flush()


def tasks(runner, options, files):
    """What is to be run: a method and its arguments."""
    listed = [(runner.tree, *one) for one in made.MADE if one.name in options.trees]
    if "made:big-folder" in options.trees:
        listed.append((runner.big_folder,))
    if "made:refusals" in options.trees:
        listed.append((runner.refusals,))
    return listed + [(runner.package, package, files[package.name]) for package in options.packages
                     if package.name in files]


def run_all(runner, options):
    """The numbers of those that passed and failed."""
    files = debian.fetch([package.name for package in options.packages], options.cache)
    passed = failed = 0
    print_heading()
    # Processes, since the comparing is Python's.
    with concurrent.futures.ProcessPoolExecutor(options.processes) as pool:
        for ended in concurrent.futures.as_completed([pool.submit(*task) for task in tasks(runner, options, files)]):
            result = ended.result()
            print_result(result)
            passed, failed = passed + (not result.wrong), failed + bool(result.wrong)
    skipped = [package.name for package in options.packages if package.name not in files]
    if skipped:
        print(f"\nskipped, since apt does not serve them: {' '.join(skipped)}")
    if len(skipped) > MOST_SKIPPED * len(options.packages):
        print(f"{len(skipped)} of {len(options.packages)} were skipped: too many to say anything; is there a network, and "
              f"are the package lists up to date?")
        failed += 1
    return passed, failed


MADE_NAMES = [*(one.name for one in made.MADE), "made:refusals", "made:big-folder"]
LONG = ("made:big-folder", "made:large")


def choose(options, parser, listed):
    """Fills in which packages and made trees are wanted."""
    known = {package.name: package for package in listed}
    unknown = [name for name in options.names if name not in known and name not in MADE_NAMES]
    if unknown:
        parser.error(f"'{unknown[0]}' is not in {debian.LIST.name}, and no made tree: {', '.join(MADE_NAMES)}")
    if options.names:
        options.packages = [known[name] for name in options.names if name in known]
        options.trees = [name for name in options.names if name in MADE_NAMES]
    elif options.sample is not None:
        options.packages, options.trees = listed[:options.sample], [name for name in MADE_NAMES if name not in LONG]
    else:
        options.packages, options.trees = listed, MADE_NAMES


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="the build folder with the tools")
    parser.add_argument("names", nargs="*", metavar="PACKAGE", help="these alone, of the list or of the made trees")
    parser.add_argument("--sample", type=int, metavar="N", help="the list's first N, and the small made trees")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--folder", type=pathlib.Path, help="where the trees are made; the folder for temporary files "
                                                            "otherwise")
    options = parser.parse_args()
    if options.sample is not None and options.sample < 1:
        parser.error("--sample takes a number from 1")
    options.cache = options.build / "faithful-packages"
    choose(options, parser, debian.read_list(debian.LIST.read_text(encoding="utf-8")))
    return options


def main():
    if os.geteuid() != 0:
        print("faithful: only root can give owners and capabilities to files")
        return 1
    options = read_options()
    folder = tempfile.mkdtemp(prefix="mos-faithful-", dir=options.folder)
    try:
        tools = Tools({name: options.build / "examples" / name / name for name in ("multios-package", "multios-update")},
                      folder)
        passed, failed = run_all(Runner(tools, folder), options)
    except (Wrong, debian.Broken, OSError) as broken:
        print(f"faithful: {broken}")
        passed, failed = 0, 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"\n{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
