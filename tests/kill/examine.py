"""What must hold when a command has died: on a root after the next recovery, in a folder at once."""

import base64
import os
import shutil
from typing import NamedTuple

import look
import scenes
from commands import END_MODE, LAST_GOOD, RECOVER, TIDY_BACKUPS, FileCommand, create, create_delta, create_file_delta, install
from tools import KILLED, Broken, Kill, Violation

ALREADY_INSTALLED = "(E046)"
MOST_ROLLBACKS = 10  # no command makes more recovery points


class Stand(NamedTuple):
    """A state that a root may have: its tree, and what its database says is installed, after how many changes; besides,
    what a command that has said that it is done has left: entries of the queue, captured points, backups."""
    tree: dict
    installed: tuple
    changes: int
    left: tuple = ()

    @property
    def key(self):
        """What tells it from others."""
        return self.installed, self.changes


def _key(root):
    book = look.book(root)
    return book.installed, book.changes


def _left(root):
    book = look.book(root)
    return book.queue, len(book.points), look.backups(root)[1], look.recovery_mode(root)


class Workshop:
    """The packages, keys and trees that all commands read, made once. Nothing in it may ever change."""

    def __init__(self, tools, folder):
        self.tools, self.folder = tools, folder
        self.outside = os.path.join(folder, "outside")
        self.template = os.path.join(folder, "template")
        os.mkdir(self.outside)
        os.mkdir(self.template)
        self._must(("multios-package", "keygen", "--type=ed25519", "--output={folder}/signer"))
        self._must(("multios-package", "keygen", "--type=ecc-p384", "--ca", "--output={folder}/ca"))
        # Each root with scripts has a name of it: as many copies would take their time.
        self.busybox = os.path.join(folder, "busybox")
        shutil.copy(tools.paths["busybox"], self.busybox)
        scenes.write_scripts(os.path.join(self.outside, "scripts"))
        for name, make in scenes.TREES.items():
            make(os.path.join(self.outside, name))
            package, version = name.split("-")
            scripts = ("--scripts={outside}/scripts", f"--script-output={scenes.OUTPUT}") if package == "scripted" else ()
            self._must(create(f"--output={{outside}}/{name}.mos", "--sign-key={folder}/signer.key", *scripts,
                              name=package, version=version, tree=name).arguments)
        self._must(create("--output={folder}/old.mos", version="1", tree="app-1").arguments)
        self._must(create_delta("{outside}/app-1-2.mos").arguments)
        self._must(create_file_delta("{outside}/app.delta").arguments)
        self.untouched = self._outside_picture()

    def fill_in(self, arguments, place):
        words = {"root": os.path.join(place, "root"), "folder": os.path.join(place, "folder"), "outside": self.outside}
        return [argument.format(**words) for argument in arguments]

    def _must(self, arguments):
        words = {"folder": self.template, "outside": self.outside}
        ended = self.tools.run([argument.format(**words) for argument in arguments])
        if ended.code != 0:
            raise Broken(f"the workshop can't be made: {ended}")

    def _outside_picture(self):
        """With the times of the last change, which nothing that was only read can have."""
        changed = {path: os.lstat(path).st_ctime_ns for path in (os.path.join(folder, name) for folder, folders, files
                                                                 in os.walk(self.outside) for name in folders + files)}
        return look.picture(self.outside), changed

    def check_untouched(self):
        tree, changed = self._outside_picture()
        if tree != self.untouched[0]:
            raise Violation("outside the root: " + look.difference(self.untouched[0], tree))
        for path in changed:
            if changed[path] != self.untouched[1][path]:
                raise Violation(f"outside the root: '{path}' was changed")


class RootExaminer:
    """Leads roots to where a command begins, kills it there, and looks at what is left."""

    def __init__(self, workshop, command):
        self.workshop, self.tools, self.command = workshop, workshop.tools, command
        self._cuts = {}
        place = os.path.join(workshop.folder, f"reference-{command.name}")
        self.stands = [self._reference(place, steps) for steps in command.stands()]
        self.older = [self._reference(place, command.before[:count]) for count in range(len(command.before))]
        shutil.rmtree(place)

    def _reference(self, place, steps):
        """Where these steps lead when nothing is killed but what is cut on purpose."""
        self._make(place, steps)
        if steps and steps[-1].cut:
            self._must_run(place, RECOVER)
        root = os.path.join(place, "root")
        return Stand(look.picture(root), *_key(root), _left(root))

    def _make(self, place, steps):
        shutil.rmtree(place, ignore_errors=True)
        os.mkdir(place)
        scenes.bare_root(os.path.join(place, "root"), os.path.join(self.workshop.template, "signer.pub"),
                         self.workshop.outside)
        if self.command.scripts:
            scenes.add_shell(os.path.join(place, "root"), self.workshop.busybox)
        for i, step in enumerate(steps):
            if step.cut:
                self._cut(place, steps[:i + 1])
            else:
                self._must_run(place, step)

    def _must_run(self, place, step):
        ended = self.tools.run(self.workshop.fill_in(step.arguments, place))
        if ended.code != 0:
            raise Violation(f"'{' '.join(step.arguments[:2])}' did not work: {ended}")
        return ended

    def _cut(self, place, steps):
        """Kills the last step before the exchange in its middle, whose number an earlier run has told."""
        arguments = self.workshop.fill_in(steps[-1].arguments, place)
        if steps not in self._cuts:
            calls = self.tools.trace(arguments).calls
            moves = [i + 1 for i, call in enumerate(calls) if call.startswith("renameat2 ") and "'try-" not in call]
            self._cuts[steps] = moves[len(moves) // 2]
            self._make(place, steps)
            return
        if self.tools.trace(arguments, Kill(self._cuts[steps])).code != KILLED:
            raise Broken(f"'{' '.join(arguments[:2])}' could not be cut in its middle")

    # ---- for the run ----

    def count(self, place):
        """The command's mutating calls, when nobody kills it."""
        self._make(place, self.command.before)
        ended = self.tools.trace(self.workshop.fill_in(self.command.step.arguments, place))
        if ended.code != 0:
            raise Violation(f"the command itself failed: {ended}")
        self._check(place, self.stands[-1:])
        return ended.calls

    def kill(self, place, kill):
        self._make(place, self.command.before)
        return self.tools.trace(self.workshop.fill_in(self.command.step.arguments, place), kill)

    def kill_recovery(self, place, kill=None):
        return self.tools.trace(self.workshop.fill_in(RECOVER.arguments, place), kill)

    def examine(self, place, ended):
        """Recovers, and checks everything that must hold then."""
        recovered = self._must_run(place, RECOVER)
        if recovered.err:
            raise Violation(f"recovery reported what nobody did: {recovered.err.strip()}")
        self._check(place, self.stands[-1:] if ended.acknowledged else self.stands)
        left = _left(os.path.join(place, "root"))
        if ended.acknowledged and left != self.stands[-1].left:
            raise Violation(f"what was acknowledged of queue, points, backups and mode is {self.stands[-1].left}, and it is "
                            f"{left}")

    def go_on(self, place):
        """The same command again, where it had not come to its end; another one; and all changes back."""
        root = os.path.join(place, "root")
        if _key(root) != self.stands[-1].key:
            ended = self.tools.run(self.workshop.fill_in(self.command.step.arguments, place))
            # Of several packages in transactions of their own, the first may be there.
            if ended.code != 0 and not (self.command.between and ALREADY_INSTALLED in ended.err):
                raise Violation(f"the same command again: {ended}")
            self._check(place, self.stands[-1:])
        if look.recovery_mode(root) == "on":
            self._must_run(place, END_MODE)
        self._must_run(place, install("more-1"))
        if not os.path.isfile(os.path.join(root, "usr/bin/one-more")):
            raise Violation("the next install brought nothing")
        known = {stand.key: stand for stand in (*self.older, *self.stands)}
        for _ in range(MOST_ROLLBACKS):
            ended = self.tools.run(self.workshop.fill_in(LAST_GOOD.arguments, place))
            if ended.code != 0:
                break
            key = _key(root)
            if key not in known:
                raise Violation(f"a rollback led to {key}, where this root never was")
            self._check(place, [known[key]])
        if look.book(root).installed != ():
            raise Violation(f"not everything could be taken back: {ended}")

    def _check(self, place, allowed):
        root = os.path.join(place, "root")
        tree, book = look.picture(root), look.book(root)
        if book.unfinished:
            raise Violation(f"transaction {book.unfinished[0]} is unfinished")
        if book.undecided:
            raise Violation(f"the update {book.undecided[0]} is done, and its entry says that it runs")
        stand = next((stand for stand in allowed if stand.key == (book.installed, book.changes)), None)
        if stand is None:
            raise Violation(f"the database says that {book.installed} is installed after {book.changes} changes, which "
                            "can't be at this moment")
        if tree != stand.tree:
            raise Violation(f"with {book.installed} installed: {look.difference(stand.tree, tree)}")
        if look.stages(root) != book.stages:
            raise Violation(f"the stages are {sorted(look.stages(root))}, by the database {sorted(book.stages)}")
        self._check_kept(place, root, book)
        everything = look.picture(root, without={"var/lib/multios"})
        self._must_run(place, RECOVER)
        again = look.picture(root, without={"var/lib/multios"})
        if everything != again:
            raise Violation("a second recovery changed something: " + look.difference(everything, again))
        if look.book(root) != book:
            raise Violation("a second recovery changed the database")
        self.workshop.check_untouched()


    def _check_kept(self, place, root, book):
        """The record of recovery mode, captured points, and backups once what a death has left of them is finished."""
        if look.recovery_mode(root) == "damaged":
            raise Violation("the record of recovery mode is not whole")
        fault = look.points_fault(root, book.points)
        if fault:
            raise Violation(fault)
        if look.backups(root)[0]:
            self._must_run(place, TIDY_BACKUPS)
        fault, _ = look.backups(root)
        if fault:
            raise Violation(fault)


def _is_whole_pem(text):
    """One or more PEM blocks whose DER is as long as it says."""
    blocks = text.split("-----END ")
    for block in blocks[:-1]:
        body = block.split("-----\n", 1 if block is blocks[0] else 2)[-1]
        der = base64.b64decode(body)
        count = der[1] - 0x80 if der[1] >= 0x80 else 0
        length = int.from_bytes(der[2:2 + count], "big") if count else der[1]
        if len(der) != 2 + count + length:
            return False
    return len(blocks) > 1 and text.endswith("-----\n")


class FileExaminer:
    """Kills a command in a copy of the workshop's folder; each file must be the old one, the new one, or absent if it
    was."""

    def __init__(self, workshop, command):
        self.workshop, self.tools, self.command = workshop, workshop.tools, command
        self.old = look.picture(workshop.template)
        place = os.path.join(workshop.folder, f"reference-{command.name}")
        ended = self.kill(place, None)
        if ended.code != 0:
            raise Violation(f"the command itself failed: {ended}")
        self.new = look.picture(os.path.join(place, "folder"))
        shutil.rmtree(place)

    def count(self, place):
        calls = self.kill(place, None).calls
        self._check(place, must_be_new=True)
        left = look.picture(os.path.join(place, "folder")).keys() - self.new.keys()
        if left:
            raise Violation(f"'{left.pop()}' was left behind")
        return calls

    def kill(self, place, kill):
        shutil.rmtree(place, ignore_errors=True)
        os.mkdir(place)
        folder = os.path.join(place, "folder")
        shutil.copytree(self.workshop.template, folder, symlinks=True)
        return self.tools.trace(self.workshop.fill_in(self.command.step.arguments, place), kill)

    def examine(self, place, ended):
        self._check(place, must_be_new=ended.acknowledged)

    def go_on(self, place):
        """The same command again; a key that is there is never replaced."""
        key = next((name for name in self.command.outputs if name.endswith(".key")), None)
        folder = os.path.join(place, "folder")
        if key and os.path.exists(os.path.join(folder, key)):
            ended = self.tools.run(self.workshop.fill_in(self.command.step.arguments, place))
            if ended.code == 0 or key not in ended.err:
                raise Violation(f"the key was there, and the command did not say so: {ended}")
            os.unlink(os.path.join(folder, key))
        ended = self.tools.run(self.workshop.fill_in(self.command.step.arguments, place))
        if ended.code != 0:
            raise Violation(f"the same command again: {ended}")
        self._check(place, must_be_new=True)

    def _check(self, place, must_be_new):
        folder = os.path.join(place, "folder")
        now = look.picture(folder)
        for path in self.old.keys() - set(self.command.outputs) - {"."}:
            if now.get(path) != self.old[path]:
                raise Violation(f"'{path}' is none of the command's outputs, and changed")
        for path in self.command.outputs:
            self._check_output(folder, path, now.get(path), must_be_new)
        for path in now:
            self._check_secrecy(folder, path)
        self.workshop.check_untouched()

    def _check_output(self, folder, path, entry, must_be_new):
        if entry is None:
            if must_be_new or path in self.old:
                raise Violation(f"'{path}' is missing")
            return
        if not must_be_new and entry == self.old.get(path):
            return
        if self.command.keys:
            with open(os.path.join(folder, path), encoding="ascii") as file:
                whole = _is_whole_pem(file.read())
        else:
            whole = entry.content == self.new[path].content
        if not whole:
            raise Violation(f"'{path}' is half a file")
        if entry.mode != self.new[path].mode:
            raise Violation(f"'{path}' has mode {entry.mode:o}, expected {self.new[path].mode:o}")

    @staticmethod
    def _check_secrecy(folder, path):
        full = os.path.join(folder, path)
        if not os.path.isfile(full) or os.lstat(full).st_mode & 0o077 == 0:
            return
        with open(full, "rb") as file:
            if b"PRIVATE KEY" in file.read():
                raise Violation(f"'{path}' holds a private key that others may read")


def examiner(workshop, command):
    return (FileExaminer if isinstance(command, FileCommand) else RootExaminer)(workshop, command)
