"""What a case stands on: a root, packages, keys, a folder in which the guide's commands run, and ways to run its line.

A case answers for one line of the guide. Its methods named `done_…` say what stands after the line has run, those named
`refused_…` what it refuses; each case has at least one of both. A case reads like this:

    class Remove(Case):
        line = "multios-package remove myapp"

        def setUp(self):
            super().setUp()
            self.must(self.install(self.build("myapp", "1.0.0", {"usr/bin/myapp": "run\\n"})))

        def done_its_files_are_gone(self):
            self.do()
            self.assertFalse(self.has("usr/bin/myapp"))

        def refused_what_is_not_installed(self):
            self.must(package("remove", "myapp", f"--root={self.root}"))
            self.refuse(REFUSED, "(E045)", "'myapp'")
"""

import os
import shlex
import shutil
import subprocess

from support import Ended, Workshop, package, run, snapshot


# ---- how a line is run: as it is, or so that its case must notice ----

def really(case, tool, arguments):
    return run(tool, *arguments, cwd=case.work)


def by_true(case, _tool, arguments):
    """The command is replaced by `true`."""
    ended = subprocess.run(["true", *arguments], cwd=case.work, capture_output=True, check=False)
    return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


def on_a_copy(case, tool, arguments):
    """The command says all that it says, and what it did is put away: a copy of before stands in its place."""
    copies = {original: case.new_path("copy") for original in (case.root, case.work)}
    for original, copy in copies.items():
        subprocess.run(["cp", "-a", original, copy], check=True)
    ended = run(tool, *arguments, cwd=case.work)
    for original, copy in copies.items():
        os.rename(original, case.new_path("done"))
        os.rename(copy, original)
    return ended


class Case(Workshop):
    """One line of the guide on a root of its own."""

    line = None
    file = None  # of a case that answers for a configuration file: its name in config/
    on_root = True  # the line is given --root
    execution = staticmethod(really)

    def setUp(self):
        super().setUp()
        self.work = self.new_path("work")
        os.makedirs(self.at("path"))
        # What stands for something in the guide's line, and what it stands for here.
        self.placeholders = {}
        self.judged = False  # the line has run, so that from here on a failure is the case's verdict
        self.acted = False  # it was to change something
        self.not_built = ""  # why this can't be tried yet
        self.note = ""  # what the table says beside "works"
        self.only_understood = False  # whether it can say no more than that

    # ---- running the line ----

    def do(self, *further, replace=None):
        """Runs the line, which must succeed."""
        ended = self._run(further, replace)
        self.must(ended)
        self.judged = self.acted = True
        return ended

    def ask(self, *further, replace=None):
        """Runs a line that only tells something: it must succeed and change nothing. Returns its JSON document."""
        further = further if "--format=" in self.line else ("--format=json", *further)
        return self._ask(further, replace).json

    def ask_for_people(self, *further, replace=None):
        """As `ask`; returns what people read, which never is what a case holds to the truth alone."""
        return self._ask(further, replace).out

    def refuse(self, code, *words, replace=None, root=None, further=()):
        """Runs the line, which must fail with that exit code, say those words, and change nothing."""
        assert words, "a refusal must be seen to name its cause"
        before = self.everything()
        ended = self._run(further, replace, root)
        self.judged = True
        self.assertEqual(ended.code, code, ended)
        for word in words:
            self.assertIn(word, ended.err + ended.out, ended)
        self.assertEqual(self.everything(), before)
        return ended

    def words(self, replace=None):
        """The words of the line, with what its placeholders stand for."""
        words = shlex.split(self.line)
        for old, new in {**self.placeholders, **(replace or {})}.items():
            if not any(old in word for word in words):
                raise AssertionError(f"'{old}' does not stand in this line: {self.line}")
            words = [word.replace(old, new) for word in words]
        return [word.replace("/path/to/", self.at("path/")) for word in words]

    def _ask(self, further, replace):
        before = self.everything()
        ended = self._run(further, replace)
        self.must(ended)
        self.judged = True
        self.assertEqual(self.everything(), before)
        return ended

    def _run(self, further, replace=None, root=None):
        tool, *arguments = self.words(replace)
        if self.on_root:
            arguments.append(f"--root={root or self.root}")
        return type(self).execution(self, tool, [*arguments, *further])

    def wait_until_built(self, why):
        """Ends a test of something that is not in this build yet."""
        self.not_built = why
        self.skipTest(why)

    # ---- what is there ----

    def everything(self):
        """All that a refusal must leave as it was."""
        return self.state(), snapshot(self.in_root("etc/multios")), snapshot(self.work)

    def information(self, file_name):
        """What a package in the folder claims to be."""
        return self.must(package("info", self.at(file_name), "--format=json")).json

    def checksums(self, file_name):
        """{path: SHA-256} of the package's regular files."""
        listed = self.must(package("list-contents", self.at(file_name), "--format=json")).json
        return {entry["path"]: entry["sha256"] for entry in listed["entries"] if entry["type"] == "file"}

    # ---- what the line finds ----

    def at(self, name):
        """A path in the folder where the line runs."""
        return os.path.join(self.work, name)

    def given(self, name, files):
        """The directory that the guide calls /path/to/NAME."""
        shutil.move(self.tree(files), self.at(f"path/{name}"))

    def given_file(self, name, text):
        with open(self.at(f"path/{name}"), "w", encoding="utf-8") as file:
            file.write(text)

    def put(self, file_name, name, version, files, *options, signed=True):
        """A package of the guide's name, in the folder where the line runs."""
        shutil.move(self.build(name, version, files, *options, signed=signed), self.at(file_name))

    def put_and_install(self, name, version, files, *options):
        """A package that stands in the root before the line runs."""
        self.must(self.install(self.build(name, version, files, *options)))

    def damage(self, file_name):
        """Flips one bit in the middle."""
        flip_bit(self.at(file_name))


def flip_bit(path):
    with open(path, "r+b") as file:
        file.seek(os.path.getsize(path) // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
