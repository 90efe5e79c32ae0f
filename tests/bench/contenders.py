"""What is measured: the same jobs done by the tools, by the floor, and by their peers.

A contender packs the stands of a payload, begins with an empty root, and has a command for each step that it knows.
"""

import os
import shutil

from payloads import STANDS

FIRST = "first"
STEPS = ("create", "verify", "install", "update random", "rollback random", "update clustered", "rollback clustered")
# What a transaction is, as far as flushes and memory go.
TRANSACTIONS = STEPS[2:]
READING = STEPS[1:2]


class Contender:
    """`tree` is the payload's folder, `folder` one of the contender's own, `meter` runs what is not measured."""

    name = ""
    ending = ""  # of the names of its packages

    def __init__(self, folder, tree, level, meter):
        self.folder, self.tree, self.level, self.meter = folder, tree, level, meter
        self.round = 0
        self.root = ""
        os.mkdir(folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def pack(self, stand, changed):
        """The tree stands as `stand` says now; `changed` are the paths that differ from the first stand."""

    def begin(self):
        """Before the steps of a round: an empty root, in a folder of the round's own."""
        self.round += 1
        self.root = self.in_round("root")
        os.makedirs(self.root)

    def in_round(self, name):
        return self.path(os.path.join(f"round-{self.round}", name))

    def end(self):
        """Takes away what the round has made. Of many files that is left to the end of all: ext4 passes over inodes that
        were freed in the last minutes, one by one, for each new file, which would pay for our tidiness."""
        shutil.rmtree(self.path(f"round-{self.round}"))

    def command(self, step):
        """None if it knows no such step."""
        name, _, stand = step.partition(" ")
        make = getattr(self, f"_{name}", None)
        if make is None:
            return None
        return make(stand) if stand else make()

    def settle(self):
        """After each step: takes away what must not lie about during another's."""

    def created_bytes(self):
        """The size of the file that the step 'create' made; None where it makes none."""
        path = self.path(f"created.{self.ending}")
        return os.path.getsize(path) if os.path.isfile(path) else None

    def package(self, stand):
        return self.path(f"{stand}.{self.ending}")

    def is_content(self, path):
        """Whether a file is one of the payload's, wherever it lies now; and no record about them."""
        return path.startswith(f"{self.root}/")


class Ours(Contender):
    name = "ours"
    ending = "mos"

    def __init__(self, tools, *arguments):
        super().__init__(*arguments)
        self._tools = tools
        self._trust = self.path("trust")
        os.mkdir(self._trust)
        self.meter.run([tools["multios-package"], "keygen", "--type=ed25519", f"--output={self.path('signer')}"])
        shutil.move(self.path("signer.pub"), self._trust)

    def _create_as(self, version, output):
        return [self._tools["multios-package"], "create", "--name=bench", f"--version={version}",
                f"--input-directory={self.tree}", f"--output={output}", "--keep-owners",
                f"--compression-level={self.level}", f"--sign-key={self.path('signer.key')}"]

    def pack(self, stand, changed):
        self.meter.run(self._create_as("1" if stand == FIRST else "2", self.package(stand)))

    def _create(self):
        return self._create_as("1", self.path("created.mos"))

    def _verify(self):
        return [self._tools["multios-package"], "verify", self.package(FIRST), f"--trust={self._trust}"]

    def _put(self, stand):
        return [self._tools["multios-package"], "install", self.package(stand), f"--root={self.root}",
                f"--trust={self._trust}"]

    def _install(self):
        return self._put(FIRST)

    def _update(self, stand):
        return self._put(stand)

    def _rollback(self, _stand):
        return [self._tools["multios-update"], "rollback", f"--root={self.root}", f"--trust={self._trust}"]

    def is_content(self, path):
        inside = path.removeprefix(f"{self.root}/")
        if inside == path or inside.startswith(("var/lib/multios/", ".multios-stage/copy")):
            return False
        return not (inside.startswith(".multios-stage/") and inside.endswith("/plan"))


class Floor(Contender):
    name = "floor"
    ending = "floor"

    def __init__(self, program, *arguments):
        super().__init__(*arguments)
        self._program = program

    def pack(self, stand, changed):
        command = [self._program, "create", self.tree, self.package(stand), str(self.level)]
        if stand != FIRST:
            with open(self.path("list"), "w", encoding="utf-8") as listed:
                listed.writelines(f"{path}\n" for path in changed)
            command.append(self.path("list"))
        self.meter.run(command)

    def _stage(self, stand):
        return self.in_round(f"stage-{stand}")

    def _create(self):
        return [self._program, "create", self.tree, self.path("created.floor"), str(self.level)]

    def _verify(self):
        return [self._program, "verify", self.package(FIRST)]

    def _install(self):
        return [self._program, "install", self.package(FIRST), self.root]

    def _update(self, stand):
        return [self._program, "update", self.package(stand), self.root, self._stage(stand)]

    def _rollback(self, stand):
        return [self._program, "rollback", self.root, self._stage(stand)]

    def is_content(self, path):
        stages = tuple(f"{self._stage(stand)}/" for stand in STANDS)
        return super().is_content(path) or (path.startswith(stages) and not path.endswith("/list"))


class FloorWhole(Floor):
    """Updates from an archive of everything, as a package is, instead of one that holds the changed files alone."""

    name = "floor, whole"
    _create = _verify = _install = _rollback = None

    def pack(self, stand, changed):
        with open(self._list(stand), "w", encoding="utf-8") as listed:
            listed.writelines(f"{path}\n" for path in changed)
        self.meter.run([self._program, "create", self.tree, self.package(stand), str(self.level)])

    def _list(self, stand):
        return self.path(f"list-{stand}")

    def begin(self):
        """One root serves all rounds: the floor does not ask what it exchanges."""
        self.round += 1
        os.mkdir(self.path(f"round-{self.round}"))
        if self.round == 1:
            self.root = self.path("root")
            os.mkdir(self.root)
            self.meter.run([self._program, "install", self.package(FIRST), self.root])

    def _update(self, stand):
        return [*super()._update(stand), self._list(stand)]


class OpenSsl(Contender):
    """Its speed at hashing the package, or another file: what verifying is held against."""

    def __init__(self, name, file, *arguments):
        super().__init__(*arguments)
        self.name, self._file = name, file

    def _verify(self):
        return ["openssl", "dgst", "-sha256", self._file]


class SolidTar(Contender):
    """The smallest that the same compressor makes of the tree, in one stream."""

    name = "tar|zstd"
    ending = "tar.zst"

    def _create(self):
        output = self.path(f"created.{self.ending}")
        return ["sh", "-c", f"tar -C '{self.tree}' --sort=name -cf - . | zstd -q -{self.level} -f -o '{output}'"]
