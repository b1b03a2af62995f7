"""The docker SDK's client, and its failures as ours.  The only file that imports the SDK."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from regalloc.engine.refusals import engine_full, says_full
from regalloc.errors import ConfigError, EngineError, RegallocError

T = TypeVar("T")

SOCKET = Path("/var/run/docker.sock")
"""Where an engine of this machine listens."""


def open_client(timeout_s: float) -> Any | None:
    """Return a client of the engine that the environment names, or None when there is none.

    Raises:
        ConfigError: docker's own config.json, which holds its credentials, cannot be read.
        EngineError: there is an engine, but it does not answer, or not to this user.
    """
    # Imported here: the SDK takes longer to load than `status` may take in all.
    import docker
    from docker.errors import DockerException, InvalidConfigFile

    try:
        client = docker.from_env(timeout=timeout_s)
        client.ping()
    except (InvalidConfigFile, ValueError) as error:
        raise ConfigError(
            "docker's config.json cannot be read", str(error), "docker logout, then docker login"
        ) from error
    except DockerException as error:
        if not _is_there():
            return None
        raise _silent(str(error)) from error
    return client


def _is_there() -> bool:
    """Tell whether somebody set an engine up: by a variable, or by a socket at docker's place."""
    return bool(os.environ.get("DOCKER_HOST")) or SOCKET.exists()


def _silent(text: str) -> EngineError:
    """Return the error of an engine that is there and does not answer."""
    if "permission denied" in text.lower():
        return EngineError(
            "this user may not use the docker engine",
            text,
            "let an administrator add the user to the group docker, or use --engine=local, which "
            "isolates nothing",
        )
    return EngineError(
        "the docker engine does not answer",
        text,
        "start it, correct DOCKER_HOST, or use --engine=local, which isolates nothing",
    )


def engine_failure(text: str) -> RegallocError:
    """Return the error that an engine's message stands for."""
    if says_full(text):
        return engine_full(text)
    return EngineError("the docker engine refused or went away", text, "run `make doctor`")


@contextmanager
def translated(refused: Callable[[str], RegallocError] = engine_failure) -> Iterator[None]:
    """Turn the SDK's exceptions into ours.

    Args:
        refused: makes an error of the message of an engine that answered, but not as we hoped.
    """
    from docker.errors import DockerException, StreamParseError
    from requests.exceptions import RequestException, Timeout
    from urllib3.exceptions import HTTPError

    try:
        yield
    except RegallocError:
        raise
    except (DockerException, Timeout) as error:
        raise refused(str(getattr(error, "explanation", None) or error)) from error
    # A stream that ends in the middle shows as urllib3's error, or as half a line of JSON.
    except (RequestException, StreamParseError, HTTPError) as error:
        raise engine_failure(str(error)) from error


def or_none(call: Callable[[], T]) -> T | None:
    """Return what a call of the SDK gives, None when the engine says there is no such thing."""
    from docker.errors import NotFound

    try:
        return call()
    except NotFound:
        return None


def succeeds(call: Callable[[], object]) -> bool:
    """Return whether a call of the SDK does what it should."""
    from docker.errors import DockerException

    try:
        call()
    except DockerException:
        return False
    return True


@contextmanager
def refusal_heard(hear: Callable[[str], object]) -> Iterator[None]:
    """Go on when the engine refuses what is tried.

    Args:
        hear: takes the engine's words, unless they are that there is no such thing.
    """
    from docker.errors import APIError, NotFound

    try:
        yield
    except NotFound:
        pass
    except APIError as error:
        hear(str(error))
