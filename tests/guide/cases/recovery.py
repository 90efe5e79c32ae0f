"""Recovery points: "Recovery Point Operations"."""

import os
import time

from fixture import Case
from support import REFUSED, USAGE, update


class WithPoints(Case):
    """A tool in two releases, so that there are two points of changes."""

    def setUp(self):
        super().setUp()
        self.put_and_install("tool", "1", {"usr/bin/tool": "one\n"})
        self.put_and_install("tool", "2", {"usr/bin/tool": "two\n", "usr/bin/more": "more\n"})

    def points(self):
        """{name: its JSON}, the newest first."""
        ended = self.must(update("recovery", "list", f"--root={self.root}", "--format=json"))
        return {point["recovery_point"]: point for point in ended.json["recovery_points"]}

    def capture(self, *options):
        return self.must(update("recovery", "create", f"--root={self.root}", "--format=json", *options)).json


class RecoveryList(WithPoints):
    line = "multios-update recovery list --filter=last-30-days --format=table"

    def done_the_points_are_listed_newest_first(self):
        name = self.capture("--description=Before it all", "--tags=manual")["recovery_point"]
        out = self.ask_for_people()
        self.assertRegex(out, rf"\n{name} +full-system [^\n]*Before it all\nrp-2 +change [^\n]*\nrp-1 +change ")

    def done_others_can_be_asked_for(self):
        name = self.capture("--tags=manual")["recovery_point"]
        for wanted in ("tag:manual", "captured"):
            out = self.ask_for_people(replace={"last-30-days": wanted})
            self.assertIn(name, out)
            self.assertNotIn("rp-2", out)

    def refused_a_filter_that_is_none(self):
        self.refuse(USAGE, "--filter", replace={"last-30-days": "yesterday"})


class RecoveryInfo(WithPoints):
    line = "multios-update recovery info --recovery-point=rp-12345 --details"

    def setUp(self):
        super().setUp()
        self.placeholders = {"rp-12345": "rp-2"}

    def done_it_tells_what_going_back_would_change(self):
        document = self.ask()
        rows = {(row["kind"], row["object"]) for row in document["changed_since"]}
        self.assertLessEqual({("package", "2 -> 1"), ("replace", "usr/bin/tool"), ("remove", "usr/bin/more")}, rows)
        self.assertEqual(document["would_restore_bytes"], 4)

    def done_it_tells_what_somebody_has_changed(self):
        self.put_in_root("usr/bin/tool", "mine\n")
        rows = {(row["kind"], row["object"]) for row in self.ask()["changed_since"]}
        self.assertIn(("edited", "usr/bin/tool"), rows)
        self.assertNotIn(("replace", "usr/bin/tool"), rows)

    def refused_what_is_no_point(self):
        self.refuse(REFUSED, "(E043)", "'rp-77'", replace={"rp-2": "rp-77"})


class RecoveryCreate(WithPoints):
    line = """multios-update recovery create --description="Before software installation" --scope=full-system \
--tags="manual,pre-install\""""

    def done_the_system_is_captured_and_whole(self):
        self.put_in_root("home/mine", "precious\n")
        self.do()
        name, = [name for name, point in self.points().items() if point["scope"] == "full-system"]
        point = self.points()[name]
        self.assertEqual((point["description"], point["tags"]),
                         ("Before software installation", ["manual", "pre-install"]))
        self.must(update("recovery", "verify", f"--recovery-point={name}", f"--root={self.root}"))
        self.put_in_root("home/mine", "changed\n")
        details = self.must(update("recovery", "info", f"--recovery-point={name}", "--details",
                                   f"--root={self.root}", "--format=json")).json
        self.assertIn(("replace", "home/mine"), [(row["kind"], row["object"]) for row in details["changed_since"]])

    def refused_a_scope_that_is_none(self):
        self.refuse(USAGE, "--scope", replace={"full-system": "everything"})

    def refused_options_of_another_scope(self):
        self.refuse(USAGE, "--exclude is of --scope=full-system", replace={"full-system": "configuration"},
                    further=["--exclude=/etc"])
        self.refuse(USAGE, "--path is of --scope=paths", replace={"full-system": "packages"}, further=["--path=/etc"])

    def refused_paths_without_any(self):
        self.refuse(USAGE, "at least one path", replace={"full-system": "paths"})


class RecoveryCleanup(WithPoints):
    line = """multios-update recovery cleanup --older-than="90 days" --keep-minimum=5 --simulate"""

    def done_what_would_go_is_told_and_stays(self):
        time.sleep(2.1)
        told = self.ask(replace={"90 days": "1 second", "--keep-minimum=5": "--keep-minimum=1"})
        self.assertEqual([row["object"] for row in told["recovery_points"]], ["rp-1"])
        self.assertEqual(list(self.points()), ["rp-2", "rp-1"])

    def done_without_simulating_it_goes(self):
        time.sleep(2.1)
        self.do(replace={"90 days": "1 second", "--keep-minimum=5": "--keep-minimum=1", "--simulate": "--simulate=false"})
        self.assertEqual(list(self.points()), ["rp-2"])

    def refused_an_age_that_is_none(self):
        self.refuse(USAGE, "--older-than", replace={"90 days": "long ago"})


class RecoveryMode(WithPoints):
    line = "multios-update recovery mode --safe-mode=true --disable-non-critical-services --validate-only"

    def mode(self):
        return self.must(update("recovery", "mode", f"--root={self.root}", "--format=json")).json

    def done_it_tells_what_there_is_to_go_back_to_and_changes_nothing(self):
        told = self.ask()
        self.assertTrue(told["only_validated"])
        self.assertIn(("way-back", "rp-2"), [(row["kind"], row["object"]) for row in told["rows"]])
        self.assertFalse(self.mode()["on"])

    def done_without_validating_alone_nothing_new_is_taken_until_it_is_ended(self):
        self.do("--reason=the disk is failing", replace={"--validate-only": "--validate-only=false"})
        mode = self.mode()
        self.assertEqual((mode["on"], mode["reason"]), (True, "the disk is failing"))
        newer = self.build("tool", "3", {"usr/bin/tool": "three\n"})
        self.must_refuse(self.install(newer), REFUSED, "E068", "the disk is failing")
        self.must(update("rollback", "last-good", f"--root={self.root}"))
        self.assertEqual(self.content("usr/bin/tool"), "one\n")
        self.must(update("recovery", "mode", "--safe-mode=false", f"--root={self.root}"))
        self.must(self.install(newer))
        self.assertEqual(self.content("usr/bin/tool"), "three\n")

    def done_what_stands_in_the_place_of_its_record_is_in_nobodys_way(self):
        record = self.in_root("var/lib/multios/recovery-mode")
        for put in (os.mkdir, os.mkfifo, lambda path: os.symlink("/etc/passwd", path)):
            put(record)
            self.assertTrue(self.mode()["on"])
            self.do(replace={"--validate-only": "--validate-only=false"})
            self.assertIsNotNone(self.mode()["since"])
            self.must(update("recovery", "mode", "--safe-mode=false", f"--root={self.root}"))
            self.assertFalse(self.mode()["on"])

    def refused_where_there_is_nothing_to_go_back_to(self):
        self.refuse(REFUSED, "no-way-back", root=self.empty_root())

    def refused_without_saying_whether_it_begins_or_ends(self):
        self.refuse(USAGE, "is not said", replace={"--safe-mode=true": "--reason=this",
                                                   "--validate-only": "--validate-only=false"})

    def refused_to_stop_services_where_the_mode_is_ended(self):
        self.refuse(USAGE, "stops none", replace={"--safe-mode=true": "--safe-mode=false"})
