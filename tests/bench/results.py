"""What the rounds have brought, and how it is printed: a table, or JSON."""

import statistics
from typing import NamedTuple

from contenders import STEPS
from measure import Figures

MIB = 2**20
MB = 10**6


class Spread(NamedTuple):
    """The middle one of several values, and the outermost."""
    median: float
    low: float
    high: float

    @staticmethod
    def of(values):
        return Spread(statistics.median(values), min(values), max(values))


class Measured:
    """One step of one contender."""

    def __init__(self):
        self.rounds = []
        self.flushes = None
        self.content_bytes = None  # moved from or to files of the payload; where it was counted

    def spread(self, field):
        return Spread.of([getattr(figures, field) for figures in self.rounds])


class PayloadResults:
    def __init__(self, payload, level):
        self.name, self.files, self.plain_bytes, self.level = payload.name, payload.files, payload.plain_bytes, level
        self.steps = {step: {} for step in STEPS}
        self.created_bytes = {}

    def at(self, step, name):
        return self.steps[step].setdefault(name, Measured())

    def find(self, step, name):
        """None if it was not measured."""
        return self.steps[step].get(name)

    def ratio(self, step, field, above="ours", below="floor"):
        """Of one contender's figure to another's, taken round by round as they ran in turn; None without them."""
        over, under = self.find(step, above), self.find(step, below)
        if over is None or under is None:
            return None
        # One that ran once is held against the other's median.
        if len(over.rounds) != len(under.rounds):
            return Spread.of([over.spread(field).median / under.spread(field).median])
        return Spread.of([getattr(a, field) / max(getattr(b, field), 1e-6) for a, b in zip(over.rounds, under.rounds)])


# ---- the table ----

HEADING = (f"{'step':20}{'who':16}{'wall s':>9}{'(spread)':>16}{'CPU s':>9}{'(spread)':>16}{'peak MiB':>9}{'read MB':>9}"
           f"{'written':>9}{'flushes':>8}{'x wall':>8}{'x CPU':>7}")


def _range(spread):
    return f"({spread.low:.3f}-{spread.high:.3f})" if spread.high > spread.low else ""


def _row(results, step, name, measured):
    wall, cpu = measured.spread("wall_s"), measured.spread("cpu_s")
    flushes = "" if measured.flushes is None else measured.flushes
    ratios = [results.ratio(step, field, above=name) for field in ("wall_s", "cpu_s")]
    wall_ratio, cpu_ratio = ("" if ratio is None or name == "floor" else f"{ratio.median:.2f}" for ratio in ratios)
    return (f"{step:20}{name:16}{wall.median:9.3f}{_range(wall):>16}{cpu.median:9.3f}{_range(cpu):>16}"
            f"{measured.spread('peak_bytes').median / MIB:9.1f}{measured.spread('read_bytes').median / MB:9.1f}"
            f"{measured.spread('written_bytes').median / MB:9.1f}{flushes:>8}{wall_ratio:>8}{cpu_ratio:>7}")


def payload_table(results):
    """Lines of text."""
    yield f"{results.name}: {results.files} files, {results.plain_bytes / MB:.1f} MB, level {results.level}"
    yield HEADING
    for step, contenders in results.steps.items():
        yield from (_row(results, step, name, measured) for name, measured in contenders.items())
    sizes = ", ".join(f"{name} {size / MB:.3f}" for name, size in results.created_bytes.items())
    yield f"packed, MB: {sizes}"


# ---- JSON ----

def _measured_json(measured):
    document = {field: measured.spread(field)._asdict() for field in Figures._fields}
    document["rounds"] = len(measured.rounds)
    document["flushes"] = measured.flushes
    document["content_bytes"] = measured.content_bytes
    return document


def payload_json(results):
    return {"name": results.name, "files": results.files, "plain_bytes": results.plain_bytes, "level": results.level,
            "created_bytes": results.created_bytes,
            "steps": {step: {name: _measured_json(measured) for name, measured in contenders.items()}
                      for step, contenders in results.steps.items() if contenders}}
