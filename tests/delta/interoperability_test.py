"""Deltas of ours are read by the xdelta3 command, and its deltas by us; what GNU gzip and zstd made is made again.

`-D` and `-R` keep the command from unpacking what it takes for compressed input, and from packing it again.
"""

import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(sys.argv.pop()).resolve()
HEADER_BYTES = 128
XDELTA3 = shutil.which("xdelta3")
CODECS = subprocess.run([TOOL, "codecs"], check=True, capture_output=True, text=True).stdout.split()


def pair(seed):
    """An old and a new file: parts kept, moved, changed and added."""
    chance = random.Random(seed)
    parts = [chance.randbytes(chance.randrange(1, 60_000)) for _ in range(30)]
    old = b"".join(parts)
    chance.shuffle(parts)
    changed = [bytes(part[:10]) + b"changed" + part[10:] if chance.random() < 0.3 else part for part in parts]
    return old, b"".join(changed) + b"end" * chance.randrange(1, 20_000)


def files():
    yield b"", b"something new"
    yield b"old", b""
    yield bytes(1 << 20), bytes(1 << 20) + b"!"
    for seed in range(3):
        yield pair(seed)


@unittest.skipUnless(XDELTA3 and "vcdiff" in CODECS, "no xdelta3 command, or no codec vcdiff in this build")
class Interoperability(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, old, new):
        (self.folder / "old").write_bytes(old)
        (self.folder / "new").write_bytes(new)

    def run_in(self, *command):
        subprocess.run(command, check=True, cwd=self.folder)

    def test_the_command_applies_our_deltas(self):
        for old, new in files():
            with self.subTest(old=len(old), new=len(new)):
                self.write(old, new)
                self.run_in(TOOL, "create", "vcdiff", "old", "new", "delta")
                (self.folder / "payload").write_bytes((self.folder / "delta").read_bytes()[HEADER_BYTES:])
                self.run_in(XDELTA3, "-q", "-f", "-d", "-D", "-R", "-s", "old", "payload", "again")
                self.assertEqual((self.folder / "again").read_bytes(), new)

    def test_we_apply_the_commands_deltas(self):
        levels = [["-9", "-S", "lzma"], ["-1", "-S", "lzma"], ["-6", "-S", "none"], ["-9", "-n", "-S", "lzma"],
                  ["-A", "-S", "none"]]
        for old, new in files():
            for level in levels:
                with self.subTest(old=len(old), new=len(new), level=level):
                    self.write(old, new)
                    self.run_in(XDELTA3, "-q", "-f", "-e", "-D", *level, "-s", "old", "new", "payload")
                    # Its level 9 asks for 64 MiB of dictionary for each of three sections.
                    self.run_in(TOOL, "payload-apply", "vcdiff", "old", "payload", "new", "again", str(256 << 20))
                    self.assertEqual((self.folder / "again").read_bytes(), new)


def gzip_is_gnu():
    ended = subprocess.run(["gzip", "--version"], capture_output=True, text=True, check=False)
    return ended.returncode == 0 and "Free Software Foundation" in ended.stdout


def contents():
    chance = random.Random(7)
    words = [bytes(chance.choices(b"abcdefghijklmnopqrstuvwxyz", k=chance.randrange(2, 9))) for _ in range(2000)]
    prose = b" ".join(chance.choices(words, k=120_000))
    yield b"x"
    yield b"a match at the end, at the end"
    for size in (100, 32_768, 65_535, 65_536, 65_537, 98_304 + 32_506, len(prose)):
        yield prose[:size]
    yield bytes(300_000)
    yield chance.randbytes(150_000)
    yield prose[:50_000] + chance.randbytes(40_000) + bytes(70_000) + prose[:90_000]
    yield bytes(chance.choices(b"ab", k=200_000))
    yield b"".join(bytes([number % 251]) * (number % 300) for number in range(2000))


@unittest.skipUnless(gzip_is_gnu(), "gzip is not GNU's")
class Gzip(unittest.TestCase):
    def test_what_it_makes_is_made_again(self):
        with tempfile.TemporaryDirectory() as name:
            plain, again = pathlib.Path(name, "plain"), pathlib.Path(name, "again")
            for number, content in enumerate(contents()):
                plain.write_bytes(content)
                for level in "123456789":
                    with self.subTest(content=number, size=len(content), level=level):
                        packed = subprocess.run(["gzip", "-n", f"-{level}", "-c", plain], check=True, capture_output=True)
                        subprocess.run([TOOL, "deflate", "gzip", level, plain, again], check=True)
                        self.assertEqual(packed.stdout[10:-8], again.read_bytes())


def old_and_new(size):
    chance = random.Random(size)
    words = [bytes(chance.choices(b"abcdefghijklmnopqrstuvwxyz", k=chance.randrange(2, 9))) for _ in range(5000)]
    old = b" ".join(chance.choices(words, k=size // 5))[:size]
    return old, b"changed" + old[:size // 3] + b"inserted" + old[size // 3:]


@unittest.skipUnless(shutil.which("zstd") and "suffix" in CODECS, "no zstd command, or no codec suffix in this build")
class Zstd(unittest.TestCase):
    MEMORY = str(512 << 20)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def pack(self, content, name, options, from_pipe):
        plain, packed = self.folder / "plain", self.folder / name
        plain.write_bytes(content)
        with open(plain, "rb") as given, open(packed, "wb") as out:
            source = {"stdin": given} if from_pipe else {}
            subprocess.run(["zstd", "-q", "-c", *options, *([] if from_pipe else [plain])], check=True, stdout=out, **source)
        return packed

    def check_made_again(self, contents, *options, from_pipe=False):
        old, new = (self.pack(content, name, options, from_pipe) for content, name in zip(contents, ("old", "new")))
        delta, again = self.folder / "delta", self.folder / "again"
        subprocess.run([TOOL, "create", "suffix", old, new, delta, self.MEMORY], check=True, capture_output=True)
        subprocess.run([TOOL, "apply", old, delta, again, self.MEMORY], check=True)
        self.assertEqual(again.read_bytes(), new.read_bytes())
        return delta.stat().st_size

    def test_what_it_makes_on_one_thread_is_made_again(self):
        small, large = old_and_new(300_000), old_and_new(10_000_000)
        for from_pipe in (False, True):
            for contents, options in [(small, ["-1"]), (small, ["-3", "--no-check"]), (small, ["-6"]), (small, ["-19"]),
                                      (large, ["-3", "--single-thread"]), (large, ["-9", "--single-thread"])]:
                with self.subTest(size=len(contents[0]), options=options, from_pipe=from_pipe):
                    # Of frames that differ nearly everywhere.
                    self.assertLess(self.check_made_again(contents, *options, from_pipe=from_pipe), 1000)

    def test_what_it_cuts_into_jobs_is_left_as_it_is(self):
        self.check_made_again(old_and_new(10_000_000), "-3")


if __name__ == "__main__":
    unittest.main()
