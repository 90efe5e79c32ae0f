#!/usr/bin/python3
"""Writes docs/api.md, the reference of the C API, from include/multiosupdate/*.h.

With --check nothing is written; exit status 1 tells that the page is not what the headers say.
"""

import sys

import c_headers
from generated import write_or_check

PAGE = c_headers.TOP / "docs" / "api.md"
CONTENTS = ("error_codes.h",)  # docs/errors.md has its table


def block(part):
    out = [part.comment, ""] if part.comment else []
    return out + ["```c", part.code, "```", ""]


def chapter(header):
    out = [f"## {header.name}", "", header.introduction, ""]
    if header.name in CONTENTS:
        return out + ["The codes stand in [errors.md](errors.md).", ""]
    for section in header.sections:
        if section.title:
            out += [f"### {section.title}", ""]
        for part in section.blocks:
            if not part.code.startswith("#ifndef MOS_API"):  # how symbols are marked is no reader's business
                out += block(part)
    return out


def index(headers):
    rows = sorted((function, header.name) for header in headers for part in header.blocks for function in part.functions)
    anchors = {header.name: header.name.replace(".", "") for header in headers}
    return ["## Functions", "", "| function | header |", "| --- | --- |",
            *(f"| `{function}` | [{name}](#{anchors[name]}) |" for function, name in rows), ""]


def page():
    headers = c_headers.read_all()
    out = ["# The C API", "",
           "Written by `tools/generate_api.py` from the comments in `include/multiosupdate/`; the headers are the",
           "authority. Begin with the rules in [types.h](#typesh); each `_free` function accepts NULL and ends the life of",
           "what it is named after.", ""]
    for header in headers:
        out += chapter(header)
    return "\n".join(out + index(headers))


def main():
    return write_or_check({PAGE: page()}, "the headers say", "tools/generate_api.py")


if __name__ == "__main__":
    sys.exit(main())
