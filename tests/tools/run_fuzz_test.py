"""tools/run_fuzz.py calls a target good only when it ran, and found nothing."""

import pathlib
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tools"))
import fuzz_coverage  # noqa: E402
import run_fuzz  # noqa: E402

GOOD = """echo '#5 INITED cov: 10 ft: 12' >&2
echo '#9 NEW cov: 14 ft: 20' >&2
echo 'stat::number_of_executed_units: 4711' >&2
"""
BROKEN = """for argument; do case $argument in -artifact_prefix=*) prefix=${argument#*=};; esac; done
echo x >"${prefix}crash-1"
echo 'property broken: a path has one spelling' >&2
exit 77
"""


class Run(unittest.TestCase):
    def run_program(self, script):
        with tempfile.TemporaryDirectory() as folder:
            build = pathlib.Path(folder)
            program = build / "fuzz" / "fuzz-index-line"
            program.parent.mkdir()
            program.write_text("#!/bin/sh\n" + script)
            program.chmod(0o755)
            return run_fuzz.run(build, "index_line", 1)

    def test_a_target_that_ran_and_found_nothing_passes(self):
        line, failed, details = self.run_program(GOOD)
        self.assertEqual(line.split(), ["index_line", "4711", "14", "4", "0"])
        self.assertFalse(failed)
        self.assertEqual(details, [])

    def test_a_finding_fails_and_names_the_property_and_the_input(self):
        line, failed, details = self.run_program(BROKEN)
        self.assertEqual(line.split()[-1], "1")
        self.assertTrue(failed)
        self.assertEqual(details[0], "property broken: a path has one spelling")
        self.assertIn("index_line-crash-1", details[1])

    def test_a_target_that_executed_nothing_fails(self):
        self.assertTrue(self.run_program("exit 0\n")[1])


class Targets(unittest.TestCase):
    def test_every_target_has_a_source_and_a_corpus(self):
        sources = {path.stem for path in (TOP / "fuzz").glob("*.cpp") if "LLVMFuzzerTestOneInput(" in path.read_text()}
        self.assertEqual(sources - {"replay_main"}, set(run_fuzz.targets()))

    def test_every_target_is_measured_by_sources_that_there_are(self):
        self.assertEqual(set(fuzz_coverage.SOURCES), set(run_fuzz.targets()))
        for source in sum(fuzz_coverage.SOURCES.values(), []):
            self.assertTrue((TOP / "src" / source).is_file(), source)


class Coverage(unittest.TestCase):
    def test_a_line_ran_if_it_begins_in_a_region_that_did_or_one_that_did_begins_on_it(self):
        segments = [[1, 1, 1, True, True, False], [3, 5, 0, True, True, False], [5, 2, 1, True, False, False],
                    [7, 2, 0, False, False, False]]
        self.assertEqual(fuzz_coverage.lines_of(segments), ({1, 2, 3, 4, 5, 6, 7}, {1, 2, 3, 6, 7}))

    def test_functions_that_parse_nothing_are_left_out_by_name(self):
        path = str(TOP / "src/state/operation.cpp")
        functions = [{"name": "_ZN3mos5state14operation_nameE", "filenames": [path], "regions": [[15, 1, 17, 2]]},
                     {"name": "_ZN3mos5state5parseE", "filenames": [path], "regions": [[20, 1, 30, 2]]}]
        self.assertEqual(fuzz_coverage.lines_of_others(functions, "state/operation.cpp"), {15, 16, 17})

    def test_lines_in_a_row_are_shown_as_a_range(self):
        self.assertEqual(fuzz_coverage.ranges([3, 4, 5, 9]), "3-5 9")


if __name__ == "__main__":
    unittest.main()
