"""The queue as Python sees it: what is put there, why it waits, and that it runs."""

import asyncio
import importlib.util
import pathlib
import time

import pytest

import multiosupdate as mos


def test_a_critical_update_runs_when_the_queue_is_asked(workshop):
    package = workshop.package()
    with workshop.engine(actor="ann") as engine:
        assert engine.next_wakeup() is None
        number = engine.schedule(package, priority=mos.Priority.CRITICAL, reason="a hole", key="nightly")
        assert engine.schedule(package, key="nightly") == number
        entry, = engine.scheduled()
        assert (entry.name, entry.state, entry.verdict, entry.rule) == (f"update-{number}", "pending", "run", "immediate")
        assert entry.packages[0]["name"] == "webserver"
        assert entry.packages[0]["path"] == str(package)
        assert (entry.submitted_by, entry.reason, entry.at_unix_s) == ("ann", "a hole", None)
        assert engine.next_wakeup() <= time.time() + 1
        row, = engine.run_due()
        assert (row.kind, row.object, row.package) == ("done", f"update-{number}", "webserver")
        assert engine.run_due() == []
        done = engine.explain(number)
        assert (done.state, done.attempts, done.recovery_point) == ("done", 1, "rp-1")
        assert [note.action for note in done.log] == ["submitted", "attempt 1 started", "done"]
        assert engine.history().__next__().reason == f"scheduled as update-{number}: a hole"
    assert workshop.content() == "release 1.0\n"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_users_are_told_by_a_callable_and_one_that_raises_fails_no_update(workshop):
    told = []

    def notify(notice):
        told.append(notice)
        if notice.kind == mos.NoticeKind.DONE:
            raise OSError("no paper")

    with workshop.engine(notify=notify) as engine:
        number = engine.schedule(workshop.package(), priority=mos.Priority.CRITICAL)
        assert engine.explain(number).notices == "users are told when it begins and when it has ended"
        assert engine.explain(number).notice_unix_s is None
        row, = engine.run_due()
        assert row.kind == "done"
        assert [event.type for event in engine.events(types=["users_told"])] == ["users_told"]
    assert [notice.kind for notice in told] == [mos.NoticeKind.BEGUN, mos.NoticeKind.DONE]
    begun = told[0]
    assert (begun.level, begun.entries, begun.start_unix_s) == (mos.NoticeLevel.URGENT, (number,), None)
    assert begun.text == "The update of webserver 1.0 begins now."


def test_running_the_queue_learns_when_the_device_is_used(workshop):
    with workshop.engine() as engine:
        assert engine.usage().first_unix_s is None
        engine.schedule(workshop.package(), priority=mos.Priority.CRITICAL)
        engine.run_due()
        usage = engine.usage()
        assert not usage.known and usage.last_unix_s <= time.time()
        assert len(usage.percent) == 7 * 24 and set(usage.kind) == {mos.UsageKind.USUAL}


def test_units_of_systemd_are_written_by_the_policy(workshop):
    with workshop.engine() as engine:
        assert "\nOnCalendar=*-*-* 02:00:00 UTC\n" in engine.systemd_unit(mos.SystemdUnit.TIMER)
        assert '\nExecStart="/opt/update" run-due\n' in engine.systemd_unit(mos.SystemdUnit.SERVICE, "/opt/update")
        with pytest.raises(mos.Error):
            engine.systemd_unit(mos.SystemdUnit.SERVICE, "update")


def test_who_decides_is_kept_with_what_he_says(workshop):
    with workshop.engine() as engine:
        number = engine.schedule(workshop.package(), priority=mos.Priority.OPTIONAL, conditions="free_space>=1000000TB",
                                 timeout="24h", cancel_on_timeout=True)
        assert engine.explain(number).rule == "approval"
        engine.act(number, mos.QueueAction.REJECT, "not now")
        assert engine.explain(f"update-{number}").approval == "rejected"
        engine.act(number, mos.QueueAction.APPROVE_AS_MANAGER)
        engine.set_priority(number, mos.Priority.CRITICAL, "a hole")
        entry = engine.explain(number)
        assert (entry.rule, entry.priority, entry.approval) == ("condition", mos.Priority.CRITICAL, "manager")
        assert entry.at_unix_s > time.time()
        assert engine.next_wakeup() > time.time()
        engine.act(number, mos.QueueAction.CANCEL)
        assert list(engine.scheduled()) == []
        assert [entry.state for entry in engine.scheduled("all")] == ["cancelled"]
        engine.retry(number, max_attempts=2, force_download=True, reason="after all")
        assert engine.explain(number).state == "retrying"


def test_what_cannot_be_is_refused(workshop):
    package = workshop.package()
    with workshop.engine() as engine:
        for wrong, word in (({"start": "2024-01-15 02:30:00"}, "is over"), ({"start": "soon"}, "is no time"),
                            ({"deadline": "2150-01-01 00:00"}, "never comes"), ({"timeout": "long"}, "duration"),
                            ({"conditions": "moon=full"}, "is no condition"), ({"priority": 9}, "is no mos_priority")):
            with pytest.raises(mos.Error, match=word):
                engine.schedule(package, **wrong)
        with pytest.raises(mos.Error):
            engine.schedule()
        with pytest.raises(mos.NotFoundError):
            engine.explain(17)
        with pytest.raises(mos.NotFoundError):
            engine.act(17, mos.QueueAction.CANCEL)
        with pytest.raises(ValueError):
            engine.explain("rp-1")
        with pytest.raises(mos.Error, match="no state 'asleep'"):
            list(engine.scheduled("asleep"))
        assert list(engine.scheduled("all")) == []


def test_an_asyncio_loop_runs_what_is_due(workshop):
    path = pathlib.Path(__file__).parents[3] / "examples" / "scheduler_asyncio.py"
    specification = importlib.util.spec_from_file_location("scheduler_asyncio", path)
    example = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(example)
    told = []
    with workshop.engine() as engine:
        number = engine.schedule(workshop.package(), priority=mos.Priority.CRITICAL)
        asyncio.run(example.serve(engine, until_idle=True, tell=lambda *words: told.append(words)))
    assert told == [("done", f"update-{number}", "webserver")]
    assert workshop.content() == "release 1.0\n"
