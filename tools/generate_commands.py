#!/usr/bin/python3
"""Writes docs/commands.md, the reference of the tools' commands, from the tables that the tools are made of.

The tools must be built: their program multios-manual, in build/ or where MULTIOS_MANUAL says, prints the page. With
--check nothing is written; exit status 1 tells that the page is not what the tools say.
"""

import os
import pathlib
import subprocess
import sys

from generated import TOP, write_or_check

PAGE = TOP / "docs" / "commands.md"


def page():
    program = pathlib.Path(os.environ.get("MULTIOS_MANUAL", TOP / "build/examples/manual/multios-manual"))
    if not program.exists():
        sys.exit(f"'{program}' is not there: run './dev build' first")
    return subprocess.run([program, "commands"], capture_output=True, check=True).stdout.decode()


def main():
    return write_or_check({PAGE: page()}, "the tools say", "./dev build and tools/generate_commands.py")


if __name__ == "__main__":
    sys.exit(main())
