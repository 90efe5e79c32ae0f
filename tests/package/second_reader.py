#!/usr/bin/env python3
"""A second reader of the package format (.mos), written from docs/package-format.md alone: where it and the library
disagree, one of the two or the page is wrong.

    second_reader.py verify FILE (--key=PUB | --ca=CRT | --unsigned)
    second_reader.py list   FILE (--key=PUB | --ca=CRT | --unsigned)

Needs Python 3.11, and the commands `zstd` and `openssl`. The first thing that is wrong ends it with one line on the
standard error and exit status 1. Trusted is one key or one root; with --unsigned nobody vouches for the package, and
all else is checked all the same. The section numbers below are those of the page.
"""

import argparse
import base64
import contextlib
import hashlib
import io
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, BinaryIO

import second_reader_manifest

KIB, MIB, GIB, TIB = 2**10, 2**20, 2**30, 2**40

# Section 8
STATEMENT_BYTES, SIGNATURE_AREA_BYTES = 4 * KIB, 256 * KIB
SIGNATURES, CERTIFICATES, SIGNATURE_VALUE_BYTES, CERTIFICATE_BYTES = 16, 16, 64 * KIB, 16 * KIB
INDEX_STORED_BYTES, INDEX_EXPANDED_BYTES, INDEX_LINE_BYTES = 256 * MIB, GIB, 128 * KIB
ENTRIES = FRAMES = 4_000_000
FRAME_PLAIN_BYTES, PAYLOAD_BYTES, EXPANSION_RATIO = 8 * MIB, TIB, 40_000
PATCHES, PATCH_BASE_BYTES = 65_536, 4 * MIB
SHARED_ENTRIES, ATTRIBUTES, ATTRIBUTE_BYTES, MANIFEST_BYTES = 65_536, 64, 64 * KIB, MIB
FRAME_WINDOW, INDEX_WINDOW = 2**23, 2**20

STATEMENT_SIZE = 640
EMPTY_FRAME = bytes.fromhex("28b52ffd2000010000")
ZSTD_MAGIC = bytes.fromhex("28b52ffd")
TIME_END = 2**33
DIGEST_OF_NOTHING = hashlib.sha256().hexdigest()
SIGNED_PREFIX = b"multiosupdate package statement 1\0"
CONTENT_PREFIX = b"multiosupdate package content 1\0"
KINDS = {1: "full", 2: "delta"}
MANIFEST, CHECKSUMS, VERSION = (b"metadata/" + n for n in (b"manifest.json", b"checksums.json", b"version.json"))
METADATA = (MANIFEST, CHECKSUMS, VERSION)  # in the order of the tar
FOLDERS = (b"content/configs/", b"content/files/", b"content/patches/", b"content/scripts/", b"dependencies/")

ALGORITHMS = {1: "RSA-SHA256", 2: "ECC-P384-SHA384", 3: "Ed25519"}
KEY_INFO = {  # how the SubjectPublicKeyInfo begins, after its outer header
    1: bytes.fromhex("300d06092a864886f70d0101010500"),
    2: bytes.fromhex("301006072a8648ce3d020106052b81040022"),
    3: bytes.fromhex("300506032b6570"),
}


class Refused(Exception):
    """The package is not as the document says."""


def check(condition: Any, code: str, text: str) -> None:
    if not condition:
        raise Refused(f"{code}: {text}")


# ---------------------------------------------------------------- sections 1 and 2: the head


class Source:
    """A file that is read at offsets."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size = file.seek(0, os.SEEK_END)

    def read(self, offset: int, length: int) -> bytes:
        self.file.seek(offset)
        data = self.file.read(length)
        check(len(data) == length, "TRUNCATED", f"{length} bytes are missing at offset {offset}")
        return data


@dataclass
class Statement:
    raw: bytes
    format: int
    kind: int
    area_size: int
    created: int
    payload_stored: int
    payload_plain: int
    index_stored: int
    index_plain: int
    entries: int
    frames: int
    manifest_size: int
    index_digest: bytes
    content_digest: bytes
    base_digest: bytes
    name: str
    version: str
    release: str
    architecture: str
    type: str

    @property
    def index_at(self) -> int:
        return 33 + len(self.raw) + self.area_size

    @property
    def payload_at(self) -> int:
        return self.index_at + self.index_stored

    @property
    def created_text(self) -> str:
        return datetime.fromtimestamp(self.created, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


TEXTS = {
    "name": (192, 128, r"[A-Za-z0-9][A-Za-z0-9+\-._]*"),
    "version": (320, 128, r"([0-9]{1,9}:)?[A-Za-z0-9][A-Za-z0-9+\-._~]*"),
    "release": (448, 64, r"([A-Za-z0-9][A-Za-z0-9+._~]*)?"),
    "architecture": (512, 64, r"[A-Za-z0-9][A-Za-z0-9\-_]*"),
    "type": (576, 64, r"[a-z0-9][a-z0-9\-_]*"),
}


def read_statement(source: Source) -> Statement:
    check(source.read(0, 9) == EMPTY_FRAME, "NOT_A_PACKAGE", "the empty frame at the beginning is missing")
    size = skippable(source, 9, 0x57)
    check(STATEMENT_SIZE <= size <= STATEMENT_BYTES, "STATEMENT", f"a statement of {size} bytes")
    return parse_statement(source.read(17, size))


def skippable(source: Source, offset: int, magic: int) -> int:
    header = source.read(offset, 8)
    check(header[:4] == bytes((magic, 0x2A, 0x4D, 0x18)), "HEAD", f"no skippable frame header at offset {offset}")
    return struct.unpack("<I", header[4:])[0]


def parse_statement(raw: bytes) -> Statement:
    check(raw[:8] == b"MOS-STMT", "STATEMENT", "it does not begin with MOS-STMT")
    version, reader, must, kind, zero, *numbers = struct.unpack_from("<HHIHHIqQQQQQII", raw, 8)
    check(reader == 0, "NEWER_FORMAT", f"a reader of version {reader} is needed")
    check(version > 0 or len(raw) == STATEMENT_SIZE, "STATEMENT", "version 0 has 640 bytes")
    check(must == 0, "MUST_UNDERSTAND", f"unknown must-understand bits {must:#x}")
    check(kind in KINDS, "STATEMENT", f"unknown kind {kind}")
    check(zero == 0 and not any(raw[176:192]), "STATEMENT", "reserved bytes are not zero")
    texts = {key: parse_text(raw, key) for key in TEXTS}
    s = Statement(raw, version, kind, *numbers, raw[80:112], raw[112:144], raw[144:176], **texts)
    check(any(s.base_digest) == (kind == 2), "STATEMENT", "a digest of the base belongs to a delta, and only there")
    check_numbers(s)
    return s


def parse_text(raw: bytes, key: str) -> str:
    offset, length, pattern = TEXTS[key]
    text = raw[offset : offset + length].rstrip(b"\0").decode("latin-1")
    check(re.fullmatch(pattern, text), "STATEMENT", f"{key} is not spelled as it must be")
    return text


def check_numbers(s: Statement) -> None:
    def between(low: int, value: int, high: int, what: str) -> None:
        check(low <= value <= high, "LIMIT", f"{what} is {value}, not {low} to {high}")

    between(512, s.area_size, SIGNATURE_AREA_BYTES, "the size of the signature area")
    check(s.area_size % 512 == 0, "STATEMENT", "the size of the signature area is no multiple of 512")
    between(0, s.created, TIME_END - 1, "the creation time")
    between(1, s.payload_stored, PAYLOAD_BYTES, "the stored payload")
    between(1, s.payload_plain, min(PAYLOAD_BYTES, s.payload_stored * EXPANSION_RATIO), "the plain payload")
    between(1, s.index_stored, INDEX_STORED_BYTES, "the stored index")
    between(1, s.index_plain, min(INDEX_EXPANDED_BYTES, s.index_stored * EXPANSION_RATIO), "the expanded index")
    between(1, s.entries, ENTRIES, "the number of entries")
    between(1, s.frames, FRAMES, "the number of frames")
    between(1, s.manifest_size, MANIFEST_BYTES, "the size of the manifest")


# ---------------------------------------------------------------- section 3: signatures


@dataclass
class Signature:
    algorithm: int
    key_id: bytes
    value: bytes
    certificates: list[bytes]


def read_area(source: Source, s: Statement) -> bytes:
    offset = 17 + len(s.raw)
    check(skippable(source, offset, 0x58) == s.area_size, "HEAD", "the signature area has another size than stated")
    return source.read(offset + 8, s.area_size)


def parse_area(area: bytes) -> list[Signature]:
    stream = io.BytesIO(area)

    def take(length: int) -> bytes:
        data = stream.read(length)
        check(len(data) == length, "SIGNATURE_AREA", "it ends within a signature")
        return data

    def number(low: int, high: int, what: str) -> int:
        value = struct.unpack("<I", take(4))[0]
        check(low <= value <= high, "LIMIT", f"{what}: {value}")
        return value

    check(take(8) == b"MOS-SIGN", "SIGNATURE_AREA", "it does not begin with MOS-SIGN")
    signatures: list[Signature] = []
    for _ in range(number(0, SIGNATURES, "number of signatures")):
        algorithm, count = struct.unpack("<HH", take(4))
        check(count <= CERTIFICATES, "LIMIT", f"{count} certificates")
        length = number(1, SIGNATURE_VALUE_BYTES, "length of a signature")
        key_id, value = take(32), take(length)
        chain = [take(number(1, CERTIFICATE_BYTES, "length of a certificate")) for _ in range(count)]
        check(not signatures or signatures[-1].key_id < key_id, "SIGNATURE_AREA", "not sorted by key id")
        signatures.append(Signature(algorithm, key_id, value, chain))
    check(not any(stream.read()), "SIGNATURE_AREA", "bytes after the signatures are not zero")
    return signatures


def pem_to_der(data: bytes, label: str) -> bytes:
    found = re.search(rf"-----BEGIN {label}-----([A-Za-z0-9+/=\s]+)-----END {label}-----".encode(), data)
    if not found:
        raise Refused(f"KEY: no {label} in PEM in the file")
    try:
        return base64.b64decode(found[1])
    except ValueError as error:
        raise Refused(f"KEY: {error}") from None


def openssl(work: Path, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *map(str, arguments)], cwd=work, capture_output=True, stdin=subprocess.DEVNULL)


def signature_is_good(work: Path, s: Statement, signature: Signature, key: bytes) -> bool:
    """Whether the signature over the statement is that of this SubjectPublicKeyInfo."""
    header = 2 + (key[1] & 0x7F if key[1] & 0x80 else 0)
    if not key[header:].startswith(KEY_INFO[signature.algorithm]):
        return False
    (work / "key").write_bytes(key)
    (work / "message").write_bytes(SIGNED_PREFIX + s.raw)
    (work / "signature").write_bytes(signature.value)
    done = openssl(work, "pkey", "-pubin", "-inform", "DER", "-in", "key", "-out", "key.pem")
    if done.returncode != 0:
        return False
    if signature.algorithm == 3:
        command = "pkeyutl -verify -pubin -inkey key.pem -rawin -in message -sigfile signature"
    else:
        digest = "-sha256" if signature.algorithm == 1 else "-sha384"
        command = f"dgst {digest} -verify key.pem -signature signature message"
    return openssl(work, *command.split()).returncode == 0


def chain_key(work: Path, s: Statement, signature: Signature, ca: Path) -> bytes | None:
    """The leaf's public key when its chain ended at the authority at the time of creation."""
    if not signature.certificates:
        return None
    names = []
    for i, der in enumerate(signature.certificates):
        (work / f"{i}.der").write_bytes(der)
        if openssl(work, "x509", "-inform", "DER", "-in", f"{i}.der", "-out", f"{i}.pem").returncode != 0:
            return None
        names += ["-untrusted", f"{i}.pem"] if i else []
    trust = ["-attime", str(s.created), "-CAfile", ca.resolve(), "-no-CApath", "-no-CAstore"]
    if openssl(work, "verify", *trust, *names, "0.pem").returncode != 0:
        return None
    return pem_to_der(openssl(work, "x509", "-in", "0.pem", "-noout", "-pubkey").stdout, "PUBLIC KEY")


def check_trust(work: Path, s: Statement, signatures: list[Signature], key: Path | None, ca: Path | None) -> None:
    """One good signature of a trusted signer is enough, whatever else stands in the area."""
    check(signatures, "NOT_SIGNED", "there is no signature")
    pinned = pem_to_der(key.read_bytes(), "PUBLIC KEY") if key else None
    code, why = "SIGNER_UNTRUSTED", "no signature of a trusted signer"
    for signature in signatures:
        if signature.algorithm not in ALGORITHMS:
            continue
        spki = pinned if pinned else chain_key(work, s, signature, ca) if ca else None
        if spki is None or hashlib.sha256(spki).digest() != signature.key_id:
            continue
        if signature_is_good(work, s, signature, spki):
            return
        code, why = "SIGNATURE_INVALID", f"that of key {signature.key_id.hex()} is wrong"
    raise Refused(f"{code}: {why}")


def signature_json(signatures: list[Signature], size: int) -> bytes:
    def one(s: Signature) -> str:
        name = ALGORITHMS.get(s.algorithm, f"unknown ({s.algorithm})")
        chain = ",".join(f'\n"{base64.b64encode(c).decode()}"' for c in s.certificates)
        return (
            f'{{\n"algorithm": "{name}",\n"key_id": "{s.key_id.hex()}",\n'
            f'"signature": "{base64.b64encode(s.value).decode()}",\n"certificates": [{chain}]\n}}'
        )

    text = '{\n"signatures": [' + ("\n" if signatures else "") + ",\n".join(map(one, signatures)) + "]\n}"
    check(len(text) < size, "SIGNATURE_AREA", "the copy for people does not fit")
    return text.encode().ljust(size - 1) + b"\n"


def last_frame(signatures: list[Signature], size: int) -> bytes:
    header = tar_header(b"metadata/signature.json", 0o644, 0, 0, size, 0, b"0")
    data = header + signature_json(signatures, size) + bytes(1024)
    frame = ZSTD_MAGIC + b"\xa0" + struct.pack("<I", len(data))
    for at in range(0, len(data), 128 * KIB):
        block = data[at : at + 128 * KIB]
        frame += struct.pack("<I", len(block) * 8 + (at + len(block) == len(data)))[:3] + block
    return frame


def check_end(source: Source, s: Statement, signatures: list[Signature]) -> int:
    """Check the file's length and the last frame; return where that begins."""
    end = s.payload_at + s.payload_stored
    check(source.size >= end, "TRUNCATED", f"the file has {source.size} of {end} bytes")
    check(source.size == end, "TRAILING_DATA", f"the file has {source.size - end} bytes too many")
    frame = last_frame(signatures, s.area_size)
    longer = len(frame) < s.payload_stored and 1536 + s.area_size < s.payload_plain
    check(longer, "STATEMENT", "the payload is not longer than the last frame")
    check(source.read(end - len(frame), len(frame)) == frame, "SIGNATURE_COPY", "it is not that of the area")
    return end - len(frame)


# ---------------------------------------------------------------- zstd


def check_zstd(file: BinaryIO, length: int, plain: int, window_limit: int) -> None:
    """One zstd frame (RFC 8878) fills the file: with content size and a small window, and nothing else in its header."""
    file.seek(0)
    head = file.read(18).ljust(18, b"\0")
    check(head[:4] == ZSTD_MAGIC, "FRAME", "not a zstd frame")
    descriptor = head[4]
    single = bool(descriptor & 0x20)
    check(descriptor & 0x1F == 0, "FRAME", "it has a dictionary, a checksum or a reserved bit")
    size_bytes = (1 if single else 0, 2, 4, 8)[descriptor >> 6]
    check(size_bytes, "FRAME", "it does not have its content size")
    at = 5 if single else 6
    content = int.from_bytes(head[at : at + size_bytes], "little") + (256 if size_bytes == 2 else 0)
    check(content == plain, "FRAME", f"content size {content} instead of {plain}")
    base = 1 << (10 + (head[5] >> 3))
    window = content if single else base + base // 8 * (head[5] & 7)
    check(window <= window_limit, "FRAME", f"a window of {window} bytes")
    at += size_bytes
    last = 0
    while not last:
        file.seek(at)
        block = int.from_bytes(file.read(3).ljust(3, b"\xff"), "little")
        last, kind, size = block & 1, block >> 1 & 3, block >> 3
        check(kind != 3 and at + 3 <= length, "FRAME", "a block of the reserved type, or the end is missing")
        at += 3 + (1 if kind == 1 else size)
    check(at == length, "FRAME", "more or less than one frame")


def expand(file: BinaryIO, plain: int) -> Iterator[bytes]:
    """Expand the file with `zstd`, never more than `plain` bytes."""
    file.flush()
    file.seek(0)
    process = subprocess.Popen(["zstd", "-dcq"], stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout
    try:
        left = plain
        while data := process.stdout.read(MIB):
            left -= len(data)
            check(left >= 0, "FRAME", "it expands to more than it says")
            yield data
        check(process.wait() == 0 and left == 0, "FRAME", "zstd cannot expand it")
    finally:
        process.stdout.close()
        process.kill()
        process.wait()


# ---------------------------------------------------------------- section 4: the index


@dataclass(slots=True)
class Entry:
    path: bytes
    type: str
    mode: int
    owner: int
    group: int
    modified: int
    size: int = 0
    sha256: str = ""
    links: int = 0
    target: bytes = b""
    attributes: tuple[tuple[str, bytes], ...] = ()
    place: tuple[int, int, int] | None = None  # frame, frames, offset
    patch: tuple[int, int] | None = None  # patch, at
    copies: int = 0
    copy_of: bytes = b""

    def metadata(self) -> tuple[int, int, int, int]:
        return self.mode, self.owner, self.group, self.modified


@dataclass(slots=True)
class Frame:
    stored: int
    plain: int
    stored_sha256: str
    plain_sha256: str


def is_clean(name: bytes) -> bool:
    try:
        return not re.search("[\x00-\x1f\x7f-\x9f]", name.decode())
    except UnicodeDecodeError:
        return False


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def name_member(key: str, name: bytes) -> str:
    if is_clean(name):
        return f'"{key}":{quoted(name.decode())}'
    return f'"{key}_base64":"{base64.b64encode(name).decode()}"'


def parse_name(members: dict[str, Any], key: str) -> bytes:
    if key in members:
        return members[key].encode()
    return base64.b64decode(members[key + "_base64"], validate=True)


def parse_number(members: dict[str, Any], key: str, low: int, high: int, default: int | None = None) -> int:
    value = members[key] if default is None else members.get(key, default)
    if type(value) is not int or not (low <= value <= high or value == default):
        raise ValueError(f"{key} is out of range")
    return value


def parse_digest(members: dict[str, Any], key: str = "sha256") -> str:
    if not re.fullmatch("[0-9a-f]{64}", members[key]):
        raise ValueError(f"{key} is no digest")
    return members[key]


def parse_attributes(members: dict[str, str]) -> tuple[tuple[str, bytes], ...]:
    attributes = tuple((name, base64.b64decode(value, validate=True)) for name, value in members.items())
    names = [name for name, _ in attributes]
    if len(names) > ATTRIBUTES or any(len(value) > ATTRIBUTE_BYTES for _, value in attributes):
        raise ValueError("too many or too large attributes")
    if names != sorted(names):
        raise ValueError("attributes are not sorted")
    for name in names:
        raw = name.encode()
        user = raw.startswith(b"user.") and 5 < len(raw) <= 255 and b"=" not in raw and is_clean(raw)
        if not user and name != "security.capability":
            raise ValueError("an attribute that is not allowed")
    return attributes


def parse_entry(m: dict[str, Any]) -> Entry:
    if m["type"] not in ("regular", "directory", "symlink", "hard_link") or not re.fullmatch("[0-7]{4}", m["mode"]):
        raise ValueError("type or mode")
    owner, group = (parse_number(m, key, 0, 2**32 - 2) for key in ("owner", "group"))
    modified = parse_number(m, "modified", -(2**63), 2**63 - 1)
    e = Entry(parse_name(m, "path"), m["type"], int(m["mode"], 8), owner, group, modified)
    if e.type == "regular":
        e.size, e.sha256 = parse_number(m, "size", 0, PAYLOAD_BYTES), parse_digest(m)
        e.links = parse_number(m, "links", 2, ENTRIES, 0)
        if not e.size and e.sha256 != DIGEST_OF_NOTHING:
            raise ValueError("an empty file with the digest of something")
    if e.type in ("symlink", "hard_link"):
        e.target = parse_name(m, "target")
    else:
        e.attributes = parse_attributes(m.get("attributes", {}))
    if e.size and m.keys() & {"frame", "patch"}:
        bounds = (("frame", 0, FRAMES - 1), ("frames", 1, FRAMES), ("offset", 0, FRAME_PLAIN_BYTES - 1))
        if "patch" in m:
            e.patch = parse_number(m, "patch", 0, PATCHES - 1), parse_number(m, "at", 0, PAYLOAD_BYTES)
        else:
            frame, frames, offset = (parse_number(m, *bound) for bound in bounds)
            e.place = frame, frames, offset
        e.copies = parse_number(m, "copies", 1, ENTRIES, 0)
        e.copy_of = parse_name(m, "copy_of") if m.keys() & {"copy_of", "copy_of_base64"} else b""
    return e


def bare_line(e: Entry) -> str:
    """The canonical line without its PLACE and without the closing brace."""
    line = f'{{{name_member("path", e.path)},"type":"{e.type}","mode":"{e.mode:04o}"'
    line += f',"owner":{e.owner},"group":{e.group},"modified":{e.modified}'
    if e.type == "regular":
        line += f',"size":{e.size},"sha256":"{e.sha256}"' + (f',"links":{e.links}' if e.links else "")
    if e.type in ("symlink", "hard_link"):
        line += "," + name_member("target", e.target)
    if e.attributes:
        values = (f'{quoted(name)}:"{base64.b64encode(value).decode()}"' for name, value in e.attributes)
        line += ',"attributes":{' + ",".join(values) + "}"
    return line


def place_text(e: Entry) -> str:
    if not e.place and not e.patch:
        return ""
    text = ',"frame":{},"frames":{},"offset":{}'.format(*e.place) if e.place else ',"patch":{},"at":{}'.format(*e.patch)
    if e.copy_of:
        return text + "," + name_member("copy_of", e.copy_of)
    return text + (f',"copies":{e.copies}' if e.copies else "")


def parse_frame(m: dict[str, Any]) -> tuple[int, Frame]:
    stored, plain = parse_number(m, "stored", 1, 2**63), parse_number(m, "plain", 1, FRAME_PLAIN_BYTES)
    if stored > plain + plain // 256 + 64:
        raise ValueError("more stored bytes than the plain ones can need")
    frame = Frame(stored, plain, parse_digest(m, "stored_sha256"), parse_digest(m, "plain_sha256"))
    return parse_number(m, "frame", 0, FRAMES - 1), frame


def frame_line(number: int, f: Frame) -> str:
    return (
        f'{{"frame":{number},"stored":{f.stored},"plain":{f.plain},'
        f'"stored_sha256":"{f.stored_sha256}","plain_sha256":"{f.plain_sha256}"}}'
    )


class Index:
    """The expanded index in a private file. It is walked, never held: its lines are parsed again at each walk."""

    def __init__(self, source: Source, s: Statement, work: Path) -> None:
        self.path, self.frame_count, self.entry_count = work / "index", s.frames, s.entries
        self.entries_at = 0
        offset = s.index_at - 8
        check(skippable(source, offset, 0x59) == s.index_stored, "HEAD", "the index has another size than stated")
        with open(work / "index.zst", "w+b") as stored:
            digest = hashlib.sha256()
            for at in range(0, s.index_stored, MIB):
                data = source.read(s.index_at + at, min(MIB, s.index_stored - at))
                digest.update(data)
                stored.write(data)
            check(digest.digest() == s.index_digest, "INDEX_DIGEST", "the stored index is not that of the statement")
            check_zstd(stored, s.index_stored, s.index_plain, INDEX_WINDOW)
            with open(self.path, "wb") as plain:
                plain.writelines(expand(stored, s.index_plain))

    def line(self, file: BinaryIO) -> tuple[str, dict[str, Any]]:
        raw = file.readline(INDEX_LINE_BYTES + 1)
        check(raw.endswith(b"\n"), "INDEX", "a line is missing, is too long or has no end")
        try:
            text = raw[:-1].decode()
            members = json.loads(text)
        except (ValueError, RecursionError):
            members = None
        check(isinstance(members, dict), "INDEX", f"a line is no JSON object: {raw[:80]!r}")
        return text, members

    def frames(self) -> Iterator[Frame]:
        with open(self.path, "rb") as file:
            for expected in range(self.frame_count):
                text, members = self.line(file)
                with self.canonical(text):
                    number, frame = parse_frame(members)
                    if number != expected or frame_line(number, frame) != text:
                        raise ValueError("not canonical, or not in order")
                yield frame
            self.entries_at = file.tell()

    def entries(self) -> Iterator[Entry]:
        """All entries; the frames must have been walked before."""
        with open(self.path, "rb") as file:
            file.seek(self.entries_at)
            for _ in range(self.entry_count):
                text, members = self.line(file)
                with self.canonical(text):
                    entry = parse_entry(members)
                    if bare_line(entry) + place_text(entry) + "}" != text:
                        raise ValueError("not canonical")
                yield entry
            check(not file.read(1), "INDEX", "more lines than stated")

    @staticmethod
    @contextlib.contextmanager
    def canonical(text: str) -> Iterator[None]:
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Refused(f"INDEX: {error}: {text[:100]!r}") from None


PATCH_FILE = re.compile(rb"content/patches/([0-9]{6})\.(base|delta)")


def is_content(path: bytes) -> bool:
    return not path.startswith(b"content/patches/")


def folder_of(path: bytes) -> bytes:
    return next((f for f in FOLDERS if path.startswith(f)), b"metadata/" if path in METADATA else b"")


class EntryRules:
    """The rules of section 4 on the entries together; it remembers the shared entries and little else."""

    def __init__(self, s: Statement) -> None:
        self.s = s
        self.last = b""
        self.leaves: list[bytes] = []  # non-directories whose bytes the current path begins with
        self.shared: dict[bytes, list[Any]] = {}  # path: entry, links to come, copies to come
        self.metadata: dict[bytes, Entry] = {}
        self.results: list[int] = []  # bytes of each patch's result so far
        self.patch_files = 0  # how many patches have had their files

    def add(self, e: Entry) -> None:
        self.check_path(e)
        if e.type == "symlink":
            good = 0 < len(e.target) <= 4095 and b"\0" not in e.target and e.mode == 0o777
            check(good, "INDEX", f"bad target or mode of {e.path!r}")
        elif e.type == "hard_link":
            self.hard_link(e)
        elif e.copy_of:
            self.copy(e)
        if e.path in METADATA:
            self.metadata_file(e)
        self.check_origin(e)
        if e.links or e.copies:
            check(len(self.shared) < SHARED_ENTRIES, "LIMIT", "too many entries with links or copies")
            self.shared[e.path] = [e, e.links - 1 if e.links else 0, e.copies]

    def check_path(self, e: Entry) -> None:
        parts = e.path.split(b"/")
        good = len(e.path) <= 4095 and len(parts) <= 128 and b"\0" not in e.path
        good = good and all(0 < len(p) <= 255 and p not in (b".", b"..") for p in parts)
        folder = folder_of(e.path)
        check(good and folder, "INDEX", f"the path {e.path[:200]!r} is not allowed")
        check(folder != b"content/patches/" or self.s.kind == 2, "INDEX", "patches in a package that is no delta")
        check(e.path > self.last, "INDEX", f"{e.path!r} is not in order")
        self.last = e.path
        while self.leaves and not e.path.startswith(self.leaves[-1]):
            self.leaves.pop()
        check(all(e.path[len(p)] != 0x2F for p in self.leaves), "INDEX", f"{e.path!r} lies below no directory")
        if e.type != "directory":
            self.leaves.append(e.path)

    def check_origin(self, e: Entry) -> None:
        """Where the content comes from, section 7."""
        made = e.size > 0 and not e.place
        check(not made or self.s.kind == 2, "INDEX", f"{e.path!r} has no place in a full package")
        if e.path == CHECKSUMS and self.s.kind == 2:
            check(made and not e.patch, "INDEX", "checksums.json is stored, or comes from a patch, in a delta package")
            return
        check(not made or folder_of(e.path) == b"content/files/", "INDEX", f"{e.path!r} must be stored")
        if e.patch and not e.copy_of:
            number, at = e.patch
            if number == len(self.results):
                self.results.append(0)
            good = number < len(self.results) and at == self.results[number]
            check(good, "INDEX", f"{e.path!r} is not what comes next in its patch")
            self.results[number] += e.size
            check(self.results[number] <= PAYLOAD_BYTES, "LIMIT", "the result of a patch")
        if not is_content(e.path):
            self.patch_file(e)

    def patch_file(self, e: Entry) -> None:
        found = PATCH_FILE.fullmatch(e.path)
        good = found and e.type == "regular" and e.size and e.metadata() == (0o644, 0, 0, self.s.created)
        good = good and not (e.links or e.copies or e.copy_of or e.attributes)
        good = good and int(found[1]) == self.patch_files < len(self.results)
        check(good, "INDEX", f"{e.path!r} is not the next file of a patch")
        check(found[2] == b"delta" or e.size <= PATCH_BASE_BYTES, "LIMIT", "a list of base files")
        self.patch_files += found[2] == b"delta"

    def hard_link(self, e: Entry) -> None:
        known = self.shared.get(e.target)
        good = known and known[1] > 0 and known[0].metadata() == e.metadata()
        good = good and folder_of(e.target) == folder_of(e.path)
        check(good, "INDEX", f"the hard link {e.path!r} does not agree with its target")
        known[1] -= 1

    def copy(self, e: Entry) -> None:
        known = self.shared.get(e.copy_of)
        o: Entry | None = known[0] if known else None
        good = o and known[2] > 0 and o.metadata() == e.metadata() and o.attributes == e.attributes
        good = good and (o.size, o.sha256, o.place, o.patch) == (e.size, e.sha256, e.place, e.patch)
        check(good, "INDEX", f"the copy {e.path!r} does not agree with its original")
        known[2] -= 1

    def metadata_file(self, e: Entry) -> None:
        good = e.type == "regular" and e.size and e.metadata() == (0o644, 0, 0, self.s.created)
        good = good and not (e.links or e.copies or e.copy_of or e.attributes)
        check(good, "METADATA", f"{e.path!r} is not as it must be")
        self.metadata[e.path] = e

    def finish(self) -> None:
        check(len(self.metadata) == 3, "METADATA", "a file of metadata/ is missing")
        check(self.patch_files == len(self.results), "INDEX", "the files of a patch are missing")
        check(not any(n or c for _, n, c in self.shared.values()), "INDEX", "an announced link or copy does not come")


def check_index(index: Index, s: Statement, last_frame_at: int) -> dict[bytes, Entry]:
    """Walk the index once. Return the three entries of metadata/."""
    stored = plain = 0
    for frame in index.frames():
        stored, plain = stored + frame.stored, plain + frame.plain
    check(s.payload_at + stored == last_frame_at, "INDEX", "the frames do not fill the payload")
    check(plain + 1536 + s.area_size == s.payload_plain, "INDEX", "the frames do not expand to the plain payload")
    rules, content, sums = EntryRules(s), hashlib.sha256(CONTENT_PREFIX), Checksums()
    for entry in index.entries():
        rules.add(entry)
        if is_content(entry.path):
            content.update((bare_line(entry) + "}\n").encode())
            sums.add(entry)
    rules.finish()
    check(content.digest() == s.content_digest, "CONTENT_DIGEST", "it is not that of the entries")
    metadata = rules.metadata
    check(metadata[MANIFEST].size == s.manifest_size, "METADATA", "manifest.json has another size than stated")
    version = version_json(s)
    expected = {CHECKSUMS: sums.finish(), VERSION: (len(version), hashlib.sha256(version).hexdigest())}
    for path, what in expected.items():
        check(what == (metadata[path].size, metadata[path].sha256), "METADATA", f"{path.decode()} is wrong")
    return metadata


# ---------------------------------------------------------------- section 6: metadata files, tar, payload


class Checksums:
    """Size and digest of the checksums.json that the entries ask for."""

    def __init__(self) -> None:
        self.digest, self.size, self.first = hashlib.sha256(), 0, True
        self.write('{\n"algorithm": "SHA-256",\n"files": [')

    def write(self, text: str) -> None:
        self.digest.update(text.encode())
        self.size += len(text.encode())

    def add(self, e: Entry) -> None:
        if e.type == "regular" and e.path != CHECKSUMS:
            separator = "\n" if self.first else ",\n"
            self.write(f'{separator}{{"sha256":"{e.sha256}",{name_member("path", e.path)}}}')
            self.first = False

    def finish(self) -> tuple[int, str]:
        self.write("\n]\n}\n")
        return self.size, self.digest.hexdigest()


def version_json(s: Statement) -> bytes:
    texts = {key: getattr(s, key) for key in TEXTS}
    lines = [f'"format": {s.format}']
    members = {"kind": "full", **texts, "created": s.created_text}
    lines += [f'"{key}": "{value}"' for key, value in members.items()]
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def check_manifest(data: bytes, s: Statement) -> None:
    try:
        tree = second_reader_manifest.read(data)
    except (ValueError, RecursionError) as error:
        raise Refused(f"MANIFEST: {error}") from None
    found = {"release": "1", "architecture": "all", "type": "application"} | tree.get("package_info", {})
    for key, value in ({key: getattr(s, key) for key in TEXTS} | {"created": s.created_text}).items():
        check(found.get(key) == value, "MANIFEST", f"{key} is not that of the statement")


def tar_header(
    name: bytes, mode: int, owner: int, group: int, size: int, time: int, kind: bytes, target: bytes = b""
) -> bytes:
    numbers = f"{mode:07o}\0{owner:07o}\0{group:07o}\0{size:011o}\0{time:011o}\0".encode()
    start = name[:100].ljust(100, b"\0") + numbers
    end = kind + target[:100].ljust(100, b"\0") + b"ustar\x0000" + bytes(64) + b"0000000\0" * 2 + bytes(167)
    return start + f"{sum(start) + sum(end) + 8 * 32:06o}\0 ".encode() + end


def pax_record(key: str, value: bytes) -> bytes:
    body = b" " + key.encode() + b"=" + value + b"\n"
    length = len(body)
    while length != len(body) + len(str(length)):
        length = len(body) + len(str(length))
    return str(length).encode() + body


def tar_member(e: Entry) -> bytes:
    """All that stands before the entry's content in the tar."""
    name = e.path + b"/" if e.type == "directory" else e.path
    target = e.copy_of or e.target
    size = 0 if e.copy_of else e.size
    names = [(key, value) for key, value in (("path", name), ("linkpath", target)) if len(value) > 100]
    large = {"uid": e.owner > 0o7777777, "gid": e.group > 0o7777777}
    large |= {"size": size >= TIME_END, "mtime": not 0 <= e.modified < TIME_END}
    numbers = {"uid": e.owner, "gid": e.group, "size": size, "mtime": e.modified}
    records = [("hdrcharset", b"BINARY")] if any(not is_clean(value) for _, value in names) else []
    records += [("comment", b"multiosupdate copy")] if e.copy_of else []
    records += [(key, b"%d" % numbers[key]) for key in numbers if large[key]] + names
    records += [] if e.copy_of else [("SCHILY.xattr." + key, value) for key, value in e.attributes]
    pax = b"".join(pax_record(*record) for record in records)
    if pax:
        pax = tar_header(b"PaxHeader", 0o644, 0, 0, len(pax), 0, b"x") + pax + bytes(-len(pax) % 512)
    uid, gid, size, time = (0 if large[key] else numbers[key] for key in numbers)
    kind = {"regular": b"1" if e.copy_of else b"0", "hard_link": b"1", "symlink": b"2", "directory": b"5"}[e.type]
    return pax + tar_header(name, e.mode, uid, gid, size, time, kind, target)


class Payload:
    """The plain bytes of the frames, one frame in memory, each checked before and after it is expanded."""

    def __init__(self, source: Source, offset: int, frames: Iterator[Frame], work: Path) -> None:
        self.source, self.offset, self.frames, self.file = source, offset, frames, work / "frame"
        self.number, self.data, self.used = -1, b"", 0

    def load(self) -> bool:
        """Have a frame with unread bytes, if there is one."""
        if self.used < len(self.data):
            return True
        frame = next(self.frames, None)
        if frame is None:
            return False
        stored = self.source.read(self.offset, frame.stored)
        self.check_digest(stored, frame.stored_sha256, "stored")
        with open(self.file, "w+b") as file:
            file.write(stored)
            check_zstd(file, frame.stored, frame.plain, FRAME_WINDOW)
            self.data = b"".join(expand(file, frame.plain))
        self.check_digest(self.data, frame.plain_sha256, "plain")
        self.number, self.used, self.offset = self.number + 1, 0, self.offset + frame.stored
        return True

    def check_digest(self, data: bytes, expected: str, what: str) -> None:
        check(hashlib.sha256(data).hexdigest() == expected, "FRAME_DIGEST", f"frame {self.number + 1}, {what}")

    def read(self, length: int) -> Iterator[bytes]:
        while length:
            check(self.load(), "TAR", "the frames end within an entry")
            data = self.data[self.used : self.used + min(length, MIB)]
            self.used, length = self.used + len(data), length - len(data)
            yield data


def read_content(payload: Payload, e: Entry) -> Iterator[bytes]:
    assert e.place
    here = payload.load() and (payload.number, payload.used) == (e.place[0], e.place[2])
    check(here, "TAR", f"place of {e.path!r}")
    digest = hashlib.sha256()
    for data in payload.read(e.size):
        digest.update(data)
        yield data
    check(payload.number == e.place[0] + e.place[1] - 1, "TAR", f"number of frames of {e.path!r}")
    check(digest.hexdigest() == e.sha256, "ENTRY_DIGEST", f"the content of {e.path!r}")


def read_member(payload: Payload, e: Entry) -> bytes:
    """Walk over one member; give its content back when it is small."""
    expected = tar_member(e)
    found = b"".join(payload.read(len(expected)))
    check(found == expected, "TAR", f"the header of {e.path!r} is not that of the index")
    if not e.size or e.copy_of:
        return b""
    kept = [data for data in read_content(payload, e) if e.size <= MANIFEST_BYTES]
    check(not any(b"".join(payload.read(-e.size % 512))), "TAR", f"the padding of {e.path!r} is not zero")
    return b"".join(kept)


def read_payload(package: "Package") -> None:
    """Walk the whole tar."""
    s, index = package.statement, package.index
    payload = Payload(package.source, s.payload_at, index.frames(), package.work)
    check_manifest(read_member(payload, package.metadata[MANIFEST]), s)
    for path in METADATA[1:]:
        if path != CHECKSUMS or s.kind == 1:  # of a delta package it was made again while the index was checked
            read_member(payload, package.metadata[path])
    absent: set[bytes] = set()  # what is made out of the base is no member, and neither are hard links to it
    for entry in index.entries():
        if (entry.size and not entry.place) or entry.target in absent and entry.type == "hard_link":
            absent.add(entry.path)
        elif entry.path not in METADATA:
            read_member(payload, entry)
    check(not payload.load(), "TAR", "something follows the last entry")


# ---------------------------------------------------------------- the commands


class Package:
    """A package whose head, end and index have been checked, in the order of section 1."""

    def __init__(self, file: BinaryIO, work: Path, key: Path | None, ca: Path | None) -> None:
        self.source, self.work = Source(file), work
        self.statement = s = read_statement(self.source)
        signatures = parse_area(read_area(self.source, s))
        if key or ca:
            check_trust(work, s, signatures, key, ca)
        last_frame_at = check_end(self.source, s, signatures)
        self.index = Index(self.source, s, work)
        self.metadata = check_index(self.index, s, last_frame_at)


def verify(package: Package) -> None:
    read_payload(package)
    s = package.statement
    print(f"good: {s.name} {s.version} {s.release} {s.architecture}, {s.entries} entries, {s.content_digest.hex()}")


def shown(name: bytes) -> str:
    text = name.decode(errors="surrogateescape").replace("\\", "\\\\")
    return re.sub("[\x00-\x1f\x7f-\x9f\udc80-\udcff]", lambda m: f"\\x{ord(m[0]) & 0xFF:02x}", text) or "-"


def list_entries(package: Package) -> None:
    for e in package.index.entries():
        fields = (shown(e.path), e.type, f"{e.mode:04o}", e.owner, e.group, e.size, e.modified, e.sha256 or "-")
        print(*fields, shown(e.target or e.copy_of), sep="\t")


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A second reader of the package format")
    parser.add_argument("command", choices=("verify", "list"))
    parser.add_argument("file", type=Path)
    trust = parser.add_mutually_exclusive_group(required=True)
    trust.add_argument("--key", type=Path, help="public key in PEM")
    trust.add_argument("--ca", type=Path, help="root certificate in PEM")
    trust.add_argument("--unsigned", action="store_true", help="look at no signature")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    a = arguments(argv)
    try:
        with open(a.file, "rb") as file, tempfile.TemporaryDirectory(prefix="second_reader.") as work:
            package = Package(file, Path(work), a.key, a.ca)
            (verify if a.command == "verify" else list_entries)(package)
    except (Refused, OSError, OverflowError) as error:
        print("refused:", str(error).replace("\n", " "), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
