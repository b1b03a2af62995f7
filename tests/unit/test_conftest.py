"""What the tests' own configuration does."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests import conftest


def test_a_test_is_marked_by_its_folder(request):
    assert [mark.name for mark in request.node.own_markers] == ["unit"]


@pytest.mark.parametrize(
    ("path", "mark"),
    [
        ("unit/images/test_x.py", "unit"),
        ("images/test_x.py", "image"),
        ("pipeline/test_x.py", "pipeline"),
        ("rl/test_x.py", "image"),
    ],
)
def test_each_folder_has_its_mark(path, mark):
    marks = []
    item = SimpleNamespace(path=conftest.TESTS / path, add_marker=marks.append)
    conftest.pytest_collection_modifyitems([item])
    assert marks == [mark]


class FakeReporter:
    """Keeps what is written below the tests' results."""

    def __init__(self, *reasons):
        self.stats = {"skipped": [SimpleNamespace(longrepr=("f.py", 1, r)) for r in reasons]}
        self.written = []

    def section(self, title, **style):
        self.written.append(title)

    def line(self, text):
        self.written.append(text)


def test_tests_that_miss_docker_are_counted_aloud():
    reporter = FakeReporter(
        "Skipped: engine docker: no docker engine answers",
        "Skipped: NO DOCKER ENGINE ANSWERS: no image is moved",
        "Skipped: THERE IS NO CHROMIUM",
    )
    conftest.pytest_terminal_summary(reporter)
    assert reporter.written == [
        "NO DOCKER ENGINE ANSWERS",
        "2 tests did not run: start docker and run them again",
    ]


def test_nothing_is_said_where_docker_was_not_missed():
    reporter = FakeReporter("Skipped: THERE IS NO CHROMIUM")
    conftest.pytest_terminal_summary(reporter)
    assert reporter.written == []
