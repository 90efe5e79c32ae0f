"""Roots that are not simple, through the tools: btrfs subvolumes, and a state folder behind a link."""

import ctypes
import os
import shutil
import subprocess
import unittest

from support import FAILED, REFUSED, TIMEOUT_S, Workshop, package, snapshot, update

CLONE_NEWNS = 0x00020000
IMAGE_BYTES = 128 << 20  # close to the smallest that mkfs.btrfs makes


def refusal_of(*command):
    """Why a command of the system does not work here, or ''."""
    try:
        ended = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False)
    except OSError as missing:
        return str(missing)
    return "" if ended.returncode == 0 else f"{' '.join(command[:2])}: {ended.stderr.decode().strip()}"


class Changing(Workshop):
    def change(self, *arguments):
        return self.must(package(*arguments, f"--root={self.root}"))

    def take_back(self):
        return self.must(update("rollback", "last-good", f"--root={self.root}"))

    def stages_on(self, top):
        """The numbers of the stages on a volume."""
        try:
            return {name for name in os.listdir(self.in_root(os.path.join(top, ".multios-stage"))) if name.isdigit()}
        except FileNotFoundError:
            return set()


class Subvolumes(Changing):
    """The root is a btrfs filesystem, its usr a subvolume, and a folder within that another."""

    TOPS = ("", "usr", "usr/share/data")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # What is mounted goes with this process. Nobody else of these tests minds.
        if os.geteuid() != 0 or ctypes.CDLL(None).unshare(CLONE_NEWNS) != 0 or refusal_of("mount", "--make-rprivate", "/"):
            raise unittest.SkipTest("this process may not have mounts of its own")

    def setUp(self):
        image = self.new_path("image")
        mounted = self.new_path("disk")
        os.mkdir(mounted)
        with open(image, "wb") as file:
            file.truncate(IMAGE_BYTES)
        for command in (("mkfs.btrfs", "-q", image), ("mount", "-o", "loop", image, mounted)):
            if refused := refusal_of(*command):
                self.skipTest(refused)
        self.addCleanup(subprocess.run, ("umount", "--lazy", mounted), check=True)
        super().setUp()
        shutil.copytree(self.in_root("etc"), os.path.join(mounted, "etc"))
        self.root = mounted
        for top in self.TOPS[1:]:
            os.makedirs(self.in_root(os.path.dirname(top)), exist_ok=True)
            self.assertEqual(refusal_of("btrfs", "subvolume", "create", self.in_root(top)), "")

    def release(self, version, files):
        return self.build("app", version, {"opt/app": f"{version}\n", "usr/bin/app": f"{version}\n",
                                           "usr/share/data/x/table": f"{version}\n", **files})

    def test_each_subvolume_has_a_stage_and_comes_back_with_the_rest(self):
        self.put_in_root("usr/bin/local", "the administrator's\n")
        bare = snapshot(self.root)
        self.change("install", self.release("1", {"usr/share/data/gone": "g\n"}))
        first = snapshot(self.root)
        self.change("install", self.release("2", {"usr/share/data/y/new": "n\n"}))
        second = snapshot(self.root)
        for path in ("opt/app", "usr/bin/app", "usr/share/data/x/table"):
            self.assertEqual(self.content(path), "2\n")
        self.assertFalse(self.has("usr/share/data/gone"))
        for top in self.TOPS:
            self.assertEqual(self.stages_on(top), {"1", "2"})
        self.take_back()
        self.assertEqual(snapshot(self.root), first)
        self.change("verify", "--installed")
        self.take_back()
        self.assertEqual(snapshot(self.root), bare)
        self.change("install", self.release("2", {"usr/share/data/y/new": "n\n"}))
        self.assertEqual(snapshot(self.root), second)
        self.change("remove", "app")
        self.assertEqual(snapshot(self.root), bare)
        self.must(update("doctor", f"--root={self.root}"))

    def test_a_subvolume_that_is_not_touched_gets_no_stage(self):
        self.change("install", self.build("app", "1", {"usr/bin/app": "1\n"}))
        self.assertEqual([self.stages_on(top) for top in self.TOPS], [{"1"}, {"1"}, set()])

    def test_a_read_only_subvolume_refuses_before_anything_is_written(self):
        data = self.in_root("usr/share/data")
        made = self.release("1", {})
        self.assertEqual(refusal_of("btrfs", "property", "set", data, "ro", "true"), "")
        before = self.state()
        self.must_refuse(self.install(made), FAILED, "E014", "usr/share/data", "Nothing was changed.")
        self.assertEqual(self.state(), before)
        self.change("install", self.build("other", "1", {"usr/bin/other": "1\n"}))
        self.assertEqual(refusal_of("btrfs", "property", "set", data, "ro", "false"), "")
        self.change("install", made)


class StateBehindLink(Changing):
    """What an installer's root may have: var is an absolute link, and means the root's own srv/var."""

    def setUp(self):
        super().setUp()
        os.makedirs(self.in_root("srv/var"))
        os.symlink("/srv/var", self.in_root("var"))

    def picture(self):
        return {path: entry for path, entry in snapshot(self.root).items()
                if path != "srv/var/lib" and not path.startswith("srv/var/lib/")}

    def test_all_that_the_engine_keeps_lies_where_the_link_leads_in_the_root(self):
        bare = self.picture()
        self.change("install", self.build("app", "1", {"usr/bin/app": "1\n"}))
        first = self.picture()
        self.change("install", self.build("app", "2", {"usr/bin/app": "2\n", "usr/bin/more": "m\n"}))
        self.assertTrue(self.has("srv/var/lib/multios/state.db"))
        self.assertEqual(os.readlink(self.in_root("var")), "/srv/var")
        self.assertEqual(self.installed(), {"app": "2"})
        self.change("verify", "--installed")
        self.take_back()
        self.assertEqual(self.picture(), first)
        self.assertEqual(self.installed(), {"app": "1"})
        self.change("remove", "app")
        self.assertEqual(self.picture(), bare)
        self.must(update("doctor", f"--root={self.root}"))
        self.must(update("recover", f"--root={self.root}"))

    def test_scripts_for_a_removal_can_not_be_kept_there_and_are_refused_before_anything_is_written(self):
        before = self.picture()
        made = self.build("app", "1", {"usr/bin/app": "1\n"}, f"--scripts={self.scripts(post_remove='true')}")
        self.must_refuse(self.install(made), REFUSED, "E051", "'var'", "Nothing was changed.")
        self.assertEqual(self.picture(), before)

    def test_a_lost_database_comes_back_from_its_copy_there(self):
        self.change("install", self.build("app", "1", {"usr/bin/app": "1\n"}))
        os.remove(self.in_root("srv/var/lib/multios/state.db"))
        self.must(update("recover", f"--root={self.root}"))
        self.assertEqual(self.installed(), {"app": "1"})


if __name__ == "__main__":
    unittest.main()
