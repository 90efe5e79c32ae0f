"""What the tests of the tools share: a workshop with keys, trees and packages, and ways to run a tool."""

import fcntl
import json
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unittest

# Exit codes of every tool.
DONE, USAGE, REFUSED, FAILED, NEEDS_ANSWER, NOT_BUILT = range(6)

TOOLS = {"multios-package": os.environ.get("MULTIOS_PACKAGE"), "multios-update": os.environ.get("MULTIOS_UPDATE")}
TIMEOUT_S = 30


def environment(**changes):
    """The environment without what a person's own could change."""
    kept = {k: v for k, v in os.environ.items()
            if k not in ("NO_COLOR", "SOURCE_DATE_EPOCH", "LC_ALL", "COLUMNS", "MULTIOS_ENVIRONMENT")}
    kept.update({"LANG": "C.UTF-8", "TZ": "UTC", "TERM": "xterm"})
    kept.update(changes)
    return kept


class Ended:
    """How a tool ended: its exit code, and both outputs as text."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"exit code {self.code}\n{self.out}\n{self.err}"


def run(tool, *arguments, cwd=None, **changes):
    """Runs a tool with its outputs in pipes."""
    ended = subprocess.run([TOOLS[tool], *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, cwd=cwd,
                           timeout=TIMEOUT_S, env=environment(**changes), check=False)
    return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


def package(*arguments, **changes):
    return run("multios-package", *arguments, **changes)


def update(*arguments, **changes):
    return run("multios-update", *arguments, **changes)


class Terminal:
    """A tool on a terminal of its own, so that it draws bars and asks questions."""

    def __init__(self, tool, *arguments, columns=80, **changes):
        self.shown = b""
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            os.execve(TOOLS[tool], [tool, *map(str, arguments)], environment(**changes))

    def read_until(self, text):
        end = time.monotonic() + TIMEOUT_S
        while text not in self.shown:
            if time.monotonic() > end or not self._read():
                raise AssertionError(f"{text!r} did not appear; the terminal shows {self.shown!r}")

    def type(self, text):
        os.write(self.descriptor, text)

    def interrupt(self):
        os.kill(self.pid, signal.SIGINT)

    def wait(self):
        """The exit code; everything that was shown stands in `shown`."""
        while self._read():
            pass
        os.close(self.descriptor)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self):
        readable, _, _ = select.select([self.descriptor], [], [], TIMEOUT_S)
        if not readable:
            os.kill(self.pid, signal.SIGKILL)
            raise AssertionError(f"the tool hangs; the terminal shows {self.shown!r}")
        try:
            data = os.read(self.descriptor, 65536)
        except OSError:  # EIO: the other side has closed it
            return False
        self.shown += data
        return bool(data)


def snapshot(directory):
    """Everything below a directory: {path: (type and mode, content or target)}, without what the engine keeps there."""
    found = {}
    for folder, folders, files in os.walk(directory):
        relative = os.path.relpath(folder, directory)
        folders[:] = [f for f in folders if f != ".multios-stage" and
                      os.path.normpath(os.path.join(relative, f)) not in ("etc/multios", "var/lib/multios")]
        for name in folders + files:
            path = os.path.join(folder, name)
            key = os.path.normpath(os.path.join(relative, name))
            if key in ("etc", "var", "var/lib"):
                continue
            mode = oct(os.lstat(path).st_mode)
            if os.path.islink(path):
                found[key] = (mode, os.readlink(path))
            elif os.path.isfile(path):
                with open(path, "rb") as file:
                    found[key] = (mode, file.read())
            else:
                found[key] = (mode, None)
    return found


class Workshop(unittest.TestCase):
    """A temporary folder with a key `signer`, and for each test an empty root that trusts it."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="mos-tools-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.signer = os.path.join(cls.folder, "signer")
        made = package("keygen", "--type=ed25519", f"--output={cls.signer}")
        assert made.code == DONE, made
        cls.count = 0

    def setUp(self):
        self.root = self.new_path("root")
        self.trust = os.path.join(self.root, "etc/multios/trust")
        os.makedirs(self.trust)
        shutil.copy(self.signer + ".pub", self.trust)

    @classmethod
    def new_path(cls, name):
        cls.count += 1
        return os.path.join(cls.folder, f"{cls.count}-{name}")

    def tree(self, files):
        """A directory of {path: text}; a path that ends in '/' is a directory, a text in a tuple a link's target."""
        top = self.new_path("tree")
        os.mkdir(top)
        for path, content in files.items():
            full = os.path.join(top, path)
            if path.endswith("/"):
                os.makedirs(full, exist_ok=True)
                continue
            os.makedirs(os.path.dirname(full), exist_ok=True)
            if isinstance(content, tuple):
                os.symlink(content[0], full)
                continue
            with open(full, "wb") as file:
                file.write(content if isinstance(content, bytes) else content.encode())
        return top

    def build(self, name, version, files, *options, signed=True):
        """A package of these files; its path. Owners stay, so that the tests need not be root."""
        output = self.new_path(f"{name}-{version}.mos")
        signing = [f"--sign-key={self.signer}.key"] if signed else []
        made = package("create", f"--name={name}", f"--version={version}", f"--input-directory={self.tree(files)}",
                       f"--output={output}", "--keep-owners", *signing, *options)
        self.assertEqual(made.code, DONE, made)
        return output

    def scripts(self, **bodies):
        """A folder of scripts: post_install="…" becomes post-install, a shell script of that text."""
        top = self.new_path("scripts")
        os.mkdir(top)
        for name, body in bodies.items():
            path = os.path.join(top, name.replace("_", "-"))
            with open(path, "w", encoding="utf-8") as file:
                file.write(f"#!/bin/sh\n{body}\n")
            os.chmod(path, 0o755)
        return top

    def need_scripts(self):
        """Puts a shell into the root; the test is skipped where this machine may not run one there."""
        os.makedirs(self.in_root("bin"), exist_ok=True)
        shutil.copy(os.environ["BUSYBOX"], self.in_root("bin/busybox"))
        os.symlink("busybox", self.in_root("bin/sh"))
        try:
            subprocess.run(["/bin/sh", "-c", "true"], preexec_fn=lambda: os.chroot(self.root), timeout=TIMEOUT_S,
                           check=True)
        except subprocess.SubprocessError:
            self.skipTest("this process may not change its root, so no script runs")

    def need_checks(self):
        """For scripts that may only check, after need_scripts: those need a view of the root that can't be written."""
        if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("this process may not have mounts of its own, so no script that only checks runs")

    def empty_root(self):
        """A root in which nothing was ever installed, and which trusts nobody."""
        path = self.new_path("empty")
        os.makedirs(path)
        return path

    def in_root(self, path):
        return os.path.join(self.root, path)

    def content(self, path):
        with open(self.in_root(path), encoding="utf-8") as file:
            return file.read()

    def put_in_root(self, path, text):
        os.makedirs(os.path.dirname(self.in_root(path)), exist_ok=True)
        with open(self.in_root(path), "w", encoding="utf-8") as file:
            file.write(text)

    def must(self, ended, code=DONE):
        self.assertEqual(ended.code, code, ended)
        return ended

    def metadata(self, **sections):
        """The option of `create` for a file with these sections of a manifest."""
        path = self.new_path("metadata.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(sections, file)
        return f"--metadata={path}"

    def must_refuse(self, ended, code, number, *words):
        """A failure: exit code, E-number, and words that its message must have."""
        self.assertEqual(ended.code, code, ended)
        self.assertIn(f"({number}).", ended.err, ended)
        for word in words:
            self.assertIn(word, ended.err, ended)
        return ended

    def install(self, *arguments):
        return package("install", *arguments, f"--root={self.root}")

    def has(self, path):
        return os.path.lexists(self.in_root(path))

    def installed(self):
        """{name: version} of what the database says."""
        rows = self.must(package("list", f"--root={self.root}", "--format=json")).json["packages"]
        return {row["name"]: row["version"] for row in rows}

    def history(self):
        return self.must(update("history", f"--root={self.root}", "--format=json")).json["history"]

    def state(self):
        """All that a refused command must leave as it was."""
        return snapshot(self.root), self.installed(), len(self.history())


if __name__ == "__main__":
    unittest.main()
