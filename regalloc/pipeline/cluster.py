"""From the command line and the environment to the cluster that compiles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from regalloc.cluster.address import parse_address
from regalloc.errors import ConfigError
from regalloc.pipeline.plan import Cluster

TOKEN = "RAY_AUTH_TOKEN_PATH"
"""Ray's own variable for the file that a cluster's token lies in."""


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
