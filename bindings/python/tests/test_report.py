"""What packages bring besides their files, and what a root tells of itself."""

import os
import shutil
import subprocess

import pytest

import multiosupdate as mos


def kinds(rows):
    return [(row.kind, row.package, row.object) for row in rows]


def test_a_bundled_package_comes_along_and_is_an_orphan_when_nobody_needs_it(workshop):
    bundles = workshop.folder / "bundles"
    bundles.mkdir()
    shutil.copy(workshop.package("libfoo", "1.3", {"usr/lib/libfoo": "l"}), bundles)
    package = workshop.package(bundles=bundles, manifest={"dependencies": {"depends": ["libfoo (>= 1.2)"]}})
    with workshop.engine() as engine:
        assert engine.installed_packages() == []
        assert kinds(engine.check_dependencies(mos.Package(package))) == [("unmet", "webserver", "libfoo (>= 1.2)")]
        engine.plan().install(package).run()
        assert kinds(engine.installed_packages()) == [("automatic", "libfoo", "1.3"), ("asked", "webserver", "1.0")]
        assert engine.check_dependencies(mos.Package(package)) == []
        assert engine.orphans() == []
        engine.plan().remove("webserver").run()
        assert kinds(engine.orphans()) == [("orphan", "libfoo", "1.3")]
        assert "libfoo" in engine.orphans()[0].sentence


def test_a_template_is_filled_below_the_folder_that_was_asked_for(workshop):
    templates = workshop.tree("templates", {"etc/web.conf": "port={{ port }}\n"})
    package = workshop.package(templates=templates, manifest={"installation": {"relocatable": True}})
    values = workshop.folder / "values.json"
    values.write_text('{"port": 8080}')
    with pytest.raises(mos.Error) as caught:
        workshop.install(package, target_directory="/opt/web")
    assert caught.value.name == "TEMPLATE_VALUE_MISSING"
    assert list(workshop.root.glob("opt")) == []
    workshop.install(package, target_directory="/opt/web", config=values)
    assert workshop.content("opt/web/etc/web.conf") == "port=8080\n"
    assert workshop.content("opt/web/usr/bin/webserver") == "release 1.0\n"


@pytest.mark.parametrize("rule, left, beside", [(mos.ConfigRule.KEEP, "mine\n", True),
                                                (mos.ConfigRule.REPLACE, "new\n", False)])
def test_a_rule_decides_about_a_configuration_file_that_was_changed(workshop, rule, left, beside):
    workshop.install(workshop.package(version="1.0", files={"etc/web.conf": "old\n"}))
    (workshop.root / "etc/web.conf").write_text("mine\n")
    workshop.install(workshop.package(version="2.0", files={"etc/web.conf": "new\n"}), on_config=rule)
    assert workshop.content("etc/web.conf") == left
    assert (workshop.root / "etc/web.conf.new").exists() == beside


def test_a_question_about_a_configuration_file_is_answered_by_python(workshop):
    workshop.install(workshop.package(version="1.0", files={"etc/web.conf": "old\n"}))
    (workshop.root / "etc/web.conf").write_text("mine\n")
    with workshop.engine() as engine:
        plan = engine.plan().install(workshop.package(version="2.0", files={"etc/web.conf": "new\n"}),
                                     on_config=mos.ConfigRule.ASK)
        plan.run(ask=lambda question: "keep" if question.object == "etc/web.conf" else "stop")
    assert workshop.content("etc/web.conf") == "mine\n"


@pytest.mark.parametrize("options, gone", [({}, []), ({"remove_config": True}, ["etc/web.conf"]),
                                           ({"remove_config": True, "remove_data": True, "backup_data": True},
                                            ["etc/web.conf", "var/lib/web/data"])])
def test_a_removal_takes_no_more_than_was_asked_for(workshop, options, gone):
    workshop.install(workshop.package(files={"etc/web.conf": "c\n"}, manifest={"data": {"paths": ["/var/lib/web"]}}))
    (workshop.root / "var/lib/web").mkdir(parents=True)
    (workshop.root / "var/lib/web/data").write_text("d\n")
    with workshop.engine() as engine:
        engine.plan().remove("webserver", **options).run()
    for path in ("etc/web.conf", "var/lib/web/data"):
        assert (workshop.root / path).exists() == (path not in gone)
    assert len(list(workshop.root.glob("var/backups/multios/*.tar.zst"))) == (1 if "backup_data" in options else 0)


def test_verification_lists_what_differs(workshop):
    workshop.install(workshop.package(files={"usr/bin/web": "w\n", "etc/web.conf": "c\n"}))
    with workshop.engine() as engine:
        assert engine.verify() == []
        (workshop.root / "usr/bin/web").unlink()
        (workshop.root / "etc/web.conf").write_text("mine\n")
        seen = []
        found = engine.verify("webserver", progress=seen.append)
        assert kinds(found) == [("configuration-content", "webserver", "etc/web.conf"),
                                ("missing", "webserver", "usr/bin/web")]
        assert seen[-1].state == mos.JobState.ENDED
        with pytest.raises(mos.NotFoundError):
            engine.verify("absent")


def test_a_change_that_needs_a_start_says_so(workshop):
    package = workshop.package("kernel", files={"boot/kernel": "k"},
                               manifest={"update_info": {"reboot_required": True}})
    with workshop.engine() as engine:
        assert engine.pending_reboots() == []
        outcome = engine.plan().install(package).run()
        assert outcome.reboot == ("kernel",)
        assert kinds(engine.pending_reboots()) == [("reboot", "kernel", outcome.recovery_point)]
    assert workshop.install(workshop.package()).reboot == ()


def need_scripts(workshop):
    """A shell in the root; the test is skipped where none may run there."""
    helper = os.environ.get("MULTIOS_HELPER")
    if not helper:
        pytest.skip("MULTIOS_HELPER does not name the program that runs scripts")
    (workshop.root / "bin").mkdir()
    shutil.copy("/bin/busybox", workshop.root / "bin/sh")
    try:
        subprocess.run(["/bin/sh", "-c", "true"], preexec_fn=lambda: os.chroot(workshop.root), check=True)
    except subprocess.SubprocessError:
        pytest.skip("this process may not change its root, so no script runs")
    return helper


def test_a_script_runs_and_its_lines_are_logged(workshop):
    helper = need_scripts(workshop)
    scripts = workshop.tree("scripts", {"post-install": "#!/bin/sh\necho configured; echo 1 > /bin/said\n"})
    (scripts / "post-install").chmod(0o755)
    lines = []
    context = mos.Context(log=lambda level, message: lines.append((level, message)))
    with workshop.engine(helper=helper, context=context) as engine:
        engine.plan().install(workshop.package(scripts=scripts)).run()
    assert workshop.content("bin/said") == "1\n"
    assert any(level == mos.LogLevel.INFO and "configured" in message for level, message in lines)


def test_a_script_that_fails_takes_the_change_back(workshop):
    helper = need_scripts(workshop)
    scripts = workshop.tree("scripts", {"post-install": "#!/bin/sh\necho no room; exit 1\n"})
    (scripts / "post-install").chmod(0o755)
    with workshop.engine(helper=helper) as engine:
        with pytest.raises(mos.Error) as caught:
            engine.plan().install(workshop.package(scripts=scripts)).run()
        assert caught.value.name == "REVERTED"
        assert caught.value.cause.name == "SCRIPT_FAILED"
        assert "no room" in str(caught.value.cause)
        assert engine.installed_packages() == []
    assert not (workshop.root / "usr/bin/webserver").exists()
