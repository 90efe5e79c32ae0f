#!/usr/bin/env python3
"""Tests of the second reader: packages that our writer made, damaged ones, and well-signed ones that break one rule
each; and of the script in docs/package-format.md. Whatever the second reader says of a package, the library must say
too.

    second_reader_test.py MAKE-PACKAGE CHECK-PACKAGE TEST-PACKAGE PAGE
"""

import contextlib
import hashlib
import io
import os
import shutil
import re
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parent))
import second_reader as reader  # noqa: E402
from second_reader import Entry  # noqa: E402

MAKE_PACKAGE, CHECK_PACKAGE, TEST_PACKAGE, PAGE = (Path(sys.argv.pop(1)).resolve() for _ in range(4))
WORK = Path(tempfile.mkdtemp(prefix="second_reader_test."))
unittest.addModuleCleanup(shutil.rmtree, WORK)
NOW = 1_700_000_000


def run(*arguments: str | Path) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = reader.main([str(a) for a in arguments])
    return status, out.getvalue(), err.getvalue()


def library(package: Path, trust: str) -> tuple[int, str]:
    """What the library says of the package; it has no page to look at."""
    key = "none" if trust == "--unsigned" else trust.removeprefix("--key=")
    done = subprocess.run([CHECK_PACKAGE, package, key], capture_output=True, text=True)
    return done.returncode, done.stderr


def both(package: Path, trust: str) -> tuple[int, str, str]:
    """The second reader's verdict, when the library's is the same."""
    status, out, error = run("verify", package, trust)
    theirs = library(package, trust)
    assert theirs[0] == status, f"the second reader: {error or 'good'}; the library: {theirs[1] or 'good'}"
    return status, out, error


def fill(folder: Path) -> Path:
    """A small tree with something of every kind."""
    (folder / "usr/bin").mkdir(parents=True)
    (folder / "usr/bin/tool").write_bytes(b"#!/bin/sh\n")
    (folder / "usr/bin/tool").chmod(0o755)
    os.link(folder / "usr/bin/tool", folder / "usr/bin/tool2")
    (folder / "usr/bin/alias").symlink_to("tool")
    (folder / "usr/empty").write_bytes(b"")
    for name in (b"copy-a", b"copy-b", b"caf\xe9", b"new\nline\n", b'q"\\', b"l" * 150):
        Path(os.fsdecode(os.path.join(os.fsencode(folder), b"usr", name))).write_bytes(b"the same" + name[:4])
    (folder / "usr/large").write_bytes(b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(30_000)))
    return folder


def make(name: str, algorithm: str) -> tuple[Path, str]:
    """A package of that tree, and how it is trusted."""
    tree = WORK / "tree"
    if not tree.exists():
        fill(tree)
    subprocess.run([MAKE_PACKAGE, tree, WORK, name, algorithm], check=True, stdout=subprocess.DEVNULL)
    return WORK / name, "--unsigned" if algorithm == "none" else f"--key={WORK / name}.pub"


def zstd(data: bytes, *options: str) -> bytes:
    options = options or ("-3", "--no-check")
    with tempfile.NamedTemporaryFile() as file:  # a file, so that zstd writes the content size
        file.write(data)
        file.flush()
        return subprocess.run(["zstd", "-qc", *options, file.name], capture_output=True, check=True).stdout


def unpacked(data: bytes) -> bytes:
    return subprocess.run(["zstd", "-qdc"], input=data, capture_output=True, check=True).stdout


def padded(data: bytes) -> bytes:
    """A frame of raw blocks, with more empty ones than a frame has room for."""
    return reader.ZSTD_MAGIC + b"\xa0" + struct.pack("<I", len(data)) + bytes(3) * 3000 + b"".join(
        struct.pack("<I", len(data[i : i + 4096]) * 8 + (i + 4096 >= len(data)))[:3] + data[i : i + 4096]
        for i in range(0, len(data), 4096)
    )


def same(value):
    return value


class Writer:
    """Makes small packages, well signed; hooks break them on purpose."""

    def __init__(self, folder: Path) -> None:
        self.key, self.public = folder / "key.pem", folder / "public.pem"
        self.message = folder / "message"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.key], check=True)
        subprocess.run(["openssl", "pkey", "-in", self.key, "-pubout", "-out", self.public], check=True)
        self.rsa_key, self.rsa_public = folder / "rsa.pem", folder / "rsa_public.pem"
        self.key_id = self.id_of(self.public)

    @staticmethod
    def id_of(public: Path) -> bytes:
        return hashlib.sha256(reader.pem_to_der(public.read_bytes(), "PUBLIC KEY")).digest()

    def sign(self, statement: bytes) -> bytes:
        self.message.write_bytes(b"multiosupdate package statement 1\0" + statement)
        command = ["openssl", "pkeyutl", "-sign", "-inkey", self.key, "-rawin", "-in", self.message]
        return subprocess.run(command, capture_output=True, check=True).stdout

    def both(self, area: bytes) -> bytes:
        """Adds an RSA signature over the message signed last to the area."""
        if not self.rsa_key.exists():
            subprocess.run(["openssl", "genrsa", "-out", self.rsa_key, "2048"], check=True, capture_output=True)
            subprocess.run(["openssl", "pkey", "-in", self.rsa_key, "-pubout", "-out", self.rsa_public], check=True)
        command = ["openssl", "dgst", "-sha256", "-sign", self.rsa_key, self.message]
        value = subprocess.run(command, capture_output=True, check=True).stdout
        return self.joined(area, 1, self.id_of(self.rsa_public), value)

    @staticmethod
    def joined(area: bytes, algorithm: int, key_id: bytes, value: bytes, certificates: tuple[bytes, ...] = ()) -> bytes:
        """The area of one Ed25519 signature, with a second one in its place."""
        more = struct.pack("<HHI", algorithm, len(certificates), len(value)) + key_id + value
        more += b"".join(struct.pack("<I", len(der)) + der for der in certificates)
        signatures = sorted([area[12:116], more], key=lambda signature: signature[8:40])
        return (area[:8] + struct.pack("<I", 2) + b"".join(signatures)).ljust(len(area), b"\0")

    def build(
        self,
        files: list[tuple[Entry, bytes]],
        entries: Callable = same,  # the entries with their contents, metadata included, before the tar is made
        frames: Callable = same,  # the plain frames
        stored: Callable = same,  # the compressed frames
        lines: Callable = same,  # the lines of the index
        index: Callable = same,  # the stored index
        statement: Callable = same,
        area: Callable = same,
        size: int = 4096,
        kind: int = 1,
        created: int = NOW,
        texts: dict[str, str] | None = None,
    ) -> bytes:
        names = {"name": "n", "version": "1:2.0~a", "release": "", "architecture": "all", "type": "application"}
        names |= texts or {}
        stamp = datetime.fromtimestamp(created, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        about = SimpleNamespace(format=0, kind=kind, created_text=stamp, **names)
        info = ",".join(f'"{k}":"{v}"' for k, v in {**names, "created": stamp}.items())
        whole = [(m, f'{{"package_info":{{{info}}}}}'.encode() if m == reader.MANIFEST else b"") for m in reader.METADATA]
        whole = [(Entry(path, "regular", 0o644, 0, 0, created), content) for path, content in whole] + files
        whole[2] = whole[2][0], reader.version_json(about)
        for e, content in whole:
            if e.type == "regular" and not e.copy_of:
                e.size, e.sha256 = len(content), hashlib.sha256(content).hexdigest()
        sums = reader.Checksums()
        text: list[str] = []
        sums.write = text.append
        text.append('{\n"algorithm": "SHA-256",\n"files": [')
        for e, _ in sorted(whole, key=lambda pair: pair[0].path):
            sums.add(e)
        data = ("".join(text) + "\n]\n}\n").encode()
        whole[1][0].size, whole[1][0].sha256 = len(data), hashlib.sha256(data).hexdigest()
        whole[1] = whole[1][0], data
        whole = entries(whole)
        plain = [b"", b""]
        for i, (e, content) in enumerate(whole):
            f = 0 if i < 3 else 1
            plain[f] += reader.tar_member(e)
            if e.size and not e.copy_of:
                e.place = e.place or (f, 1, len(plain[f]))
                plain[f] += content + bytes(-len(content) % 512)
        for e, _ in whole:
            if e.copy_of:
                e.place = next(o.place for o, _ in whole if o.path == e.copy_of)
        plain = frames(plain)
        packed = stored([zstd(p) for p in plain])
        digest = lambda b: hashlib.sha256(b).hexdigest()  # noqa: E731
        rows = [
            f'{{"frame":{i},"stored":{len(c)},"plain":{len(p)},"stored_sha256":"{digest(c)}","plain_sha256":"{digest(p)}"}}'
            for i, (c, p) in enumerate(zip(packed, plain))
        ]
        ordered = sorted((e for e, _ in whole), key=lambda e: e.path)
        rows += [reader.bare_line(e) + reader.place_text(e) + "}" for e in ordered]
        rows = lines(rows)
        bare = "".join(re.sub(r',"frame":\d+,"frames":.*', "}", r) + "\n" for r in rows if not r.startswith('{"frame"'))
        content_digest = hashlib.sha256(b"multiosupdate package content 1\0" + bare.encode()).digest()
        expanded = "".join(row + "\n" for row in rows).encode()
        packed_index = index(zstd(expanded))
        total = 1536 + size
        end = 9 + total + 3 * -(-total // 131072)
        raw = b"MOS-STMT" + struct.pack(
            "<HHIHHIqQQQQQII", 0, 0, 0, kind, 0, size, created, sum(map(len, packed)) + end, sum(map(len, plain)) + total,
            len(packed_index), len(expanded), sum(not r.startswith('{"frame"') for r in rows), len(plain), len(whole[0][1]),
        )  # fmt: skip
        raw += hashlib.sha256(packed_index).digest() + content_digest + bytes([kind - 1]) * 32 + bytes(16)
        for name, width in (("name", 128), ("version", 128), ("release", 64), ("architecture", 64), ("type", 64)):
            raw += names[name].encode().ljust(width, b"\0")
        raw = statement(raw)
        signed = b"MOS-SIGN" + struct.pack("<IHHI", 1, 3, 0, 64) + self.key_id + self.sign(raw)
        signed = area(signed.ljust(size, b"\0"))
        head = reader.EMPTY_FRAME + b"\x57\x2a\x4d\x18" + struct.pack("<I", len(raw)) + raw
        head += b"\x58\x2a\x4d\x18" + struct.pack("<I", size) + signed
        head += b"\x59\x2a\x4d\x18" + struct.pack("<I", len(packed_index)) + packed_index
        with contextlib.suppress(reader.Refused):
            return head + b"".join(packed) + reader.last_frame(reader.parse_area(signed), size)
        return head + b"".join(packed)


def file(path: str | bytes, content: bytes = b"hello\n", **more) -> tuple[Entry, bytes]:
    path = path.encode() if isinstance(path, str) else path
    return Entry(path, more.pop("type", "regular"), more.pop("mode", 0o644), more.pop("owner", 0),
                 more.pop("group", 0), more.pop("modified", NOW), **more), content  # fmt: skip


def symlink(path: str, target: bytes, mode: int = 0o777, **more) -> tuple[Entry, bytes]:
    return file(path, type="symlink", target=target, mode=mode, **more)


def sample() -> list[tuple[Entry, bytes]]:
    """One of each kind, with all that can make an extended header needed."""
    f, deep = "content/files/", "content/files/" + "d" * 90
    a = file(f + "a", b"A" * 700, links=2, copies=1, attributes=(("user.x", b"\0\xff"),))
    c = file(f + "c", copy_of=b"content/files/a", attributes=a[0].attributes)
    c[0].size, c[0].sha256 = 700, hashlib.sha256(a[1]).hexdigest()
    return [
        a, file(f + "b", type="hard_link", target=b"content/files/a"), c,
        file(deep, type="directory", mode=0o755), file(deep + "/" + "x" * 200, owner=3_000_000, group=3_000_001, modified=-7),
        file(f.encode() + b"e\xff" + b"y" * 120, b""), file(f + 'q"\\ü'), file(f.encode() + b"r\xfe"),
        symlink(f + "s", b"z" * 150), file(f + "t.d/x"),
    ]  # fmt: skip


class Written(unittest.TestCase):
    """Packages that our writer made."""

    def test_signed_ones_are_good_and_list_what_tar_lists(self) -> None:
        for algorithm in ("ed25519", "ecc-p384", "none"):
            with self.subTest(algorithm):
                package, trust = make(algorithm, algorithm)
                status, out, error = both(package, trust)
                self.assertEqual((status, error), (0, ""))
                self.assertTrue(out.startswith("good: example 1.2.3 1 all, "))
                self.check_list(package, trust)

    def check_list(self, package: Path, trust: str) -> None:
        status, out, _ = run("list", package, trust)
        self.assertEqual(status, 0)
        folder = WORK / "extracted"
        folder.mkdir()
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        subprocess.run(["tar", "--zstd", "-xf", package, "-C", folder], check=True)
        paths = set()
        for row in out.splitlines():
            path, kind, mode, _, _, size, time, digest, target = row.split("\t")
            path = re.sub(r"\\x(..)|\\(.)", lambda m: os.fsdecode(bytes([int(m[1], 16)])) if m[1] else m[2], path)
            at = folder / path
            paths.add(path)
            status = os.lstat(at)
            self.assertEqual(status.st_mtime, int(time))
            if kind == "regular":
                self.assertEqual((f"{status.st_mode & 0o7777:04o}", status.st_size), (mode, int(size)))
                self.assertEqual(hashlib.sha256(at.read_bytes()).hexdigest(), digest)
            elif kind == "symlink":
                self.assertEqual(os.readlink(at), target)
            elif kind == "hard_link":
                self.assertTrue(at.samefile(folder / target))
        leaves = (at for at in folder.rglob("*") if at.is_symlink() or not at.is_dir())
        found = {str(at.relative_to(folder)) for at in leaves}
        self.assertEqual(found - paths, {"metadata/signature.json"})
        shutil.rmtree(folder)

    def test_every_package_of_the_round_trips_is_good(self) -> None:
        folder = WORK / "round-trips"
        folder.mkdir()
        done = subprocess.run([TEST_PACKAGE, "--source-file=*round_trip_test.cpp"], capture_output=True, text=True,
                              env={**os.environ, "MOS_KEEP_PACKAGES": str(folder)})  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stdout)
        kept = sorted(folder.iterdir())
        self.assertGreater(len(kept), 10)
        for package in kept:
            status, _, error = run("verify", package, "--unsigned")
            self.assertEqual((status, error), (0, ""), package.name)

    def test_another_key_is_not_trusted(self) -> None:
        package, _ = make("first", "ed25519")
        _, other = make("second", "ed25519")
        status, _, error = run("verify", package, other)
        self.assertEqual((status, error.split(":")[1]), (1, " SIGNER_UNTRUSTED"))
        status, _, error = run("verify", make("unsigned", "none")[0], other)
        self.assertEqual((status, error.split(":")[1]), (1, " NOT_SIGNED"))


class Page(unittest.TestCase):
    """The script of section 9, out of the page."""

    def check(self, package: Path, key: Path) -> tuple[bool, str]:
        script = re.search(r"^```sh\n(.*?)^```$", PAGE.read_text().partition("\n## 9.")[2], re.DOTALL | re.MULTILINE)
        assert script
        text = script[1]
        for name, value in (("P", package), ("KEY", key)):
            text, count = re.subn(rf"(?m)^{name}=\S+", f"{name}={value}", text)
            self.assertEqual(count, 1)
        folder = tempfile.mkdtemp(dir=WORK)
        done = subprocess.run(["sh", "-c", text], cwd=folder, capture_output=True, text=True)
        return done.returncode == 0 and done.stdout.endswith("good\n"), done.stdout + done.stderr

    def test_good_packages_pass(self) -> None:
        for algorithm in ("ed25519", "ecc-p384"):
            package, _ = make("page-" + algorithm, algorithm)
            good, text = self.check(package, Path(f"{package}.pub"))
            self.assertTrue(good, text)
        with tempfile.TemporaryDirectory(dir=WORK) as folder:
            writer = Writer(Path(folder))
            (WORK / "rsa").write_bytes(writer.build(sample(), area=writer.both))
            for key in (writer.public, writer.rsa_public):
                good, text = self.check(WORK / "rsa", key)
                self.assertTrue(good, text)

    def test_altered_ones_and_other_keys_do_not(self) -> None:
        package, _ = make("page", "ed25519")
        _, other = make("other", "ed25519")
        self.assertFalse(self.check(package, Path(other.removeprefix("--key=")))[0])
        good = package.read_bytes()
        size, area, index, end = (int.from_bytes(good[a:b], "little") for a, b in ((13, 17), (37, 41), (65, 73), (49, 57)))
        payload = 33 + size + area + index
        for at in (117, 25 + size + 60, payload - 20, payload + 30, payload + end - area - 1500, None):
            data = bytearray(good)
            if at is None:
                data.append(0)
            else:
                data[at] ^= 1
            (WORK / "altered").write_bytes(data)
            self.assertFalse(self.check(WORK / "altered", Path(f"{package}.pub"))[0], at)


class Damaged(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        package, cls.trust = make("damaged", "ed25519")
        cls.path = WORK / "p.mos"
        cls.good = package.read_bytes()
        size, area, index = (int.from_bytes(cls.good[a:b], "little") for a, b in ((13, 17), (37, 41), (65, 73)))
        cls.statement_end, cls.index_at = 17 + size, 33 + size + area
        cls.payload_at = cls.index_at + index

    def refuse(self, data: bytes, what: str = "") -> str:
        self.path.write_bytes(data)
        status, out, error = both(self.path, self.trust)
        self.assertEqual((status, out, error.count("\n")), (1, "", 1), what + error)
        return error

    def flip(self, offsets: range) -> None:
        for offset in offsets:
            data = bytearray(self.good)
            data[offset] ^= 1 << offset * 7 % 8
            self.refuse(bytes(data), f"flip at {offset}: ")

    def test_flips_in_the_statement(self) -> None:
        self.flip(range(0, self.statement_end, 11))

    def test_flips_in_the_signature_area(self) -> None:
        self.flip(range(self.statement_end, self.statement_end + 130, 5))
        self.flip(range(self.statement_end + 130, self.index_at - 8, 2501))

    def test_flips_in_the_index(self) -> None:
        self.flip(range(self.index_at - 8, self.payload_at, 97))

    def test_flips_in_the_payload(self) -> None:
        self.flip(range(self.payload_at, len(self.good), 40_009))
        self.flip(range(len(self.good) - 1030, len(self.good), 211))

    def test_truncations(self) -> None:
        for length in [0, 1, 8, 9, 16, 17, 400, self.statement_end, self.index_at, self.payload_at, len(self.good) - 1]:
            self.assertIn("TRUNCATED", self.refuse(self.good[:length]))

    def test_appended(self) -> None:
        for tail in (b"\0", reader.EMPTY_FRAME, b"\x50\x2a\x4d\x18\0\0\0\0", bytes(512), self.good):
            self.assertIn("TRAILING_DATA", self.refuse(self.good + tail))


class Rules(unittest.TestCase):
    """Well-signed packages that break one rule."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        cls.writer = Writer(Path(cls.folder.name))
        cls.path = Path(cls.folder.name) / "p.mos"

    @classmethod
    def tearDownClass(cls) -> None:
        cls.folder.cleanup()

    def status(self, files: list | None = None, **hooks) -> tuple[int, str]:
        self.path.write_bytes(self.writer.build(sample() if files is None else files, **hooks))
        status, _, error = both(self.path, f"--key={self.writer.public}")
        return status, error

    def accept(self, files: list | None = None, **hooks) -> None:
        self.assertEqual(self.status(files, **hooks), (0, ""))

    def refuse(self, code: str, files: list | None = None, **hooks) -> None:
        status, error = self.status(files, **hooks)
        self.assertEqual((status, error.count("\n")), (1, 1), error or f"accepted, not {code}")
        self.assertIn(f"refused: {code}", error)

    def test_good_and_python_tarfile_agrees(self) -> None:
        self.accept()
        plain = subprocess.run(["zstd", "-dqc", self.path], capture_output=True, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(plain), encoding="utf-8", errors="surrogateescape") as tar:
            members = {os.fsencode(m.name): m for m in tar.getmembers()}
        self.assertEqual(len(members), len(sample()) + 4)
        for e, _ in sample():
            m = members[e.path]
            self.assertEqual((m.mode, m.uid, m.gid, m.mtime), (e.mode, e.owner, e.group, e.modified), e.path)
            self.assertEqual(os.fsencode(m.linkname), e.target or e.copy_of)

    def test_delta(self) -> None:
        self.refuse("INDEX", [file("content/patches/000000.delta")], kind=2)  # of no entry
        self.refuse("INDEX", [file("content/patches/000000.delta")])

    def test_statement(self) -> None:
        def put(offset: int, data: bytes, length: int = 640) -> Callable:
            return lambda raw: (raw[:offset] + data + raw[offset + len(data) :]).ljust(length, b"\0")

        for code, *change in (
            ("STATEMENT", 0, b"MOS-STMU"), ("NEWER_FORMAT", 10, b"\1"), ("MUST", 12, b"\1"), ("STATEMENT", 16, b"\3"),
            ("STATEMENT", 16, b"\0"), ("STATEMENT", 18, b"\1"), ("LIMIT", 24, struct.pack("<q", -1)),
            ("LIMIT", 24, struct.pack("<q", 2**33)), ("LIMIT", 64, bytes(8)), ("LIMIT", 64, struct.pack("<Q", 4_000_001)),
            ("LIMIT", 72, bytes(4)), ("LIMIT", 76, bytes(4)), ("LIMIT", 76, b"\1\0\x10"), ("LIMIT", 40, b"\xff" * 5),
            ("LIMIT", 56, b"\xff" * 5), ("STATEMENT", 144, b"\1"), ("STATEMENT", 191, b"\1"), ("STATEMENT", 192, b"-n"),
            ("STATEMENT", 194, b"n"), ("STATEMENT", 320, b":2"), ("STATEMENT", 448, b"."), ("STATEMENT", 512, b"\0"),
            ("STATEMENT", 576, b"A"), ("STATEMENT", 0, b"", 648), ("INDEX_DIGEST", 80, b"\0\0\0"), ("CONTENT", 112, b"\0\0\0"),
            ("METADATA", 76, b"\1"), ("METADATA", 24, struct.pack("<q", NOW + 1)), ("INDEX", 64, b"\2"), ("METADATA", 192, b"m"),
        ):  # fmt: skip
            with self.subTest(change):
                self.refuse(code, statement=put(*change))

    def test_signature_area(self) -> None:
        for code, change in (
            ("SIGNATURE_AREA", lambda a: a[:-1] + b"\1"), ("NOT_SIGNED", lambda a: a[:8] + bytes(len(a) - 8)),
            ("LIMIT", lambda a: a[:8] + b"\x11" + a[9:]), ("SIGNER_UNTRUSTED", lambda a: a[:12] + b"\4" + a[13:]),
            ("LIMIT", lambda a: a[:14] + b"\x11" + a[15:]), ("LIMIT", lambda a: a[:16] + b"\1\0\1" + a[19:]),
            ("LIMIT", lambda a: a[:16] + bytes(4) + a[20:]),
            ("SIGNATURE_AREA", lambda a: (a[:8] + b"\2\0\0\0" + a[12:116] * 2).ljust(len(a), b"\0")),
            ("SIGNATURE_INVALID", lambda a: a[:60] + bytes([a[60] ^ 1]) + a[61:]),
            ("SIGNATURE_INVALID", lambda a: a[:12] + b"\1" + a[13:]),
        ):  # fmt: skip
            with self.subTest(code):
                self.refuse(code, area=change)
        for value in (bytes(64), bytes(9000)):  # bad, or of another time, beside a good one
            for algorithm in (3, 77):
                self.accept(area=lambda a: self.writer.joined(a, algorithm, b"\xff" * 32, value), size=32_768)
        self.accept(area=self.writer.both)

    def test_certificates(self) -> None:
        folder = Path(self.folder.name)

        def openssl(*arguments: str | Path) -> None:
            subprocess.run(["openssl", *map(str, arguments)], cwd=folder, check=True, capture_output=True)

        for name in ("ca", "strangers"):
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes", "-subj", f"/CN={name}",
                    "-keyout", f"{name}.key", "-out", f"{name}.crt", "-days", "30")  # fmt: skip
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes", "-subj", "/CN=leaf",
                "-keyout", "leaf.key", "-out", "leaf.csr")  # fmt: skip
        openssl("x509", "-req", "-in", "leaf.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-days", "30", "-out", "leaf.crt")
        openssl("x509", "-in", "leaf.crt", "-noout", "-pubkey", "-out", "leaf.pub")
        openssl("x509", "-in", "leaf.crt", "-outform", "DER", "-out", "leaf.der")

        def signed(area: bytes) -> bytes:
            openssl("dgst", "-sha384", "-sign", "leaf.key", "-out", "value", self.writer.message)
            der = (folder / "leaf.der").read_bytes()
            return self.writer.joined(area, 2, self.writer.id_of(folder / "leaf.pub"), (folder / "value").read_bytes(), (der,))

        self.path.write_bytes(self.writer.build(sample(), area=signed, created=int(time.time()) + 60))
        self.assertEqual(run("verify", self.path, f"--ca={folder / 'ca.crt'}")[0], 0)
        self.assertIn("SIGNER_UNTRUSTED", run("verify", self.path, f"--ca={folder / 'strangers.crt'}")[2])

    def test_index_spelling(self) -> None:
        def edit(old: str, new: str) -> Callable:
            return lambda lines: [line.replace(old, new, 1) for line in lines]

        for old, new in (
            ('"owner":0', '"owner": 0'), ('"owner":0', '"owner":00'), ('"owner":0', '"owner":false'), ("0644", "644"),
            ('"owner":0', '"owner":-1'), ('"owner":0,"group":0', '"group":0,"owner":0'), ("ü", "\\u00fc"), ("/t.d", "\\/t.d"),
            ('"user.x":"AP8="', '"user.x":"AP9="'), ('"user.x":"AP8="', '"user.x":"AP8"'), ('"user.x"', '"user.="'),
            ('"user.x"', '"trusted.x"'), (',"offset"', ',"more":1,"offset"'), ('"frame":1,"stored"', '"frame":2,"stored"'),
            ('content/files/a"', 'content/files/a","path":"content/files/a"'), ('"links":2', '"links":1'),
            (',"attributes":{"user.x":"AP8="}', ',"attributes":{}'), ('"sha256":"', '"sha256":"A'), ('"size":0', '"size":1'),
            ('"path":"content/files/t.d/x"', '"path_base64":"Y29udGVudC9maWxlcy90LmQveA=="'), ('{"path"', "[["), ("}", "}\r"),
            ('"type":"symlink"', '"type":"socket"'), ('"modified":', '"modified":1.'), ('"modified":', '"modified":1' + "0" * 5000),
        ):  # fmt: skip
            with self.subTest(new):
                self.refuse("INDEX", lines=edit(old, new))

    def test_index_structure(self) -> None:
        self.refuse("INDEX", lines=lambda lines: lines[:2] + [lines[3], lines[2]] + lines[4:])
        self.refuse("INDEX", lines=lambda lines: lines[:3] + lines[2:])
        self.refuse("INDEX", lines=lambda lines: [lines[1], lines[0]] + lines[2:])
        self.refuse("INDEX", lines=lambda lines: lines[:2] + ["x" * 140_000] + lines[2:])
        self.refuse("METADATA", lines=lambda lines: [x for x in lines if "version.json" not in x])
        for size in ('"stored":', '"plain":'):
            self.refuse("INDEX", lines=lambda lines, size=size: [lines[0].replace(size, size + "1", 1)] + lines[1:])
        self.refuse("INDEX_DIGEST", statement=lambda raw: raw[:80] + bytes(32) + raw[112:])
        self.refuse("FRAME", index=lambda data: data + reader.EMPTY_FRAME)
        self.refuse("FRAME", index=lambda data: data[:-1])
        self.refuse("FRAME", index=lambda data: b"\x50\x2a\x4d\x18\0\0\0\0" + data)

    def test_entries(self) -> None:
        f = "content/files/"
        for files in (
            [file("content/x")], [file("content/files")], [file(f + "../x")], [file(f + "a//b")], [file(f + "a/")],
            [file(f + "./x")], [file(f + "x" * 256)], [file(f + "/".join("x" * 127))], [file("metadata/x")], [file(f + "a\0b")],
            [file("/" + f + "a")], [file(f + "/".join(["x" * 250] * 17))],
            [file(f + "a"), file(f + "a/b")], [file(f + "a"), file(f + "a-"), file(f + "a-b"), file(f + "a/b")],
            [symlink(f + "a", b"/"), file(f + "a/b")], [symlink(f + "a", b"")], [symlink(f + "a", b"x" * 4096)],
            [symlink(f + "a", b"x\0")], [symlink(f + "a", b"x", mode=0o755)], [file(f + "a", owner=2**32 - 1)],
            [file(f + "a", group=2**32 - 1)], [symlink(f + "a", b"x", attributes=(("user.b", b""),))],
            [file(f + "a", attributes=(("user.", b""),))], [file(f + "a", attributes=(("user." + "b" * 251, b""),))],
            [file(f + "b"), file(f + "c", type="hard_link", target=b"content/files/b")],
            [file(f + "b", links=3), file(f + "c", type="hard_link", target=b"content/files/b")], [file(f + "b", links=2)],
            [file(f + "b", links=2), file(f + "c", type="hard_link", target=b"content/files/b", mode=0o600)],
            [file(f + "b", links=2), file(f + "a", type="hard_link", target=b"content/files/b")],
            [file("content/configs/b", links=2), file(f + "c", type="hard_link", target=b"content/configs/b")],
            [file(f + "b", copies=1)], [file(f + "b", attributes=(("user.b", b""), ("user.a", b"")))],
            [file(f + "b", attributes=tuple((f"user.{i:02}", b"") for i in range(65)))],
            [file(f + "b", attributes=(("user.b", bytes(65537)),))],
        ):  # fmt: skip
            with self.subTest(files[-1][0].path[:60]):
                self.refuse("INDEX", files)
        self.accept([file(f + "/".join("x" * 126))])
        self.accept([file(f + "a"), file(f + "a-"), file(f + "ab/c")])
        self.accept([file(f + "b", attributes=tuple((f"user.{i:02}", b"") for i in range(64)))])
        self.accept([file(f + "b", b"")])
        self.accept([file(f + "b", owner=2**32 - 2, modified=-(2**63)), symlink(f + "c", b"x" * 4095)])
        self.accept([file(f + "b", attributes=(("user." + "b" * 250, b""),))])
        self.accept([file("content/configs/" + "b" * 40, modified=2**63 - 1)])
        other_digest = lambda lines: [x.replace('"sha256":"e3', '"sha256":"e4') for x in lines]  # noqa: E731
        self.refuse("INDEX", [file(f + "b", b"")], lines=other_digest)

    def test_copies(self) -> None:
        for key, value in (("mode", 0o600), ("modified", 1), ("attributes", ())):
            files = sample()
            setattr(files[2][0], key, value)
            self.refuse("INDEX", files)
        self.refuse("INDEX", lines=lambda lines: [x.replace('"offset":', '"offset":1') if "copy_of" in x else x for x in lines])

    def test_metadata(self) -> None:
        def change(number: int, **values) -> Callable:
            def hook(whole):
                for key, value in values.items():
                    setattr(whole[number][0], key, value)
                return whole

            return hook

        for i in range(3):
            for values in ({"mode": 0o600}, {"owner": 1}, {"modified": 1}, {"attributes": (("user.x", b""),)}):
                self.refuse("METADATA", entries=change(i, **values))

        def content(number: int, old: bytes, new: bytes) -> Callable:
            def hook(whole):
                e, data = whole[number]
                data = data.replace(old, new)
                e.size, e.sha256 = len(data), hashlib.sha256(data).hexdigest()
                if number != 1:  # checksums.json names it
                    before = whole[1][1]
                    line = re.sub(rb'[0-9a-f]{64}(?=","path":"' + e.path + b'")', e.sha256.encode(), before)
                    whole[1][0].sha256 = hashlib.sha256(line).hexdigest()
                    whole[1] = whole[1][0], line
                whole[number] = e, data
                return whole

            return hook

        for number, old, new, code in (
            (0, b'"n"', b'"m"', "MANIFEST"), (0, b"1:2", b"1:3", "MANIFEST"), (0, b"23-11", b"23-12", "MANIFEST"),
            (0, b"package_info", b"info", "MANIFEST"), (0, b"}}", b"}", "MANIFEST"),
            (0, b"}}", b'},"package_info":{}}', "MANIFEST"), (0, b"}}", b'},"security":1}', "MANIFEST"),
            (0, b"}}", b'},"update_info":{"priority":null}}', "MANIFEST"), (0, b"}}", b'},"new":1.5}', "MANIFEST"),
            (0, b"}}", b'},"new":' + b"[" * 16 + b"]" * 16 + b"}", "MANIFEST"),
            (0, b"}}", b'},"new":1' + b"0" * 20 + b"}", "MANIFEST"),
            (0, b'{"package', b'\xef\xbb\xbf{"package', "MANIFEST"), (0, b"}}", b'},"new":"\\ud800"}', "MANIFEST"),
            (0, b"}}", b'},"new":[' + b"[]," * 49_991 + b"1]}", "MANIFEST"), (0, b"}}", b'},"new":NaN}', "MANIFEST"),
            (0, b"}}", b'},"security":{"validity_period":{"not_after":"2024-02-30T00:00:00Z"}}}', "MANIFEST"),
            (0, b"}}", b'},"security":{"validity_period":{"not_after":"2024-02-03T00:00:60Z"}}}', "MANIFEST"),
            (0, b"}}", b'},"installation":{"backup_strategy":"\\t"}}', "MANIFEST"), (0, b'"n"', b'"n\xff"', "MANIFEST"),
            (0, b"}}", b'},"update_info":{"priority":1000001}}', "MANIFEST"),
            (0, b"}}", b'},"system_requirements":{"minimum_version":"a b"}}', "MANIFEST"),
            (0, b"}}", b'},"dependencies":{"depends":[1]}}', "MANIFEST"),
            (0, b'"release":"",', b"", "MANIFEST"), (1, b"]\n", b"]", "METADATA"),
            (1, b"\n{", b"\n {", "METADATA"), (2, b'"full"', b'"delta"', "METADATA"), (2, b"}\n", b"}", "METADATA"),
        ):  # fmt: skip
            with self.subTest(new[:60]):
                self.refuse(code, entries=content(number, old, new))
        for new in (
            b'},"new":' + b"[" * 15 + b"]" * 15 + b"}", b'},"new":18446744073709551615}', b'},"security":{"new":null}}',
            b'},"security":{"validity_period":{"not_after":"2024-02-29T00:00:00Z"}}}', b'},"installation":{"backup_strategy":"\\n"}}',
            b'},"system_requirements":{"minimum_version":"1:2~a"},"dependencies":{"depends":["a | b"]}}', b'\n}\t}\r',
        ):  # fmt: skip
            with self.subTest(new):
                self.accept(entries=content(0, b"}}", new))

    def test_tar(self) -> None:
        def patch(frame: int, offset: int) -> Callable:
            def hook(plain):
                data = bytearray(plain[frame])
                data[offset] ^= 1
                plain[frame] = bytes(data)
                return plain

            return hook

        for frame, offset in ((0, 0), (0, 107), (0, 150), (0, 329), (0, 511), (1, 0), (1, 512), (1, -1)):
            with self.subTest((frame, offset)):
                self.refuse("TAR", frames=patch(frame, offset))
        self.refuse("ENTRY_DIGEST", frames=patch(0, 512))
        self.refuse("TAR", frames=lambda plain: plain[:1] + [plain[1] + bytes(512)])
        self.refuse("TAR", frames=lambda plain: plain[:1] + [plain[1][:-512]])
        self.refuse("TAR", frames=lambda plain: plain + [bytes(512)])
        self.refuse("TAR", lines=lambda lines: [x.replace('"frames":1', '"frames":2') for x in lines])
        self.refuse("TAR", lines=lambda lines: [x.replace('"offset":', '"offset":1') for x in lines])
        self.accept(frames=lambda plain: [plain[0], plain[1][:700], plain[1][700:]], lines=self.moved)

    @staticmethod
    def moved(lines: list[str]) -> list[str]:
        """The second frame was cut at 700."""

        def place(match: re.Match) -> str:
            size, between, at = int(match[1]), match[2], int(match[3])
            crosses, behind = at < 700 < at + size, at >= 700
            place = f'"frame":{1 + behind},"frames":{1 + crosses},"offset":{at - 700 * behind}'
            return f'"size":{size}{between}{place}'

        return [re.sub(r'"size":(\d+)(.*?,)"frame":1,"frames":1,"offset":(\d+)', place, line) for line in lines]

    def test_frames(self) -> None:
        raw = lambda data: data[:4] + b"\x00\x58" + b"\x01\x00\x00"  # noqa: E731  no content size
        for change in (
            lambda s: [s[0], s[1] + reader.EMPTY_FRAME], lambda s: [s[0], s[1][:-1]], lambda s: [s[0], raw(s[1])],
            lambda s: [b"\x50\x2a\x4d\x18\0\0\0\0" + s[0], s[1]], lambda s: [s[0], s[0]],
            lambda s: [s[0][:4] + bytes([s[0][4] | 1]) + b"\1" + s[0][5:], s[1]],
            lambda s: [s[0][:4] + bytes([s[0][4] | 8]) + s[0][5:], s[1]],
            lambda s: [s[0][:4] + bytes([s[0][4] | 16]) + s[0][5:], s[1]],
            lambda s: [zstd(unpacked(s[0]), "-3", "--check"), s[1]],
        ):  # fmt: skip
            self.refuse("FRAME", stored=change)
        self.accept(stored=lambda s: [zstd(unpacked(s[0]), "-19", "--no-check"), s[1]])
        self.refuse("INDEX", stored=lambda s: [s[0], padded(unpacked(s[1]))])
        big = [file("content/files/b", bytes(9 * reader.MIB))]
        self.refuse("INDEX", big)


if __name__ == "__main__":
    unittest.main()
