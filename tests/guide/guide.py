"""The user guide's commands and configuration files, and who answers for each of them."""

import pathlib
from typing import NamedTuple

FOLDER = pathlib.Path(__file__).resolve().parent
CONFIG = FOLDER / "config"


class Command(NamedTuple):
    heading: str
    line: str


def read_commands(path=FOLDER / "commands.txt"):
    """Every command of the guide, in its order; a line that begins with '#' is the heading of those behind it."""
    heading, commands = "", []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif line.strip():
            commands.append(Command(heading, line))
    return commands


def read_not_built(path=FOLDER / "not_built.txt"):
    """The lines of the guide whose part is not built yet, in the form of the guide."""
    return [command.line for command in read_commands(path)]


def unclear_claims(commands, claims):
    """One sentence for each line that not exactly one of the claims answers for, or that the guide does not have.

    `claims` are pairs of a line and who claims it.
    """
    claimed = {}
    for line, who in claims:
        claimed.setdefault(line, []).append(who)
    known = [command.line for command in commands]
    for line in sorted({line for line in known if known.count(line) > 1}):
        yield f"the guide has this line twice: {line}"
    for line in known:
        owners = claimed.get(line, [])
        if not owners:
            yield f"nobody answers for this line of the guide, so write a case or list it in not_built.txt: {line}"
        elif len(owners) > 1:
            yield f"{' and '.join(owners)} both answer for this line of the guide: {line}"
    for line, owners in claimed.items():
        if line not in known:
            yield f"{' and '.join(owners)} answers for a line that the guide does not have: {line}"
