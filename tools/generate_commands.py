#!/usr/bin/python3
"""Writes docs/commands.md, the reference of the tools' commands, from the tables that the tools are made of.

The tools must be built: their program multios-manual, in build/ or where MULTIOS_MANUAL says, prints the page. With
--check nothing is written; exit status 1 tells that the page is not what the tools say.
"""

import os
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
PAGE = TOP / "docs" / "commands.md"


def page():
    program = pathlib.Path(os.environ.get("MULTIOS_MANUAL", TOP / "build/examples/manual/multios-manual"))
    if not program.exists():
        sys.exit(f"'{program}' is not there: run './dev build' first")
    return subprocess.run([program, "commands"], capture_output=True, check=True).stdout.decode()


def main():
    text = page()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text)
        return 0
    if PAGE.exists() and PAGE.read_text() == text:
        return 0
    print("docs/commands.md is not what the tools say: run './dev build' and tools/generate_commands.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
