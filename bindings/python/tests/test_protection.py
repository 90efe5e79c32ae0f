"""Backups from Python: made, listed, verified, restored, cleaned up."""

import os

import pytest

import multiosupdate as mos

LATER = 4_000_000_000


@pytest.fixture
def home(workshop):
    folder = workshop.root / "home" / "user"
    folder.mkdir(parents=True)
    (folder / "a").write_text("first\n")
    (folder / "b").write_text("second\n")
    return folder


def test_a_backup_is_made_listed_verified_and_put_back(workshop, home):
    with workshop.engine() as engine:
        name = engine.backup("/home/user", destination="/backup", compression=mos.Compression.GZIP)
        listed, = engine.backups()
        assert (listed.id, listed.standing, listed.paths) == (name, mos.BackupStanding.COMPLETE, ("home/user",))
        assert listed.compression == "gzip" and listed.verified and listed.entries == 3
        kinds = [row.kind for row in engine.verify_backup(name, detailed=True)]
        assert kinds == ["archive", "entries", "content", "folder", "file", "file"]
        (home / "a").unlink()
        plan = engine.restore(listed)
        plan.resolve()
        assert plan.steps[0].action == mos.StepAction.RESTORE and plan.totals.added == 1
        outcome = plan.run()
        assert (home / "a").read_text() == "first\n"
        engine.rollback(outcome.recovery_point).run()
        assert not (home / "a").exists()


def test_a_newer_file_is_refused_or_asked_about(workshop, home):
    with workshop.engine() as engine:
        engine.backup("/home/user", destination="/backup")
        (home / "b").write_text("newer\n")
        os.utime(home / "b", (LATER, LATER))
        with pytest.raises(mos.Error) as refused:
            engine.restore("/backup").run()
        assert refused.value.object == "home/user/b"
        asked = []
        engine.restore("/backup", on_newer=mos.NewerRule.ASK).run(ask=lambda question: asked.append(question.object) or "keep")
        assert asked == ["home/user/b"] and (home / "b").read_text() == "newer\n"
        engine.restore("backup-1", on_newer=mos.NewerRule.REPLACE).run()
        assert (home / "b").read_text() == "second\n"


def test_an_archive_goes_to_a_callback_and_comes_back_from_a_file_outside_of_the_root(workshop, home, tmp_path):
    with workshop.engine() as engine:
        pieces = []
        engine.backup("/home/user", write=pieces.append)
        archive = tmp_path / "elsewhere.tar.zst"
        archive.write_bytes(b"".join(pieces))
        assert engine.backups()[0].standing == mos.BackupStanding.ELSEWHERE
        engine.restore(str(archive), destination="/copy", outside_root=True, preserve_permissions=False).run()
        assert workshop.content("copy/a") == "first\n"


def test_a_damaged_backup_is_refused(workshop, home):
    with workshop.engine() as engine:
        name = engine.backup("/home/user", destination="/backup", compression=mos.Compression.NONE)
        archive = workshop.root / engine.backups()[0].archive.lstrip("/")
        archive.write_bytes(archive.read_bytes().replace(b"second", b"Second"))
        for work in (lambda: engine.verify_backup(name), lambda: engine.restore(name).run()):
            with pytest.raises(mos.Error, match="backup"):
                work()


def test_old_backups_are_cleaned_up_and_protected_data_are_told(workshop, home):
    with workshop.engine() as engine:
        for _ in range(3):
            engine.backup("/home/user", destination="/backup")
        due = engine.clean_up_backups(keep_at_most=1, simulate=True)
        assert [(row.kind, row.package) for row in due] == [("due", "backup-1"), ("due", "backup-2")]
        assert len(engine.backups()) == 3
        assert [row.kind for row in engine.clean_up_backups(keep_at_most=1)] == ["removed", "removed"]
        assert [backup.id for backup in engine.backups()] == ["backup-3"]
        assert [row.object for row in engine.protected("user")] == ["home"]
