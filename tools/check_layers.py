#!/usr/bin/python3
"""Holds every #include line of the project to the table of layers.

The compiler refuses the headers of a layer that is not named (tests/layering proves it), but third-party headers all
lie in one place, so that only a reader of the lines can tell who may use them. Every header must be known here: one
that stands in no table is refused, so that a new dependency is a decision and not an accident.
"""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent

# Layer: the layers whose headers it may include, besides base and itself. Section 2 of the design.
MAY_USE = {
    "base": [],
    "libexec": [],
    "crypto": [],
    "package": ["crypto"],
    "delta": ["crypto", "package"],
    "config": [],
    "state": [],
    "transaction": ["state"],
    "snapshot": ["crypto", "state", "transaction"],
    "install": ["config", "crypto", "state", "transaction", "snapshot", "delta", "package"],
    "resolve": ["package", "state"],
    "transport": [],
    "repository": ["crypto", "package", "transport"],
    "schedule": ["state", "config"],
    "policy": ["config", "crypto", "state"],
    "observe": ["state", "config"],
    "engine": ["crypto", "package", "delta", "config", "state", "transaction", "snapshot", "install", "resolve",
               "transport", "repository", "schedule", "policy", "observe"],
}

# Third-party headers, by the beginning of their names, and the folders (or files) that may include them. fmt and JSON
# come with base, whose own headers show them, so every layer has them.
THIRD_PARTY = {
    "fmt/": ["src", "capi", "examples", "tests", "fuzz"],
    "nlohmann/": ["src", "capi", "examples", "tests", "fuzz"],
    "sodium.h": ["src/crypto", "tests/crypto"],
    "mbedtls/": ["src/crypto", "tests/crypto"],
    "openssl/": ["src/crypto/digest.cpp", "tests/crypto", "tests/bench"],
    "zstd.h": ["src/package", "src/delta", "tests/package", "tests/delta", "tests/bench"],
    "zstd_errors.h": ["src/package", "src/delta"],
    "archive.h": ["src/package", "src/snapshot"],
    "archive_entry.h": ["src/package", "src/snapshot"],
    "sqlite3.h": ["src/state", "tests/state", "tests/transaction", "tests/capi"],
    "zlib.h": ["src/transaction", "src/delta", "src/observe", "tests/transaction", "tests/observe", "tests/delta",
               "fuzz/delta_apply.hpp", "fuzz/plan_file.cpp"],
    "lzma.h": ["src/delta", "tests/delta"],
    "mos_xdelta3.h": ["src/delta"],
    "divsufsort.h": ["src/delta"],
    "ini.h": ["src/config"],
    "yaml-cpp/": ["src/config"],
    "solv/": ["src/resolve"],
    "curl/": ["src/transport", "src/observe"],
    "cctz/": ["src/schedule"],
    "CLI/": ["examples"],
    "doctest/": ["tests"],
    "fuse3/": ["tests/crash"],
    "fts.h": ["tests/bench"],  # the C library's, but not POSIX's
    "malloc.h": ["examples/frame/run.cpp"],  # so is this
}

# C and POSIX headers; those of C++ have no ending, those of the kernel are recognised by their folder.
SYSTEM_FOLDERS = ("sys/", "linux/")
SYSTEM = set("""
    assert.h ctype.h dirent.h dlfcn.h endian.h errno.h fcntl.h fnmatch.h grp.h inttypes.h limits.h locale.h poll.h
    pthread.h pwd.h sched.h signal.h spawn.h stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h strings.h sysexits.h
    syslog.h termios.h time.h unistd.h
""".split())
PUBLIC_SYSTEM = {"stdbool.h", "stddef.h", "stdint.h"}
STANDARD_CPP = re.compile(r"^[a-z_]+$")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
FOLDERS = ("include", "src", "capi", "examples", "bindings", "tests", "fuzz")
ENDINGS = {".c", ".h", ".cpp", ".hpp", ".cc", ".inc"}


def layers_for(path):
    """The layers that the file may include, or None where only the public header is allowed."""
    parts = path.parts
    if parts[0] == "src" or (parts[0] == "tests" and parts[1] in MAY_USE):
        layer = parts[1]
        return {"base", layer, *MAY_USE[layer]} if layer in MAY_USE else set()
    if parts[0] == "tests" and parts[1] == "support":
        return {"base"}
    if parts[0] in ("capi", "fuzz") or parts[:2] in {("tests", "bench"), ("tests", "crash"), ("tests", "vectors")}:
        return set(MAY_USE)
    return None


def may_see_public_header(path):
    return path.parts[0] in ("include", "capi", "examples", "bindings") or path.parts[:2] in {
        ("tests", "capi"), ("tests", "tools"), ("tests", "bench")}


def is_inside(path, place):
    return path == pathlib.PurePath(place) or pathlib.PurePath(place) in path.parents


def fault_of(path, quote, header):
    """What is wrong with one include line, or None. `path` is relative to the top of the tree."""
    if ".." in pathlib.PurePath(header).parts:
        return "climbs out of its folder"
    if quote == '"':
        return "is no header of its own: the public ones use <>" if path.parts[0] == "include" else None
    if header.startswith("multiosupdate/"):
        return None if may_see_public_header(path) else "is the public header: inner layers do not know it"
    if header.startswith("mos/"):
        layers = layers_for(path)
        layer = header.split("/")[1]
        if layers is None:
            return "belongs to an inner layer: only <multiosupdate/…> may be seen here"
        return None if layer in layers else f"belongs to the layer '{layer}', which is not named for this one"
    if path.parts[0] == "include":
        return None if header in PUBLIC_SYSTEM else "is more than a public header may lean on"
    if STANDARD_CPP.match(header) or header in SYSTEM or header.startswith(SYSTEM_FOLDERS):
        return None
    for beginning, places in THIRD_PARTY.items():
        if header.startswith(beginning):
            return None if any(is_inside(path, place) for place in places) else f"is only for {', '.join(places)}"
    return "stands in no table of tools/check_layers.py"


def sources(top):
    for folder in FOLDERS:
        yield from (path for path in sorted((top / folder).rglob("*")) if path.suffix in ENDINGS and path.is_file())


def check(top):
    """Sentences about what is wrong in the tree, and how many files were read."""
    faults, count = [], 0
    for source in sources(top):
        path = source.relative_to(top)
        count += 1
        if path.parts[0] == "src" and path.parts[1] not in MAY_USE:
            faults.append(f"{path}: no layer '{path.parts[1]}' stands in the table")
        for number, line in enumerate(source.read_text(errors="replace").splitlines(), 1):
            match = INCLUDE.match(line)
            fault = match and fault_of(path, match[1], match[2])
            if fault:
                faults.append(f"{path}:{number}: '{match[2]}' {fault}")
    return faults, count


def main():
    top = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else TOP
    faults, count = check(top)
    for fault in faults:
        print(fault)
    print(f"{count} files, {len(faults)} wrong includes")
    return 1 if faults or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
