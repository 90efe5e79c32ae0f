"""The comparer notices each thing that can be lost, one at a time; the lists and the made trees are what they claim."""

import os
import pathlib
import shutil
import stat
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

# pylint: disable=wrong-import-position
import big_folder
import debian
import faithful_run
import made
import random_tree
import refusals
from changes import CAPABILITY, CHANGES, change
from picture import differences, picture, traits, whole_seconds
from trial import Tools, Trial, Wrong, compare

AS_ROOT = os.geteuid() == 0
PATHS = {"multios-package": os.environ["MULTIOS_PACKAGE"], "multios-update": os.environ["MULTIOS_UPDATE"]}
TIME = 1_600_000_000


def make(top):
    """A bit of everything."""
    os.makedirs(os.path.join(top, "folder/empty"))
    for name, text in (("file", "text"), ("folder/one", "linked"), ("program", "p"), ("other", "o"), (b"caf\xe9", "l")):
        path = os.path.join(os.fsencode(top), os.fsencode(name))
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        os.utime(path, (TIME, TIME))
    os.link(os.path.join(top, "folder/one"), os.path.join(top, "folder/two"))
    os.symlink("file", os.path.join(top, "link"))
    os.chmod(os.path.join(top, "program"), 0o4755)
    os.setxattr(os.path.join(top, "program"), "user.one", b"1")
    with open(os.path.join(top, "holes"), "wb") as file:
        file.truncate(1 << 20)


def fill(path):
    with open(path, "wb") as file:
        file.write(bytes(1 << 20))


def rewrite(path, text):
    """Other content, and the old time."""
    status = os.stat(path)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    os.utime(path, ns=(status.st_mtime_ns, status.st_mtime_ns))


def unlink_and_copy(path):
    """An equal file of its own, in place of a link."""
    shutil.copy2(path, path + ".copy")
    os.rename(path + ".copy", path)


def replace_link(path):
    os.unlink(path)
    os.symlink("elsewhere", path)


def with_times_kept(top, break_it):
    """The change alone, and no time that would betray it."""
    before = {path: entry.modified_ns for path, entry in picture(top).items()}
    break_it(top)
    for path in sorted(before, reverse=True):
        whole = os.path.join(os.fsencode(top), path)
        if os.path.lexists(whole):
            os.utime(whole, ns=(before[path], before[path]), follow_symlinks=False)


def at(name, action, *arguments):
    return lambda top: action(os.path.join(top, name), *arguments)


# what is broken: (how, what the only difference begins with)
BROKEN = {
    "content": (at("file", rewrite, "texT"), "content of 'file'"),
    "mode": (at("file", os.chmod, 0o600), "mode of 'file'"),
    "setuid": (at("program", os.chmod, 0o755), "mode of 'program'"),
    "setgid of a folder": (at("folder", os.chmod, 0o2755), "mode of 'folder'"),
    "sticky": (at("folder/empty", os.chmod, 0o1755), "mode of 'folder/empty'"),
    "target": (at("link", replace_link), "size of 'link'"),
    "attribute lost": (at("program", os.removexattr, "user.one"), "attributes of 'program'"),
    "attribute's value": (at("program", os.setxattr, "user.one", b"2"), "attributes of 'program'"),
    "attribute of a folder": (at("folder", os.setxattr, "user.new", b""), "attributes of 'folder'"),
    "empty folder lost": (at("folder/empty", os.rmdir), "'folder/empty' is missing"),
    "file lost": (at("file", os.unlink), "'file' is missing"),
    "link lost": (at("link", os.unlink), "'link' is missing"),
    "something more": (at("new", os.mkdir), "'new' should not be there"),
    "name in another encoding": (lambda top: os.rename(os.path.join(os.fsencode(top), b"caf\xe9"),
                                                       os.path.join(top, "café")), r"'caf\xc3\xa9' should not be there"),
    "hard link became a copy": (at("folder/two", unlink_and_copy), "names of 'folder/one'"),
    "two files became one": (lambda top: (os.unlink(os.path.join(top, "other")), os.link(
        os.path.join(top, "file"), os.path.join(top, "other"))), "names of 'file'"),
    "type": (lambda top: (os.rmdir(os.path.join(top, "folder/empty")), rewrite_new(os.path.join(top, "folder/empty"))),
             "kind of 'folder/empty'"),
    "holes filled": (at("holes", fill), "the holes of 'holes' are filled"),
}
BROKEN_AS_ROOT = {
    "owner": (at("file", os.chown, 7, -1), "owner of 'file'"),
    "group": (at("file", os.chown, -1, 7), "group of 'file'"),
    "owner of a symbolic link": (lambda top: os.chown(os.path.join(top, "link"), 7, 0, follow_symlinks=False),
                                 "owner of 'link'"),
    "capability": (at("file", os.setxattr, "security.capability", CAPABILITY), "attributes of 'file'"),
}


def rewrite_new(path):
    with open(path, "wb"):
        pass


class InFolder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mos-faithful-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def new(self, name):
        os.mkdir(self.path(name))
        return self.path(name)


class Comparer(InFolder):
    def test_what_is_broken_is_told_one_thing_at_a_time(self):
        for name, (break_it, message) in (BROKEN | (BROKEN_AS_ROOT if AS_ROOT else {})).items():
            with self.subTest(name):
                top = self.new(name.replace("'", ""))
                make(top)
                before = picture(top)
                self.assertEqual(differences(before, picture(top)), [])
                with_times_kept(top, break_it)
                wrong = differences(before, picture(top))
                self.assertTrue(any(one.startswith(message) for one in wrong), wrong)

    def test_a_time_is_told_of_file_folder_and_symbolic_link(self):
        for name in ("file", "folder", "folder/empty", "link", "folder/two"):
            top = self.new(f"time of {name.replace('/', '-')}")
            make(top)
            before = picture(top)
            os.utime(os.path.join(top, name), (TIME + 1, TIME + 1), follow_symlinks=False)
            wrong = differences(before, picture(top))
            self.assertTrue(any(f"modified_ns of '{name}'" in one for one in wrong), wrong)

    def test_a_fraction_of_a_second_is_expected_to_be_cut_off_and_no_other(self):
        top = self.new("fraction")
        rewrite_new(os.path.join(top, "file"))
        for given, kept in ((TIME * 10**9 + 999_999_999, TIME * 10**9), (-1, -10**9), (-10**9, -10**9)):
            os.utime(os.path.join(top, "file"), ns=(given, given))
            self.assertEqual(whole_seconds(picture(top))[b"file"].modified_ns, kept)

    def test_the_engine_s_own_folders_are_left_out_and_nothing_beside_them(self):
        top, root = self.new("tree"), self.new("root")
        for name in (".multios-stage/1", "var/lib/multios"):
            os.makedirs(os.path.join(root, name))
        self.assertEqual(compare(picture(top), root), [])
        os.mkdir(os.path.join(root, "var/lib/other"))
        self.assertEqual(compare(picture(top), root), ["'var/lib/other' should not be there"])

    def test_a_mode_of_a_folder_that_holds_the_engine_s_is_compared(self):
        top, root = self.new("tree"), self.new("root")
        for where in (top, root):
            os.makedirs(os.path.join(where, "var/lib"))
        os.chmod(os.path.join(root, "var"), 0o700)
        wrong = compare(picture(top), root)
        self.assertEqual([one.split(" is ")[0] for one in wrong], ["mode of 'var'"])

    def test_traits_are_counted(self):
        top = self.new("traits")
        make(top)
        found = traits(picture(top))
        self.assertEqual((found.entries, found.link_groups, found.symlinks, found.special_bits, found.odd_names,
                          found.empty_folders), (10, 1, 1, 1, 1, 1))


class Made(InFolder):
    def test_long_paths_have_the_length_that_was_asked_for(self):
        for length in (10, 255, 256, 257, 511, 512, 513, made.LONGEST_PATH, 4096):
            path = made.long_path(length)
            self.assertEqual(len(b"/".join(path)), length)
            self.assertLessEqual(max(map(len, path)), made.LONGEST_NAME)

    def test_a_tree_drawn_by_lot_is_the_same_each_time_and_another_by_another_seed(self):
        if not AS_ROOT:
            self.skipTest("gives owners")
        for name, seed in (("1", 1), ("2", 1), ("3", 2)):
            random_tree.make(self.new(name), seed)
        one, two, three = ({path: entry._replace(taken_bytes=0) for path, entry in picture(self.path(name)).items()}
                           for name in ("1", "2", "3"))
        self.assertEqual(differences(one, two), [])
        self.assertNotEqual(differences(one, three), [])

    def test_every_change_finds_something_in_the_made_trees(self):
        if not AS_ROOT:
            self.skipTest("gives owners")
        done = set()
        for tree in made.MADE:
            if tree.name not in faithful_run.LONG:
                top = self.new(tree.name)
                tree.make(top)
                done |= set(change(top))
        self.assertEqual(done, {one.name for one in CHANGES} | {"two files become one"})


class List(unittest.TestCase):
    def test_a_list_is_read(self):
        listed = debian.read_list("# why\n\none  first of all\n    mode 4755 bin/a b\n    owner 1:2 c\ntwo  x\n")
        self.assertEqual([(one.name, one.reason) for one in listed], [("one", "first of all"), ("two", "x")])
        self.assertEqual(listed[0].steps, (debian.Step("mode", "4755", "bin/a b"), debian.Step("owner", "1:2", "c")))

    def test_a_list_with_a_mistake_is_refused(self):
        for text in ("one\n", "    mode 1 a\n", "one x\n    chattr 1 a\n", "one x\n    mode 4755\n", "one x\none y\n"):
            with self.assertRaises(debian.Broken, msg=text):
                debian.read_list(text)

    def test_the_list_has_60_packages(self):
        self.assertGreaterEqual(len(debian.read_list(debian.LIST.read_text(encoding="utf-8"))), 60)


class LosingTools(Tools):
    """Breaks something in the root after each command."""

    def __init__(self, folder, lose):
        self.lose, self.root = lose, os.path.join(folder, "root")
        super().__init__(PATHS, folder)

    def run(self, name, *arguments):
        ended = super().run(name, *arguments)
        if arguments[0] == self.lose[0]:
            self.lose[1](self.root)
        return ended


@unittest.skipUnless(AS_ROOT, "owners and capabilities need root")
class Trials(InFolder):
    def run_trial(self, lose):
        folder = self.new(lose[0])
        Trial(LosingTools(folder, lose), folder, make).run()

    def test_a_tree_that_comes_through_passes(self):
        self.run_trial(("none", None))

    def test_what_a_command_spoils_is_found(self):
        for command in ("install", "rollback", "remove"):
            with self.subTest(command), self.assertRaisesRegex(Wrong, f"after '.*{command}': 'more' should not be there"):
                self.run_trial((command, lambda root: os.mkdir(os.path.join(root, "more"))))

    def test_what_is_refused_is_checked(self):
        tools = Tools(PATHS, self.new("tools"))
        self.assertEqual(refusals.check(tools, self.new("work")), len(refusals.REFUSALS))

    def test_a_refusal_that_does_not_come_is_found(self):
        tools = Tools(PATHS, self.new("tools"))
        kept = dict(refusals.REFUSALS)
        self.addCleanup(refusals.REFUSALS.update, kept)
        refusals.REFUSALS["a pipe"] = (lambda top: rewrite_new(os.path.join(top, "a file")), "a pipe")
        with self.assertRaisesRegex(Wrong, "a pipe: 'multios-package create' ended with 0"):
            refusals.check(tools, self.new("work"))

    def test_a_big_folder_is_measured_and_compared(self):
        measured = big_folder.run(Tools(PATHS, self.new("tools")), self.new("work"), files=300)
        self.assertEqual([one.command for one in measured], ["create", "create", "install", "update", "rollback", "remove"])
        self.assertTrue(all(one.seconds > 0 for one in measured))
        self.assertGreater(max(one.peak_bytes for one in measured), 1 << 20)

    def test_memory_over_the_limit_is_found(self):
        limit = big_folder.MOST_BYTES
        self.addCleanup(setattr, big_folder, "MOST_BYTES", limit)
        big_folder.MOST_BYTES = 1 << 10
        with self.assertRaisesRegex(Wrong, "create took"):
            big_folder.run(Tools(PATHS, self.new("tools")), self.new("work"), files=300)


@unittest.skipUnless(AS_ROOT, "unpacking gives owners")
class Packages(InFolder):
    def package(self, *steps):
        for name, text in (("DEBIAN/control", "Package: p\nVersion: 1\nArchitecture: all\nMaintainer: m\n"
                                              "Description: d\n"), ("usr/bin/a", "a")):
            os.makedirs(os.path.dirname(self.path(f"deb/{name}")), exist_ok=True)
            with open(self.path(f"deb/{name}"), "w", encoding="ascii") as file:
                file.write(text)
        debian.must_run("dpkg-deb", "--build", self.path("deb"), self.path("p.deb"))
        debian.unpack(self.path("p.deb"), debian.Listed("p", "test", steps), self.new("tree"))
        return os.lstat(self.path("tree/usr/bin/a"))

    def test_steps_are_taken_and_an_owner_keeps_the_mode(self):
        status = self.package(debian.Step("mode", "6755", "usr/bin/a"), debian.Step("owner", "1:2", "usr/bin/a"))
        self.assertEqual((stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid), (0o6755, 1, 2))

    def test_a_step_on_what_is_not_there_stops_the_run(self):
        with self.assertRaisesRegex(debian.Broken, "'p' has no 'usr/bin/b' any more"):
            self.package(debian.Step("mode", "6755", "usr/bin/b"))


if __name__ == "__main__":
    unittest.main()
