#!/usr/bin/env python3
"""Delta packages as the second reader sees them, which was written from docs/package-format.md alone: it accepts all that
the tests of the library make, and refuses all that they bend.

    second_reader_delta_test.py TEST-DELTA SECOND-READER
"""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TEST_DELTA, SECOND_READER = sys.argv[1:3]


class DeltaPackages(unittest.TestCase):
    def kept(self, variable: str, source: str) -> list[Path]:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        done = subprocess.run([TEST_DELTA, f"--source-file=*{source}"], capture_output=True, text=True,
                              env={**os.environ, variable: str(folder)})  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stdout)
        packages = sorted(folder.iterdir())
        self.assertGreater(len(packages), 10)
        return packages

    def status(self, package: Path) -> tuple[int, str]:
        done = subprocess.run([sys.executable, "-B", SECOND_READER, "verify", package, "--unsigned"],
                              capture_output=True, text=True)  # fmt: skip
        return done.returncode, done.stderr

    def test_what_the_library_makes_is_good(self) -> None:
        for package in self.kept("MOS_KEEP_PACKAGES", "package_delta_test.cpp"):
            self.assertEqual(self.status(package), (0, ""), package.name)

    def test_what_the_library_refuses_is_refused(self) -> None:
        for package in self.kept("MOS_KEEP_REFUSED", "package_refusal_test.cpp"):
            status, error = self.status(package)
            self.assertEqual(status, 1, package.name)
            self.assertTrue(error.startswith("refused: "), error)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
