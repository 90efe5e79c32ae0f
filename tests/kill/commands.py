"""The commands that are killed. A new one is a row of the table; what must hold after a death is in examine.py.

Words in braces are filled in: {root}, {folder} and {outside}. Packages and trees are in scenes.py.
"""

from dataclasses import dataclass
from typing import Tuple


@dataclass(frozen=True)
class Step:
    """A command line. With `cut` it dies in the middle of putting entries in place."""
    arguments: Tuple[str, ...]
    cut: bool = False


def install(*packages, options=()):
    return Step(("multios-package", "install", *(f"{{outside}}/{name}.mos" for name in packages), "--root={root}",
                 *options))


def update_tool(*words):
    return Step(("multios-update", *words, "--root={root}"))


def cut(step):
    return Step(step.arguments, cut=True)


@dataclass(frozen=True)
class RootCommand:
    """A command that changes a root. It begins after the steps of `before`. Where a death may also leave what other
    steps lead to, these stand in `between`; `complete` says that recovery can only end in the new state. `scripts`: that
    packages have some, so that the root needs a shell and we the right to give it to them as their root."""
    name: str
    step: Step
    before: Tuple[Step, ...] = ()
    between: Tuple[Tuple[Step, ...], ...] = ()
    complete: bool = False
    scripts: bool = False

    def stands(self):
        """The lists of steps that lead to the states which a death may leave; the last is the command's own."""
        old = () if self.complete else (self.before,)
        return (*old, *self.between, (*self.before, self.step))


@dataclass(frozen=True)
class FileCommand:
    """A command that writes files into {folder}, a copy of the workshop. `outputs` are their names. Their bytes are the
    same each time, unless they are keys."""
    name: str
    step: Step
    outputs: Tuple[str, ...]
    keys: bool = False


def create(*options, name="app", version="2", tree="app-2"):
    return Step(("multios-package", "create", f"--name={name}", f"--version={version}",
                 f"--input-directory={{outside}}/{tree}", "--keep-owners", *options))


def keygen(*options):
    return Step(("multios-package", "keygen", *options))


def create_delta(output):
    return Step(("multios-package", "create-delta", "--base={outside}/app-1.mos", "{outside}/app-2.mos", "--unverified",
                 "--sign-key={folder}/signer.key", f"--output={output}"))


def create_file_delta(output):
    return Step(("multios-package", "file-delta", "create", "{outside}/app-1.mos", "{outside}/app-2.mos",
                 f"--output={output}"))


APPLY_FILE_DELTA = Step(("multios-package", "file-delta", "apply", "{outside}/app-1.mos", "{outside}/app.delta",
                         "--output={folder}/made"))
FIRST = (install("app-1"),)
SECOND = (install("app-1"), install("app-2"))
THIRD = (*SECOND, install("library-1"))
REMOVE = Step(("multios-package", "remove", "app", "--root={root}"))
FIRST_SCRIPTED = (install("scripted-1"),)
SECOND_SCRIPTED = (install("scripted-1"), install("scripted-2"))
REMOVE_SCRIPTED = Step(("multios-package", "remove", "scripted", "--root={root}"))
LAST_GOOD = update_tool("rollback", "last-good")
RECOVER = update_tool("recover")
CAPTURE = update_tool("recovery", "create")
# Where no picture of a root looks: its name has the time in it.
BACKUP = update_tool("data-protection", "backup", "--path=/usr", "--path=/home",
                     "--destination=/var/lib/multios/archives")
# Over what a newer release has brought, and what it has made of it.
PUT_BACK = update_tool("data-protection", "restore", "--backup-id=backup-1", "--on-newer=replace")
# Of nothing, but it finishes what a death has left of backups.
TIDY_BACKUPS = update_tool("data-protection", "cleanup", "--keep-at-most=99")
BEGIN_MODE = update_tool("recovery", "mode", "--safe-mode=true", "--reason=a kill")
END_MODE = update_tool("recovery", "mode", "--safe-mode=false")
SCHEDULE = update_tool("schedule", "--package={outside}/app-1.mos", "--priority=critical", "--key=app")
RUN_DUE = update_tool("run-due")
BATCH = Step(("multios-package", "install-batch", "{outside}/app-2.mos", "{outside}/library-1.mos",
              "--stop-on-error=false", "--root={root}"))

COMMANDS = (
    RootCommand("install", install("app-1")),
    RootCommand("update", install("app-2"), before=FIRST),
    RootCommand("update-by-delta", install("app-1-2"), before=FIRST),
    RootCommand("reinstall", install("app-1", options=("--reinstall",)), before=FIRST),
    RootCommand("install-several", install("app-2", "library-1"), before=FIRST),
    RootCommand("install-batch", BATCH, before=FIRST, between=((*FIRST, install("app-2")),)),
    RootCommand("remove", REMOVE, before=FIRST),
    RootCommand("rollback-last-good", LAST_GOOD, before=SECOND),
    RootCommand("rollback-named", update_tool("rollback", "--recovery-point=rp-2"), before=SECOND),
    RootCommand("rollback-to-point", update_tool("rollback", "--recovery-point=rp-2"), before=THIRD),
    RootCommand("rollback-package", update_tool("rollback", "package", "--package=app"), before=THIRD),
    RootCommand("rollback-emergency", update_tool("rollback", "emergency"), before=SECOND),
    RootCommand("backup", BACKUP, before=FIRST),
    RootCommand("backup-cleanup", update_tool("data-protection", "cleanup", "--keep-at-most=1"),
                before=(*FIRST, BACKUP, BACKUP)),
    RootCommand("put-back", PUT_BACK, before=(*FIRST, BACKUP, install("app-2"))),
    RootCommand("put-back-rollback", LAST_GOOD, before=(*FIRST, BACKUP, install("app-2"), PUT_BACK)),
    RootCommand("recover-update", RECOVER, before=(*FIRST, cut(install("app-2"))), complete=True),
    RootCommand("recover-rollback", RECOVER, before=(*SECOND, cut(LAST_GOOD)), complete=True),
    RootCommand("install-after-cut", install("library-1"), before=(*FIRST, cut(install("app-2"))),
                between=(SECOND,), complete=True),
    RootCommand("recovery-create", CAPTURE, before=FIRST),
    RootCommand("rollback-to-captured", update_tool("rollback", "--recovery-point=rp-2"),
                before=(*FIRST, CAPTURE, install("app-2"))),
    RootCommand("recovery-cleanup", update_tool("recovery", "cleanup", "--recovery-point=rp-2"),
                before=(*FIRST, CAPTURE)),
    RootCommand("recovery-mode-begin", BEGIN_MODE),
    RootCommand("recovery-mode-end", END_MODE, before=(*FIRST, BEGIN_MODE)),
    RootCommand("schedule", SCHEDULE),
    RootCommand("run-due", RUN_DUE, before=(SCHEDULE,)),
    RootCommand("run-due-after-cut", RUN_DUE, before=(SCHEDULE, cut(RUN_DUE)), complete=True),
    RootCommand("install-scripted", install("scripted-1"), scripts=True),
    RootCommand("update-scripted", install("scripted-2"), before=FIRST_SCRIPTED, scripts=True),
    RootCommand("remove-scripted", REMOVE_SCRIPTED, before=FIRST_SCRIPTED, scripts=True),
    RootCommand("rollback-scripted", LAST_GOOD, before=SECOND_SCRIPTED, scripts=True),
    RootCommand("recover-scripted", RECOVER, before=(*FIRST_SCRIPTED, cut(install("scripted-2"))), complete=True,
                scripts=True),
    FileCommand("create", create("--output={folder}/new.mos", "--sign-key={folder}/signer.key"), ("new.mos",)),
    FileCommand("create-over", create("--output={folder}/old.mos"), ("old.mos",)),
    FileCommand("sign", Step(("multios-package", "sign", "{folder}/old.mos", "--sign-key={folder}/signer.key")),
                ("old.mos",)),
    FileCommand("create-delta", create_delta("{folder}/new.mos"), ("new.mos",)),
    FileCommand("file-delta-create", create_file_delta("{folder}/new.delta"), ("new.delta",)),
    FileCommand("file-delta-apply", APPLY_FILE_DELTA, ("made",)),
    FileCommand("keygen", keygen("--type=ed25519", "--output={folder}/new"), ("new.key", "new.pub"), keys=True),
    FileCommand("keygen-ca", keygen("--type=ecc-p384", "--ca", "--output={folder}/new"),
                ("new.key", "new.pub", "new.crt"), keys=True),
    FileCommand("keygen-signer", keygen("--type=ecc-p384", "--issuer={folder}/ca", "--output={folder}/new"),
                ("new.key", "new.pub", "new.crt"), keys=True),
)
