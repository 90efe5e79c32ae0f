"""tools/run_tests.py counts what Meson's log says, and no failure is lost in the count."""

import pathlib
import sys
import unittest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tools"))
import run_tests  # noqa: E402


def doctest(passed, failed):
    return (f"[doctest] test cases: {passed + failed:2} | {passed:2} passed | {failed} failed | 0 skipped\n"
            f"[doctest] assertions: 100 | 100 passed | 0 failed |\n[doctest] Status: ...\n")


class Count(unittest.TestCase):
    def assert_counted(self, expected, result, output=""):
        self.assertEqual(run_tests.count({"name": "x", "result": result, "stdout": output}), expected)

    def test_a_doctest_program_counts_as_many_as_its_cases(self):
        self.assert_counted((20, 0), "OK", doctest(20, 0))
        self.assert_counted((18, 2), "FAIL", doctest(18, 2))

    def test_the_summary_is_found_in_colours_and_after_other_output(self):
        coloured = doctest(3, 0).replace("[doctest] ", "\x1b[0;36m[doctest] \x1b[0m", 1)
        self.assert_counted((3, 0), "OK", "a line of the test's own\n" + coloured)

    def test_a_program_that_fails_after_its_cases_have_passed_has_failed(self):
        self.assert_counted((20, 1), "FAIL", doctest(20, 0))
        self.assert_counted((20, 1), "TIMEOUT", doctest(20, 0))

    def test_any_other_test_is_one_case(self):
        self.assert_counted((1, 0), "OK", "all is well\n")
        self.assert_counted((0, 1), "FAIL")
        self.assert_counted((0, 1), "TIMEOUT")
        self.assert_counted((0, 1), "ERROR")
        self.assert_counted((0, 1), "INTERRUPT")

    def test_a_program_that_dies_before_its_summary_has_failed(self):
        self.assert_counted((0, 1), "FAIL", "[doctest] doctest version is \"2.4.9\"\n")

    def test_an_expected_failure_is_none_and_an_unexpected_pass_is_one(self):
        self.assert_counted((1, 0), "EXPECTEDFAIL")
        self.assert_counted((0, 1), "UNEXPECTEDPASS")


if __name__ == "__main__":
    unittest.main()
