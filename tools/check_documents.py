#!/usr/bin/python3
"""Checks that the documents are true where a machine can tell.

- A snippet after `<!-- file: PATH -->` is that file, whole. `--write` copies it there.
- Links to files of the project lead somewhere, and so do paths in backticks.
- Commands `./dev X` exist, and the two that the README promises are those that CI and the fresh machine run.
- Nothing names a folder or a host of the machine it was written on, and what sets a machine up names no host at all: apt
  and npm know where this one gets its packages.
"""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
SNIPPET = re.compile(r"(<!-- file: (\S+) -->\n```\w*\n)(.*?)(^```$)", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]*)(?:#([^)\s]+))?\)")
TICKED = re.compile(r"`((?:\.ci|bindings|capi|docs|examples|fuzz|include|src|tests|tools)/[\w./-]*)`")
COMMAND = re.compile(r"\./dev (\w+)")
DEFINED = re.compile(r"^command_(\w+)\(\)", re.MULTILINE)
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
FOREIGN = re.compile(r"/work/|/home/(?!user\b)\w|localhost:\d")


ADDRESS = re.compile(r"\bhttps?://\S+")


def setting_up():
    patterns = ("dev", ".ci/run", "tools/*.sh", "subprojects/*.wrap", "subprojects/packagefiles/*/meson.build")
    return sorted(path for pattern in patterns for path in TOP.glob(pattern))


def documents():
    folders = ("bindings", "docs", "examples", "fuzz", "tests")
    return sorted(TOP.glob("*.md")) + sorted(path for folder in folders for path in (TOP / folder).rglob("*.md"))


def anchors(text):
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)}


def with_snippets(text):
    def fill(match):
        source = TOP / match[2]
        return match[1] + (source.read_text() if source.exists() else match[3]) + match[4]

    return SNIPPET.sub(fill, text)


def faults(document, commands):
    text = document.read_text()
    for _, name, content, _ in SNIPPET.findall(text):
        if not (TOP / name).exists():
            yield f"shows '{name}', which is not there"
        elif content != (TOP / name).read_text():
            yield f"shows another '{name}' than the tree has: run tools/check_documents.py --write"
    for target, anchor in LINK.findall(text):
        if "://" in target:
            continue
        file = document.parent / target if target else document
        if not file.exists():
            yield f"links to '{target}', which is not there"
        elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text()):
            yield f"links to '{target}#{anchor}', a heading that is not there"
    for path in TICKED.findall(text):
        if not (TOP / path).exists():
            yield f"names '{path}', which is not there"
    for command in COMMAND.findall(text):
        if command not in commands:
            yield f"names './dev {command}', which is no command"
    if FOREIGN.search(text):
        yield f"names a place of somebody's machine: '{FOREIGN.search(text)[0]}'"


def promises():
    """The README's two commands are what is run elsewhere."""
    readme = (TOP / "README.md").read_text()
    block = re.search(r"## Two commands\n.*?```sh\n(.*?)```", readme, re.DOTALL)
    if not block or block[1].split("\n")[:-1] != ["./dev test", "./dev demo"]:
        yield "README.md: the block under 'Two commands' is not './dev test' and './dev demo'"
    if not re.search(r"^step test \./dev test$", (TOP / ".ci" / "run").read_text(), re.MULTILINE):
        yield ".ci/run: does not run the README's './dev test'"
    for path in setting_up():
        for address in ADDRESS.findall(path.read_text()):
            yield f"{path.relative_to(TOP)}: names the host of '{address}'"
    script = (TOP / "dev").read_text()
    listed = set(re.findall(r'^    "(\w+): ', script, re.MULTILINE))
    for name in sorted(listed ^ set(DEFINED.findall(script))):
        yield f"dev: '{name}' is listed and not defined, or defined and not listed"
    if "commands=(test demo)" not in (TOP / "tools" / "fresh_machine.sh").read_text():
        yield "tools/fresh_machine.sh: does not run the README's two commands"


def main():
    commands = set(DEFINED.findall((TOP / "dev").read_text()))
    found = list(promises())
    for document in documents():
        if "--write" in sys.argv[1:]:
            document.write_text(with_snippets(document.read_text()))
        found += [f"{document.relative_to(TOP)}: {fault}" for fault in faults(document, commands)]
    for fault in found:
        print(fault)
    print(f"{len(documents())} documents, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
