#!/usr/bin/python3
"""Compares the functions of the public headers, of the version script, of the built library and of docs/api.md.

Arguments: the version script and the shared library. A function that is missing anywhere, or that is exported without
being declared, is named; exit status 1 then.
"""

import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tools"))
import c_headers  # noqa: E402

NODE = re.compile(r"\b(MOS_\d+)\s*\{(.*?)\}\s*(?:MOS_\d+)?\s*;", re.DOTALL)
NODES = {"MOS_0"}  # until 1.0; later versions add theirs


def of_map(path):
    """Function → node of the version script."""
    text = c_headers.COMMENT.sub("", path.read_text())
    found = {}
    for node, body in NODE.findall(text):
        public = re.search(r"global:(.*?)(?:local:|$)", body, re.DOTALL)
        for name in (public[1] if public else "").split(";"):
            if name.strip():
                found[name.strip()] = node
    return found


def of_library(path):
    """Function → node of every symbol that the library defines for others."""
    lines = subprocess.run(["nm", "--dynamic", "--defined-only", "--with-symbol-versions", path], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    found = {}
    for line in lines:
        _, kind, symbol = line.split()
        name, _, node = symbol.partition("@@")
        if kind != "A":  # the nodes themselves
            found[name] = node
    return found


def differences(declared, script, library, documented):
    for name in sorted(declared | set(script) | set(library)):
        if name not in declared:
            yield f"'{name}' is exported, but no public header declares it"
        if name not in script:
            yield f"'{name}' is not in the version script"
        elif script[name] not in NODES:
            yield f"'{name}' is in the node '{script[name]}', not one of {', '.join(sorted(NODES))}"
        if name not in library:
            yield f"'{name}' is not exported by the library"
        elif library[name] != script.get(name):
            yield f"'{name}' is exported as '{library[name]}', the version script says '{script.get(name)}'"
        if name in declared and name not in documented:
            yield f"'{name}' is not in docs/api.md"


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: check_symbols.py VERSION_SCRIPT LIBRARY")
    declared = set(c_headers.functions())
    script = of_map(pathlib.Path(sys.argv[1]))
    library = of_library(sys.argv[2])
    documented = set(re.findall(r"\bmos_\w+", (TOP / "docs" / "api.md").read_text()))
    wrong = list(differences(declared, script, library, documented))
    for sentence in wrong:
        print(sentence)
    print(f"{len(declared)} functions, {len(wrong)} differences")
    return 1 if wrong or not declared else 0


if __name__ == "__main__":
    sys.exit(main())
