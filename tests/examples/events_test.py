"""events, and the logs that a root's logging.yml asks for."""

import json
import os
import signal
import subprocess
import time
import unittest

from support import DONE, REFUSED, TOOLS, USAGE, Workshop, environment, update

LOGGING = """logging:
  root_level: "info"
  handlers:
    file: {type: "file", path: "/var/log/multios/update.log", level: "info",
           rotation: {max_size: "100MB", max_files: 10, compress: true}}
    lines: {type: "file", path: "/var/log/multios/events.jsonl", format: "json"}
    console: {type: "console", level: "error", format: "timestamp,level,message"}
"""


class Events(Workshop):
    def setUp(self):
        super().setUp()
        self.old = self.build("app", "1.0", {"usr/bin/app": "one\n"})
        self.new = self.build("app", "2.0", {"usr/bin/app": "two\n"})

    def events(self, *arguments):
        ended = self.must(update("events", "--format=json", *arguments, f"--root={self.root}"))
        return [json.loads(line) for line in ended.out.splitlines()]

    def types(self, *arguments):
        return [event["type"] for event in self.events(*arguments)]

    def test_a_root_that_nobody_has_changed_has_no_events(self):
        self.assertEqual(self.events(), [])
        self.assertIn("There are no such events.", self.must(update("events", f"--root={self.root}")).out)
        self.assertFalse(self.has("var/lib/multios"))

    def test_what_was_done_is_told_event_by_event(self):
        self.must(self.install(self.old))
        self.must(self.install(self.new))
        self.must(update("rollback", "last-good", f"--root={self.root}"))
        self.assertEqual(self.types(), [
            "job_started", "package_installed", "update_installed", "job_finished",
            "job_started", "package_updated", "update_installed", "job_finished",
            "job_started", "update_rolledback", "job_finished"])
        updated = self.events("--types=package_updated")
        self.assertEqual(len(updated), 1)
        self.assertEqual((updated[0]["subject"], updated[0]["cause"], updated[0]["level"]), ("app", "update-job-5", "info"))
        self.assertEqual(updated[0]["payload"]["old_version"], "1.0")
        self.assertEqual(updated[0]["actor"], f"uid:{os.getuid()}")

    def test_a_number_says_where_to_go_on(self):
        self.must(self.install(self.old))
        self.assertEqual([event["sequence"] for event in self.events("--since=3")], [3, 4])
        self.assertEqual(self.events("--since=5"), [])

    def test_a_refusal_is_told_with_its_error(self):
        self.must(self.install(self.old))
        bad = self.build("bad", "1", {"usr/bad": "x"}, signed=False)
        self.must_refuse(self.install(bad), REFUSED, "E028")
        refused = self.events("--level=error")
        self.assertEqual([event["type"] for event in refused], ["package_refused"])
        self.assertEqual(refused[0]["cause"], "E028")

    def test_people_read_a_line_each(self):
        self.must(self.install(self.old))
        lines = self.must(update("events", f"--root={self.root}")).out.splitlines()
        self.assertEqual(len(lines), 4)
        self.assertRegex(lines[1], r"^   2  \d{4}-\d\d-\d\d .*  info   package_installed  app 1\.0 installed  \(update-job-1\)$")

    def test_a_type_that_there_is_not_is_a_wrong_command_line(self):
        ended = update("events", "--types=omen_seen", f"--root={self.root}")
        self.assertEqual(ended.code, USAGE, ended)
        self.assertIn("there is no event type 'omen_seen'", ended.err)
        ended = update("events", "--types=package_instaled", f"--root={self.root}")
        self.assertIn("did you mean 'package_installed'?", ended.err)

    def test_only_what_is_new_without_following_would_be_nothing(self):
        ended = update("events", "--new", f"--root={self.root}")
        self.assertEqual(ended.code, USAGE)
        self.assertIn("--follow", ended.err)

    def test_what_the_journal_lacks_is_told_without_a_time(self):
        self.must(self.install(self.old))
        line = self.must(update("events", "--since=999", f"--root={self.root}")).out.splitlines()[0]
        self.assertRegex(line, r"^   -  -  warn   events_lost ")
        event = json.loads(self.must(update("events", "--since=999", "--format=json",
                                            f"--root={self.root}")).out.splitlines()[0])
        self.assertEqual((event["type"], event["time"]), ("events_lost", None))

    def test_to_follow_is_to_be_told_what_comes_until_interrupted(self):
        self.must(self.install(self.old))
        with subprocess.Popen([TOOLS["multios-update"], "events", "--follow", "--new", "--format=json",
                               f"--root={self.root}"], stdout=subprocess.PIPE, text=True, env=environment()) as following:
            time.sleep(0.5)
            self.must(self.install(self.new))
            lines = [json.loads(following.stdout.readline()) for _ in range(4)]
            following.send_signal(signal.SIGINT)
            self.assertEqual(following.wait(timeout=60), DONE)
        self.assertEqual([line["type"] for line in lines],
                         ["job_started", "package_updated", "update_installed", "job_finished"])


class Logs(Workshop):
    def setUp(self):
        super().setUp()
        self.package = self.build("app", "1.0", {"usr/bin/app": "one\n"})

    def test_the_guides_handlers_get_their_events(self):
        self.put_in_root("etc/multios/logging.yml", LOGGING)
        self.assertEqual(self.must(self.install(self.package)).err, "")
        log = self.content("var/log/multios/update.log").splitlines()
        self.assertEqual(len(log), 4)
        self.assertRegex(log[1], r"^\d{4}-.*Z info update_manager package_installed update-job-1 uid:\d+ app 1\.0 installed$")
        lines = self.content("var/log/multios/events.jsonl").splitlines()
        self.assertEqual([json.loads(line)["sequence"] for line in lines], [1, 2, 3, 4])

    def test_the_console_shows_what_is_serious(self):
        self.put_in_root("etc/multios/logging.yml", LOGGING)
        self.must(self.install(self.package))
        other = self.build("other", "1", {"usr/bin/app": "another's\n"})
        ended = self.must_refuse(self.install(other), REFUSED, "E006")
        self.assertNotIn(" error ", ended.err)  # refused while planning: no job has failed
        bad = self.build("bad", "1", {"usr/bad": "x"}, signed=False)
        self.assertRegex(self.must_refuse(self.install(bad), REFUSED, "E028").err, r"(?m)^\d{4}-\d\d-\d\dT.*Z error ")

    def test_a_logging_yml_that_is_broken_is_warned_of_and_stops_nothing(self):
        self.put_in_root("etc/multios/logging.yml", "logging: {root_level: loud}\n")
        ended = self.must(self.install(self.package))
        self.assertEqual(self.content("usr/bin/app"), "one\n")
        self.assertIn("etc/multios/logging.yml:1:11: logging.root_level: 'loud' is none of", ended.err)
        self.assertIn("etc/multios/logging.yml:1:11: logging.root_level: 'loud'", ended.err)
        self.assertEqual(ended.err.count("logging.yml"), 1)

    def test_a_log_that_can_not_be_written_stops_nothing(self):
        self.put_in_root("etc/multios/logging.yml", LOGGING)
        self.put_in_root("var/log", "a file where the folder belongs\n")
        self.must(self.install(self.package))
        self.assertEqual(self.content("usr/bin/app"), "one\n")
        told = self.must(update("events", "--types=events_dropped", "--format=json", f"--root={self.root}")).out
        self.assertIn("the log 'file' lacks events", told)

    def test_a_command_that_only_looks_logs_nothing(self):
        self.put_in_root("etc/multios/logging.yml", LOGGING)
        self.must(update("history", f"--root={self.root}"))
        self.assertFalse(self.has("var/log"))


if __name__ == "__main__":
    unittest.main()
