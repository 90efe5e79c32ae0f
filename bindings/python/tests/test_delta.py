"""Deltas from Python."""

import hashlib

import multiosupdate as mos
import pytest

OLD = b"".join(b"%d\n" % (number * 7919 % 10007) for number in range(20_000))
NEW = OLD[:30_000] + b"something new" + OLD[40_000:]


def test_a_delta_of_files_gives_the_new_one_back(tmp_path):
    (tmp_path / "old").write_bytes(OLD)
    (tmp_path / "new").write_bytes(NEW)
    mos.create_delta(tmp_path / "old", tmp_path / "new", tmp_path / "delta")
    assert (tmp_path / "delta").stat().st_size < len(NEW) / 20
    mos.apply_delta(tmp_path / "old", tmp_path / "delta", tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == NEW


def test_bytes_and_open_files_will_do(tmp_path):
    for codec in mos.DeltaCodec:
        if codec == mos.DeltaCodec.KEEP or not codec.can_create:
            continue
        mos.create_delta(OLD, b"", tmp_path / "to-nothing", codec=codec)
        mos.create_delta(OLD, NEW, tmp_path / "delta", codec=codec)
        (tmp_path / "old").write_bytes(OLD)
        with open(tmp_path / "old", "rb") as base:
            mos.apply_delta(base, (tmp_path / "delta").read_bytes(), tmp_path / "again")
        assert (tmp_path / "again").read_bytes() == NEW


def test_a_delta_tells_what_it_is_for(tmp_path):
    mos.create_delta(OLD, NEW, tmp_path / "delta")
    found = mos.delta_information(tmp_path / "delta")
    assert found.codec == mos.DeltaCodec.SUFFIX and found.codec.can_apply
    assert (found.base_size, found.result_size) == (len(OLD), len(NEW))
    assert found.base_sha256 == hashlib.sha256(OLD).hexdigest()
    assert found.result_sha256 == hashlib.sha256(NEW).hexdigest()


def test_what_can_not_be_applied_is_an_error_and_leaves_no_file(tmp_path):
    mos.create_delta(OLD, NEW, tmp_path / "delta")
    with pytest.raises(mos.Error) as refusal:
        mos.apply_delta(NEW, tmp_path / "delta", tmp_path / "again")
    assert refusal.value.name == "BASE_DIFFERS"
    with pytest.raises(mos.Error):
        mos.apply_delta(OLD, tmp_path / "delta", tmp_path / "again", memory_limit=1000)
    assert not (tmp_path / "again").exists()
