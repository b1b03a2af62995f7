"""The script that runs the tests in two parts."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts/run-tests"
PYTEST = """#!/bin/sh
echo "$@"
case "$*" in *tests/unit) exit {unit} ;; *) exit {rest} ;; esac
"""
UNIT = "-q --numprocesses=auto --dist=worksteal tests/unit"
REST = "-q tests/images tests/pipeline"


def run_tests(
    folder: Path, unit: int, rest: int, part: str = "all"
) -> subprocess.CompletedProcess[str]:
    """Run the script with a pytest whose two calls end so."""
    fake = folder / "pytest"
    fake.write_text(PYTEST.format(unit=unit, rest=rest))
    fake.chmod(0o755)
    argv = [SCRIPT, part, fake, "-q"]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("unit", "rest", "code"),
    [(0, 0, 0), (1, 0, 1), (0, 1, 1), (1, 2, 2), (5, 0, 0), (0, 5, 0), (1, 5, 1), (5, 5, 5)],
)
def test_both_parts_run_and_the_worse_end_counts(tmp_path, unit, rest, code):
    done = run_tests(tmp_path, unit, rest)
    assert (done.stdout.splitlines(), done.returncode) == ([UNIT, REST], code)


def test_an_interrupt_ends_both_parts(tmp_path):
    done = run_tests(tmp_path, 2, 0)
    assert (done.stdout.splitlines(), done.returncode) == ([UNIT], 2)


def test_a_failure_of_the_first_part_is_told_at_the_end(tmp_path):
    assert run_tests(tmp_path, 1, 0).stderr == "tests/unit: some tests failed, see above\n"


@pytest.mark.parametrize("code", [0, 1, 5])
def test_the_first_part_can_run_alone(tmp_path, code):
    done = run_tests(tmp_path, code, 0, "unit")
    assert (done.stdout.splitlines(), done.returncode) == ([UNIT], code)
