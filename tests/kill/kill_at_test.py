"""kill-at kills where it says it does, and the run's examiners notice commands that are not safe."""

import os
import pathlib
import shutil
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

# pylint: disable=wrong-import-position
from commands import FileCommand, RootCommand, Step, install
from examine import FileExaminer, RootExaminer, Workshop
from tools import KILLED, Broken, Kill, Tools, Violation

PATHS = {"kill-at": os.environ["KILL_AT"], "multios-package": os.environ["MULTIOS_PACKAGE"],
         "multios-update": os.environ["MULTIOS_UPDATE"], "multios-run-script": os.environ["MULTIOS_HELPER"],
         "busybox": os.environ["BUSYBOX"], "sh": "/bin/sh", "python3": sys.executable}

THREADS = """
import os, subprocess, threading
def work(name):
    os.mkdir(f"{name}-by-thread")
    subprocess.run(["mkdir", f"{name}-by-process"], check=True)
threads = [threading.Thread(target=work, args=(f"{top}/{i}",)) for i in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


class Bench(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mos-kill-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.tools = Tools(PATHS)

    def path(self, name):
        return os.path.join(self.folder, name)

    def shell(self, script, kill=None):
        return self.tools.trace(("sh", "-c", f"cd {self.folder}; {script}"), kill)


class KillAt(Bench):
    def test_before_a_call_it_has_not_happened_and_after_it_has(self):
        self.assertEqual(self.shell("mkdir one two", Kill(2, "before")).code, KILLED)
        self.assertEqual(os.listdir(self.folder), ["one"])
        self.assertEqual(self.shell("rmdir one; mkdir three", Kill(1, "after")).code, KILLED)
        self.assertEqual(os.listdir(self.folder), [])

    def test_calls_are_told_with_their_paths(self):
        ended = self.shell("echo text >file; chmod 600 file; cat file >/dev/null; ln -s target link; mv file other; rm other")
        self.assertEqual(ended.code, 0)
        self.assertEqual([call.split()[0] for call in ended.calls if "/dev/null" not in call and "pipe:" not in call],
                         ["openat", "write", "fchmodat", "symlinkat", "renameat2", "unlinkat"])
        self.assertIn("openat 'file'", ended.calls)
        self.assertIn(f"write '{self.path('file')}'", ended.calls)
        self.assertIn("renameat2 'other'", ended.calls)

    def test_reading_is_no_call(self):
        self.assertEqual(self.shell("test -e file || ls >&2; read line </etc/passwd").calls, ())

    def test_threads_and_processes_are_counted_and_die(self):
        arguments = ("python3", "-c", f"top = {self.folder!r}\n{THREADS}")
        ended = self.tools.trace(arguments)
        made = [call for call in ended.calls if call.startswith("mkdir")]
        self.assertEqual((ended.code, len(made)), (0, 6))
        for name in os.listdir(self.folder):
            os.rmdir(self.path(name))
        killed = self.tools.trace(arguments, Kill(4, "before"))
        self.assertEqual((killed.code, len(killed.calls)), (KILLED, 4))
        # Of the three calls before it, those of the two other lines of work may have been under way.
        self.assertIn(len(os.listdir(self.folder)), (1, 2, 3))

    def test_nobody_survives(self):
        begin = time.monotonic()
        self.assertEqual(self.shell("sleep 60 & mkdir one", Kill(1)).code, KILLED)
        self.assertLess(time.monotonic() - begin, 30)  # kill-at ends when nobody is left

    def test_the_command_s_own_end_is_told(self):
        self.assertEqual(self.shell("exit 3").code, 3)
        self.assertEqual(self.shell("kill -TERM $$").code, 128 + 15)
        self.assertEqual(self.shell("mkdir one", Kill(2)).code, 0)

    def test_what_cannot_be_run_is_told(self):
        with self.assertRaises(Broken):
            self.tools.trace(("sh",), Kill(0))


class Examiners(Bench):
    """Each gets a command with one fault, and must find it at one of the command's calls."""

    def setUp(self):
        super().setUp()
        self.workshop = Workshop(self.tools, self.folder)
        self.place = self.path("place")

    def violations(self, examiner):
        found = set()
        try:
            calls = len(examiner.count(self.place))
        except Violation as wrong:
            return {str(wrong)}
        for call in range(1, calls + 1):
            try:
                examiner.examine(self.place, examiner.kill(self.place, Kill(call)))
            except Violation as wrong:
                found.add(str(wrong))
        return found

    def files(self, script, output="old.mos"):
        return self.violations(FileExaminer(self.workshop, FileCommand("files", Step(("sh", "-c", script)), (output,))))

    def root(self, script, tool="multios-package"):
        step = Step(("sh", "-c", script, PATHS[tool]))
        return self.violations(RootExaminer(self.workshop, RootCommand("root", step, before=(install("library-1"),))))

    def test_a_file_written_in_place_is_found(self):
        self.assertEqual(self.files("cd {folder}; echo one >old.mos; echo two >>old.mos"), {"'old.mos' is half a file"})

    def test_a_file_that_is_away_for_a_moment_is_found(self):
        self.assertEqual(self.files("cd {folder}; echo one >new; rm old.mos; mv new old.mos"), {"'old.mos' is missing"})

    def test_a_file_that_is_replaced_at_once_is_good(self):
        self.assertEqual(self.files("cd {folder}; echo one >new; mv new old.mos"), set())

    def test_done_said_too_early_is_found(self):
        self.assertIn("'new.mos' is missing",
                      self.files("cd {folder}; echo one >new; echo done; mv new new.mos", output="new.mos"))

    def test_a_secret_that_others_may_read_is_found(self):
        self.assertEqual(self.files("cd {folder}; cat signer.key >new; chmod 600 new; mv new old.mos"),
                         {"'new' holds a private key that others may read"})

    def test_a_change_of_the_root_beside_the_transaction_is_found(self):
        found = self.root('chmod 600 {root}/usr/lib/foreign; "$0" install {outside}/more-1.mos --root={root}')
        self.assertTrue(any("mode of 'usr/lib/foreign' is" in wrong for wrong in found), found)

    def test_a_change_outside_of_the_root_is_found(self):
        found = self.root('"$0" install {outside}/more-1.mos --root={root}; chmod 644 {outside}/more-1.mos')
        self.assertTrue(any("outside the root" in wrong for wrong in found), found)

    def test_a_stage_that_nobody_owns_is_found(self):
        found = self.root('mkdir {root}/.multios-stage/x; "$0" install {outside}/more-1.mos --root={root}; '
                          'rmdir {root}/.multios-stage/x')
        self.assertTrue(any("stage" in wrong for wrong in found), found)


    def test_captured_content_that_is_another_is_found(self):
        found = self.root('"$0" recovery create --root={root}; '
                          'for object in {root}/var/lib/multios/points/objects/*/*; do echo x >>"$object"; done',
                          "multios-update")
        self.assertTrue(any("has another digest" in wrong for wrong in found), found)

    def test_a_captured_content_that_is_gone_is_found(self):
        found = self.root('"$0" recovery create --root={root}; rm -r {root}/var/lib/multios/points/objects/*',
                          "multios-update")
        self.assertTrue(any("and there are 0" in wrong for wrong in found), found)

    def test_an_archive_that_is_gone_is_found(self):
        found = self.root('"$0" data-protection backup --path=/home --destination=/var/lib/multios/archives '
                          '--root={root}; rm {root}/var/lib/multios/archives/*', "multios-update")
        self.assertTrue(any("the archive of backup 1 is missing" in wrong for wrong in found), found)


if __name__ == "__main__":
    unittest.main()
