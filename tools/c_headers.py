"""Reads the public C headers for the tools that write documents and bindings from them, and for the tests.

The headers keep a plain form (no conditional declarations, one declaration a statement, comments above what they
describe), which tests/capi holds them to; so this is a reader of blocks and no C parser.
"""

import dataclasses
import pathlib
import re
import subprocess

TOP = pathlib.Path(__file__).resolve().parent.parent
FOLDER = TOP / "include" / "multiosupdate"
UMBRELLA = "multiosupdate.h"

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
INCLUDE = re.compile(r"^#include <([^>]+)>\n", re.MULTILINE)
EXTERN_C = re.compile(r'^#ifdef __cplusplus\n(extern "C" \{|\})\n#endif\n', re.MULTILINE)
FUNCTION = re.compile(r"^MOS_API [^;(]*?\b(mos_\w+)\(", re.MULTILINE)
SECTION = re.compile(r"^---- (.*) ----$", re.DOTALL)


@dataclasses.dataclass
class Block:
    """Declarations that stand together, and the comment above them ('' when there is none)."""

    comment: str
    code: str

    @property
    def functions(self):
        return FUNCTION.findall(self.code)


@dataclasses.dataclass
class Section:
    """A heading comment ('---- History ----'; '' before the first) and the blocks below it."""

    title: str
    blocks: list


@dataclasses.dataclass
class Header:
    name: str
    introduction: str
    sections: list

    @property
    def blocks(self):
        return [block for section in self.sections for block in section.blocks]


def plain(comment):
    """The text of a comment: without its marks and stars; line breaks as they stand."""
    lines = [re.sub(r"^\s*\* ?", "", line) for line in comment[2:-2].split("\n")]
    return "\n".join(line.rstrip() for line in lines).strip()


def names():
    """The headers, each after those that it includes; the one that includes all is left out."""
    order = []

    def visit(name):
        if name in order:
            return
        for included in INCLUDE.findall((FOLDER / name).read_text()):
            if included.startswith("multiosupdate/"):
                visit(included.removeprefix("multiosupdate/"))
        order.append(name)

    for path in sorted(FOLDER.glob("*.h")):
        if path.name != UMBRELLA:
            visit(path.name)
    return order


def declarations_of(text):
    """The header's text between its guards, without includes and extern "C"."""
    text = EXTERN_C.sub("", INCLUDE.sub("", text))
    guard = re.search(r"^#ifndef (\w+_H)\n#define \1\n", text, re.MULTILINE)
    return text[guard.end():text.rindex("#endif")]


def paragraphs(text):
    """Splits at blank lines that are in no comment and no braces."""
    current, depth = [], 0
    in_comment = False
    for line in text.split("\n"):
        if not line.strip() and depth == 0 and not in_comment:
            if current:
                yield "\n".join(current)
            current = []
            continue
        current.append(line)
        bare = COMMENT.sub("", line)
        in_comment = ("/*" in bare) or (in_comment and "*/" not in line)
        if not in_comment:
            depth += bare.count("{") - bare.count("}")
    if current:
        yield "\n".join(current)


def read(name):
    text = (FOLDER / name).read_text()
    introduction = plain(COMMENT.match(text)[0])
    sections = [Section("", [])]
    for paragraph in paragraphs(declarations_of(text)):
        comment = COMMENT.match(paragraph)
        title = comment and SECTION.match(" ".join(plain(comment[0]).split()))
        if title:
            sections.append(Section(title[1], []))
            continue
        words = plain(comment[0]) if comment else ""
        code = paragraph[comment.end():].strip("\n") if comment else paragraph
        sections[-1].blocks.append(Block(words, code))
    return Header(name, introduction, [section for section in sections if section.blocks])


def read_all():
    return [read(name) for name in names()]


def functions():
    """The names of all functions that the headers declare."""
    return [function for header in read_all() for block in header.blocks for function in block.functions]


def cdef(preprocessor=("cpp", "-P")):
    """What `cpp -P` leaves of the headers with includes dropped and MOS_API empty: cffi's cdef."""
    text = "\n".join(INCLUDE.sub("", (FOLDER / name).read_text()) for name in names())
    result = subprocess.run([*preprocessor, "-DMOS_API=", "-"], input=text, capture_output=True, text=True, check=True)
    return "".join(line + "\n" for line in result.stdout.splitlines() if line.strip())
