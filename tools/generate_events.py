#!/usr/bin/python3
"""Writes the table of types in docs/events.md from src/base/include/mos/base/events.def.

With --check nothing is written; exit status 1 tells that the page is not what the table says.
"""

import re
import sys

from generated import TOP, rows, with_part, write_or_check

TABLE = TOP / "src/base/include/mos/base/events.def"
PAGE = TOP / "docs/events.md"
ROW = re.compile(r'^MOS_EVENT\(([a-z_]+), (debug|info|warning|error), ([a-z_]+), "([^"]*)"\)$')
WRITER = "tools/generate_events.py"


def table():
    out = ["| type | level | component | what has happened |", "| --- | --- | --- | --- |"]
    out += [f"| `{name}` | {'warn' if level == 'warning' else level} | {component} | {meaning} |"
            for name, level, component, meaning in rows(TABLE, "MOS_EVENT", ROW)]
    return "\n".join(out + [""])


def main():
    return write_or_check({PAGE: with_part(PAGE, WRITER, table())}, "the table says", WRITER)


if __name__ == "__main__":
    sys.exit(main())
