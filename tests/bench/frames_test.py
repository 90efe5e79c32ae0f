"""What the frame bench works out of an index and of versions is what it says."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from frames import Frame, Package, content_bytes, package_of, read_package, reused, touched
from releases import change_at_random, compare, oldest_and_newest, take_times

MAKE_PACKAGE = os.environ["MAKE_PACKAGE"]
DIGEST_DIGITS = 64


def frame_line(number, stored, plain):
    digest = str(number) * DIGEST_DIGITS
    return {"frame": number, "stored": stored, "plain": plain, "stored_sha256": digest, "plain_sha256": digest}


def entry_line(path, frame, frames):
    return {"path": path, "type": "regular", "size": 1, "sha256": "", "frame": frame, "frames": frames, "offset": 512}


def index_text(lines):
    return "".join(f"{json.dumps(line)}\n" for line in lines)


class Index(unittest.TestCase):
    def test_frames_of_the_metadata_are_none_of_the_content(self):
        package = package_of(index_text([
            frame_line(0, 7, 70), frame_line(1, 10, 100), frame_line(2, 20, 200),
            {"path": "content/files/a", "type": "directory"},
            entry_line("content/files/a/b", 1, 2),
            {**entry_line("", 2, 1), "path_base64": "Y29udGVudC9maWxlcy9jYWb/"},
            entry_line("metadata/manifest.json", 0, 1)]), 1000)
        self.assertEqual(package.files, [range(0, 2), range(1, 2)])
        self.assertEqual(content_bytes(package), 30)
        self.assertEqual([frame.plain for frame in package.frames], [100, 200])

    def test_an_index_is_found_in_a_package_that_the_library_made(self):
        with tempfile.TemporaryDirectory(prefix="mos-frames-") as folder:
            tree, frame_bytes, size = os.path.join(folder, "tree"), 16384, 50_000
            os.mkdir(tree)
            pathlib.Path(tree, "large").write_bytes(os.urandom(size))
            pathlib.Path(tree, "small").write_bytes(b"small")
            subprocess.run([MAKE_PACKAGE, tree, folder, "one.mos", "none", "3", str(frame_bytes)], check=True,
                           stdout=subprocess.DEVNULL)
            path = os.path.join(folder, "one.mos")
            package = read_package(path)
            self.assertEqual(package.stored_bytes, os.path.getsize(path))
            large, small = package.files
            self.assertEqual([package.frames[number].plain for number in large][:-1], 3 * [frame_bytes])
            self.assertEqual(len(small), 1)
            self.assertLess(content_bytes(package), package.stored_bytes)


class Shares(unittest.TestCase):
    def test_what_is_reused_is_counted_in_stored_bytes(self):
        package = Package(0, [Frame(30, 1, "a"), Frame(10, 99, "b")], [])
        self.assertEqual(reused(package, {"a", "c"}), 0.75)
        self.assertEqual(reused(package, set()), 0.0)

    def test_every_frame_of_a_changed_file_is_touched_and_each_counts_once(self):
        frames = [Frame(1, 100, "a"), Frame(1, 100, "b"), Frame(1, 200, "c")]
        for files, share in (([range(0, 2)], 2 / 3), (40 * [range(2, 3)], 1 / 3)):
            figures = touched(Package(0, frames, files), seed=1)
            self.assertAlmostEqual(figures.frames, share)
            self.assertAlmostEqual(figures.plain_bytes, 0.5)


class Releases(unittest.TestCase):
    def test_the_oldest_and_the_newest_of_some_versions_are_taken(self):
        listed = " x | 1.9 | a Packages\n x | 1.10 | a Packages\n x | 1.10 | b Packages\n x | 1.2 | a Packages\n"

        def is_older(one, other):
            return tuple(map(int, one.split("."))) < tuple(map(int, other.split(".")))
        self.assertEqual(oldest_and_newest(listed, is_older), ["1.2", "1.10"])
        self.assertEqual(oldest_and_newest(" x | 1.9 | a Packages\n", is_older), ["1.9"])
        self.assertEqual(oldest_and_newest("", is_older), [])

    def test_a_release_that_is_made_differs_in_one_file_of_twenty(self):
        with tempfile.TemporaryDirectory(prefix="mos-frames-") as folder:
            old, new = os.path.join(folder, "old"), os.path.join(folder, "new")
            for top in (old, new):
                os.mkdir(top)
                for number in range(40):
                    path = pathlib.Path(top, f"file-{number:02}")
                    path.write_text(f"content {number}\n" * 20, encoding="ascii")
                    os.utime(path, (1_700_000_000, 1_700_000_000))
            change_at_random(new, seed=1)
            os.utime(os.path.join(old, "file-00"), (1_600_000_000, 1_600_000_000))
            counts = compare(old, new)
            self.assertEqual((counts.files, counts.other_content), (40, 2))
            self.assertEqual(counts.other_time, 1)
            take_times(old, new)
            self.assertEqual(compare(old, new).other_time, 0)
            self.assertEqual(compare(old, new).other_content, 2)


if __name__ == "__main__":
    unittest.main()
