"""When, where and with what something was measured."""

import datetime
import os
import pathlib
import platform
import subprocess


def version_of(*command):
    """The first line that it prints; nothing where it is not installed."""
    try:
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return next(iter(ended.stdout.splitlines()), "")


def machine(folder):
    """`folder` lies on the filesystem that counts."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "cores": len(os.sched_getaffinity(0)), "load": round(os.getloadavg()[0], 2), "kernel": platform.release(),
        "filesystem": version_of("stat", "-f", "-c", "%T", str(folder)),
        "commit": version_of("git", "-C", str(pathlib.Path(__file__).parent), "describe", "--always", "--dirty"),
    }


def machine_text(about):
    return (f"{about['date']}, commit {about['commit']}, Linux {about['kernel']}, {about['filesystem']}, {about['cores']} cores, "
            f"load {about['load']} at the beginning")
