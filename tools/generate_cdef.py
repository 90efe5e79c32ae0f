#!/usr/bin/python3
"""Writes bindings/python/multiosupdate/_declarations.py, what the Python binding knows of C, from the public headers.

With --check nothing is written; exit status 1 tells that the file is not what the headers say.
"""

import sys

import c_headers
from generated import write_or_check

FILE = c_headers.TOP / "bindings" / "python" / "multiosupdate" / "_declarations.py"


def text():
    return ('"""Written by tools/generate_cdef.py from include/multiosupdate/*.h."""\n\n'
            f'CDEF = """\n{c_headers.cdef()}"""\n')


def main():
    return write_or_check({FILE: text()}, "the headers say", "tools/generate_cdef.py")


if __name__ == "__main__":
    sys.exit(main())
