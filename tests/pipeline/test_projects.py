"""Projects of other people's: a release builds them, and what it builds passes their own tests."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.engines import why_not
from tests.pipeline.page import RELEASE, set_path
from tests.pipeline.workshop import build_workshop

pytestmark = [
    pytest.mark.skipif(bool(why_not("docker")), reason="NO DOCKER ENGINE ANSWERS"),
    pytest.mark.slow,
    pytest.mark.timeout(3 * 3600),
]
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def image():
    yield build_workshop("projects")
    subprocess.run(
        ["docker", "image", "rm", "regalloc-test-projects"], capture_output=True, check=False
    )


@pytest.mark.parametrize("name", ["mbedtls", "pcre2", "sqlite3"])
def test_a_project_passes_its_own_tests_searched_and_by_a_profile(released, image, name):
    argv = (
        "docker", "run", "--rm", "--init", "--network=none", "--user=1234:1234", "--env=HOME=/tmp",
        f"--volume={released[1]}:{RELEASE}:ro", f"--volume={HERE}:/tests:ro",
        "--entrypoint=/bin/bash", image, "-c",
        f"{set_path()}exec /tests/build_project.sh /tests/projects/{name}.sh",
    )  # fmt: skip
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stderr[-8000:]
    rows = [line.split() for line in done.stdout.splitlines()]
    found = {name: [int(value) for value in values] for name, *values in rows}
    assert found["lines"][0] > 50_000
    passed, ran = found["plain-tests"]
    assert passed > 0.99 * ran > 50
    # What fails when clang compiled it as it always does is not the search's doing.
    assert found["searched-tests"] == found["profiled-tests"] == [passed, ran]
    assert not [name for name in found if name.endswith("-results-differ")], done.stderr[-8000:]
    assert found["objects"][0] > 10
    assert found["searched-differ"][0] > 0
    assert found["profiled-differ"][0] > 0
    # Each project compiles one source in several ways, or many programs with a main. Only one of
    # them is profiled, and the others are said to have other code than that.
    quiet = ("again-differ", "search-warnings", "searched-stale-warnings", "crashes")
    assert {name: value for name, value in found.items() if name.endswith(quiet) and value[0]} == {}
