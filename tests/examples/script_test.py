"""Scripts of packages through the tools: when they run, what is told, and what a failure leaves."""

import os
import shutil
import signal
import subprocess
import time
import unittest

from support import FAILED, REFUSED, TIMEOUT_S, TOOLS, Workshop, environment, package, snapshot, update


class Scripts(Workshop):
    def setUp(self):
        super().setUp()
        self.need_scripts()

    def app(self, version="1", *options, **bodies):
        return self.build("app", version, {"usr/bin/app": f"{version}\n"}, f"--scripts={self.scripts(**bodies)}",
                          *options)

    def remove(self):
        return package("remove", "app", f"--root={self.root}")


class Run(Scripts):
    def test_a_post_script_runs_in_the_root_with_its_arguments(self):
        self.must(self.install(self.app("1", post_install='echo "$1 $2 [$3] $MULTIOS_PACKAGE" > /usr/bin/said')))
        self.assertEqual(self.content("usr/bin/said"), "install 1 [] app\n")
        self.must(self.install(self.app("2", post_install='echo "$1 $2 [$3]" > /usr/bin/said')))
        self.assertEqual(self.content("usr/bin/said"), "update 2 [1]\n")

    def test_its_lines_are_shown_with_verbose_alone(self):
        made = self.app(post_install="echo one; echo two >&2")
        ended = self.must(self.install(made, "--verbose"))
        self.assertIn("one\n", ended.err)
        self.assertIn("two\n", ended.err)
        self.must(update("rollback", "last-good", f"--root={self.root}"))
        self.assertEqual(self.must(self.install(made)).err, "")

    def test_scripts_of_a_removal_run_from_what_was_kept_of_them(self):
        self.must(self.install(self.app(post_remove='echo "$1 $2" > /bin/said')))
        self.must(self.remove())
        self.assertEqual(self.content("bin/said"), "remove 1\n")

    def test_an_output_is_taken_back_with_the_package(self):
        made = self.app("1", "--script-output=/usr/bin/index", post_install="echo made > /usr/bin/index")
        before = snapshot(self.root)
        self.must(self.install(made))
        self.assertEqual(self.content("usr/bin/index"), "made\n")
        self.must(update("rollback", "last-good", f"--root={self.root}"))
        self.assertEqual(snapshot(self.root), before)

    def test_an_undo_script_runs_on_the_way_back(self):
        self.must(self.install(self.app(undo="echo undone > /bin/said")))
        self.must(update("rollback", "last-good", f"--root={self.root}"))
        self.assertEqual(self.content("bin/said"), "undone\n")


class Fail(Scripts):
    def test_a_failing_post_script_takes_the_change_back_and_shows_what_it_wrote(self):
        before = self.state()
        ended = self.install(self.app(post_install="echo first; echo last words; exit 3"))
        self.must_refuse(ended, FAILED, "E049", "'post-install' of 'app' 1 exited with 3: last words",
                         "\n  | ", "first\n", "everything is as it was")
        self.assertEqual((snapshot(self.root), self.installed()), before[:2])
        self.assertEqual([record["state"] for record in self.history()], ["undone"])
        self.assertRegex(update("status", f"--root={self.root}").out, r"(?m)^last change +.*install app 1, undone, ")

    def test_a_script_that_fails_or_hangs_is_told_apart_for_programs(self):
        metadata = self.metadata(scripts={"timeout_s": 1})
        for body, name, words in (("exit 3", "SCRIPT_FAILED", "exited with 3"),
                                  ("exec /bin/busybox sleep 60", "SCRIPT_TIMEOUT", "took longer than 1 s")):
            error = self.must(self.install(self.app("1", metadata, post_install=body), "--format=json"),
                              FAILED).json["error"]
            self.assertEqual((error["name"], error["object"]), ("REVERTED", "app"))
            self.assertEqual((error["causes"][0]["name"], error["causes"][0]["object"]), (name, "app"))
            self.assertIn(words, error["causes"][0]["message"])

    def test_one_failing_script_takes_a_batch_back(self):
        before = self.state()
        other = self.build("other", "1", {"usr/other": "o\n"})
        made = self.app(post_install="exit 1")
        self.must(package("install-batch", other, made, f"--root={self.root}"), FAILED)
        self.assertEqual((snapshot(self.root), self.installed()), before[:2])

    def test_without_stop_on_error_the_others_stay(self):
        scripts = self.scripts(post_install="echo x > /bin/y")
        other = self.build("other", "1", {"usr/other": "o\n"}, f"--scripts={scripts}")
        made = self.app(post_install="exit 1")
        ended = self.must(package("install-batch", made, other, "--stop-on-error=false", f"--root={self.root}",
                                  "--format=json"), FAILED)
        self.assertEqual(ended.json["installed"], 1)
        self.assertIn("was undone", ended.json["packages"][0]["error"]["aftermath"])
        self.assertEqual(self.installed(), {"other": "1"})
        self.assertEqual(self.content("bin/y"), "x\n")

    def test_a_helper_that_is_not_there_is_named_and_everything_is_as_it_was(self):
        before = self.state()
        made = self.app(post_install="true")
        ended = package("install", made, f"--root={self.root}", MULTIOS_HELPER="/absent/helper")
        self.assertEqual(ended.code, FAILED, ended)
        self.assertIn("/absent/helper", ended.err)
        self.assertEqual((snapshot(self.root), self.installed()), before[:2])

    def test_a_script_that_was_altered_is_not_run(self):
        self.must(self.install(self.app(post_remove="echo well > /bin/said")))
        self.put_in_root("var/lib/multios/packages/app/scripts/post-remove", "#!/bin/sh\necho evil > /bin/said\n")
        before = self.state()
        self.must_refuse(self.remove(), REFUSED, "E006", "post-remove", "Nothing was changed.")
        self.assertEqual(self.state(), before)
        self.assertFalse(self.has("bin/said"))


class Long(Scripts):
    def setUp(self):
        super().setUp()
        made = self.app(post_install="echo > /bin/begun; exec /bin/busybox sleep 60")
        self.before = self.state()
        self.tool = subprocess.Popen([TOOLS["multios-package"], "install", made, f"--root={self.root}"],
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), text=True)
        self.addCleanup(self.stop)
        end = time.monotonic() + TIMEOUT_S
        while not self.has("bin/begun"):
            self.assertIsNone(self.tool.poll())
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        os.remove(self.in_root("bin/begun"))

    def stop(self):
        self.tool.kill()
        self.tool.communicate()

    def test_while_it_runs_the_change_is_unfinished_and_the_root_taken(self):
        status = update("status", f"--root={self.root}")
        self.assertIn("Unfinished: install app 1. It is being carried out now, or 'multios-update recover", status.out)
        status = self.must(update("status", f"--root={self.root}", "--format=json")).json
        self.assertEqual(status["unfinished"]["summary"], "install app 1")
        self.must_refuse(self.remove(), FAILED, "E019", "Nothing was changed.")

    def test_ctrl_c_ends_it_and_takes_the_change_back(self):
        self.tool.send_signal(signal.SIGINT)
        _, err = self.tool.communicate(timeout=TIMEOUT_S)
        self.assertEqual(self.tool.returncode, FAILED, err)
        self.assertIn("(E017).", err)
        self.assertIn("What had begun was undone; everything is as it was.", err)
        self.assertEqual((snapshot(self.root), self.installed()), self.before[:2])

    def test_after_a_kill_the_script_runs_again_and_the_change_is_completed(self):
        self.stop()
        # A script that has nothing to wait for this time: it is to be idempotent, and finds what is there now.
        shutil.copy(os.environ["BUSYBOX"], self.in_root("bin/real"))
        os.remove(self.in_root("bin/busybox"))
        os.remove(self.in_root("bin/sh"))
        os.symlink("real", self.in_root("bin/sh"))
        self.put_in_root("bin/busybox", "#!/bin/sh\nexit 0\n")
        os.chmod(self.in_root("bin/busybox"), 0o755)
        self.must(update("recover", f"--root={self.root}"))
        self.assertEqual(self.installed(), {"app": "1"})
        self.assertTrue(self.has("bin/begun"))
        self.assertIsNone(self.must(update("status", f"--root={self.root}", "--format=json")).json["unfinished"])


class Check(Scripts):
    def setUp(self):
        super().setUp()
        self.need_checks()

    def test_a_check_that_says_no_changes_nothing(self):
        before = self.state()
        ended = self.install(self.app(pre_install="echo not on this machine; exit 1", post_install="echo > /bin/said"))
        self.must_refuse(ended, REFUSED, "E053", "not on this machine", "Nothing was changed.")
        self.assertEqual(self.state(), before)

    def test_a_check_can_not_write(self):
        self.must_refuse(self.install(self.app(pre_install="echo > /bin/said")), REFUSED, "E053")
        self.assertFalse(self.has("bin/said"))

    def test_a_check_of_a_removal_can_keep_the_package(self):
        self.must(self.install(self.app(pre_remove="echo still in use; exit 1")))
        before = self.state()
        self.must_refuse(self.remove(), REFUSED, "E053", "still in use", "Nothing was changed.")
        self.assertEqual(self.state(), before)

    def test_a_check_that_says_yes_lets_it_go_on(self):
        self.must(self.install(self.app(pre_install="exit 0")))
        self.assertEqual(self.content("usr/bin/app"), "1\n")


if __name__ == "__main__":
    unittest.main()
