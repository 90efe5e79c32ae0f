#!/usr/bin/python3
"""Kills every command that writes, at every system call by which it changes files, and looks at what is left.

The commands are the table in commands.py. Each is first run to its end under kill-at, which counts its calls; then it
is run as often as it has calls, and dies by SIGKILL before the first, the second, and so on, and now and then right
after one. What must hold afterwards stands in examine.py. After some deaths the recovery itself is killed at each of
its calls, and after some the root is used further. Ends with "N passed, N failed", one for each command.
"""

import argparse
import concurrent.futures
import os
import pathlib
import queue
import random
import shutil
import sys
import tempfile
import time
from typing import NamedTuple, Optional

import commands
import scenes
from examine import Workshop, examiner
from tools import KILLED, Broken, Kill, Tools, Violation

AFTER_IN = 8  # one in so many calls is also killed right after it
AGAIN_IN = 20  # after one in so many deaths the recovery is killed too, at each of its calls
AGAIN_IN_SAMPLE = 10  # in a sample at one of them
GO_ON_IN = 12
SHOWN_VIOLATIONS = 3


class Point(NamedTuple):
    """Where one command dies. With `again` its recovery dies at that call, 0 at each."""
    kill: Kill
    again: Optional[int] = None
    go_on: bool = False

    def options(self, again=None):
        """What repeats it."""
        after = ["--after"] if self.kill.when == "after" else []
        return [f"--kill={self.kill.call}", *after, *([f"--again={again}"] if again else [])]


class Tally:
    """The counts of one command."""

    def __init__(self):
        self.calls = self.kills = self.again = self.went_on = 0
        self.violations = []

    def add(self, other):
        self.calls += other.calls
        self.kills += other.kills
        self.again += other.again
        self.went_on += other.went_on
        self.violations += other.violations


def choose(calls, options, chance):
    """The points at which a command with so many calls is killed."""
    if options.kill:
        when = "after" if options.after else "before"
        return [Point(Kill(options.kill, when), again=options.again, go_on=options.again is None)]
    points = []
    for call in range(1, calls + 1):
        again = 0 if chance.randrange(AGAIN_IN) == 0 else None
        points.append(Point(Kill(call), again, go_on=chance.randrange(GO_ON_IN) == 0))
        if chance.randrange(AFTER_IN) == 0:
            points.append(Point(Kill(call, "after"), go_on=chance.randrange(GO_ON_IN) == 0))
    if options.sample is None:
        return points
    wanted = -(-options.sample // len(options.commands))
    some = chance.sample(points, min(wanted, len(points)))
    return [point._replace(again=chance.randrange(1, 20) if chance.randrange(AGAIN_IN_SAMPLE) == 0 else None)
            for point in some]


class Run:
    """One command's deaths, by several workers, each in a folder of its own."""

    def __init__(self, workshop, command, options):
        self.command, self.options = command, options
        self.examiner = examiner(workshop, command)
        self.tally = Tally()
        self.places = queue.SimpleQueue()
        for i in range(options.threads):
            self.places.put(os.path.join(workshop.folder, f"place-{i}"))

    def go(self):
        place = self.places.get()
        calls = len(self.examiner.count(place))
        self.places.put(place)
        self.tally.calls = calls
        chance = random.Random(f"{self.options.seed} {self.command.name}")
        with concurrent.futures.ThreadPoolExecutor(self.options.threads) as pool:
            for tally in pool.map(self._at, choose(calls, self.options, chance)):
                self.tally.add(tally)
        return self.tally

    def _at(self, point):
        place, tally = self.places.get(), Tally()
        try:
            ended = self._once(place, point, tally)
            if point.again is not None and hasattr(self.examiner, "kill_recovery") and not tally.violations:
                self._again(place, point, ended, tally)
        finally:
            self.places.put(place)
        return tally

    def _once(self, place, point, tally):
        ended = self.examiner.kill(place, point.kill)
        tally.kills += 1
        try:
            self._must_have_died(ended)
            self.examiner.examine(place, ended)
            if point.go_on:
                tally.went_on += 1
                self.examiner.go_on(place)
        except Violation as wrong:
            tally.violations.append((str(wrong), ended.calls, point.options()))
        return ended

    def _must_have_died(self, ended):
        """A run whose calls come in another order may end before the one at which it was to die."""
        if ended.code not in (0, KILLED):
            raise Violation(f"it was to be killed, and failed by itself: {ended}")

    def _again(self, place, point, ended, tally):
        self.examiner.kill(place, point.kill)
        calls = len(self.examiner.kill_recovery(place).calls)
        for call in [min(point.again, calls)] if point.again else range(1, calls + 1):
            self.examiner.kill(place, point.kill)
            recovery = self.examiner.kill_recovery(place, Kill(call))
            tally.again += 1
            try:
                self._must_have_died(recovery)
                self.examiner.examine(place, ended)
            except Violation as wrong:
                tally.violations.append((str(wrong), recovery.calls, point.options(call)))


def print_line(name, tally, seconds):
    print(f"{name:20}{tally.calls:>7}{tally.kills:>8}{tally.again:>13}{tally.went_on:>9}{len(tally.violations):>7}"
          f"{seconds:>7.0f} s", flush=True)


def print_violations(command, tally, seed):
    for what, calls, options in tally.violations[:SHOWN_VIOLATIONS]:
        print(f"  WRONG: {what}\n    it died at {calls[-1] if calls else 'no call'}\n"
              f"    again: {' '.join(['./dev kill', f'--command={command.name}', f'--seed={seed}', *options])}", flush=True)
    if len(tally.violations) > SHOWN_VIOLATIONS:
        print(f"  and {len(tally.violations) - SHOWN_VIOLATIONS} more", flush=True)


def run_all(workshop, options):
    passed, total, begin = 0, Tally(), time.monotonic()
    print(f"{'command':20}{'calls':>7}{'kills':>8}{'second kills':>13}{'went on':>9}{'wrong':>7}{'time':>9}")
    for command in options.commands:
        start = time.monotonic()
        try:
            tally = Run(workshop, command, options).go()
        except Violation as wrong:  # even without a kill
            tally = Tally()
            tally.violations.append((str(wrong), (), []))
        print_line(command.name, tally, time.monotonic() - start)
        print_violations(command, tally, options.seed)
        passed += not tally.violations
        total.add(tally)
    print_line("all", total, time.monotonic() - begin)
    return passed, len(options.commands) - passed


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="the build folder with the tools and kill-at")
    parser.add_argument("--command", metavar="NAME", help="this one alone")
    parser.add_argument("--sample", type=int, metavar="N", help="so many kills, spread over all commands")
    parser.add_argument("--kill", type=int, metavar="N", help="at this call alone; what a violation names")
    parser.add_argument("--after", action="store_true", help="right after that call instead of before it")
    parser.add_argument("--again", type=int, metavar="N", help="kill the recovery at this call too (0: at each)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--folder", type=pathlib.Path, help="where the roots are made; the folder for temporary files "
                                                            "otherwise")
    options = parser.parse_args()
    options.commands = [command for command in commands.COMMANDS if options.command in (None, command.name) and
                        (scenes.AS_ROOT or not getattr(command, "scripts", False))]
    if not options.commands:
        parser.error(f"no command '{options.command}'; there are: "
                     f"{', '.join(command.name for command in commands.COMMANDS)}")
    if options.kill and not options.command:
        parser.error("--kill=N belongs to --command=NAME")
    return options


def main():
    options = read_options()
    tools = Tools({"kill-at": options.build / "tests/kill/kill-at",
                   "multios-run-script": options.build / "src/libexec/multios-run-script",
                   "busybox": shutil.which("busybox") or "/bin/busybox",
                   **{name: options.build / "examples" / name / name for name in ("multios-package", "multios-update")}})
    folder = tempfile.mkdtemp(prefix="mos-kill-", dir=options.folder)
    print(f"seed {options.seed}, {options.threads} workers in '{folder}'")
    if not scenes.AS_ROOT:
        print("not root: owners, capabilities and packages with scripts are left out")
    try:
        passed, failed = run_all(Workshop(tools, folder), options)
    except (Broken, OSError) as broken:
        print(f"kill-run: {broken}")
        passed, failed = 0, 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"\n{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
