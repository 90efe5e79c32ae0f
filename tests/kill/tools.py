"""Runs the tools, alone or under kill-at."""

import os
import subprocess
import tempfile
from typing import NamedTuple, Optional

TIME_LIMIT_S = 120
KILLED = 128 + 9
TRACER_FAILED = 125


class Broken(Exception):
    """The run itself can't go on; nothing about the commands is said by it."""


class Violation(Exception):
    """Something that must hold does not."""


class Kill(NamedTuple):
    """At which mutating call a command dies."""
    call: int
    when: str = "before"  # or "after"


class Ended(NamedTuple):
    code: int
    out: str
    err: str
    calls: tuple  # the mutating calls, if it ran under kill-at

    @property
    def acknowledged(self):
        """It has said that it is done: by its exit code, or by what it had printed when it was killed."""
        return self.code == 0 or (self.code == KILLED and self.out != "")

    def __str__(self):
        return f"exit code {self.code}: {(self.err or self.out).strip()}"


class Tools:
    """The programs: {name: path}, with 'kill-at', the helper that runs scripts, and busybox among them."""

    def __init__(self, paths):
        self.paths = paths
        self.environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "LC_ALL", "COLUMNS")}
        # Packages that are made again must have the same bytes.
        self.environment.update({"LANG": "C.UTF-8", "TZ": "UTC", "SOURCE_DATE_EPOCH": "1700000000"})
        self.environment["MULTIOS_HELPER"] = os.path.abspath(paths["multios-run-script"])
        # The leak check of a sanitized build is itself a tracer, and a task has only one.
        self.environment["ASAN_OPTIONS"] = self.environment.get("ASAN_OPTIONS", "") + ":detect_leaks=0"

    def run(self, arguments):
        """As a person would."""
        return self._run([self.paths[arguments[0]], *arguments[1:]])

    def trace(self, arguments, kill: Optional[Kill] = None):
        """Under kill-at, which says what it called, and kills it if wanted."""
        with tempfile.NamedTemporaryFile("r", prefix="mos-calls-", encoding="utf-8", errors="replace") as report:
            limit = [] if kill is None else [f"--{kill.when}={kill.call}"]
            ended = self._run([self.paths["kill-at"], f"--report={report.name}", *limit, "--",
                               self.paths[arguments[0]], *arguments[1:]])
            if ended.code == TRACER_FAILED:
                raise Broken(ended.err.strip())
            return ended._replace(calls=tuple(report.read().splitlines()))

    def _run(self, command):
        try:
            ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIME_LIMIT_S,
                                   env=self.environment, check=False)
        except subprocess.TimeoutExpired as late:
            raise Violation(f"'{' '.join(command[-3:])}' took more than {TIME_LIMIT_S} s") from late
        return Ended(ended.returncode, ended.stdout.decode(errors="replace"), ended.stderr.decode(errors="replace"), ())
