"""Files that a generator writes, and that must be what it would write."""

import pathlib
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent


def write_or_check(files, source, writer):
    """Writes {path: text}; with --check on the command line tells instead which are not what `source` says.

    Returns the exit status. `writer` is the command that writes them anew.
    """
    if "--check" not in sys.argv[1:]:
        for path, text in files.items():
            path.write_text(text)
        return 0
    stale = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    for path in stale:
        print(f"{path.relative_to(TOP)} is not what {source}: run {writer}")
    return 1 if stale else 0


def rows(table, macro, pattern):
    """The groups of each row `macro(…)` of an X-macro table."""
    for line in table.read_text().splitlines():
        if line.startswith(macro + "("):
            match = pattern.match(line)
            if not match:
                sys.exit(f"{table.name}: can't read: {line}")
            yield match.groups()


def with_part(page, writer, part):
    """The page with `part` between the comments that name its writer; the rest of it is written by hand."""
    begin, end = f"<!-- written by {writer} -->\n", "<!-- end -->\n"
    before, _, rest = page.read_text().partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        sys.exit(f"{page.name} has no place for the part, between '{begin.strip()}' and '{end.strip()}'")
    return before + begin + part + end + after
