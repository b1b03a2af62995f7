"""From the command line and the environment to the cluster that compiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from regalloc.cluster.address import parse_address
from regalloc.engine.command import Mount
from regalloc.errors import ConfigError

TOKEN = "RAY_AUTH_TOKEN_PATH"
"""Ray's own variable for the file that a cluster's token lies in."""

_PLACE = PurePosixPath("/run/cluster-token")
"""Where a token lies in a container: no environment shows it."""


@dataclass(frozen=True)
class Cluster:
    """Where compiles are done instead of on this machine; decides no result.

    Attributes:
        address: the head of the Ray cluster.
        network: docker network that reaches it.
        token: file with the token that it asks for, if it asks for one.
    """

    address: str
    network: str
    token: Path | None = None

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """Return what a client of the cluster sees: the token, if there is one."""
        return (Mount(self.token, _PLACE, variable=TOKEN),) if self.token else ()

    @property
    def environment(self) -> tuple[tuple[str, str], ...]:
        """Return what Ray is told beside the token's place."""
        return (("RAY_AUTH_MODE", "token"),) if self.token else ()


def find_cluster(address: str, network: str, environ: Mapping[str, str]) -> Cluster | None:
    """Return the cluster of an address, or None where there is no address.

    Raises:
        ConfigError: the address is none, or there is no file where a token should lie.
    """
    if not address:
        return None
    token = Path(environ[TOKEN]).absolute() if environ.get(TOKEN) else None
    if token and not token.is_file():
        raise ConfigError(
            f"there is no token in {token}", f"{TOKEN} names it", "write it there, or unset it"
        )
    return Cluster(str(parse_address(address)), network, token)
