"""Which engine runs the stages, and what builds the images for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from regalloc.commands.machine import CHECKOUT
from regalloc.engine.docker import DockerEngine, connect
from regalloc.engine.local import LocalEngine, require_debian
from regalloc.engine.protocol import Engine
from regalloc.errors import ConfigError, EngineError
from regalloc.images.builders.buildkit import DockerBuilder
from regalloc.images.builders.local_images import LocalBuilder
from regalloc.images.transfer.prebuilt import Builder, PullOrBuild
from regalloc.images.transfer.registry import Registry
from regalloc.terminal.messages import say


@dataclass(frozen=True)
class Backend:
    """An engine, and what builds the images that it runs stages in."""

    engine: Engine
    builder: Builder


def select_backend(
    name: str,
    cache: Path,
    environ: Mapping[str, str],
    *,
    jobs: int = 1,
    registry: str | None = None,
) -> Backend:
    """Return the engine of that name; with an empty name docker if there is one, else local.

    Args:
        name: `docker`, `local` or empty.
        cache: the cache folder.
        environ: the process's environment.
        jobs: compiles at the same time, where a build is given their number.
        registry: where images are pulled from, if anywhere.

    Raises:
        ConfigError: there is no engine of that name.
        EngineError: docker was asked for and is not there, it is there and does not answer, or this
            is not Debian 12.
    """
    if name not in ("", "docker", "local"):
        raise ConfigError(f"no engine {name!r}", "", "use --engine=docker or --engine=local")
    if name != "local" and (engine := connect()) is not None:
        return Backend(engine, _docker_builder(engine, cache, environ, registry))
    if name == "docker":
        raise EngineError(
            "there is no docker engine",
            "",
            "start it, set DOCKER_HOST, or use --engine=local on Debian 12",
        )
    require_debian()
    return Backend(LocalEngine(CHECKOUT, cache), LocalBuilder(CHECKOUT, cache, environ, jobs))


def _docker_builder(
    engine: DockerEngine, cache: Path, environ: Mapping[str, str], registry: str | None
) -> Builder:
    builder = DockerBuilder(CHECKOUT, cache, environ, engine.images)
    return PullOrBuild(Registry(registry, engine.images, say), builder) if registry else builder
