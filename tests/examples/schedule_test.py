"""The queue through the tool and through scheduler_loop.c, an embedder's event loop."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from support import DONE, FAILED, REFUSED, USAGE, Workshop, update


class Queue(Workshop):
    def on_root(self, *arguments):
        return update(*arguments, f"--root={self.root}")

    def json(self, *arguments):
        return self.must(self.on_root(*arguments, "--format=json")).json

    def write_policy(self, text):
        os.makedirs(self.in_root("etc/multios"), exist_ok=True)
        with open(self.in_root("etc/multios/scheduling-policy.yml"), "w", encoding="utf-8") as file:
            file.write(text)

    def scheduled(self, name, *options, version="1"):
        path = self.build(name, version, {f"usr/{name}": "x\n"})
        return self.json("schedule", f"--package={path}", *options)["update"]["id"]


class Tool(Queue):
    def test_an_empty_queue_is_told_as_such_and_nothing_is_made(self):
        self.assertIn("No such updates", self.must(self.on_root("schedule", "list")).out)
        self.assertIn("Nothing waits for a time.", self.must(self.on_root("next-wakeup")).out)
        self.assertIn("Nothing is due.", self.must(self.on_root("run-due")).out)
        self.assertEqual(self.json("next-wakeup"), {"next": None})
        self.assertFalse(os.path.exists(self.in_root("var/lib/multios")))

    def test_an_update_goes_from_the_queue_into_the_root(self):
        first = self.scheduled("tool", "--priority=critical", "--reason=a hole")
        told = self.must(self.on_root("explain", first)).out
        self.assertIn("runs now: updates of its priority run at once", told)
        self.assertIn("a hole", told)
        self.assertEqual(self.json("explain", first.removeprefix("update-"))["id"], first)
        ran = self.must(self.on_root("run-due"))
        self.assertIn(f"done  {first} (tool)", ran.out)
        self.assertEqual(self.content("usr/tool"), "x\n")
        self.assertEqual(self.json("history")["history"][0]["reason"], f"scheduled as {first}: a hole")

    def test_lists_are_csv_too(self):
        first = self.scheduled("tool", "--execute-at=2099-01-01 00:00", "--priority=low")
        for command in (("schedule", "list"), ("priority", "list")):
            heading, row = self.must(self.on_root(*command, "--format=csv")).out.splitlines()
            self.assertEqual(heading.split(",")[:4], ["id", "state", "priority", "packages"])
            self.assertEqual(row.split(",")[:4], [first, "pending", "low", "tool 1"])
        log = self.must(self.on_root("explain", first, "--format=csv")).out.splitlines()
        self.assertEqual((log[0], len(log)), ("time,action,actor,reason", 2))

    def test_approvals_and_rejections_are_kept_with_who_and_why(self):
        first = self.scheduled("tool", "--priority=optional")
        self.assertEqual(self.json("explain", first)["rule"], "approval")
        self.must(self.on_root("reject", first, "--reason=not now"))
        self.assertEqual(self.json("explain", first)["approval"], "rejected")
        self.must(self.on_root("approve", first, "--level=manager", "--reason=tested"))
        told = self.json("explain", first)
        self.assertEqual((told["state"], told["approval"]), ("approved", "manager"))
        self.assertEqual([(note["action"], note["reason"]) for note in told["log"][1:]],
                         [("rejected", "not now"), ("approved by a manager", "tested")])

    def test_a_key_is_one_update(self):
        path = self.build("tool", "1", {"usr/tool": "x\n"})
        first, again = (self.json("schedule", f"--package={path}", "--key=nightly")["update"]["id"] for _ in range(2))
        self.assertEqual(first, again)

    def test_a_newer_version_takes_the_place_of_an_older_one(self):
        old = self.scheduled("tool", version="1")
        path = self.build("tool", "2", {"usr/tool": "x\n"})
        told = self.must(self.on_root("schedule", f"--package={path}", "--priority=low"))
        self.assertIn(f"supersedes {old}, and takes over priority important", told.err)
        self.assertEqual(self.json("explain", old)["state"], "superseded")
        self.assertIn(f"supersedes {old}", self.must(self.on_root("explain", "update-2")).out)
        self.must(self.on_root("schedule", "cancel", "--update-id=update-2"))
        self.must(self.on_root("retry", f"--update-id={old}"))
        self.assertEqual(self.json("explain", old)["state"], "retrying")

    def test_a_damaged_package_takes_nobodys_place(self):
        old = self.scheduled("tool", "--priority=security", version="1")
        path = self.build("tool", "2", {"usr/tool": os.urandom(200_000).hex()})
        middle = os.path.getsize(path) // 2
        with open(path, "r+b") as file:
            file.seek(middle)
            byte = file.read(1)[0]
            file.seek(middle)
            file.write(bytes([byte ^ 1]))
        refused = self.on_root("schedule", f"--package={path}", "--priority=critical")
        self.assertEqual((refused.code, "E026" in refused.err), (REFUSED, True), refused.err)
        self.assertEqual(self.json("explain", old)["state"], "pending")

    def test_a_command_that_an_explanation_names_is_for_this_root(self):
        first = self.scheduled("tool", "--priority=critical")
        self.must(self.on_root("recovery", "mode", "--safe-mode"))
        ends = f"'multios-update recovery mode --safe-mode=false --root={self.root}' ends it"
        for told in (self.on_root("explain", first), self.on_root("schedule", "list"), self.on_root("doctor")):
            self.assertIn(ends, " ".join(told.out.split()), told)

    def test_a_time_out_that_comes_before_the_window_is_told_as_what_it_is(self):
        far = time.gmtime(time.time() + 3 * 86400)
        day = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")[far.tm_wday]
        self.write_policy("scheduling_policy:\n  maintenance_windows:\n"
                          f"    - {{start_time: '02:00', end_time: '06:00', days: [{day}], timezone: UTC}}\n")
        path = self.build("tool", "1", {"usr/tool": "x\n"})
        told = self.json("schedule-conditional", f"--package={path}", "--conditions=maintenance_window",
                         "--timeout=1h", "--auto-cancel")["update"]
        self.assertEqual(told["rule"], "window")
        self.assertRegex(told["why"], r"^waits until \S+T02:00:00Z: the maintenance window '.*' is the next that it fits "
                                      r"into; its time-out is over at \S+Z, and it is cancelled then$")
        self.assertIn(told["at"], told["why"])

    def test_what_is_no_update_is_said_to_be_none(self):
        self.assertEqual(self.on_root("explain", "rp-1").code, USAGE)
        refused = self.on_root("explain", "update-9")
        self.assertEqual((refused.code, "no 'update-9'" in refused.err), (FAILED, True))
        self.assertEqual(self.on_root("schedule", "list", "--filter=").code, USAGE)

    def test_times_without_a_zone_are_the_roots_own(self):
        os.makedirs(self.in_root("etc"), exist_ok=True)
        os.symlink("../usr/share/zoneinfo/Asia/Tokyo", self.in_root("etc/localtime"))
        first = self.scheduled("tool", "--execute-at=2099-01-01 09:00")
        self.assertEqual(self.json("explain", first)["start"], "2099-01-01T00:00:00Z")

    def test_when_the_system_is_used_is_learnt_by_running_what_is_due(self):
        self.assertIn("Nothing is known yet", self.must(self.on_root("schedule", "usage")).out)
        self.assertFalse(self.json("schedule", "usage")["known"])
        self.scheduled("tool", "--priority=critical")
        self.must(self.on_root("run-due"))
        shown = self.must(self.on_root("schedule", "usage")).out
        self.assertIn("before two weeks have been seen", shown)
        self.assertTrue(all(len(line) <= 100 for line in shown.splitlines()))
        usage = self.json("schedule", "usage")
        self.assertEqual(len(usage["percent_by_hour_of_week"]), 7 * 24)
        self.assertEqual((usage["peak_hours"], usage["low_usage_windows"]), ([], []))


    def unit(self, kind, *options):
        return self.must(self.on_root("schedule", "unit", kind, *options)).out

    def test_units_of_systemd_follow_the_policy_and_systemd_finds_nothing_wrong_with_them(self):
        self.write_policy("scheduling_policy:\n  maintenance_windows:\n"
                          "    - {start_time: '22:00', end_time: '06:00', days: [friday], timezone: Europe/Berlin}\n")
        self.assertIn("\nOnCalendar=Fri *-*-* 22:00:00 Europe/Berlin\n", self.unit("timer"))
        self.assertIn('\nExecStart="/usr/bin/multios-update" run-due\n', self.unit("service"))
        self.assertEqual(self.json("schedule", "unit", "timer")["name"], "multios-update.timer")
        self.assertEqual(self.on_root("schedule", "unit", "socket").code, USAGE)
        self.assertIn("no absolute path", self.on_root("schedule", "unit", "service", "--program=true").err)
        if shutil.which("systemd-analyze") is None:
            self.skipTest("systemd-analyze is not here")
        with tempfile.TemporaryDirectory() as folder:
            files = [os.path.join(folder, f"multios-update.{kind}") for kind in ("timer", "service")]
            for path in files:
                with open(path, "w", encoding="utf-8") as file:
                    file.write(self.unit(path.rsplit(".", 1)[1], "--program=/bin/true"))
            checked = subprocess.run(["systemd-analyze", "verify", "--man=no", *files], capture_output=True, text=True,
                                     check=False)
            self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))

    def test_a_rollout_lets_this_device_wait_for_its_turn(self):
        self.write_policy("scheduling_policy:\n  rollout:\n    stages: [{after: 3d}]\n")
        made = int(time.time()) - 2 * 24 * 3600
        path = self.build("tool", "1", {"usr/tool": "x\n"}, f"--source-date-epoch={made}")
        first = self.json("schedule", f"--package={path}", "--priority=important")["update"]["id"]
        told = self.json("explain", first)
        self.assertEqual(told["at"], time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(made + 3 * 24 * 3600)))
        self.assertEqual((told["verdict"], told["rule"]), ("wait", "rollout"))
        self.assertIn("the rollout reaches this device then", told["why"])
        self.must(self.on_root("run-due"))
        self.assertFalse(os.path.exists(self.in_root("usr/tool")))
        self.assertEqual(self.json("explain", self.scheduled("other", "--priority=critical"))["verdict"], "run")


class Loop(Queue):
    def start(self, *arguments):
        return subprocess.Popen([os.environ["SCHEDULER_LOOP"], self.root, *arguments], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def test_it_runs_what_is_due_and_ends_when_nothing_waits(self):
        first = self.scheduled("tool", "--priority=critical")
        second = self.scheduled("other", "--priority=critical")
        out, err = self.start("--until-idle").communicate(timeout=120)
        self.assertEqual(err, "")
        self.assertIn(f"done {first} tool\n", out)
        self.assertIn(f"done {second} other\n", out)
        self.assertEqual(self.content("usr/other"), "x\n")

    def test_it_sleeps_while_nothing_is_due_and_a_signal_ends_it(self):
        self.scheduled("tool", "--execute-at=2099-01-01 00:00")
        process = self.start()
        time.sleep(1)
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, DONE)
        self.assertFalse(os.path.exists(self.in_root("usr/tool")))


if __name__ == "__main__":
    unittest.main()
