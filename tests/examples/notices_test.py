"""What users of the running system are told of scheduled updates: the tool with a root that is its own "/"."""

import json
import os
import subprocess
import unittest

from support import TIMEOUT_S, TOOLS, Ended, Workshop, environment, update

# Binds what the tool needs into a folder, puts a file in the place of wall, and runs a command in it.
INTO_ROOT = """
set -e
root=$1 wall=$2 folders=$3
shift 3
mount --make-rprivate /
for folder in $folders; do
    mkdir -p "$root$folder"
    mount --bind "$folder" "$root$folder"
done
[ -z "$wall" ] || mount --bind "$wall" "$root/usr/bin/wall"
exec chroot "$root" "$@"
"""


class RunningSystem(Workshop):
    def setUp(self):
        super().setUp()
        if not os.path.exists("/usr/bin/wall"):
            self.skipTest("this machine has no wall")
        for name in ("bin", "lib", "lib64"):
            if os.path.islink(f"/{name}"):
                os.symlink(os.readlink(f"/{name}"), self.in_root(name))
        if self.inside("true").code != 0:
            self.skipTest("this process may not have mounts of its own, or this system has other folders")

    def inside(self, *command, wall=""):
        folders = " ".join({"/usr", "/proc", "/dev", self.folder, os.path.dirname(TOOLS["multios-update"]), *self.libraries()})
        ended = subprocess.run(["unshare", "-m", "sh", "-c", INTO_ROOT, "sh", self.root, wall, folders, *command],
                               stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S, env=environment(),
                               check=False)
        return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())

    @staticmethod
    def libraries():
        """The folder of the library in the build tree."""
        linked = subprocess.run(["ldd", TOOLS["multios-update"]], capture_output=True, check=True).stdout.decode()
        return {os.path.dirname(os.path.realpath(line.split()[2])) for line in linked.splitlines()
                if "libmultiosupdate" in line and line.split()[2].startswith("/")}

    def fake_wall(self, body):
        path = self.new_path("wall")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{body}\n")
        os.chmod(path, 0o755)
        return path

    def tool(self, *arguments, wall=""):
        return self.must(self.inside(TOOLS["multios-update"], *arguments, wall=wall))

    def scheduled(self, name, *options):
        path = self.build(name, "1", {f"opt/{name}": "x\n"})
        return self.tool("schedule", f"--package={path}", "--format=json", *options).json["update"]["id"]

    def told(self, kind="users_told"):
        told = update("events", f"--types={kind}", "--format=json", f"--root={self.root}")
        return [json.loads(line)["message"] for line in self.must(told).out.splitlines()]

    def test_those_at_terminals_are_told_by_wall(self):
        log = self.new_path("told")
        wall = self.fake_wall(f'printf "%s\\n" "$#" "$@" >> {log}')
        first = self.scheduled("tool", "--priority=critical")
        self.assertIn("users are told when it begins and when it has ended", self.tool("explain", first).out)
        self.assertIn(f"done  {first} (tool)", self.tool("run-due", wall=wall).out)
        with open(log, encoding="utf-8") as file:
            self.assertEqual(file.read(), "1\nThe update of tool 1 begins now.\n1\nThe update of tool 1 is done.\n")
        self.assertEqual(self.told(), ["users were told (wall): The update of tool 1 begins now.",
                                       "users were told (wall): The update of tool 1 is done."])

    def test_a_wall_that_hangs_or_fails_holds_no_update_up(self):
        for name, body, why in (("slow", "exec sleep 60", "took too long"), ("broken", "echo no tty; exit 3", "no tty")):
            self.scheduled(name, "--priority=critical")
            ran = self.tool("run-due", wall=self.fake_wall(body))
            self.assertIn(f"({name})", ran.out)
            self.assertEqual(self.content(f"opt/{name}"), "x\n")
            self.assertIn(why, self.told("notice")[-1])
        self.assertEqual(self.told(), [])

    def test_an_announcement_is_made_once(self):
        log = self.new_path("told")
        wall = self.fake_wall(f'printf "%s\\n" "$1" >> {log}')
        soon = subprocess.run(["date", "--utc", "--date=now + 10 minutes", "+%Y-%m-%dT%H:%M:%SZ"], capture_output=True,
                              check=True).stdout.decode().strip()
        first = self.scheduled("tool", f"--execute-at={soon}", "--priority=critical")
        for _ in range(3):
            self.tool("run-due", wall=wall)
        with open(log, encoding="utf-8") as file:
            line, = file.read().splitlines()
        self.assertRegex(line, r"^The update of tool 1 begins in (9|10) minutes, at (....-..-.. )?..:.. \(UTC\)\.$")
        log = self.tool("explain", first, "--format=json").json["log"]
        self.assertEqual([note["action"] for note in log], ["submitted", f"announced 900 s before {soon}"])
        self.assertIn("users are told ", self.tool("explain", first).out)

    def test_the_real_wall_is_satisfied(self):
        self.scheduled("tool", "--priority=critical")
        self.tool("run-due")
        self.assertEqual(len(self.told()), 2)

    def test_who_switches_notices_off_hears_nothing(self):
        log = self.new_path("told")
        wall = self.fake_wall(f"echo told >> {log}")
        self.put_in_root("etc/multios/told.ini", "[update_system.notifications.wall]\nenabled = false\n")
        self.scheduled("tool", "--priority=critical")
        self.tool("run-due", wall=wall)
        self.put_in_root("etc/multios/told.ini", "[update_system.notifications]\nenabled = false\n")
        self.scheduled("other", "--priority=critical")
        self.tool("run-due", wall=wall)
        self.put_in_root("etc/multios/told.ini", "")
        self.scheduled("third", "--priority=critical", "--notification=none")
        self.tool("run-due", wall=wall)
        self.assertEqual(self.content("opt/third"), "x\n")
        self.assertFalse(os.path.exists(log))


if __name__ == "__main__":
    unittest.main()
