#!/usr/bin/python3
"""Writes include/multiosupdate/error_codes.h and docs/errors.md from src/base/include/mos/base/errors.def.

With --check nothing is written; exit status 1 tells that a file is not what the table says.
"""

import re
import sys

from generated import TOP, rows, write_or_check

TABLE = TOP / "src/base/include/mos/base/errors.def"
ROW = re.compile(r'^MOS_ERROR\((\d+), ([A-Z_]+), "([^"]*)", "([^"]*)"\)$')


def table():
    for number, name, sentence, remedy in rows(TABLE, "MOS_ERROR", ROW):
        yield int(number), name, sentence, remedy


def header():
    out = ["/* Error codes. Written by tools/generate_errors.py from src/base/include/mos/base/errors.def; fixed for ever.",
           " * MOS_E_SIGNATURE_INVALID is E001 in messages and documents, and so on. */",
           "#ifndef MULTIOSUPDATE_ERROR_CODES_H", "#define MULTIOSUPDATE_ERROR_CODES_H", "",
           "/* clang-format off */", "enum {"]
    errors = list(table())
    for number, name, sentence, _ in errors:
        comma = "," if number != errors[-1][0] else ""
        out.append(f"    MOS_E_{name} = -{number}{comma} /* E{number:03}: {sentence} */")
    return "\n".join(out + ["};", "/* clang-format on */", "", "#endif", ""])


def page():
    out = ["# Errors", "",
           "Written by `tools/generate_errors.py` from the one table, `src/base/include/mos/base/errors.def`. The numbers are",
           "fixed for ever: E001 is `MOS_E_SIGNATURE_INVALID` and -1 in C.", "",
           "| number | C name | what it says | what to do |", "| --- | --- | --- | --- |"]
    out += [f"| E{number:03} | `MOS_E_{name}` | {sentence} | {remedy} |" for number, name, sentence, remedy in table()]
    return "\n".join(out + [""])


def main():
    return write_or_check({TOP / "include/multiosupdate/error_codes.h": header(), TOP / "docs/errors.md": page()},
                          "the table says", "tools/generate_errors.py")


if __name__ == "__main__":
    sys.exit(main())
