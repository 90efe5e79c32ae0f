"""tools/run_mutants.py calls a mutant caught only when a program of its own build fails."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tools"))
import run_mutants  # noqa: E402


class Copy:
    """A copy of the tree in which everything goes as the case says."""

    def __init__(self, applies=True, compiles=True, failing=None, reverts=True):
        self.applies, self.compiles, self.failing, self.reverts = applies, compiles, failing, reverts
        self.calls = []

    def apply(self, patch, *options):
        self.calls.append(" ".join(["apply", *options]))
        return self.reverts if options else self.applies

    def build(self):
        self.calls.append("build")
        return subprocess.CompletedProcess([], 0 if self.compiles else 1)

    def run(self, _programs=None):
        self.calls.append("run")
        return self.failing, ""


PATCH = pathlib.Path("no-flush.patch")


class Judge(unittest.TestCase):
    def test_a_mutant_is_caught_when_a_program_fails(self):
        copy = Copy(failing="tests/transaction/fault-run")
        self.assertEqual(run_mutants.judge(copy, PATCH), (True, "caught by fault-run"))
        self.assertEqual(copy.calls, ["apply", "build", "run", "apply -R"])

    def test_a_mutant_that_every_program_passes_is_not_caught(self):
        self.assertEqual(run_mutants.judge(Copy(), PATCH), (False, "NOT CAUGHT"))

    def test_a_patch_that_does_not_apply_is_not_caught_and_nothing_is_run(self):
        copy = Copy(applies=False)
        self.assertEqual(run_mutants.judge(copy, PATCH), (False, "does not apply"))
        self.assertEqual(copy.calls, ["apply"])

    def test_a_mutant_that_does_not_compile_is_not_caught_and_is_taken_back(self):
        copy = Copy(compiles=False)
        self.assertEqual(run_mutants.judge(copy, PATCH), (False, "does not compile"))
        self.assertEqual(copy.calls, ["apply", "build", "apply -R"])

    def test_a_table_names_the_filesystem_and_the_commands(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("# a comment\n\nno-flush  btrfs  update chain\n")
            file.flush()
            table = run_mutants.crash_table(pathlib.Path(file.name))
        states = f"--states={run_mutants.CRASH_STATES}"
        self.assertEqual(table, {"no-flush": ("btrfs", [
            [run_mutants.CRASH_RUN, "--filesystem=btrfs", "--workload=update", states],
            [run_mutants.CRASH_RUN, "--filesystem=btrfs", "--workload=chain", states]])})

    def test_a_mutant_of_the_crash_run_says_on_which_filesystem_it_was_caught(self):
        copy = Copy(failing="tests/crash/crash-run")
        self.assertEqual(run_mutants.judge(copy, PATCH, [["x"]], "the crash run on xfs"),
                         (True, "caught by the crash run on xfs"))

    def test_a_patch_that_cannot_be_taken_back_ends_the_run(self):
        with self.assertRaises(RuntimeError):
            run_mutants.judge(Copy(reverts=False), PATCH)


if __name__ == "__main__":
    unittest.main()
