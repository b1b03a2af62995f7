"""The programs of the image: all of them build in its container, and do their work right."""

from __future__ import annotations

import pytest

from regalloc.commands.machine import CHECKOUT
from regalloc.layout import PROGRAM_DEFINITION, PROGRAMS, PROGRAMS_RESULT
from regalloc.report import programs_result
from tests.engines import call, task, why_not
from tests.pipeline.conftest import PROFILE


@pytest.mark.skipif(bool(why_not("docker")), reason="NO DOCKER ENGINE ANSWERS")
@pytest.mark.slow
@pytest.mark.timeout(2 * 3600)
def test_every_program_builds_and_prints_what_it_should(released):
    run, *_ = released
    done = call(
        task(
            "programs", f"--profile={PROFILE}", f"--run={run}", "--engine=docker",
            "--variants=default", "--bind=Programs.names=()", "--bind=Programs.timed=()",
            "--bind=Programs.wall_s=1800.0",
        )
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    content = programs_result.read(run / PROGRAMS / PROGRAMS_RESULT)
    assert {one.name: one.outcome for one in content.programs} == {
        path.parent.name: "ok"
        for path in (CHECKOUT / "configs" / "programs").glob(f"*/{PROGRAM_DEFINITION}")
    }
