"""file-delta: one file as its difference to another, made, shown and applied by the tool."""

import os
import subprocess
import unittest

from support import DONE, REFUSED, TOOLS, USAGE, Workshop, environment, package

OLD = b"".join(b"line %d\n" % (number * 7919 % 1000003) for number in range(20_000))
NEW = OLD[:70_000] + b"something new" + OLD[70_100:]


class FileDelta(Workshop):
    def setUp(self):
        super().setUp()
        self.old, self.new = self.put("old", OLD), self.put("new", NEW)
        self.delta, self.made = self.new_path("delta"), self.new_path("made")

    def put(self, name, content):
        path = self.new_path(name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def create(self, *arguments):
        return package("file-delta", "create", self.old, self.new, f"--output={self.delta}", *arguments)

    def apply(self, base=None, *arguments):
        return package("file-delta", "apply", base or self.old, self.delta, f"--output={self.made}", *arguments)

    def assert_made(self):
        with open(self.made, "rb") as file:
            self.assertEqual(file.read(), NEW)

    def test_every_codec_gives_the_new_file_back(self):
        for codec in ("suffix", "full", "vcdiff"):
            with self.subTest(codec):
                ended = self.create(f"--codec={codec}", "--format=json")
                if codec == "vcdiff" and ended.code != DONE:
                    continue  # a build may be without it
                self.assertEqual(self.must(ended).json["codec"], codec)
                self.assertEqual(ended.json["delta_bytes"], os.path.getsize(self.delta))
                self.assertIn("made", self.must(self.apply()).out)
                self.assert_made()

    def test_keep_is_for_files_that_are_equal(self):
        self.assertEqual(self.create("--codec=keep").code, USAGE)
        self.assertFalse(os.path.exists(self.delta))
        self.put_new(OLD)
        self.must(self.create("--codec=keep"))
        self.assertEqual(os.path.getsize(self.delta), 128)

    def put_new(self, content):
        with open(self.new, "wb") as file:
            file.write(content)

    def test_the_delta_may_come_through_a_pipe(self):
        self.must(self.create())
        with open(self.delta, "rb") as file:
            content = file.read()
        command = [TOOLS["multios-package"], "file-delta", "apply", self.old, "-", f"--output={self.made}"]
        subprocess.run(command, input=content, check=True, stdout=subprocess.DEVNULL, env=environment(), timeout=30)
        self.assert_made()
        os.remove(self.made)
        ended = subprocess.run(command, input=content[:-10], check=False, capture_output=True, env=environment(), timeout=30)
        self.assertEqual(ended.returncode, REFUSED)
        self.assertIn(b"ends too early", ended.stderr)
        self.assertFalse(os.path.exists(self.made))

    def test_it_tells_what_it_is_for(self):
        self.must(self.create())
        shown = self.must(package("file-delta", "info", self.delta, "--format=json")).json
        self.assertEqual((shown["base_bytes"], shown["result_bytes"]), (len(OLD), len(NEW)))
        self.assertIn("SHA-256 " + shown["result_sha256"], self.must(package("file-delta", "info", self.delta)).out)
        self.assertEqual(package("file-delta", "info", self.old).code, REFUSED)

    def test_another_base_and_too_little_memory_are_refused_and_the_old_file_stays(self):
        self.must(self.create())
        with open(self.made, "wb") as file:
            file.write(b"as before")
        for ended in (self.apply(self.new), self.apply(None, "--memory=10000")):
            self.assertEqual(ended.code, REFUSED)
            self.assertIn("Nothing was written", ended.err)
        with open(self.made, "rb") as file:
            self.assertEqual(file.read(), b"as before")

    def test_a_device_that_has_too_little_for_any_delta_is_told_at_once(self):
        ended = self.create("--apply-memory=1000")
        self.assertEqual(ended.code, USAGE)
        self.assertIn("at least 1048576 are needed", ended.err)


if __name__ == "__main__":
    unittest.main()
