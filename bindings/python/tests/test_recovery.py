"""Recovery points: captured, listed, looked at, verified, cleaned up."""

import pytest

import multiosupdate as mos


def test_a_captured_point_is_listed_with_what_it_was_given(workshop):
    workshop.install(workshop.package())
    with workshop.engine() as engine:
        outcome = engine.capture("before it all", tags=["manual", "test"])
        newest, change = engine.recovery_points()
        assert (newest.name, newest.scope, newest.tags) == (outcome.recovery_point, mos.RecoveryScope.FULL_SYSTEM,
                                                            ("manual", "test"))
        assert newest.description == "before it all"
        assert newest.can_go_back and newest.content_bytes > 0
        assert change.scope == mos.RecoveryScope.CHANGE and change.can_go_back and not change.taken_back
        assert engine.verify_recovery() == []


def test_details_tell_what_has_changed_since(workshop):
    workshop.install(workshop.package(version="1.0"))
    with workshop.engine() as engine:
        point = engine.capture().recovery_point
        workshop.install(workshop.package(version="2.0"))
        details = engine.recovery_details(point)
        assert [(row.kind, row.package, row.object) for row in details.rows if row.kind == "package"] == [
            ("package", "webserver", "2.0 -> 1.0")]
        assert ("replace", "usr/bin/webserver") in [(row.kind, row.object) for row in details.rows]
        with pytest.raises(mos.Error) as caught:
            engine.recovery_details("rp-99")
        assert caught.value.name == "NOTHING_TO_ROLL_BACK"


def test_a_content_that_was_altered_is_told(workshop):
    workshop.install(workshop.package())
    with workshop.engine() as engine:
        point = engine.capture(scope=mos.RecoveryScope.PATHS, names=["usr"]).recovery_point
        for content in (workshop.root / "var/lib/multios/points/objects").glob("*/*"):
            content.write_bytes(b"X" * content.stat().st_size)
        rows = engine.verify_recovery(point)
        assert [(row.kind, row.package, row.object) for row in rows] == [("altered", point, "usr/bin/webserver")]


def test_a_clean_up_is_simulated_first(workshop):
    workshop.install(workshop.package())
    with workshop.engine() as engine:
        first = engine.capture().recovery_point
        second = engine.capture().recovery_point
        assert engine.clean_up_recovery(keep=1, simulate=True) == ["rp-1", first]
        assert len(engine.recovery_points()) == 3
        assert engine.clean_up_recovery(keep=1, keep_minimum=2) == ["rp-1"]
        assert engine.clean_up_recovery(first) == [first]
        assert [point.name for point in engine.recovery_points()] == [second]


def test_in_recovery_mode_nothing_new_is_installed(workshop):
    workshop.install(workshop.package(version="1.0"))
    with workshop.engine() as engine:
        assert engine.recovery_mode() == []
        validated = engine.begin_recovery_mode(stop_services=True, validate_only=True)
        assert ("way-back", "rp-1") in [(row.kind, row.object) for row in validated]
        engine.begin_recovery_mode("the disk is failing")
        mode, reason = engine.recovery_mode()
        assert (reason.kind, reason.object) == ("reason", "the disk is failing")
        assert mode.kind == "recovery-mode" and "the disk is failing" in mode.sentence
        with pytest.raises(mos.Error) as caught:
            workshop.install(workshop.package(version="2.0"))
        assert caught.value.name == "RECOVERY_MODE"
        engine.end_recovery_mode()
        assert engine.recovery_mode() == []
    workshop.install(workshop.package(version="2.0"))
