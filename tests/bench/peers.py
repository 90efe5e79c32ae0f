"""Other programs that do the job: dpkg and ostree."""

import os
import shutil

from contenders import FIRST, Contender

CONTROL = """Package: bench
Version: {version}
Architecture: all
Maintainer: nobody <nobody@example.org>
Description: a payload of the bench
"""


class DpkgDeb(Contender):
    """Packs only. Its description of the package must lie in the tree while it does."""

    name = "dpkg-deb"
    ending = "deb"

    def _describe(self, version):
        os.makedirs(os.path.join(self.tree, "DEBIAN"), exist_ok=True)
        with open(os.path.join(self.tree, "DEBIAN", "control"), "w", encoding="ascii") as control:
            control.write(CONTROL.format(version=version))

    def settle(self):
        shutil.rmtree(os.path.join(self.tree, "DEBIAN"), ignore_errors=True)

    def _build(self, output):
        return ["dpkg-deb", "-Zzstd", f"-z{self.level}", "--build", self.tree, output]

    def _create(self):
        self._describe("1")
        return self._build(self.path("created.deb"))


class Dpkg(DpkgDeb):
    """With the flushes that it makes outside containers."""

    name = "dpkg"

    def begin(self):
        super().begin()
        database = os.path.join(self.root, "var/lib/dpkg")
        for folder in ("info", "updates"):
            os.makedirs(os.path.join(database, folder))
        for file in ("status", "available"):
            with open(os.path.join(database, file), "w", encoding="ascii"):
                pass

    _create = None

    def pack(self, stand, changed):
        self._describe("1" if stand == FIRST else "2")
        self.meter.run(self._build(self.package(stand)))
        self.settle()

    def _put(self, stand):
        return ["dpkg", f"--root={self.root}", "--refuse-unsafe-io", "--force-downgrade", "--log=/dev/null", "--install",
                self.package(stand)]

    def _install(self):
        return self._put(FIRST)

    def _update(self, stand):
        return self._put(stand)

    def _rollback(self, _stand):
        return self._put(FIRST)


class Ostree(Contender):
    """A repository of commits, pulled into one of the root's own and checked out beside what is there; a symbolic link
    says which one counts."""

    name = "ostree"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._source = self.path("source")
        self.meter.run(["ostree", f"--repo={self._source}", "init", "--mode=archive"])

    def _commit(self, repository, branch):
        return f"ostree --repo='{repository}' commit -b {branch} '--tree=dir={self.tree}' --timestamp=@1700000000"

    def pack(self, stand, changed):
        self.meter.run(["sh", "-ec", self._commit(self._source, stand)])

    def _create(self):
        fresh = self.path("created")
        return ["sh", "-ec", f"rm -rf '{fresh}'; ostree '--repo={fresh}' init --mode=archive; " + self._commit(fresh, FIRST)]

    def _verify(self):
        return ["ostree", f"--repo={self._source}", "fsck"]

    def _deploy(self, stand):
        return f"""ostree --repo=repo pull-local '{self._source}' {stand}
            ostree --repo=repo checkout -H {stand} {stand}
            {self._point_to(stand)}"""

    @staticmethod
    def _point_to(stand):
        return f"ln -s {stand} next; mv -T next current; sync -f ."

    def _in_root(self, script):
        return ["sh", "-ec", f"cd '{self.root}'; {script}"]

    def _install(self):
        return self._in_root(f"ostree --repo=repo init --mode=bare; {self._deploy(FIRST)}")

    def _update(self, stand):
        return self._in_root(self._deploy(stand))

    def _rollback(self, _stand):
        return self._in_root(self._point_to(FIRST))


def missing_programs():
    return [name for name in ("dpkg", "dpkg-deb", "ostree", "openssl", "zstd", "tar") if shutil.which(name) is None]
