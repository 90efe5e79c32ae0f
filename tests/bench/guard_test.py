"""What costs the same on every machine stays what it is: flushes, system calls, bytes and instructions for each file,
memory.

A ceiling that is too high by one call for each file is found; one that can be lowered should be.
"""

import os
import shutil
import tempfile
import unittest

from contenders import FIRST, Ours
from measure import FLUSHES, Meter

TOOLS = {"multios-package": os.environ["MULTIOS_PACKAGE"], "multios-update": os.environ["MULTIOS_UPDATE"]}
MIB = 2**20

# Peak memory in MiB. The aim is 24 for each (docs/performance.md).
PEAK_AT_MOST = {"verify": 18, "install": 24, "update few": 24, "rollback few": 21, "update all": 24, "rollback all": 22}

# Flushes, whatever the number of files. The first change of a root makes its folders, the database and its copy as well;
# one that finds a long log brings it in.
FLUSHES_AT_MOST = {"install": 6, "update few": 4, "rollback few": 3, "update all": 4, "rollback all": 3}
LONG_LOG_FLUSHES_AT_MOST = {"update few": 6, "rollback few": 3, "update all": 4, "rollback all": 5}

# System calls for each further file of the package. "few" changes ten files, so this is what an unchanged one costs; "all"
# changes every file.
CALLS_AT_MOST = {"create": 14.0, "verify": 0.5, "install": 7.8, "update few": 4.0, "rollback few": 1.0, "update all": 20.5,
                 "rollback all": 19.2}

# Bytes read and written for each further file of 1,000 bytes, by whatever call, and instructions in thousands.
# A tenth is left for other versions of the libraries and other processors.
BYTES_AT_MOST = {"create": 4300, "verify": 490, "install": 2600, "update few": 3500, "rollback few": 3650,
                 "update all": 8100, "rollback all": 7300}
THOUSANDS_AT_MOST = {"create": 455, "verify": 183, "install": 174, "update few": 121, "rollback few": 4.5,
                     "update all": 353, "rollback all": 157}

# How often these are made depends on how threads meet, and on the allocator.
UNSTEADY = frozenset({"futex", "sched_yield", "restart_syscall", "clock_nanosleep", "poll", "ppoll", "brk", "mmap",
                      "munmap", "mprotect", "madvise", "mremap"})
FEW, SMALL, LARGE = 10, 100, 300


def make_tree(top, files, changed=0, plain_bytes=1000):
    """The first `changed` files have another content and time."""
    shutil.rmtree(top, ignore_errors=True)
    for number in range(files):
        folder = os.path.join(top, f"opt/bench/folder-{number // 25:03}")
        os.makedirs(folder, exist_ok=True)
        path, is_new = os.path.join(folder, f"file-{number:05}"), number < changed
        with open(path, "wb") as file:
            file.write(f"{'new' if is_new else 'old'} {number}".encode().ljust(plain_bytes, b"."))
        os.utime(path, (1_700_000_000 + is_new, 1_700_000_000 + is_new))
    for folder, _, _ in os.walk(top):
        os.utime(folder, (1_700_000_000, 1_700_000_000))


class Scene:
    """A package of some files and two of its next release, in a folder that goes with it."""

    def __init__(self, files, plain_bytes=1000):
        self._folder = tempfile.TemporaryDirectory(prefix="mos-guard-")
        self._tree = os.path.join(self._folder.name, "tree")
        self.meter = Meter(os.environ["MEASURE"], self._folder.name)
        self.ours = Ours(TOOLS, os.path.join(self._folder.name, "ours"), self._tree, 3, self.meter)
        for stand, changed in (("few", FEW), ("all", files), (FIRST, 0)):
            make_tree(self._tree, files, changed, plain_bytes)
            self.ours.pack(stand, [])
        self.ours.begin()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    def each(self, steps, act):
        """What `act` says of the command of each step, {step: …}. Each takes up where the one before has left the root."""
        return {step: act(self.ours.command(step)) for step in steps}


def counts_of(files):
    with Scene(files) as scene:
        return scene.each(CALLS_AT_MOST, lambda command: scene.meter.calls(command, "all"))


def flushes(calls):
    return sum(calls.get(name, 0) for name in FLUSHES)


def steady(calls):
    return {name: count for name, count in calls.items() if name not in UNSTEADY}


def for_each_file(few, many):
    """{name: how many more of a call each further file costs}, those that are worth a word."""
    more = {name: (count - few.get(name, 0)) / (LARGE - SMALL) for name, count in steady(many).items()}
    return {name: round(count, 2) for name, count in more.items() if abs(count) >= 0.05}


class Guard(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.small, cls.large = counts_of(SMALL), counts_of(LARGE)

    def test_the_number_of_flushes_does_not_grow_with_the_number_of_files(self):
        for step, most in FLUSHES_AT_MOST.items():
            with self.subTest(step):
                self.assertLessEqual(flushes(self.large[step]), most)
                self.assertEqual(flushes(self.large[step]), flushes(self.small[step]))

    def test_a_file_costs_no_more_system_calls_than_it_did(self):
        for step, most in CALLS_AT_MOST.items():
            with self.subTest(step):
                calls = for_each_file(self.small[step], self.large[step])
                print(f"{step}: {sum(calls.values()):.2f} for each file: {calls}")
                self.assertLessEqual(sum(calls.values()), most, calls)

    def test_progress_wakes_no_thread_for_each_file(self):
        for step in ("verify", "install"):
            with self.subTest(step):
                self.assertLess(self.large[step].get("futex", 0), 2 * LARGE)  # some are made each 100 ms


def grown(measure):
    """{step: what each further file adds to what `measure` says of a command}."""
    counts = []
    for files in (SMALL, LARGE):
        with Scene(files) as scene:
            counts.append(scene.each(CALLS_AT_MOST, lambda command, scene=scene: measure(scene.meter, command)))
    return {step: (counts[1][step] - counts[0][step]) / (LARGE - SMALL) for step in CALLS_AT_MOST}


class Work(unittest.TestCase):
    def hold(self, grown_by, ceilings, unit):
        for step, most in ceilings.items():
            with self.subTest(step):
                print(f"{step}: {grown_by[step]:.1f} {unit} for each file")
                self.assertLessEqual(grown_by[step], most)

    def test_a_file_moves_no_more_bytes_than_it_did(self):
        def moved(meter, command):
            figures = meter.measure(command)
            return figures.read_bytes + figures.written_bytes

        self.hold(grown(moved), BYTES_AT_MOST, "bytes")

    @unittest.skipUnless(shutil.which("valgrind"), "valgrind is not installed: ./dev setup --all")
    def test_a_file_takes_no_more_instructions_than_it_did(self):
        thousands = grown(lambda meter, command: meter.instructions(command) / 1000)
        self.hold(thousands, THOUSANDS_AT_MOST, "thousand instructions")


class ManyFiles(unittest.TestCase):
    def test_a_log_that_has_grown_long_is_brought_in_at_six_flushes(self):
        with Scene(6000, plain_bytes=10) as scene:
            scene.meter.run(scene.ours.command("install"))
            self.assertGreater(os.path.getsize(os.path.join(scene.ours.root, "var/lib/multios/state.db-wal")), 2**20)
            steps = scene.each(LONG_LOG_FLUSHES_AT_MOST, lambda command: flushes(scene.meter.calls(command, "all")))
            for step, most in LONG_LOG_FLUSHES_AT_MOST.items():
                with self.subTest(step):
                    print(f"{step}: {steps[step]} flushes")
                    self.assertLessEqual(steps[step], most)

    def test_thousands_of_files_take_no_more_memory_than_a_small_board_has_to_spare(self):
        with Scene(4000, plain_bytes=8000) as scene:
            for step, figures in scene.each(tuple(PEAK_AT_MOST), scene.meter.measure).items():
                with self.subTest(step):
                    print(f"{step}: {figures.peak_bytes / MIB:.1f} MiB")
                    self.assertLessEqual(figures.peak_bytes, PEAK_AT_MOST[step] * MIB)


if __name__ == "__main__":
    unittest.main()
