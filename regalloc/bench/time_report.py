"""What clang's ``-ftime-report`` says of code generation's passes.

A report has a table for each group of timers: a title between rules, a heading that names the
columns, a line for each timer.  Columns in which all is 0 are left out, and a pass that runs more
than once has a number behind its name.

Source: ``llvm/lib/Support/Timer.cpp``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

GREEDY = "Greedy Register Allocator"
TITLE = "Pass execution timing report"
"""Title of the tables whose lines are passes; others tell of parts of passes."""

_TABLE = re.compile(r"===-+===\s*(\S.*?)\s*===-+===")
_COLUMN = re.compile(r"--\s*(User Time|System Time|User\+System|Wall Time|Name)\s*--")
_VALUE = re.compile(r"\s*(\d+\.\d+) \(\s*\d+\.\d+%\)")
_NUMBER = re.compile(r" #\d+$")


def read_passes_s(report: str) -> dict[str, float]:
    """Return the processor seconds of each pass, all its runs together.

    Raises:
        ValueError: the report does not tell of greedy.
    """
    passes: dict[str, float] = {}
    _, *tables = _TABLE.split(report)
    for title, table in zip(tables[::2], tables[1::2], strict=True):
        for name, seconds in _read_table(table) if title == TITLE else ():
            passes[name] = passes.get(name, 0.0) + seconds
    if GREEDY not in passes:
        raise ValueError(f"no time of {GREEDY} is told")
    return passes


def _read_table(table: str) -> Iterator[tuple[str, float]]:
    columns: list[str] = []
    for line in table.splitlines():
        if headings := _COLUMN.findall(line):
            columns = headings[:-1]
        elif values := _VALUE.findall(line):
            name = _NUMBER.sub("", _VALUE.sub("", line).strip())
            if name != "Total":
                yield name, _processor_s(dict(zip(columns, map(float, values), strict=False)))


def _processor_s(values: dict[str, float]) -> float:
    """Return user and system time; where one of them is 0 in all passes, the other alone."""
    parts = (values.get("User Time", 0.0), values.get("System Time", 0.0))
    return values.get("User+System", sum(parts))
