"""The stream of events: read with a cursor, and watched as it comes."""

import json
import time

import pytest

import multiosupdate as mos


def test_an_install_and_a_rollback_are_told_in_their_order(workshop):
    workshop.install(workshop.package())
    with workshop.engine() as engine:
        engine.rollback().run()
        events = list(engine.events())
    assert [event.type for event in events] == ["job_started", "package_installed", "update_installed", "job_finished",
                                                "job_started", "update_rolledback", "job_finished"]
    installed = events[1]
    assert (installed.subject, installed.cause, installed.level) == ("webserver", "update-job-1", mos.EventLevel.INFO)
    assert installed.payload["version"] == "1.0"
    assert events[5].subject == "rp-1"


def test_a_cursor_goes_on_where_it_was(workshop):
    workshop.install(workshop.package())
    with workshop.engine() as engine:
        cursor = engine.events()
        assert len(list(cursor)) == 4
        assert list(cursor) == []
        position = cursor.position
        engine.rollback().run()
        assert [event.type for event in cursor] == ["job_started", "update_rolledback", "job_finished"]
        assert [event.sequence for event in engine.events(since=position)] == [5, 6, 7]


def test_types_level_and_new_events_alone_can_be_asked_for(workshop):
    workshop.install(workshop.package())
    with workshop.engine() as engine:
        only_new = engine.events(only_new=True)
        assert [event.type for event in engine.events(types=["update_installed"])] == ["update_installed"]
        assert list(engine.events(level=mos.EventLevel.WARNING)) == []
        assert list(only_new) == []
        engine.rollback().run()
        assert len(list(only_new)) == 3
        with pytest.raises(mos.Error, match="there is no event type 'nonsense'"):
            engine.events(types=["nonsense"])


def test_a_batch_has_as_many_as_are_asked_for(workshop):
    workshop.install(workshop.package())
    with workshop.engine() as engine:
        cursor = engine.events()
        assert [event.sequence for event in cursor.batch(3)] == [1, 2, 3]
        assert [event.sequence for event in cursor.batch(3)] == [4]
        assert cursor.batch(3) == []


def test_whoever_watches_is_told_at_once_and_who_asked(workshop):
    seen = []
    with workshop.engine(on_event=seen.append, actor="fleet-agent") as engine:
        plan = engine.plan()
        plan.install(workshop.package())
        plan.run()
        assert seen == list(engine.events())
    assert {event.actor for event in seen} == {"fleet-agent"}


def test_a_log_file_gets_lines_of_json(workshop):
    log = workshop.folder / "events.jsonl"
    with workshop.engine() as engine:
        assert engine.log_configured() is False
        engine.log_file(log, format="json")
        plan = engine.plan()
        plan.install(workshop.package())
        plan.run()
        del plan  # which keeps the engine, and so the log, alive
    # The engine's end is the log's.
    for _ in range(100):
        if log.exists() and len(log.read_text().splitlines()) == 4:
            break
        time.sleep(0.05)
    assert [json.loads(line)["sequence"] for line in log.read_text().splitlines()] == [1, 2, 3, 4]


def test_the_journal_is_lines_of_json(workshop):
    workshop.install(workshop.package())
    lines = (workshop.root / "var/lib/multios/events/current.jsonl").read_text().splitlines()
    assert json.loads(lines[0])["first"] == 1
    assert [json.loads(line)["sequence"] for line in lines[1:]] == [1, 2, 3, 4]
