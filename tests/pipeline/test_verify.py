"""`invoke verify`: two builds give the same files, and two trainings the same policy."""

from __future__ import annotations

import pytest

from tests.engines import call, task, why_not

pytestmark = pytest.mark.skipif(bool(why_not("docker")), reason="NO DOCKER ENGINE ANSWERS")


@pytest.mark.timeout(1200)
def test_the_base_is_built_twice_with_the_same_files():
    done = call(task("verify", "--once", "--image=base", "--no-tests", "--no-stages"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "image base: " in done.stdout
    assert ", 0 different" in done.stdout


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_every_image_and_every_stage_is_the_same_twice():
    done = call(task("verify"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(", 0 different") == 16
