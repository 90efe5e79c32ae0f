#!/usr/bin/python3
"""Writes the table of types in docs/events.md from src/base/include/mos/base/events.def.

With --check nothing is written; exit status 1 tells that the page is not what the table says.
"""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
TABLE = TOP / "src/base/include/mos/base/events.def"
PAGE = TOP / "docs/events.md"
ROW = re.compile(r'^MOS_EVENT\(([a-z_]+), (debug|info|warning|error), ([a-z_]+), "([^"]*)"\)$')
BEGIN, END = "<!-- written by tools/generate_events.py -->\n", "<!-- end -->\n"


def rows():
    for line in TABLE.read_text().splitlines():
        if line.startswith("MOS_EVENT"):
            match = ROW.match(line)
            if not match:
                sys.exit(f"{TABLE.name}: can't read: {line}")
            yield match.groups()


def table():
    out = ["| type | level | component | what has happened |", "| --- | --- | --- | --- |"]
    out += [f"| `{name}` | {'warn' if level == 'warning' else level} | {component} | {meaning} |"
            for name, level, component, meaning in rows()]
    return "\n".join(out + [""])


def page():
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        sys.exit(f"{PAGE.name} has no place for the table, between '{BEGIN.strip()}' and '{END.strip()}'")
    return before + BEGIN + table() + END + after


def main():
    text = page()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text)
        return 0
    if PAGE.read_text() == text:
        return 0
    print(f"{PAGE.relative_to(TOP)} is not what the table says: run tools/generate_events.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
