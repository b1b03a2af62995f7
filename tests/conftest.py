"""Which tests can be collected here, what they are marked with, and on how many cores they run."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

# Before any test imports numpy: it says which of numpy's kernels are used.
import regalloc  # noqa: F401

TESTS = Path(__file__).parent
# tests/rl runs inside an image.
MARKS = {"unit": "unit", "images": "image", "pipeline": "pipeline", "rl": "image"}
NO_DOCKER = "no docker engine answers"

# Those need TensorFlow. Where it is not installed they run inside the trainer, as one test:
# tests/images/test_trainer.py.
collect_ignore = [] if find_spec("tensorflow") else ["rl"]

# Where tests run at the same time, the other cores are taken: numpy's threads would wait for them.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by the folder it lies in."""
    for item in items:
        item.add_marker(MARKS[item.path.relative_to(TESTS).parts[0]])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return how many tests run at a time where they run in parallel."""
    # Not in the trainer, which has neither this module nor xdist.
    from regalloc.commands.machine import usable_cores

    return usable_cores()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud how many tests did not run because no docker engine answers."""
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(NO_DOCKER in str(report.longrepr).lower() for report in skipped)
    if count:
        terminalreporter.section(NO_DOCKER.upper(), red=True, bold=True)
        terminalreporter.line(f"{count} tests did not run: start docker and run them again")
