"""Which engine a run uses."""

from __future__ import annotations

from pathlib import Path

from regalloc.engine.docker import DockerEngine, connect
from regalloc.engine.local import LocalEngine, require_debian
from regalloc.errors import ConfigError, EngineError


def select_engine(name: str, checkout: Path, cache: Path) -> DockerEngine | LocalEngine:
    """Return the engine of that name; with an empty name docker if it answers, else local.

    Raises:
        ConfigError: there is no engine of that name.
        EngineError: docker was asked for and does not answer, or this is not Debian 12.
    """
    if name not in ("", "docker", "local"):
        raise ConfigError(f"no engine {name!r}", "", "use --engine=docker or --engine=local")
    if name != "local" and (engine := connect()) is not None:
        return engine
    if name == "docker":
        raise EngineError(
            "no docker engine answers",
            "",
            "start it, set DOCKER_HOST, or use --engine=local on Debian 12",
        )
    require_debian()
    return LocalEngine(checkout, cache)
