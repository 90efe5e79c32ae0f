#!/usr/bin/python3
"""Runs the tests of a build folder and ends with one line: "N passed, N failed".

N counts test cases: a doctest program counts as many as it has, any other test is one case. Arguments after the build
folder go to `meson test`.
"""

import json
import pathlib
import re
import subprocess
import sys

SUMMARY = re.compile(r"^\[doctest\] test cases: +\d+ \| +(\d+) passed \| +(\d+) failed", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
GOOD = {"OK", "EXPECTEDFAIL"}


def count(record):
    """The (passed, failed) cases of one test of Meson's log."""
    good = record["result"] in GOOD
    summary = SUMMARY.search(COLOUR.sub("", record.get("stdout", "")))
    if not summary:
        return (1, 0) if good else (0, 1)
    passed, failed = int(summary[1]), int(summary[2])
    # A program that fails outside its cases (a sanitizer at exit, a time-out) has failed although each case passed.
    return passed, failed if good else max(failed, 1)


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: run_tests.py BUILD_FOLDER [ARGUMENT OF meson test…]")
    folder = pathlib.Path(sys.argv[1])
    log = folder / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)  # else the last run's would be counted when this one does not begin
    status = subprocess.run(["meson", "test", "-C", folder, "--no-rebuild", "--print-errorlogs", *sys.argv[2:]]).returncode

    passed = failed = 0
    skipped = []
    if log.exists():
        for line in log.read_text(errors="replace").splitlines():
            record = json.loads(line)
            if record["result"] == "SKIP":
                skipped.append(record["name"])
                continue
            cases = count(record)
            passed += cases[0]
            failed += cases[1]
    if failed == 0 and (status != 0 or passed == 0):
        print("no test was run" if status == 0 else f"meson test ended with status {status}")
        failed = 1
    if skipped:
        print("skipped: " + ", ".join(skipped))
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
