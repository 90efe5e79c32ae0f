"""Reports: what is installed, what differs, what is missing, what is to be done; a row each."""

import dataclasses

from ._library import call, create, ffi, lib, new_struct, path_text, text


@dataclasses.dataclass(frozen=True)
class ReportRow:
    kind: str  # a stable name; each function says which there are
    package: str
    object: str  # what the row is about: a path, a version, a relation; "" where nothing
    sentence: str


def _row(struct):
    return ReportRow(text(struct.kind), text(struct.package), path_text(struct.object), text(struct.sentence))


def report(function, *arguments):
    """Calls a function that makes a mos_report; a list of ReportRow."""
    cursor = ffi.gc(create(function, *arguments), lib.mos_report_free)
    struct, _ = new_struct("mos_report_row")
    rows = []
    while call(lib.mos_report_next, cursor, struct) == lib.MOS_OK:
        rows.append(_row(struct))
    return rows


def outcome_rows(outcome):
    """The rows of a job's outcome, as a tuple."""
    struct, _ = new_struct("mos_report_row")
    rows = []
    for index in range(lib.mos_outcome_row_count(outcome)):
        call(lib.mos_outcome_row_at, outcome, index, struct)
        rows.append(_row(struct))
    return tuple(rows)
