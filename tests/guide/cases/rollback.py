"""Rollback in all its forms: "Automatic Rollback", "Manual Rollback", "Granular Rollback", "Emergency Recovery"."""

import os

from fixture import Case
from support import NEEDS_ANSWER, REFUSED, USAGE, update


class History(Case):
    line = "multios-update rollback history --format=json --include-reason"

    def setUp(self):
        super().setUp()
        for version in ("1.0", "2.0"):
            self.put_and_install("tool", version, {"usr/bin/tool": version})
        self.must(update("rollback", "last-good", "--reason=it crashed", f"--root={self.root}"))

    def done_it_tells_what_went_back_and_why_and_nothing_else(self):
        rollbacks = self.ask()["rollbacks"]
        self.assertEqual([(one["recovery_point"], one["went_back"], one["reason"]) for one in rollbacks],
                         [("rp-2", "by-hand", "it crashed")])
        self.assertEqual(rollbacks[0]["summary"], "update tool 1.0 → 2.0")

    def done_without_the_word_the_reason_stays_untold(self):
        told = self.must(update("rollback", "history", f"--root={self.root}")).out
        self.assertNotIn("it crashed", told)
        self.assertIn("it crashed", self.ask()["rollbacks"][0]["reason"])

    def refused_a_root_that_is_not_there(self):
        self.refuse(3, "/absent", root="/absent")


class AutoEnable(Case):
    line = "multios-update rollback auto-enable --on-failure=true --on-timeout=true --on-installation-error=true"

    def settings(self):
        rows = self.must(update("config", "show", "update_system.rollback", f"--root={self.root}",
                                "--format=json")).json["settings"]
        return {row["setting"].rsplit(".", 1)[1]: (row["value"], row["layer"]) for row in rows}

    def done_each_stands_in_the_systems_file(self):
        self.do(replace={"--on-timeout=true": "--on-timeout=false"})
        self.assertEqual([self.settings()[name] for name in
                          ("auto_rollback_on_failure", "on_timeout", "on_installation_error")],
                         [("true", "system"), ("false", "system"), ("true", "system")])

    def refused_what_is_neither_yes_nor_no(self):
        self.refuse(USAGE, "--on-timeout", replace={"--on-timeout=true": "--on-timeout=perhaps"})


class Criteria(Case):
    line = "multios-update rollback criteria --failure-threshold=100 --timeout-threshold=3600s " \
           "--error-categories=\"installation,dependency,signature\""

    def put_library_and_application(self):
        self.put_and_install("lib", "1.0", {"usr/lib/lib": "l\n"})
        self.put_and_install("app", "1.0", {"usr/bin/app": "a\n"}, self.metadata(dependencies={"depends": ["lib"]}))

    def done_a_change_that_breaks_a_dependency_goes_back(self):
        self.put_library_and_application()
        self.do(replace={"--failure-threshold=100": "--failure-threshold=50"})
        ended = update("remove", "lib", f"--root={self.root}")
        self.assertNotEqual(ended.code, 0, ended)
        self.assertIn("app depends on 'lib'", ended.err)
        self.assertEqual(self.content("usr/lib/lib"), "l\n")
        went_back = self.must(update("rollback", "history", "--include-reason", "--format=json",
                                     f"--root={self.root}")).json["rollbacks"]
        self.assertEqual([one["went_back"] for one in went_back], ["failed-health-check"])

    def done_at_a_hundred_percent_all_checks_must_fail(self):
        self.put_library_and_application()
        self.do()
        self.assertIn("failure_threshold: 100", self.content("etc/multios/update-system.yml"))
        self.must(update("remove", "lib", f"--root={self.root}"))
        self.assertFalse(self.has("usr/lib/lib"))

    def refused_a_category_that_there_is_not(self):
        self.refuse(USAGE, "error_categories", replace={"signature": "weather"})

    def refused_more_than_all(self):
        self.refuse(USAGE, "failure_threshold", replace={"--failure-threshold=100": "--failure-threshold=101"})


class Releases(Case):
    """A kernel in three versions, and a tool that came in between: rp-1 to rp-4."""

    def setUp(self):
        super().setUp()
        for name, version in (("kernel", "1.2.2"), ("kernel", "1.2.3"), ("tool", "1.0"), ("kernel", "1.2.4")):
            self.put_and_install(name, version, {f"usr/lib/{name}": version, f"etc/{name}.conf": version})
        self.state_before = self.installed()

    def edit(self, path, text):
        with open(self.in_root(path), "w", encoding="utf-8") as file:
            file.write(text)

    def plan(self, *words):
        """What a rollback would do: with --plan it changes nothing."""
        before = self.everything()
        ended = self.must(update("rollback", *words, "--plan", f"--root={self.root}"))
        self.assertEqual(self.everything(), before)
        return ended.out


class ToVersionAndPoint(Releases):
    line = "multios-update rollback --target-version=1.2.2 --recovery-point=rp-12345 --preserve-user-data"

    def setUp(self):
        super().setUp()
        self.placeholders = {"rp-12345": "rp-2"}

    def done_everything_since_goes_back_but_what_somebody_made(self):
        self.edit("usr/lib/mine", "mine")
        self.assertIn("remove", self.plan("--recovery-point=rp-2"))
        self.do()
        self.assertEqual(self.installed(), {"kernel": "1.2.2"})
        self.assertEqual(self.content("usr/lib/kernel"), "1.2.2")
        self.assertFalse(self.has("usr/lib/tool"))
        self.assertEqual(self.content("usr/lib/mine"), "mine")

    def done_it_can_be_taken_back_itself(self):
        self.do()
        self.must(update("rollback", "last-good", f"--root={self.root}"))
        self.assertEqual(self.installed(), self.state_before)
        self.assertEqual(self.content("usr/lib/kernel"), "1.2.4")

    def refused_a_point_that_does_not_bring_that_version(self):
        self.refuse(REFUSED, "(E043)", "1.2.2", replace={"rp-12345": "rp-4"})

    def refused_a_point_that_is_not_there(self):
        self.refuse(REFUSED, "(E043)", "rp-77", replace={"rp-12345": "rp-77"})

    def refused_to_touch_what_no_package_brought(self):
        self.refuse(USAGE, "--preserve-user-data", replace={"--preserve-user-data": "--preserve-user-data=false"})


class ToVersionMerging(Releases):
    line = "multios-update rollback --target-version=1.2.2 --resolve-conflicts --merge-strategy=prefer-newer"

    def done_of_both_the_newer_stays(self):
        self.edit("etc/kernel.conf", "mine")
        self.do()
        self.assertEqual(self.installed(), {"kernel": "1.2.2"})
        self.assertEqual(self.content("etc/kernel.conf"), "mine")
        self.assertEqual(self.content("usr/lib/kernel"), "1.2.2")

    def done_with_the_older_preferred_the_edit_goes_into_the_new_point(self):
        self.edit("etc/kernel.conf", "mine")
        self.do(replace={"prefer-newer": "prefer-older"})
        self.assertEqual(self.content("etc/kernel.conf"), "1.2.2")
        self.must(update("rollback", "last-good", f"--root={self.root}"))
        self.assertEqual(self.content("etc/kernel.conf"), "mine")

    def done_both_can_be_kept(self):
        self.edit("etc/kernel.conf", "mine")
        self.do(replace={"prefer-newer": "keep-both"})
        self.assertEqual((self.content("etc/kernel.conf"), self.content("etc/kernel.conf.rp-2")), ("mine", "1.2.2"))

    def refused_a_version_that_never_was(self):
        self.refuse(REFUSED, "(E043)", "'1.0.0'", replace={"1.2.2": "1.0.0"})

    def refused_a_strategy_that_there_is_not(self):
        self.refuse(USAGE, "--merge-strategy", replace={"prefer-newer": "prefer-mine"})


class OnePackage(Releases):
    line = "multios-update rollback package --package=kernel --version=1.2.2"

    def done_it_alone_goes_back(self):
        self.do()
        self.assertEqual(self.installed(), {"kernel": "1.2.2", "tool": "1.0"})
        self.assertEqual((self.content("usr/lib/kernel"), self.content("usr/lib/tool")), ("1.2.2", "1.0"))

    def refused_a_version_that_it_never_had(self):
        self.refuse(REFUSED, "(E043)", "'kernel'", replace={"1.2.2": "0.9"})

    def refused_a_package_that_was_never_there(self):
        self.refuse(REFUSED, "(E043)", replace={"--package=kernel": "--package=absent"})


class Configuration(Releases):
    line = "multios-update rollback config --component=network --backup-point=before-update"

    def setUp(self):
        super().setUp()
        self.put_and_install("network", "1.0", {"etc/network.conf": "one\\n", "usr/sbin/network": "1"})
        self.put_and_install("network", "2.0", {"etc/network.conf": "two\\n", "usr/sbin/network": "2"})
        self.put_and_install("tool", "2.0", {"usr/lib/tool": "2.0", "etc/tool.conf": "2.0"})

    def done_its_configuration_goes_back_and_nothing_else(self):
        self.do()
        self.assertEqual(self.content("etc/network.conf"), "one\\n")
        self.assertEqual(self.content("usr/sbin/network"), "2")
        self.assertEqual(self.content("etc/tool.conf"), "2.0")
        self.assertEqual(self.installed()["network"], "2.0")

    def refused_a_component_that_nothing_touched(self):
        self.refuse(REFUSED, "(E043)", "absent", replace={"--component=network": "--component=absent"})

    def refused_a_point_that_is_none(self):
        self.refuse(USAGE, "rp-1", replace={"before-update": "yesterday"})


class NewestInEmergency(Releases):
    def done_the_newest_change_goes_back(self):
        self.do()
        self.assertEqual(self.installed(), {"kernel": "1.2.3", "tool": "1.0"})
        self.assertEqual(self.content("usr/lib/kernel"), "1.2.3")

    def done_around_what_is_in_the_way(self):
        self.put_and_install("new", "1.0", {"opt/new/file": "new\\n"})
        self.edit("opt/new/mine", "mine")
        self.do()
        self.assertFalse(self.has("opt/new/file"))
        self.assertEqual(self.content("opt/new/mine"), "mine")

    def refused_where_nothing_can_go_back(self):
        self.refuse(REFUSED, "(E043)", root=self.empty_root())


class Emergency(NewestInEmergency):
    line = "multios-update rollback emergency --keep-system-functional"


class EmergencyRollback(NewestInEmergency):
    line = "multios-update emergency rollback --keep-system-functional --preserve-user-data --fast-mode=true"


class Interactive(Releases):
    line = "multios-update rollback interactive --show-options --confirm-before-execute"

    def done_with_the_defaults_the_newest_goes_back_and_all_are_shown(self):
        shown = self.do("--yes").err
        self.assertEqual(self.installed(), {"kernel": "1.2.3", "tool": "1.0"})
        for point in ("rp-1", "rp-2", "rp-3", "rp-4"):
            self.assertIn(point, shown)

    def refused_without_anybody_to_ask(self):
        self.refuse(NEEDS_ANSWER, "(E018)", "--recovery-point")

    def refused_to_go_unconfirmed(self):
        self.refuse(USAGE, "--confirm-before-execute",
                    replace={"--confirm-before-execute": "--confirm-before-execute=false"})


class RestoreStable(Releases):
    line = "multios-update system restore-stable --last-known-good --interactive"

    def done_the_state_before_the_newest_change_is_back(self):
        self.do("--yes")
        self.assertEqual(self.installed(), {"kernel": "1.2.3", "tool": "1.0"})

    def refused_without_anybody_to_ask(self):
        self.refuse(NEEDS_ANSWER, "(E018)", "--yes")


class Verify(Releases):
    line = "multios-update system verify --comprehensive=true --check-dependencies=true --verify-signatures=true"

    def done_a_whole_system_is_well(self):
        self.assertEqual(self.ask()["problems"], [])

    def refused_a_file_that_was_altered(self):
        self.edit("usr/lib/kernel", "altered")
        self.refuse(REFUSED, "usr/lib/kernel")

    def refused_a_package_whose_signer_is_trusted_no_more(self):
        trust = self.in_root("etc/multios/trust")
        for name in os.listdir(trust):
            os.unlink(os.path.join(trust, name))
        self.refuse(REFUSED, "nobody vouches any more for 'kernel'")


class EmergencyRecovery(Releases):
    line = "multios-update emergency recovery --mode=safe --preserve-data=true --validate-system=true"

    def done_a_lost_database_is_back(self):
        os.unlink(self.in_root("var/lib/multios/state.db"))
        self.do()
        self.assertEqual(self.installed(), self.state_before)

    def refused_to_call_an_altered_system_well(self):
        self.edit("usr/lib/kernel", "altered")
        self.refuse(REFUSED, "usr/lib/kernel")
