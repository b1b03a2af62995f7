"""The docker client that drives BuildKit, which the SDK cannot."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from regalloc.errors import ImageError
from regalloc.images.finding import Finding

PROBE_S = 20.0
# Looked at even when PATH hides it: Debian's own client drives BuildKit without a plugin.
SYSTEM = ("/usr/bin",)
_BUILDKIT_SINCE = 18
_BUILDX_SINCE = 23
SECRET_CA = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "CURL_CA_BUNDLE")


@dataclass(frozen=True)
class Client:
    """A docker client that can drive BuildKit.

    Attributes:
        path: the binary.
        major: its major version.
    """

    path: Path
    major: int

    @property
    def build(self) -> tuple[str, ...]:
        """Return the start of a build's command line."""
        # A buildx builder of its own would keep the result to itself without --load.
        load = ("--load",) if self.major >= _BUILDX_SINCE else ()
        return (str(self.path), "build", *load)


def find_client(search: str) -> Client:
    """Return the first docker client on a search path that can drive BuildKit.

    Raises:
        ImageError: there is none.
    """
    seen: dict[Path, str] = {}
    for folder in [*search.split(os.pathsep), *SYSTEM]:
        path = Path(folder) / "docker"
        if not os.access(path, os.X_OK) or path.resolve() in seen:
            continue
        major = _major(path)
        if major >= _BUILDX_SINCE and not _has_buildx(path):
            seen[path.resolve()] = f"{path}: version {major}, without the buildx plugin"
        elif major < _BUILDKIT_SINCE:
            seen[path.resolve()] = f"{path}: too old or not a docker client"
        else:
            return Client(path, major)
    raise ImageError(
        "no docker client that can drive BuildKit",
        "\n".join(seen.values()) or "there is no docker client on PATH",
        "install the docker-buildx plugin, or on Debian 12: apt-get install docker.io",
    )


def find_buildkit(environ: Mapping[str, str]) -> Finding:
    """Return which client drives BuildKit here, or that none does."""
    try:
        return Finding("BuildKit", str(find_client(environ.get("PATH", "")).path))
    except ImageError as error:
        return Finding("BuildKit", error.brief, error.resolution)


def _probe(*argv: str | Path) -> tuple[int, str]:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=PROBE_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 1, ""
    return done.returncode, done.stdout


def _major(path: Path) -> int:
    found = re.search(r"version (\d+)\.", _probe(path, "--version")[1])
    return int(found[1]) if found else 0


def _has_buildx(path: Path) -> bool:
    return _probe(path, "buildx", "version")[0] == 0


def build_secrets(
    environ: Mapping[str, str], pip_configs: Sequence[Path], sources: Path
) -> tuple[str, ...]:
    """Return the flags that lend a build certificates, pip's configuration and apt's sources."""
    bundles = (Path(environ[name]) for name in SECRET_CA if environ.get(name))
    ca = next((path for path in bundles if path.is_file()), None)
    pip = next((path for path in pip_configs if path.is_file()), None)
    # Without sources of the machine's own a base that was pulled has some.
    apt = sources if sources.stat().st_size else None
    named = (("ca", ca), ("pipconf", pip), ("apt", apt))
    return tuple(
        flag for name, path in named if path for flag in ("--secret", f"id={name},src={path}")
    )


def pip_config_files(environ: Mapping[str, str], home: Path) -> tuple[Path, ...]:
    """Return where pip looks for its configuration, the strongest first."""
    given = environ.get("PIP_CONFIG_FILE")
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    places = (config / "pip/pip.conf", home / ".pip/pip.conf", Path("/etc/pip.conf"))
    return ((Path(given),) if given else ()) + places
