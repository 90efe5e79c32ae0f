#!/usr/bin/python3
"""Writes include/multiosupdate/error_codes.h and docs/errors.md from src/base/include/mos/base/errors.def.

With --check nothing is written; exit status 1 tells that a file is not what the table says.
"""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
TABLE = TOP / "src/base/include/mos/base/errors.def"
ROW = re.compile(r'^MOS_ERROR\((\d+), ([A-Z_]+), "([^"]*)", "([^"]*)"\)$')


def rows():
    for line in TABLE.read_text().splitlines():
        if line.startswith("MOS_ERROR"):
            match = ROW.match(line)
            if not match:
                sys.exit(f"{TABLE.name}: can't read: {line}")
            number, name, sentence, remedy = match.groups()
            yield int(number), name, sentence, remedy


def header():
    out = ["/* Error codes. Written by tools/generate_errors.py from src/base/include/mos/base/errors.def; fixed for ever.",
           " * MOS_E_SIGNATURE_INVALID is E001 in messages and documents, and so on. */",
           "#ifndef MULTIOSUPDATE_ERROR_CODES_H", "#define MULTIOSUPDATE_ERROR_CODES_H", "",
           "/* clang-format off */", "enum {"]
    table = list(rows())
    for number, name, sentence, _ in table:
        comma = "," if number != table[-1][0] else ""
        out.append(f"    MOS_E_{name} = -{number}{comma} /* E{number:03}: {sentence} */")
    return "\n".join(out + ["};", "/* clang-format on */", "", "#endif", ""])


def page():
    out = ["# Errors", "",
           "Written by `tools/generate_errors.py` from the one table, `src/base/include/mos/base/errors.def`. The numbers are",
           "fixed for ever: E001 is `MOS_E_SIGNATURE_INVALID` and -1 in C.", "",
           "| number | C name | what it says | what to do |", "| --- | --- | --- | --- |"]
    out += [f"| E{number:03} | `MOS_E_{name}` | {sentence} | {remedy} |" for number, name, sentence, remedy in rows()]
    return "\n".join(out + [""])


def main():
    stale = []
    for path, text in ((TOP / "include/multiosupdate/error_codes.h", header()), (TOP / "docs/errors.md", page())):
        if "--check" in sys.argv[1:]:
            if not path.exists() or path.read_text() != text:
                stale.append(path.relative_to(TOP))
        else:
            path.write_text(text)
    for path in stale:
        print(f"{path} is not what the table says: run tools/generate_errors.py")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
