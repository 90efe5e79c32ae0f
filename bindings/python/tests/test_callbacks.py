"""What callbacks raise, and a job that is closed or interrupted while it runs."""

import os
import signal
import threading
import time

import multiosupdate as mos
import pytest


class Broken(Exception):
    pass


def broken(*arguments):
    raise Broken


RUNS = pytest.mark.parametrize("run", [mos.Job.run, mos.Job.run_here], ids=["thread", "here"])


@RUNS
def test_what_a_watcher_of_events_raises_cancels_the_job_and_comes_out(workshop, run, capfd):
    package = workshop.package()
    with workshop.engine(on_event=broken) as engine:
        with engine.plan().install(package).job() as job, pytest.raises(Broken):
            run(job)
    with workshop.engine() as engine:
        # It may have come too late for the job, but not unnoticed; and it is told once.
        engine.recover()
        engine.plan().install(package, reinstall=True).run()
    assert workshop.content() == "release 1.0\n"
    assert not capfd.readouterr().err


def test_ctrl_c_while_an_event_is_told_is_not_lost(workshop):
    def interrupt(event):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)

    with workshop.engine(on_event=interrupt) as engine:
        with engine.plan().install(workshop.package()).job() as job, pytest.raises(KeyboardInterrupt):
            job.run_here()
        assert engine.installed_version("webserver") is None


@RUNS
def test_what_a_health_check_raises_takes_the_change_back_and_comes_out(workshop, run):
    with workshop.engine(health=broken) as engine:
        with engine.plan().install(workshop.package()).job() as job, pytest.raises(Broken) as caught:
            run(job)
        assert isinstance(caught.value.__context__, mos.Error)  # what became of it
        assert engine.installed_version("webserver") is None


def test_what_takes_a_backup_and_raises_comes_out(workshop):
    (workshop.root / "home").mkdir()
    with workshop.engine() as engine:
        with pytest.raises(Broken) as caught:
            engine.backup("/home", write=broken)
        assert caught.value.__context__.name == "IO"
        assert not engine.backups()
        with pytest.raises(mos.NotFoundError):  # and nothing of it later
            engine.backup("/nowhere", write=print)


def test_what_a_source_raises_comes_out(workshop):
    class Source:
        size = 100_000
        read_at = staticmethod(broken)

    with pytest.raises(Broken):
        mos.Package(Source())
    with workshop.engine() as engine, pytest.raises(Broken):
        engine.plan().install(Source())


def test_what_signs_and_raises_comes_out(workshop):
    public = workshop.folder / "public.pem"
    workshop.key.store_public(public)
    with pytest.raises(Broken):
        workshop.package(sign_key=mos.Key.remote(public, broken))


def large_build(workshop):
    tree = workshop.folder / "large"
    tree.mkdir()
    for number in range(4):
        (tree / str(number)).write_bytes(os.urandom(20_000_000))
    return mos.package_build_job("large", "1", tree, workshop.folder / "large.mos", keep_owners=True,
                                 sign_key=workshop.key)


def test_ctrl_c_ends_a_job_of_this_thread_at_once(workshop):
    with large_build(workshop) as job:
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            job.run_here()
    assert not (workshop.folder / "large.mos").exists()
    assert signal.set_wakeup_fd(-1) == -1


def test_a_handler_of_the_program_s_own_ends_nothing(workshop):
    seen = []
    before = signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
    try:
        with large_build(workshop) as job:
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
            job.run_here()
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [signal.SIGINT]
    assert (workshop.folder / "large.mos").exists()


@RUNS
def test_a_job_that_is_closed_while_it_runs_is_cancelled_first(workshop, run):
    job = large_build(workshop)
    threading.Timer(0.05, job.close).start()
    with pytest.raises(mos.CancelledError):
        run(job)
    with pytest.raises(ValueError, match="closed"):
        job.progress()
    job.close()
