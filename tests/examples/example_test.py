"""The README's example, verify_install.c."""

import os
import subprocess
import unittest

from support import DONE, Workshop, update


class VerifyInstall(Workshop):
    def example(self, *arguments):
        return subprocess.run([os.environ["VERIFY_INSTALL"], *arguments], capture_output=True, text=True, timeout=60,
                              check=False)

    def test_it_installs_and_tells_the_way_back(self):
        ended = self.example(self.root, self.build("app", "1", {"usr/app": "x\n"}))
        self.assertEqual(ended.returncode, DONE, ended)
        self.assertEqual(self.content("usr/app"), "x\n")
        undo = ended.stdout.splitlines()[-1].removeprefix("undo with: multios-update ")
        self.must(update(*undo.split()))
        self.assertFalse(os.path.exists(self.in_root("usr/app")))

    def test_it_refuses_an_unsigned_package(self):
        ended = self.example(self.root, self.build("app", "1", {"usr/app": "x\n"}, signed=False))
        self.assertEqual(ended.returncode, 1)
        self.assertIn("(E028)", ended.stderr)
        self.assertFalse(os.path.exists(self.in_root("usr/app")))

    def test_it_says_how_it_is_used(self):
        self.assertIn("usage:", self.example().stderr)


if __name__ == "__main__":
    unittest.main()
