"""Fetches Debian packages by apt, and lays them out as their installation would: `dpkg-deb -x`, then what the
maintainer's script does to what was unpacked."""

import glob
import os
import pathlib
import subprocess
from typing import NamedTuple

LIST = pathlib.Path(__file__).with_name("packages.txt")
TIME_LIMIT_S = 900


class Broken(Exception):
    """The run itself can't go on; nothing about the engine is said by it."""


class Step(NamedTuple):
    """What a maintainer's script does to one path."""
    verb: str
    value: str
    path: str


class Listed(NamedTuple):
    name: str
    reason: str
    steps: tuple


def read_list(text):
    """The packages of a list: `NAME REASON`, and below it, indented, `setcap|owner|mode VALUE PATH`."""
    listed = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split(maxsplit=2 if line[0].isspace() else 1)
        if line[0].isspace():
            if not listed or len(words) != 3 or words[0] not in VERBS:
                raise Broken(f"line {number} of the list is no step of a package: '{line.strip()}'")
            listed[-1] = listed[-1]._replace(steps=listed[-1].steps + (Step(*words),))
        elif len(words) != 2:
            raise Broken(f"line {number} of the list gives no reason for '{words[0]}'")
        elif words[0] in {package.name for package in listed}:
            raise Broken(f"line {number} of the list names '{words[0]}' again")
        else:
            listed.append(Listed(*words, steps=()))
    return listed


def run(*command, folder=None):
    """The ended process; its output is text in the C locale."""
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        return subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, errors="replace", timeout=TIME_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise Broken(f"'{command[0]}' does not run: {failed}") from failed


def must_run(*command):
    ended = run(*command)
    if ended.returncode != 0:
        raise Broken(f"'{' '.join(map(str, command))}' ended with {ended.returncode}: {ended.stderr.strip()}")


# ---- fetching ----

def _candidates(names):
    """{name: version that apt would install}."""
    found, name = {}, ""
    for line in run("apt-cache", "policy", *names).stdout.splitlines():
        if not line.startswith(" "):
            name = line.rstrip(":")
        elif line.startswith("  Candidate: ") and "(none)" not in line:
            found[name] = line.split()[1]
    return found


def _cached(cache, name, version):
    """The file, as apt names it; None when it is not there."""
    found = glob.glob(os.path.join(glob.escape(str(cache)), f"{name}_{version.replace(':', '%3a')}_*.deb"))
    return found[0] if found else None


def _download(cache, names):
    versions = _candidates(names)
    missing = [name for name in versions if not _cached(cache, name, versions[name])]
    if missing:
        # As root: the download's own user can't write into every folder.
        run("apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", *missing, folder=cache)
    files = {name: _cached(cache, name, version) for name, version in versions.items()}
    return {name: file for name, file in files.items() if file}


def fetch(names, cache):
    """{name: file}. Names that are missing in it are not served."""
    os.makedirs(cache, exist_ok=True)
    files = _download(cache, names)
    if len(files) < len(names):
        # The lists of what there is may be absent, or older than what is served.
        run("apt-get", "-qq", "update")
        files |= _download(cache, [name for name in names if name not in files])
    return files


# ---- unpacking ----

def _give_capability(step, path):
    must_run("setcap", step.value, path)


def _give_owner(step, path):
    mode = os.lstat(path).st_mode & 0o7777
    os.chown(path, *map(int, step.value.split(":")), follow_symlinks=False)
    os.chmod(path, mode)  # that call takes the special bits away


def _give_mode(step, path):
    os.chmod(path, int(step.value, 8))


VERBS = {"setcap": _give_capability, "owner": _give_owner, "mode": _give_mode}


def unpack(file, package, tree):
    must_run("dpkg-deb", "-x", file, tree)
    for step in package.steps:
        path = os.path.join(tree, step.path)
        if not os.path.lexists(path) or os.path.islink(path):
            raise Broken(f"'{package.name}' has no '{step.path}' any more: correct '{LIST.name}'")
        VERBS[step.verb](step, path)
