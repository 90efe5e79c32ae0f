#!/usr/bin/python3
"""Packing, checking, installing, updating and rolling back, beside the least that it can cost and beside other programs.

Each step is done by ours and by the floor (floor.c) in turn, several rounds long; dpkg and ostree do it once. Prints a
table for each payload, and at the end what the aims are and whether they are met. docs/performance.md says what the
columns mean.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile

import aims
from circumstances import machine, machine_text, version_of
from contenders import FIRST, STEPS, Floor, FloorWhole, Ours, OpenSsl, SolidTar
from measure import Failed, Meter
from payloads import NAMES, STANDS, Image, Material, Missing, make_payload
from peers import Dpkg, DpkgDeb, Ostree, missing_programs
from results import MB, PayloadResults, payload_json, payload_table

LEVEL = 3
HIGH_LEVEL = 19  # for the application, whose size is asked for at both
WITH_PEERS = ("small", "application", "image")
PEERS_COUNTED = ("install", "update random")  # the others are like these, and a flush for each file takes its time
# What has more files than this stays until the end of all; Contender.end says why.
FEW_FILES = 1000
ROOTS_OF_A_ROUND = 2
# How often a payload lies on the disk besides: the tree, the packages, staged images, and what the peers keep.
BESIDES = 8


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Place:
    """The folder of one payload: its tree, and a folder for each contender."""

    def __init__(self, folder, payload, programs, meter):
        self.folder, self.payload, self.programs, self.meter = folder, payload, programs, meter
        self.tree = os.path.join(folder, "tree")
        os.mkdir(self.tree)
        say(f"{payload.name}: making the tree")
        payload.make(self.tree)

    def _arguments(self, name, level):
        return os.path.join(self.folder, f"{name}-{level}"), self.tree, level, self.meter

    def in_turn(self):
        """Who runs every round."""
        listed = [Ours(self.programs, *self._arguments("ours", LEVEL)),
                  Floor(self.programs["floor"], *self._arguments("floor", LEVEL)),
                  FloorWhole(self.programs["floor"], *self._arguments("floor-whole", LEVEL))]
        listed.append(OpenSsl("openssl package", listed[0].package(FIRST), *self._arguments("openssl", LEVEL)))
        if isinstance(self.payload, Image):
            image = os.path.join(self.tree, Image.PATH)
            listed.append(OpenSsl("openssl image", image, *self._arguments("openssl-image", LEVEL)))
        return listed + self.packers(LEVEL)

    def packers(self, level):
        return [DpkgDeb(*self._arguments("dpkg-deb", level)), SolidTar(*self._arguments("tar", level))]

    def high_level(self):
        return [Ours(self.programs, *self._arguments("ours", HIGH_LEVEL)), *self.packers(HIGH_LEVEL)]

    def peers(self):
        return [Dpkg(*self._arguments("dpkg", LEVEL)), Ostree(*self._arguments("ostree", LEVEL))]

    def pack(self, contenders):
        for stand in STANDS:
            changed = self.payload.change(self.tree, stand)
            self._pack_stand(contenders, stand, changed)
            self.payload.change_back(self.tree, stand)
        self._pack_stand(contenders, FIRST, [])

    def _pack_stand(self, contenders, stand, changed):
        for contender in contenders:
            say(f"{self.payload.name}: packing the {stand} stand for {contender.name}")
            contender.pack(stand, changed)


class Rounds:
    """Runs contenders through the steps, each step by all of them in turn."""

    def __init__(self, results, meter, cold):
        self._results, self._meter, self._cold = results, meter, cold
        self._tidy = results.files <= FEW_FILES

    def _go(self, contenders, steps, act):
        for contender in contenders:
            contender.begin()
        for step in steps:
            for contender in contenders:
                command = contender.command(step)
                if command is not None:
                    act(contender, step, command)
                    contender.settle()
        for contender in contenders:
            if self._tidy:
                contender.end()

    def measure(self, contenders, rounds, steps=STEPS):
        for number in range(rounds):
            def act(contender, step, command, number=number):
                figures = self._meter.measure(command, self._cold)
                self._results.at(step, contender.name).rounds.append(figures)
                say(f"{self._results.name}: round {number + 1} of {rounds}: {step}, {contender.name}: {figures.wall_s:.3f} s")
            self._go(contenders, steps, act)
        for contender in contenders:
            if contender.created_bytes() is not None:
                self._results.created_bytes[contender.name] = contender.created_bytes()

    def count(self, contenders, steps=STEPS):
        """A round under strace, which tells the flushes, and of rollbacks whether they touch content."""
        def act(contender, step, command):
            say(f"{self._results.name}: counting the calls of {step}, {contender.name}")
            measured = self._results.at(step, contender.name)
            if step.startswith("rollback"):
                measured.content_bytes, measured.flushes = self._meter.transferred(command, contender.is_content)
            else:
                measured.flushes = self._meter.flushes(command)
        self._go(contenders, steps, act)


def run_payload(place, options):
    """The results at the usual level, and for the application those of packing at the high one."""
    payload, meter = place.payload, place.meter
    usual, high = PayloadResults(payload, LEVEL), PayloadResults(payload, HIGH_LEVEL)
    rounds = Rounds(usual, meter, options.cold)
    contenders = place.in_turn()
    place.pack(contenders)
    rounds.measure(contenders, options.rounds)
    rounds.count(contenders)
    if payload.name in WITH_PEERS and options.peers:
        for peer in place.peers():
            place.pack([peer])
            rounds.measure([peer], 1)
            rounds.count([peer], PEERS_COUNTED)
    if payload.name != "application":
        return [usual]
    Rounds(high, meter, options.cold).measure(place.high_level(), 1, ("create",))
    return [usual, high]


def check_room(folder, payloads, rounds):
    def times(payload):
        return BESIDES + ROOTS_OF_A_ROUND * (rounds + 1 if payload.files > FEW_FILES else 1)

    needed = sum(payload.disk_bytes * times(payload) for payload in payloads)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Missing(f"this takes up to {needed / MB:.0f} MB, but '{folder}' has {free / MB:.0f} MB free: give another folder "
                      f"with --work, fewer rounds, or one --payload")


def run_all(options, programs, folder, material):
    meter = Meter(programs["measure"], folder)
    payloads = [make_payload(name, material, options.seed, options.scale) for name in options.payload]
    check_room(folder, payloads, options.rounds)
    for payload in payloads:
        own = os.path.join(folder, payload.name)
        os.mkdir(own)
        yield from run_payload(Place(own, payload, programs, meter), options)
        if payload.files <= FEW_FILES:
            shutil.rmtree(own)


# ---- what is said about it ----

def circumstances(options, material):
    return {
        **machine(options.work),
        "seed": options.seed, "scale": options.scale, "material": material.digest, "rounds": options.rounds,
        "page_cache": "cold" if options.cold else "warm",
        "versions": [version_of("zstd", "--version"), version_of("openssl", "version"), version_of("dpkg", "--version"),
                     version_of("ostree", "--version").strip(), version_of("multios-package", "--version")],
    }


def print_circumstances(about):
    print(machine_text(about))
    print(f"seed {about['seed']}, scale {about['scale']:g}, material {about['material'][:16]}, {about['rounds']} rounds (peers "
          f"one), page cache {about['page_cache']}")
    sys.stdout.flush()


def print_aims(listed):
    print("aims")
    for aim in listed:
        print(f"  {'met   ' if aim.met else 'MISSED'}  {aim.text}: {aim.figure}")
    print(f"{sum(aim.met for aim in listed)} met, {sum(not aim.met for aim in listed)} missed")


def report(options, about, results):
    """Prints each payload's table as soon as it is there."""
    all_results = []
    for one in results:
        all_results.append(one)
        if options.format == "text":
            print("\n" + "\n".join(payload_table(one)), flush=True)
    listed = list(aims.aims(all_results))
    if options.format == "json":
        print(json.dumps({**about, "payloads": [payload_json(one) for one in all_results],
                          "aims": [aim._asdict() for aim in listed]}, indent=1))
    else:
        print()
        print_aims(listed)


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="the build folder with the tools")
    parser.add_argument("--payload", action="append", choices=NAMES, help="this one; may be given again. Else all")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0, metavar="F", help="make payloads smaller, to try the bench itself")
    parser.add_argument("--cold", action="store_true", help="drop the page cache before each step (root)")
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="leave dpkg and ostree out")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()), metavar="DIR",
                        help="where the trees and roots are made; the folder for temporary files otherwise")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    options = parser.parse_args()
    if options.rounds < 1 or not 0 < options.scale <= 1:
        parser.error("--rounds takes a number from 1, and --scale one above 0 and at most 1")
    options.payload = options.payload or list(NAMES)
    return options


def find_programs(build):
    places = {"multios-package": "examples/multios-package", "multios-update": "examples/multios-update",
              "floor": "tests/bench", "measure": "tests/bench"}
    return {name: str((build / place / name).resolve()) for name, place in places.items()}


def run(options):
    if options.peers and os.geteuid() != 0:
        raise Missing("only root can install with dpkg: --no-peers leaves the peers out")
    if missing := missing_programs():
        raise Missing(f"'{missing[0]}' is not installed: ./dev bench install brings it")
    material = Material()
    about = circumstances(options, material)
    if options.format == "text":
        print_circumstances(about)
    with tempfile.TemporaryDirectory(prefix="mos-bench-", dir=options.work) as folder:
        report(options, about, run_all(options, find_programs(options.build), folder, material))


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
