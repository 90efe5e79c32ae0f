"""What a package can't hold: `create` must say so and what to do, name it, and leave nothing."""

import os
import shutil
import socket
import stat

import made
from trial import Wrong

REFUSED = 2  # exit code of multios-package: the input is refused


def _longer_by(count):
    return lambda top: made.make_path(top, made.long_path(made.LONGEST_PATH + count))


def _deeper(top):
    made.make_path(top, made.deep_path(made.DEEPEST + 1))


def _socket(top):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.join(top, "a socket"))


def _attributes(top):
    path = os.path.join(top, "many")
    with open(path, "wb"):
        pass
    for i in range(made.MOST_ATTRIBUTES + 1):
        os.setxattr(path, f"user.{i}", b"x")


def _device(kind):
    return lambda top: os.mknod(os.path.join(top, "a device"), kind | 0o600, os.makedev(1, 3))


# name: (what makes it, what the message must say)
REFUSALS = {
    "one byte too long": (_longer_by(1), "has 4096 bytes, at most 4095 are allowed"),
    "4096 bytes in the tree": (_longer_by(15), "bytes, at most 4095 are allowed"),
    "one folder too deep": (_deeper, "is deeper than 128 folders"),
    "one attribute too many": (_attributes, "'content/files/many'"),
    "a pipe": (lambda top: os.mkfifo(os.path.join(top, "a pipe")), "'content/files/a pipe' is a"),
    "a socket": (_socket, "'content/files/a socket' is a"),
    "a character device": (_device(stat.S_IFCHR), "'content/files/a device' is a"),
    "a block device": (_device(stat.S_IFBLK), "'content/files/a device' is a"),
}


def check(tools, folder):
    """Raises Wrong at the first that is not refused as it must be."""
    for name, (make, message) in REFUSALS.items():
        top, output = os.path.join(folder, "refused"), os.path.join(folder, "refused.mos")
        os.mkdir(top)
        make(top)
        ended = tools.create(top, "1", output)
        shutil.rmtree(top)
        if ended.code != REFUSED or message not in ended.err.splitlines()[0]:
            raise Wrong(f"{name}: 'multios-package create' ended with {ended.code} and says \"{ended.err}\"")
        if os.listdir(folder):
            raise Wrong(f"{name}: 'multios-package create' left {os.listdir(folder)}")
    return len(REFUSALS)
