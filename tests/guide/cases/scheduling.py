"""The queue: "Manual Scheduling", "Automatic Scheduling", "Priority Management", "Retry Operations".

What stands afterwards is read by other commands than the one that was run, and from the files.
"""

import datetime
import os

from fixture import Case
from support import FAILED, REFUSED, USAGE, update


class QueueCase(Case):
    def queue(self, states="all"):
        """The entries, by their package's name."""
        told = self.must(update("schedule", "list", f"--filter={states}", "--format=json", f"--root={self.root}")).json
        return {entry["packages"][0]["name"]: entry for entry in told["updates"]}

    def run_due(self):
        return self.must(update("run-due", "--format=json", f"--root={self.root}")).json

    def schedule(self, file_name, *options):
        """Puts a package of the work folder into the queue; its number's name."""
        told = self.must(update("schedule", f"--package={self.at(file_name)}", *options, "--format=json",
                                f"--root={self.root}")).json
        return told["update"]["id"]

    def open_no_window_for_hours(self):
        """What waits for a window waits, at whichever hour this test runs: the built-in window would be open at 02:00."""
        opens = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=12)
        closes = opens + datetime.timedelta(minutes=30)
        self.must(update("auto-schedule", "configure", f"--maintenance-window={opens:%H:%M}-{closes:%H:%M}",
                         f"--root={self.root}"))

    def explain(self, update_id):
        return self.must(update("explain", update_id, "--format=json", f"--root={self.root}")).json

    def failed_update(self, file_name, name):
        """An update in the queue that has failed, as its file is gone; the file is there again."""
        self.put(file_name, name, "1", {f"usr/bin/{name}": "1\n"})
        update_id = self.schedule(file_name, "--priority=critical")
        os.rename(self.at(file_name), self.at("gone.mos"))
        self.assertEqual(self.run_due()["updates"][0]["state"], "failed")
        os.rename(self.at("gone.mos"), self.at(file_name))
        return update_id


class Schedule(QueueCase):
    line = 'multios-update schedule --package=kernel-1.2.3.mos --execute-at="2024-01-15 02:30:00" --priority=security ' \
           "--notification=email --backup-required"

    def setUp(self):
        super().setUp()
        self.put("kernel-1.2.3.mos", "kernel", "1.2.3", {"boot/vmlinuz": "k\n"})
        coming = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=2)
        self.placeholders = {"2024-01-15 02:30:00": coming.strftime("%Y-%m-%d 02:30:00")}
        self.time = coming.strftime("%Y-%m-%dT02:30:00Z")

    def done_it_waits_for_its_time(self):
        self.do()
        entry = self.queue()["kernel"]
        self.assertEqual((entry["state"], entry["priority"], entry["rule"]), ("pending", "security", "start_time"))
        self.assertEqual((entry["start"], entry["at"]), (self.time, self.time))
        self.assertEqual(self.run_due(), {"updates": [], "next": self.time})
        self.assertFalse(self.has("boot/vmlinuz"))

    def refused_a_time_that_is_over(self):
        self.placeholders = {}
        self.refuse(USAGE, "'2024-01-15 02:30:00' is over")

    def refused_a_package_that_was_altered(self):
        self.put("kernel-1.2.3.mos", "kernel", "1.2.3", {"boot/vmlinuz": "k\n"}, signed=False)
        self.refuse(REFUSED, "kernel-1.2.3.mos")


class ScheduleConditional(QueueCase):
    line = 'multios-update schedule-conditional --package=security-patch.mos ' \
           '--conditions="cpu_usage<50,no_active_sessions,maintenance_window" --timeout="24h" --auto-cancel'

    def setUp(self):
        super().setUp()
        self.put("security-patch.mos", "patch", "1", {"usr/lib/patched": "p\n"})

    def done_it_waits_for_its_conditions(self):
        self.do()
        entry = self.queue()["patch"]
        self.assertEqual((entry["state"], entry["conditions"]),
                         ("pending", "cpu_usage<50,no_active_sessions,maintenance_window"))
        self.assertIn(entry["verdict"], ("wait", "run"))

    def done_when_they_hold_it_is_installed(self):
        self.do(replace={"cpu_usage<50,no_active_sessions,maintenance_window": "free_space>1"})
        self.must(update("priority", "set", f"--update-id={self.queue()['patch']['id']}", "--priority=critical",
                         f"--root={self.root}"))
        self.assertEqual([entry["state"] for entry in self.run_due()["updates"]], ["done"])
        self.assertEqual(self.content("usr/lib/patched"), "p\n")

    def refused_conditions_that_cannot_hold_together(self):
        self.refuse(USAGE, "cpu_usage<50", replace={"no_active_sessions": "cpu_usage>90"})

    def refused_a_condition_that_there_is_not(self):
        self.refuse(USAGE, "'moon=full' is no condition", replace={"no_active_sessions": "moon=full"})

    def refused_a_timeout_that_is_none(self):
        self.refuse(USAGE, "'soon' is no duration", replace={"24h": "soon"})


class ScheduleBatch(QueueCase):
    line = 'multios-update schedule-batch --packages="pkg1.mos,pkg2.mos,pkg3.mos" --strategy=parallel --max-concurrent=2 ' \
           "--stop-on-error=false"

    def setUp(self):
        super().setUp()
        for number in "123":
            self.put(f"pkg{number}.mos", f"pkg{number}", "1", {f"usr/bin/pkg{number}": f"{number}\n"})

    def done_each_is_an_update_of_its_own(self):
        self.do("--priority=critical")
        self.assertEqual(sorted(self.queue("pending")), ["pkg1", "pkg2", "pkg3"])
        os.remove(self.at("pkg2.mos"))
        self.assertEqual([entry["state"] for entry in self.run_due()["updates"]], ["done", "failed", "done"])
        self.assertEqual(self.installed(), {"pkg1": "1", "pkg3": "1"})

    def done_together_they_are_one(self):
        self.do("--priority=critical", replace={"--stop-on-error=false": "--stop-on-error=true"})
        self.assertEqual(len(self.queue("pending")["pkg1"]["packages"]), 3)
        os.remove(self.at("pkg2.mos"))
        self.run_due()
        self.assertEqual(self.installed(), {})

    def refused_a_package_that_is_not_there(self):
        self.refuse(FAILED, "pkg4.mos", replace={"pkg1.mos": "pkg4.mos"})

    def refused_an_unknown_strategy(self):
        self.refuse(USAGE, "--strategy", replace={"parallel": "sideways"})


class AutoScheduleEnable(QueueCase):
    line = "multios-update auto-schedule enable --policy=default --max-concurrent-updates=3"

    def done_updates_run_by_themselves(self):
        self.do()
        self.assertIn("enabled: true", self.content("etc/multios/scheduling-policy.yml"))
        self.assertIn("max_concurrent_updates: 3", self.content("etc/multios/update-system.yml"))

    def refused_a_policy_that_there_is_not(self):
        self.refuse(USAGE, "no scheduling policy 'wild'", replace={"default": "wild"})

    def refused_more_than_there_can_be(self):
        self.refuse(USAGE, "1 to 64", replace={"updates=3": "updates=65"})


class AutoScheduleConfigure(QueueCase):
    line = 'multios-update auto-schedule configure --maintenance-window="02:00-06:00" --preferred-days="sunday,wednesday" ' \
           "--user-approval-required=false --auto-approval-security=true"

    def done_an_update_waits_for_that_window_and_for_nobody(self):
        self.put("tool.mos", "tool", "1", {"usr/bin/tool": "t\n"})
        self.do(replace={"02:00-06:00": "01:00-01:30"})
        self.schedule("tool.mos", "--priority=optional")
        entry = self.queue()["tool"]
        self.assertIn(entry["rule"], ("window", "in_window", "load"))
        if entry["rule"] == "window":
            opens = datetime.datetime.strptime(entry["at"], "%Y-%m-%dT%H:%M:%SZ")
            self.assertEqual((opens.hour, opens.strftime("%A") in ("Sunday", "Wednesday")), (1, True))

    def done_the_settings_stand_there(self):
        self.do()
        self.assertIn("user_approval_required: false", self.content("etc/multios/scheduling-policy.yml"))
        self.assertIn("sunday", self.content("etc/multios/update-system.yml"))

    def refused_a_window_that_is_none(self):
        self.refuse(USAGE, "maintenance_window", replace={"02:00-06:00": "02:00-26:00"})

    def refused_a_window_of_no_length(self):
        self.refuse(USAGE, "would not be valid any more: etc/multios/update-system.yml: scheduling_policy: ", replace={"02:00-06:00": "02:00-02:00"})

    def refused_a_day_that_there_is_not(self):
        self.refuse(USAGE, "allowed_days", replace={"sunday": "someday"})


class ScheduleList(QueueCase):
    line = "multios-update schedule list --filter=pending --format=table"

    def setUp(self):
        super().setUp()
        self.put("tool.mos", "tool", "1", {"usr/bin/tool": "t\n"})
        self.put("other.mos", "other", "1", {"usr/bin/other": "t\n"})
        self.waiting = self.schedule("tool.mos", "--execute-at=2099-01-01 00:00")
        cancelled = self.schedule("other.mos")
        self.must(update("schedule", "cancel", f"--update-id={cancelled}", f"--root={self.root}"))

    def done_those_that_wait_are_told_with_what_they_wait_for(self):
        told = self.ask_for_people()
        self.assertIn(self.waiting, told)
        self.assertIn("waits until 2099-01-01T00:00:00Z: it was scheduled for that time", told)
        self.assertNotIn("other 1", told)
        entry, = self.ask("--format=json")["updates"] if "table" not in self.line else self.queue("pending").values()
        self.assertEqual((entry["id"], entry["rule"], entry["packages"][0]["version"]),
                         (self.waiting, "start_time", "1"))

    def refused_a_state_that_there_is_not(self):
        self.refuse(USAGE, "no state 'asleep'", replace={"pending": "asleep"})


class PrioritySet(QueueCase):
    line = 'multios-update priority set --update-id=update-123 --priority=critical --reason="Security vulnerability"'

    def setUp(self):
        super().setUp()
        self.put("tool.mos", "tool", "1", {"usr/bin/tool": "t\n"})
        self.open_no_window_for_hours()
        self.placeholders = {"update-123": self.schedule("tool.mos", "--priority=low")}

    def done_it_runs_at_once_and_the_reason_is_kept(self):
        self.assertEqual(self.run_due()["updates"], [])
        self.do()
        told = self.explain(self.placeholders["update-123"])
        self.assertEqual((told["priority"], told["rule"]), ("critical", "immediate"))
        self.assertEqual((told["log"][-1]["action"], told["log"][-1]["reason"]),
                         ("priority critical", "Security vulnerability"))
        self.assertEqual(self.run_due()["updates"][0]["state"], "done")
        self.assertEqual(self.content("usr/bin/tool"), "t\n")

    def refused_an_update_that_there_is_not(self):
        self.placeholders = {}
        self.refuse(FAILED, "no 'update-123'")

    def refused_a_priority_that_there_is_not(self):
        self.refuse(USAGE, "--priority", replace={"critical": "urgent"})


class PriorityList(QueueCase):
    line = "multios-update priority list --sort-by=priority --group-by=category"

    def setUp(self):
        super().setUp()
        for name, priority in (("docs", "low"), ("hole", "critical"), ("patch", "security"), ("more", "low")):
            self.put(f"{name}.mos", name, "1", {f"usr/share/{name}": "x\n"})
            self.schedule(f"{name}.mos", f"--priority={priority}")

    def done_they_are_grouped_in_the_order_of_their_priority(self):
        groups = [(group["group"], [entry["packages"][0]["name"] for entry in group["updates"]])
                  for group in self.ask()["groups"]]
        self.assertEqual(groups, [("critical security", ["hole"]), ("security", ["patch"]), ("low", ["docs", "more"])])

    def refused_an_order_that_there_is_not(self):
        self.refuse(USAGE, "--sort-by", replace={"sort-by=priority": "sort-by=colour"})


class Retry(QueueCase):
    line = "multios-update retry --update-id=update-123"

    def setUp(self):
        super().setUp()
        self.placeholders = {"update-123": self.failed_update("tool.mos", "tool")}

    def done_it_is_tried_again_and_then_done(self):
        self.do()
        self.assertEqual(self.queue()["tool"]["state"], "retrying")
        self.assertEqual(self.run_due()["updates"][0]["state"], "done")
        self.assertEqual((self.installed(), self.queue()["tool"]["attempts"]), ({"tool": "1"}, 2))

    def refused_what_has_not_failed(self):
        self.put("fine.mos", "fine", "1", {"usr/bin/fine": "1\n"})
        self.placeholders = {"update-123": self.schedule("fine.mos")}
        self.refuse(USAGE, "is pending", "only an update that has failed")


class RetryAnew(QueueCase):
    line = "multios-update retry --update-id=update-123 --max-attempts=5 --force-download"

    def setUp(self):
        super().setUp()
        self.placeholders = {"update-123": self.failed_update("tool.mos", "tool")}

    def done_the_file_that_is_there_now_counts(self):
        self.put("tool.mos", "tool", "1", {"usr/bin/tool": "built anew\n"})
        self.do()
        self.assertEqual(self.run_due()["updates"][0]["state"], "done")
        self.assertEqual(self.content("usr/bin/tool"), "built anew\n")

    def refused_more_attempts_than_there_can_be(self):
        self.refuse(USAGE, "1 to 100", replace={"attempts=5": "attempts=101"})


class RetryCancel(QueueCase):
    line = "multios-update retry cancel --update-id=update-123"

    def setUp(self):
        super().setUp()
        update_id = self.failed_update("tool.mos", "tool")
        self.must(update("retry", f"--update-id={update_id}", f"--root={self.root}"))
        self.placeholders = {"update-123": update_id}

    def done_it_is_not_tried_again(self):
        self.do()
        self.assertEqual(self.run_due()["updates"], [])
        self.assertEqual((self.queue()["tool"]["state"], self.installed()), ("failed", {}))

    def refused_what_does_not_wait_for_a_retry(self):
        self.must(update("retry", "cancel", f"--update-id={self.placeholders['update-123']}", f"--root={self.root}"))
        self.refuse(USAGE, "does not wait for another try")
