"""Delta packages from Python: made, read, verified beside their base, installed and refused."""

import random

import pytest

import multiosupdate as mos


def text(seed, size=40_000):
    return "".join(random.Random(seed).choices("0123456789abcdef", k=size))


@pytest.fixture
def releases(workshop):
    old = {"opt/app/program": text(1), "opt/app/data": text(2), "opt/app/same": text(3)}
    new = old | {"opt/app/program": text(1)[:20_000] + "changed" + text(1)[20_000:], "opt/app/new": "new\n"}
    return (mos.Package(workshop.package("app", "1.0", old)), mos.Package(workshop.package("app", "1.1", new)))


@pytest.fixture
def delta(workshop, releases):
    path = workshop.folder / "app-delta.mos"
    seen = []
    mos.create_package_delta(*releases, path, sign_key=workshop.key, progress=seen.append)
    assert seen[-1].state == mos.JobState.ENDED
    return path


def test_a_delta_package_is_of_the_release_that_it_leads_to(releases, delta):
    base, target = (package.information for package in releases)
    information = mos.Package(delta).information
    assert information.kind == "delta"
    assert information.content_digest == target.content_digest
    assert information.base_content_digest == base.content_digest
    assert target.base_content_digest == ""
    assert information.package_bytes < target.package_bytes


def test_entries_say_where_their_content_comes_from(delta):
    origins = {entry.path: entry.origin for entry in mos.Package(delta).entries()}
    assert origins["content/files/opt/app/program"] == mos.EntryOrigin.PATCHED
    assert origins["content/files/opt/app/same"] == mos.EntryOrigin.UNCHANGED
    assert origins["metadata/manifest.json"] == mos.EntryOrigin.STORED


def test_a_delta_package_is_verified_alone_and_beside_its_base(workshop, releases, delta):
    assert mos.Package(delta).verify(workshop.trust) == ["releases"]
    assert mos.Package(delta).verify(workshop.trust, base=releases[0]) == ["releases"]
    with pytest.raises(mos.Error) as refusal:
        mos.Package(delta).verify(workshop.trust, base=releases[1])
    assert refusal.value.name == "BASE_DIFFERS"


def test_a_delta_package_installs_its_release_over_its_base_alone(workshop, releases, delta):
    with pytest.raises(mos.Error) as refusal:
        workshop.install(delta)
    assert refusal.value.name == "BASE_DIFFERS"
    workshop.install(workshop.folder / "app-1.0.mos")
    workshop.install(delta, delta_memory=16 << 20)
    assert "changed" in workshop.content("opt/app/program")
    assert workshop.content("opt/app/new") == "new\n"


def test_an_altered_base_is_refused_or_comes_from_the_full_package(workshop, releases, delta):
    workshop.install(workshop.folder / "app-1.0.mos")
    (workshop.root / "opt/app/program").write_text("altered")
    with pytest.raises(mos.Error) as refusal:
        workshop.install(delta)
    assert refusal.value.name == "BASE_DIFFERS" and "opt/app/program" in str(refusal.value)
    outcome = workshop.install(delta, full_package=workshop.folder / "app-1.1.mos")
    assert any("opt/app/program" in notice and "full package" in notice for notice in outcome.notices)
    assert "changed" in workshop.content("opt/app/program")
