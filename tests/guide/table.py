"""The table of `./dev guide`: heading, command, standing."""

import os
import shutil
import sys

from judge import Standing

WIDEST = 160
INDENT = "  "
COLOURS = {Standing.WORKS: "32", Standing.UNDERSTOOD: "36", Standing.NOT_BUILT: "2", Standing.NOT_TRIED: "33", Standing.FAILED: "31;1"}


def cut(text, width):
    return text if len(text) <= width else text[:max(width - 1, 0)] + "…"


class Table:
    def __init__(self, stream=sys.stdout):
        self.stream = stream
        self.width = min(shutil.get_terminal_size((120, 24)).columns, WIDEST)
        self.coloured = stream.isatty() and "NO_COLOR" not in os.environ
        self.heading = None

    def row(self, heading, subject, verdict, word=None):
        """One line under its heading, and what is wrong with it. `word` stands for the standing's own."""
        if heading != self.heading:
            self._put(("" if self.heading is None else "\n") + heading)
            self.heading = heading
        word = word or verdict.standing.value
        column = self.width * 11 // 20
        room = self.width - len(INDENT) - column - len(INDENT) - len(word) - len(": ")
        told = f"{word}: {cut(verdict.note, room)}" if verdict.note and room > 10 else word
        self._put(f"{INDENT}{cut(subject, column):{column}}{INDENT}{self._paint(verdict.standing, told)}")
        for fault in verdict.faults:
            for line in fault.splitlines():
                self._put(f"{INDENT}{INDENT}| {line}")

    def _paint(self, standing, text):
        return f"\x1b[{COLOURS[standing]}m{text}\x1b[0m" if self.coloured else text

    def _put(self, line):
        print(line, file=self.stream, flush=True)


def totals(what, standings):
    """'137 commands: 19 work, 118 not built yet'; what failed or was not tried is named where there is some."""
    counts = {standing: standings.count(standing) for standing in Standing}
    parts = [f"{counts[Standing.WORKS]} work"]
    parts += [f"{counts[Standing.UNDERSTOOD]} understood"] if counts[Standing.UNDERSTOOD] else []
    parts += [f"{counts[Standing.NOT_BUILT]} not built yet"]
    parts += [f"{counts[standing]} {word}" for standing, word in
              ((Standing.NOT_TRIED, "not tried here"), (Standing.FAILED, "failed")) if counts[standing]]
    return f"{len(standings)} {what if len(standings) != 1 else what[:-1]}: {', '.join(parts)}"
