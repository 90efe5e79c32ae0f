"""install, install-batch, remove, rollback, history and recover, doctor: what they do to a root."""

import os
import re
import shutil
import unittest

from support import DONE, FAILED, NEEDS_ANSWER, REFUSED, USAGE, Workshop, package, snapshot, update

OLD = {"usr/bin/app": "one\n", "usr/share/app/gone": "x\n", "usr/share/app/same": "s\n"}
NEW = {"usr/bin/app": "two\n", "usr/share/app/new": "y\n", "usr/share/app/same": "s\n"}


class Change(Workshop):
    def setUp(self):
        super().setUp()
        self.old = self.build("app", "1.0", OLD)
        self.new = self.build("app", "2.0", NEW)

    def rollback(self, *arguments):
        return update("rollback", *arguments, f"--root={self.root}")


class Install(Change):
    def test_install_and_update_bring_the_files(self):
        ended = self.must(self.install(self.old))
        self.assertIn("Undo: multios-update rollback last-good --root=", ended.out)
        self.assertEqual(self.content("usr/bin/app"), "one\n")
        self.must(self.install(self.new))
        self.assertEqual(self.content("usr/bin/app"), "two\n")
        self.assertFalse(os.path.exists(self.in_root("usr/share/app/gone")))

    def test_in_a_pipe_there_is_no_bar_no_colour_and_no_tab(self):
        ended = self.must(self.install(self.old))
        self.assertEqual(ended.err, "")
        self.assertNotRegex(ended.out, "[\x1b\t\r]")

    def test_json_has_plan_and_outcome(self):
        document = self.must(self.install(self.old, "--format=json")).json
        self.assertEqual(document["plan"]["steps"][0]["action"], "install")
        self.assertRegex(document["outcome"]["recovery_point"], r"^rp-\d+$")
        self.assertGreater(document["outcome"]["changed_paths"], 0)

    def test_several_files_are_one_transaction(self):
        bad = self.build("bad", "1", {"usr/bad": "x"}, signed=False)
        before = snapshot(self.root)
        self.must_refuse(self.install(self.old, bad), REFUSED, "E028", "Nothing was changed.")
        self.assertEqual(snapshot(self.root), before)

    def test_a_downgrade_needs_its_option(self):
        self.must(self.install(self.new))
        self.must_refuse(self.install(self.old), REFUSED, "E038", "--allow-downgrade", "Nothing was changed.")
        self.must(self.install(self.old, "--allow-downgrade"))
        self.assertEqual(self.content("usr/bin/app"), "one\n")

    def test_the_same_version_needs_reinstall_and_puts_back_what_was_altered(self):
        self.must(self.install(self.old))
        os.remove(self.in_root("usr/share/app/gone"))
        self.must_refuse(self.install(self.old), REFUSED, "E046")
        self.must(self.install(self.old, "--reinstall"))
        self.assertEqual(self.content("usr/share/app/gone"), "x\n")

    def test_an_untrusted_signer_changes_nothing(self):
        os.remove(os.path.join(self.trust, "signer.pub"))
        ended = self.install(self.old)
        self.assertEqual(ended.code, REFUSED, ended)
        self.assertIn("Nothing was changed.", ended.err)
        self.assertEqual(snapshot(self.root), {})

    def test_trust_and_required_signatures_are_options(self):
        trust = self.new_path("trust")
        os.rename(self.trust, trust)
        self.must(self.install(self.old, f"--trust={trust}"))
        self.assertEqual(self.install(self.new, f"--trust={trust}", "--required-signatures=2").code, REFUSED)

    def test_a_file_that_is_not_there_is_named(self):
        self.must_refuse(self.install("absent.mos"), FAILED, "E011", "'absent.mos'", "Nothing was changed.")

    def test_multios_update_has_install_too(self):
        self.must(update("install", self.old, f"--root={self.root}", "--no-silent-errors"))
        self.assertEqual(self.content("usr/bin/app"), "one\n")

    def test_debug_tells_on_standard_error_alone(self):
        ended = self.must(self.install(self.old, "--debug", "--format=json"))
        self.assertIn("outcome", ended.json)
        for line in ended.err.splitlines():
            self.assertRegex(line, "^(debug|info|warning|error): ")


class Plan(Change):
    def test_a_plan_says_everything_and_changes_nothing(self):
        self.must(self.install(self.old))
        before = snapshot(self.root)
        ended = self.must(self.install(self.new, "--plan"))
        self.assertEqual(snapshot(self.root), before)
        self.assertRegex(ended.out, r"Would change \d+ of \d+ paths in ")
        self.assertRegex(ended.out, r"  update  app  1\.0 \u2192 2\.0  vouched for by ")
        self.assertRegex(ended.out, r"\nPlan [0-9a-f]{64}\n$")
        self.assertIn("Way back:", ended.out)
        totals = self.must(self.install(self.new, "--plan", "--format=json")).json["plan"]["totals"]
        self.assertEqual((totals["added"], totals["replaced"], totals["removed"]), (1, 1, 1))

    def test_a_plan_says_how_much_of_the_package_is_read(self):
        content = "".join(f"{number * 7919 % 1000003}\n" for number in range(100_000))
        self.must(self.install(self.build("big", "1.0", {"usr/old": content})))
        moved = self.build("big", "1.1", {"usr/new": content})
        self.assertNotIn("of the packages", self.must(self.install(moved, "--plan")).out)
        ended = self.must(self.install(moved, "--plan", "--reuse-installed"))
        self.assertRegex(ended.out, r"    reads [0-9.]+ \w+ of [0-9.]+ \w+ of the packages\n")
        totals = self.must(self.install(moved, "--reuse-installed", "--format=json")).json["plan"]["totals"]
        self.assertEqual(totals["package_bytes"], os.path.getsize(moved))
        self.assertLess(totals["read_bytes"] * 4, totals["package_bytes"])
        self.assertEqual(self.content("usr/new"), content)

    def test_the_plan_that_was_shown_is_the_plan_that_runs(self):
        digest = self.must(self.install(self.old, "--plan", "--format=json")).json["plan"]["digest"]
        self.must_refuse(self.install(self.new, f"--plan-digest={digest}"), REFUSED, "E039", "Nothing was changed.")
        self.must(self.install(self.old, f"--plan-digest={digest}"))

    def test_without_utf8_an_arrow_is_spelled(self):
        self.must(self.install(self.old))
        ended = package("install", self.new, f"--root={self.root}", "--plan", LANG="C")
        self.assertIn("1.0 -> 2.0", ended.out)


class Conflicts(Change):
    def setUp(self):
        super().setUp()
        self.put_in_root("usr/bin/app", "mine\n")

    def test_a_strangers_file_is_refused_unless_a_rule_says_otherwise(self):
        self.must_refuse(self.install(self.old), REFUSED, "E006", "usr/bin/app", "Nothing was changed.")
        self.assertEqual(self.content("usr/bin/app"), "mine\n")

    def test_keep_leaves_it(self):
        self.must(self.install(self.old, "--on-conflict=keep"))
        self.assertEqual(self.content("usr/bin/app"), "mine\n")
        self.assertEqual(self.content("usr/share/app/same"), "s\n")

    def test_replace_takes_it_into_the_recovery_point(self):
        self.must(self.install(self.old, "--on-conflict=replace"))
        self.assertEqual(self.content("usr/bin/app"), "one\n")
        self.must(self.rollback("last-good"))
        self.assertEqual(self.content("usr/bin/app"), "mine\n")

    def test_ask_without_a_terminal_needs_an_answer(self):
        before = snapshot(self.root)
        self.must_refuse(self.install(self.old, "--on-conflict=ask"), NEEDS_ANSWER, "E018", "--on-conflict=keep",
                         "Nothing was changed.")
        self.assertEqual(snapshot(self.root), before)
        error = self.install(self.old, "--on-conflict=ask", "--format=json").json["error"]
        self.assertEqual(error["name"], "NEEDS_ANSWER")

    def test_what_a_message_advises_is_for_this_root(self):
        plan = self.must(self.install(self.old, "--on-conflict=replace", "--plan")).out
        self.assertIn(f"'multios-update rollback last-good --root={self.root}'", plan)
        empty = self.empty_root()
        ended = package("install", self.old, f"--root={empty}")
        self.assertRegex(ended.err, rf"'multios-update trust [^']* --root={empty}'")

    def test_the_name_of_a_file_is_no_command(self):
        absent = self.new_path("absent")
        ended = package("install", "multios-agent.mos", f"--root={self.root}", cwd=os.path.dirname(absent))
        self.assertIn("'multios-agent.mos'", ended.err)

    def test_yes_takes_the_default_which_is_to_stop(self):
        self.must_refuse(self.install(self.old, "--on-conflict=ask", "--yes"), REFUSED, "E006", "Nothing was changed.")
        self.assertEqual(self.content("usr/bin/app"), "mine\n")


class Batch(Change):
    def setUp(self):
        super().setUp()
        self.other = self.build("other", "1", {"usr/other": "o\n"})
        self.bad = self.build("bad", "1", {"usr/bad": "x"}, signed=False)

    def batch(self, *arguments):
        return package("install-batch", *arguments, f"--root={self.root}")

    def test_a_batch_is_one_transaction(self):
        self.must(self.batch(self.old, self.other))
        self.assertEqual(len(self.history()), 1)

    def test_one_bad_package_stops_all(self):
        self.must(self.batch(self.old, self.bad, self.other), REFUSED)
        self.assertEqual(self.history(), [])

    def test_without_stop_on_error_each_is_its_own_transaction(self):
        ended = self.must(self.batch(self.old, self.bad, self.other, "--stop-on-error=false"), REFUSED)
        self.assertIn("2 of 3 installed", ended.out)
        self.assertEqual(len(self.history()), 2)
        self.assertEqual(self.content("usr/other"), "o\n")

    def test_a_batch_of_several_transactions_is_one_json_document(self):
        document = self.must(self.batch(self.old, self.bad, "--stop-on-error=false", "--format=json"), REFUSED).json
        self.assertEqual(document["installed"], 1)
        self.assertEqual(document["error"]["number"], "E028")
        self.assertEqual(document["packages"][1]["error"]["number"], "E028")

    def test_one_digest_cannot_be_that_of_several_plans(self):
        self.must(self.batch(self.old, "--stop-on-error=false", "--plan-digest=00"), USAGE)


class Remove(Change):
    def test_remove_takes_the_files_away_and_rollback_brings_them_back(self):
        self.must(self.install(self.old))
        before = snapshot(self.root)
        self.must(package("remove", "app", f"--root={self.root}"))
        self.assertFalse(os.path.exists(self.in_root("usr/bin/app")))
        self.must(self.rollback("last-good"))
        self.assertEqual(snapshot(self.root), before)

    def test_a_plan_of_a_removal_changes_nothing(self):
        self.must(self.install(self.old))
        ended = self.must(package("remove", "app", f"--root={self.root}", "--plan"))
        self.assertRegex(ended.out, r"  remove  app  1\.0\n")
        self.assertEqual(self.content("usr/bin/app"), "one\n")

    def test_an_altered_file_is_kept_and_told(self):
        self.must(self.install(self.old))
        self.put_in_root("usr/bin/app", "altered\n")
        ended = self.must(package("remove", "app", f"--root={self.root}"))
        self.assertIn("usr/bin/app", ended.out)
        self.assertEqual(self.content("usr/bin/app"), "altered\n")

    def test_what_is_not_installed_cannot_be_removed(self):
        self.must_refuse(package("remove", "app", f"--root={self.root}"), REFUSED, "E045", "'app'")


class Rollback(Change):
    def test_rollback_restores_the_old_release(self):
        self.must(self.install(self.old))
        before = snapshot(self.root)
        self.must(self.install(self.new))
        plan = self.must(self.rollback("--plan"))
        self.assertIn("roll back", plan.out)
        self.assertEqual(self.content("usr/bin/app"), "two\n")
        self.must(self.rollback("last-good"))
        self.assertEqual(snapshot(self.root), before)

    def test_the_way_forward_can_be_kept(self):
        self.must(self.install(self.old))
        self.must(self.install(self.new))
        before = snapshot(self.root)
        self.must(self.rollback("last-good", "--keep-way-forward"))
        self.assertEqual(self.content("usr/bin/app"), "one\n")
        self.must(self.rollback("last-good"))
        self.assertEqual(snapshot(self.root), before)

    def test_a_recovery_point_can_be_named(self):
        self.must(self.install(self.old))
        point = self.must(self.install(self.new, "--format=json")).json["outcome"]["recovery_point"]
        self.must(self.rollback(f"--recovery-point={point}", "--reason=test", "--preserve-user-data"))
        self.assertEqual(self.content("usr/bin/app"), "one\n")
        self.assertEqual(self.rollback("--recovery-point=rp-999").code, REFUSED)

    def test_nothing_to_roll_back_is_refused(self):
        self.must_refuse(self.rollback("last-good"), REFUSED, "E043", "Nothing was changed.")


class History(Change):
    def test_the_newest_change_comes_first(self):
        self.assertIn("Nothing has been installed", self.must(update("history", f"--root={self.root}")).out)
        self.must(self.install(self.old))
        self.must(self.install(self.new, "--reason=because"))
        records = self.history()
        self.assertEqual(len(records), 2)
        self.assertEqual(records[0]["reason"], "because")
        self.assertTrue(records[0]["can_roll_back"])
        text = self.must(update("history", f"--root={self.root}", "--limit=1")).out
        self.assertEqual(len(text.splitlines()), 2)
        self.assertTrue(re.search(r"^rp-\d+ .*app", text, re.M), text)

    def test_a_root_that_is_not_there_is_told(self):
        self.assertEqual(update("history", "--root=/absent").code, FAILED)


class Doctor(Change):
    def doctor(self, *arguments):
        return update("doctor", f"--root={self.root}", *arguments)

    def kinds(self):
        return [finding["kind"] for finding in self.doctor("--format=json").json["findings"]]

    def test_a_healthy_root_is_told_so(self):
        self.must(self.install(self.old))
        self.assertEqual([kind for kind in self.kinds() if not kind.startswith("filesystem-")], [])
        self.assertEqual(self.doctor().code, DONE)

    def test_a_lost_database_is_shown_and_mended(self):
        self.must(self.install(self.old))
        self.must(self.install(self.new))
        database = os.path.join(self.root, "var/lib/multios/state.db")
        os.remove(database)
        shown = self.doctor()
        self.assertEqual(shown.code, FAILED)
        self.assertIn("database-missing", shown.out)
        self.assertIn("would: put its copy in its place", shown.out)
        self.assertFalse(os.path.exists(database))
        mended = self.doctor("--repair")
        self.assertEqual(mended.code, DONE, mended)
        self.assertIn("repaired  database-missing: var/lib/multios/state.db: put its copy", mended.out)
        self.assertEqual(len(self.history()), 2)
        self.must(self.rollback("last-good"))
        self.assertEqual(self.content("usr/bin/app"), "one\n")

    def test_a_point_that_is_given_up_is_named_with_those_that_lean_on_it(self):
        self.must(self.install(self.old))
        self.must(self.install(self.new))
        shutil.rmtree(os.path.join(self.root, ".multios-stage/2"))
        self.assertIn("recovery-point-incomplete: rp-2: give this recovery point up, and with it the way back to rp-1",
                      self.doctor("--repair").out)
        listed = self.must(update("recovery", "list", f"--root={self.root}"))
        self.assertIn("no way back", listed.out)
        self.assertNotIn("taken back", listed.out)

    def test_one_kind_is_mended_and_the_rest_left(self):
        self.must(self.install(self.old))
        shutil.rmtree(os.path.join(self.root, ".multios-stage/copy"))
        os.mkdir(os.path.join(self.root, ".multios-stage/mine"))
        self.assertEqual(self.doctor("--repair", "--only=copy-missing").code, DONE)
        left = self.kinds()
        self.assertNotIn("copy-missing", left)
        self.assertIn("foreign-entry", left)

    def test_a_kind_that_there_is_not_is_refused(self):
        self.assertEqual(self.doctor("--repair", "--only=everything").code, USAGE)
        self.assertEqual(self.doctor("--only=copy-missing").code, USAGE)


class Recover(Change):
    def test_a_quiet_root_needs_nothing(self):
        self.must(self.install(self.old))
        self.assertIn("Nothing was unfinished.", self.must(update("recover", f"--root={self.root}")).out)
        self.assertEqual(self.must(update("recover", f"--root={self.root}", "--format=json")).json["transactions"], 0)

    def test_a_restored_database_is_told(self):
        self.must(self.install(self.old))
        os.remove(os.path.join(self.root, "var/lib/multios/state.db"))
        self.assertIn("warning: the database was restored from its copy",
                      self.must(update("recover", f"--root={self.root}")).err)
        self.assertEqual(len(self.history()), 1)


if __name__ == "__main__":
    unittest.main()
