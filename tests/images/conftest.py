"""The docker engine's images, for the tests that move some."""

from __future__ import annotations

import pytest

from regalloc.engine.store import ImageStore
from tests.engines import docker_engine


@pytest.fixture(scope="module")
def store() -> ImageStore:
    """The images of the engine that answers; skips aloud where none does."""
    engine = docker_engine()
    if engine is None:
        pytest.skip("NO DOCKER ENGINE ANSWERS: no image is moved")
    return engine.images
