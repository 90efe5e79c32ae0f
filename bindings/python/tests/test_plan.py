"""Plans and jobs from Python: installed, updated, rolled back, asked, cancelled."""

import select

import pytest

import multiosupdate as mos


def test_install_update_and_roll_back(workshop):
    workshop.install(workshop.package(version="1.0"))
    outcome = workshop.install(workshop.package(version="2.0"))
    assert workshop.content() == "release 2.0\n"
    with workshop.engine() as engine:
        assert engine.installed_version("webserver") == "2.0"
        assert engine.installed_version("nothing") is None
        engine.rollback(outcome.recovery_point).run(reason="second thoughts")
        assert engine.installed_version("webserver") == "1.0"
        history = list(engine.history())
    assert workshop.content() == "release 1.0\n"
    assert history[0].reason == "second thoughts"
    assert outcome.recovery_point in [record.recovery_point for record in history]
    assert all(record.state == mos.TransactionState.DONE for record in history)
    assert history[0].takes_back == outcome.recovery_point and history[0].went_back == mos.WentBack.NOT
    assert (history[1].went_back, history[1].cause) == (mos.WentBack.BY_HAND, "second thoughts")
    assert history[2].went_back == mos.WentBack.NOT


def test_going_back_over_several_changes_and_what_was_changed_since(workshop):
    for version in ("1.0", "2.0", "3.0"):
        workshop.install(workshop.package(version=version))
    with workshop.engine() as engine:
        plan = engine.plan().rollback_to(target_version="1.0", merge=mos.MergeRule.KEEP).resolve()
        assert [step.name for step in plan.steps] == ["rp-2", "webserver"]
        outcome = plan.run()
        assert engine.installed_version("webserver") == "1.0" and workshop.content() == "release 1.0\n"
        engine.rollback(outcome.recovery_point).run()
        assert engine.installed_version("webserver") == "3.0" and workshop.content() == "release 3.0\n"
        engine.plan().rollback_to(keep_way_forward=True).resolve().run()
        assert engine.installed_version("webserver") == "2.0"
        engine.rollback().run()
        assert engine.installed_version("webserver") == "3.0" and workshop.content() == "release 3.0\n"
        with pytest.raises(mos.Error) as refusal:
            engine.plan().rollback_to(scope=mos.RollbackScope.PACKAGE, name="absent").resolve()
        assert refusal.value.code == "E043"


def test_a_system_check_has_a_row_for_what_is_not_as_it_should_be(workshop):
    workshop.install(workshop.package(version="1.0"))
    with workshop.engine() as engine:
        assert not engine.system_check_job(dependencies=True, signatures=True, health=True).run().rows


def test_a_health_check_that_says_no_takes_the_change_back(workshop):
    workshop.install(workshop.package(version="1.0"))
    seconds = []
    with workshop.engine(health=lambda left: seconds.append(left)) as engine:  # None is no yes
        plan = engine.plan()
        plan.install(workshop.package(version="2.0"))
        with pytest.raises(mos.Error):
            plan.run()
        newest = next(engine.history())
    assert len(seconds) == 1 and 200 < seconds[0] <= 300  # a slow machine has used some of them
    assert newest.went_back == mos.WentBack.FAILED_HEALTH_CHECK and newest.cause
    assert workshop.content() == "release 1.0\n"


def test_the_doctor_finds_a_lost_database_and_restores_it(workshop):
    workshop.install(workshop.package(version="1.0"))
    (workshop.root / "var/lib/multios/state.db").unlink()
    with workshop.engine() as engine:
        found = [finding for finding in engine.examine() if finding.severity == mos.Severity.ERROR]
        assert [finding.kind for finding in found] == ["database-missing"]
        assert found[0].object == "var/lib/multios/state.db" and found[0].repair
        with pytest.raises(mos.Error):
            engine.repair("no-such-kind")
        assert [finding.kind for finding in engine.repair()] == ["database-missing"]
        assert engine.installed_version("webserver") == "1.0"


def test_a_plan_says_what_it_would_do_and_changes_nothing(workshop):
    package = workshop.package()
    with workshop.engine() as engine:
        plan = engine.plan().install(package).resolve()
        assert [(step.action, step.name, step.version) for step in plan.steps] == [
            (mos.StepAction.INSTALL, "webserver", "1.0")]
        assert plan.totals.write_bytes == len("release 1.0\n")
        assert len(plan.digest) == 64
        words = str(plan)
    assert "webserver  1.0" in words and plan.digest[:12] in words
    assert list(workshop.root.iterdir()) == []


def test_a_source_that_is_spared_is_read_where_the_root_has_nothing(workshop):
    content = "".join(f"{number * 7919 % 1000003}\n" for number in range(100_000))
    workshop.install(workshop.package(version="1.0", files={"usr/old": content}))
    package = workshop.package(version="1.1", files={"usr/new": content}).read_bytes()

    class Far:
        size = len(package)
        given = 0

        def read_at(self, offset, size):
            part = package[offset:offset + size]
            self.given += len(part)
            return part

    far = Far()
    with workshop.engine() as engine:
        plan = engine.plan().install(far, reuse_installed=True).resolve()
        totals = plan.totals
        assert totals.package_bytes == len(package) > 4 * totals.read_bytes > 0
        plan.run()
    assert far.given == totals.read_bytes
    assert workshop.content("usr/new") == content


def test_a_plan_that_is_not_the_one_that_was_shown_is_refused(workshop):
    with workshop.engine() as engine:
        plan = engine.plan().install(workshop.package())
        with pytest.raises(mos.PlanChangedError):
            plan.run(expected_digest="0" * 64)
    assert not (workshop.root / "usr").exists()


def test_removing_a_package_that_is_not_there_is_refused(workshop):
    with workshop.engine() as engine, pytest.raises(mos.NotFoundError):
        engine.plan().remove("nothing").resolve()


def test_removing_a_package_takes_its_files(workshop):
    workshop.install(workshop.package())
    with workshop.engine() as engine:
        engine.plan().remove("webserver").run()
    assert not (workshop.root / "usr/bin/webserver").exists()


def occupied(workshop):
    (workshop.root / "usr/bin").mkdir(parents=True)
    (workshop.root / "usr/bin/webserver").write_text("mine\n")


def test_a_conflict_is_refused_before_anything_is_changed(workshop):
    occupied(workshop)
    with pytest.raises(mos.ConflictError):
        workshop.install(workshop.package())
    assert workshop.content() == "mine\n"


@pytest.mark.parametrize("run", ["run", "run_here"])
@pytest.mark.parametrize("choice, left", [("keep", "mine\n"), ("replace", "release 1.0\n")])
def test_a_question_is_answered_by_python(workshop, run, choice, left):
    occupied(workshop)
    asked = []

    def ask(question):
        asked.append(question)
        return choice

    with workshop.engine() as engine:
        job = engine.plan().install(workshop.package(), on_conflict=mos.ConflictRule.ASK).job()
        getattr(job, run)(ask=ask)
    assert workshop.content() == left
    assert asked[0].object.endswith("usr/bin/webserver")
    assert choice in asked[0].choices and asked[0].fallback in asked[0].choices


@pytest.mark.parametrize("run", ["run", "run_here"])
def test_an_exception_in_the_answer_cancels_the_job_and_comes_out(workshop, run):
    occupied(workshop)

    def ask(question):
        raise KeyError("no answer")

    with workshop.engine() as engine:
        job = engine.plan().install(workshop.package(), on_conflict=mos.ConflictRule.ASK).job()
        with pytest.raises(KeyError, match="no answer"):
            getattr(job, run)(ask=ask)
        with pytest.raises(mos.CancelledError):
            job.outcome()
    assert workshop.content() == "mine\n"


def test_a_job_can_be_watched_by_its_descriptor(workshop):
    with workshop.engine() as engine:
        job = engine.plan().install(workshop.package()).job()
        with pytest.raises(ValueError, match="has not ended"):
            job.outcome()
        job.start()
        while not job.wait(0):
            assert select.select([job], [], [], 30)[0]
            job.progress()
        assert job.outcome() == job.outcome()
        assert job.outcome().changed_paths > 0


def test_a_paused_job_goes_on_when_told(workshop):
    with workshop.engine() as engine:
        job = engine.plan().install(workshop.package()).job()
        job.pause()
        job.start()
        assert not job.wait(0.2)
        job.resume()
        assert job.wait(30)
        job.outcome()


def test_a_cancelled_job_changes_nothing(workshop):
    with workshop.engine() as engine:
        job = engine.plan().install(workshop.package()).job()
        job.pause()
        job.start()
        job.cancel()
        assert job.wait(30)
        with pytest.raises(mos.CancelledError):
            job.outcome()
    assert not (workshop.root / "usr").exists()


def test_recovery_has_nothing_to_do_on_a_clean_root(workshop):
    workshop.install(workshop.package())
    with workshop.engine() as engine:
        assert engine.recover() == 0


def test_ways_of_a_folder_lead_to_a_release_and_say_why(workshop):
    text = "".join(f"{number * 7919 % 1000003}\n" for number in range(60_000))
    files = [{"usr/data": text}, {"usr/data": text.replace("7919\n", "something else\n", 1)}]
    packages = [workshop.package(version=f"1.{number}", files=files[number]) for number in (0, 1)]
    workshop.install(packages[0])
    delta = workshop.folder / "delta.mos"
    with mos.Package(packages[0]) as base, mos.Package(packages[1]) as target:
        mos.create_package_delta(base, target, delta, sign_key=workshop.key)
    with workshop.engine() as engine:
        ways = engine.ways(workshop.folder, "webserver")
        assert ways.version == "1.1" and [way.kind for way in ways] == [mos.WayKind.DELTA, mos.WayKind.FULL]
        assert ways.chosen.packages == (str(delta),) and ways.chosen.obstacle is None
        assert ways.chosen.package_bytes == delta.stat().st_size and ways[1].base_content_digest == ""
        plan = engine.plan()
        assert plan.install_way(ways) == 0
        assert ways.reason in plan.resolve().notices
        plan.run()
        assert isinstance(engine.ways(workshop.folder, "webserver")[0].obstacle, mos.Error)
        nothing = engine.ways(workshop.folder, "absent")
        assert len(nothing) == 0 and nothing.chosen is None
        with pytest.raises(mos.NotFoundError):
            engine.plan().install_way(nothing)
    assert workshop.content("usr/data") == files[1]["usr/data"]
