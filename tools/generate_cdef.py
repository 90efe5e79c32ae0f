#!/usr/bin/python3
"""Writes bindings/python/multiosupdate/_declarations.py, what the Python binding knows of C, from the public headers.

With --check nothing is written; exit status 1 tells that the file is not what the headers say.
"""

import sys

import c_headers

FILE = c_headers.TOP / "bindings" / "python" / "multiosupdate" / "_declarations.py"


def text():
    return ('"""Written by tools/generate_cdef.py from include/multiosupdate/*.h."""\n\n'
            f'CDEF = """\n{c_headers.cdef()}"""\n')


def main():
    if "--check" not in sys.argv[1:]:
        FILE.write_text(text())
        return 0
    if FILE.exists() and FILE.read_text() == text():
        return 0
    print(f"{FILE.relative_to(c_headers.TOP)} is not what the headers say: run tools/generate_cdef.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
