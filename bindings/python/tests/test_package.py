"""Packages from Python: built, read, signed, verified and refused."""

import hashlib
import os

import pytest

import multiosupdate as mos


class Memory:
    """A package in memory, as an embedder's own source."""

    def __init__(self, content):
        self.content = content
        self.size = len(content)

    def read_at(self, offset, size):
        return self.content[offset:offset + size]


def test_a_package_says_what_it_is(workshop):
    package = mos.Package(workshop.package(description="serves", architecture="amd64"))
    information = package.information
    assert (information.name, information.version, information.architecture) == ("webserver", "1.0", "amd64")
    assert information.kind == "full"
    assert information.package_bytes == os.path.getsize(workshop.folder / "webserver-1.0.mos")
    assert package.manifest["package_info"]["name"] == "webserver"
    assert package.signatures[0].algorithm == "Ed25519"
    assert package.signatures[0].fingerprint == workshop.key.fingerprint


def test_entries_come_in_order_with_their_digests(workshop):
    package = mos.Package(workshop.package(files={"usr/b": "two", "usr/a": "one"}))
    entries = list(package.entries())
    assert [entry.path for entry in entries] == sorted(entry.path for entry in entries)
    content = next(entry for entry in entries if entry.path.endswith("usr/a"))
    assert content.type == mos.EntryType.FILE
    assert content.sha256 == hashlib.sha256(b"one").hexdigest()


def test_a_trusted_signer_is_named(workshop):
    package = mos.Package(workshop.package())
    assert package.signers == []
    seen = []
    assert package.verify(workshop.trust, progress=seen.append) == ["releases"]
    assert package.signers == ["releases"]
    assert seen[-1].state == mos.JobState.ENDED


def test_a_package_without_a_signature_is_refused(workshop):
    with pytest.raises(mos.SignatureError) as caught:
        mos.Package(workshop.package(sign_key=None)).verify(workshop.trust)
    assert caught.value.name == "NOT_SIGNED"


def test_a_signer_whom_nobody_trusts_is_refused_until_a_trusted_one_signs_too(workshop):
    path = workshop.package(sign_key=mos.Key.generate(mos.KeyType.ED25519))
    with pytest.raises(mos.SignatureError) as caught:
        mos.Package(path).authenticate(workshop.trust)
    assert caught.value.name == "SIGNER_UNTRUSTED"
    mos.sign_package(path, workshop.key)
    assert mos.Package(path).authenticate(workshop.trust)
    with pytest.raises(mos.SignatureError):
        mos.Package(path).authenticate(workshop.trust, required_signatures=2)


def test_one_flipped_byte_of_the_payload_is_refused(workshop):
    path = workshop.package(files={"usr/share/noise": os.urandom(50_000).hex()})
    content = bytearray(path.read_bytes())
    content[len(content) // 2 + 20_000] ^= 1
    with pytest.raises(mos.Error):
        mos.Package(Memory(bytes(content))).verify(workshop.trust)


def test_a_package_opens_from_a_descriptor_and_from_a_source(workshop):
    path = workshop.package()
    with open(path, "rb") as file:
        assert mos.Package(file.fileno()).information == mos.Package(path).information
    assert mos.Package(Memory(path.read_bytes())).verify(workshop.trust)


def test_a_source_that_fails_is_an_error(workshop):
    class Broken(Memory):
        def read_at(self, offset, size):
            return b"more than was asked for" * (size + 1)

    with pytest.raises(ValueError, match="a source was asked for") as caught:
        mos.Package(Broken(workshop.package().read_bytes()))
    assert isinstance(caught.value.__context__, mos.Error)


def test_the_same_input_gives_the_same_bytes(workshop):
    first = workshop.package(source_date_epoch=1_700_000_000).read_bytes()
    assert workshop.package(source_date_epoch=1_700_000_000).read_bytes() == first
