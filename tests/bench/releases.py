"""Trees in two releases: of Debian packages that apt has in two versions, or of a payload of this bench.

Where apt has one version alone, the next release is made of it by the rule of payloads.py: 5 % of its files, drawn by
lot, are changed a bit. What it was is said.
"""

import filecmp
import glob
import os
import random
import shutil
import subprocess
from typing import NamedTuple

from payloads import Missing, changed_content, chosen

PACKAGES = {
    "django": ("python3-django",),
    "programs": ("git", "libc6", "libpython3.11-stdlib"),
}
TIME_LIMIT_S = 900
DAY_S = 86400


class Releases(NamedTuple):
    """Two folders, and where they come from."""
    name: str
    old: str
    new: str
    origin: str


class Counts(NamedTuple):
    files: int
    plain_bytes: int
    other_content: int  # of the new release's files, those that the old one has otherwise or not at all
    other_time: int  # with the same content, but of another time


# ---- apt ----

def _run(*command, folder=None):
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        return subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=TIME_LIMIT_S, check=True).stdout
    except (OSError, subprocess.SubprocessError) as failed:
        raise Missing(f"'{' '.join(command[:2])}' failed: {failed}") from failed


def oldest_and_newest(listed, is_older):
    """Of what apt-cache madison prints: one version or two."""
    versions = {line.split("|")[1].strip() for line in listed.splitlines() if line.count("|") >= 2}
    oldest = newest = None
    for version in versions:
        oldest = version if oldest is None or is_older(version, oldest) else oldest
        newest = version if newest is None or is_older(newest, version) else newest
    return [oldest, newest] if len(versions) > 1 else list(versions)


def _is_older(one, other):
    return subprocess.run(["dpkg", "--compare-versions", one, "lt", other], check=False).returncode == 0


def _download(folder, package):
    versions = oldest_and_newest(_run("apt-cache", "madison", package), _is_older)
    if not versions:
        raise Missing(f"apt has no package '{package}': apt-get update may bring it")
    # As root the download's own user could not write here.
    _run("apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", *(f"{package}={version}" for version in versions),
         folder=folder)
    files = [glob.glob(os.path.join(glob.escape(folder), f"{package}_{version.replace(':', '%3a')}_*.deb"))[0]
             for version in versions]
    return versions, files


# ---- trees ----

def regular_files(top):
    """Paths in the tree, in the order of their names."""
    for place, folders, files in os.walk(top):
        folders.sort()
        for name in sorted(files):
            path = os.path.join(place, name)
            if not os.path.islink(path):
                yield os.path.relpath(path, top)


def change_at_random(top, seed):
    """5 % of the files become those of a next release, and later by a day."""
    files = [path for path in regular_files(top) if os.path.getsize(os.path.join(top, path)) > 0]
    for number in chosen(len(files), "random", random.Random(f"{seed} release")):
        path = os.path.join(top, files[number])
        modified = os.stat(path).st_mtime + DAY_S
        with open(path, "r+b") as file:
            content = changed_content(file.read(), random.Random(f"{seed} {files[number]}"))
            file.seek(0)
            file.truncate()
            file.write(content)
        os.utime(path, (modified, modified))


def _same_content(one, other):
    return os.path.isfile(one) and not os.path.islink(one) and filecmp.cmp(one, other, shallow=False)


def compare(old, new):
    files = list(regular_files(new))
    pairs = [(os.path.join(old, path), os.path.join(new, path)) for path in files]
    same = [(a, b) for a, b in pairs if _same_content(a, b)]
    return Counts(len(files), sum(os.path.getsize(b) for _, b in pairs), len(pairs) - len(same),
                  sum(int(os.stat(a).st_mtime) != int(os.stat(b).st_mtime) for a, b in same))


def take_times(old, new):
    """Gives what both have, files of other content apart, the time that it has in the new release, so that a build that
    touches every file doesn't hide what frames can do."""
    for place, folders, files in os.walk(new, topdown=False):
        for name in folders + files:
            path = os.path.join(place, name)
            known = os.path.join(old, os.path.relpath(path, new))
            regular = os.path.isfile(path) and not os.path.islink(path)
            if os.path.lexists(known) and (not regular or _same_content(known, path)):
                modified = os.lstat(path).st_mtime_ns
                os.utime(known, ns=(modified, modified), follow_symlinks=False)


# ---- releases ----

def _unpack(folder, package, releases, seed):
    """Adds the package to both trees; returns what was taken."""
    versions, files = _download(folder, package)
    if len(versions) > 1:
        for file, tree in zip(files, releases):
            _run("dpkg-deb", "-x", file, tree)
        return f"{package} {versions[0]} and {versions[1]}"
    stage = os.path.join(folder, f"stage-{package}")
    _run("dpkg-deb", "-x", files[0], stage)
    _run("dpkg-deb", "-x", files[0], releases[0])
    change_at_random(stage, seed)
    _run("cp", "-a", f"{stage}/.", releases[1])
    shutil.rmtree(stage)
    return f"{package} {versions[0]} and that with 5 % of its files changed (apt has no other)"


def from_apt(name, folder, seed):
    trees = [os.path.join(folder, which) for which in ("old", "new")]
    for tree in trees:
        os.mkdir(tree)
    taken = [_unpack(folder, package, trees, seed) for package in PACKAGES[name]]
    return Releases(name, *trees, "; ".join(taken))


def from_payload(payload, folder):
    trees = [os.path.join(folder, which) for which in ("old", "new")]
    for tree in trees:
        os.mkdir(tree)
        payload.make(tree)
    payload.change(trees[1], "random")
    return Releases(payload.name, *trees, "the bench's payload and its stand with 5 % of the files changed at random")
