"""Where a cluster is reached: the client port of its head."""

from __future__ import annotations

from dataclasses import dataclass

from regalloc.errors import ConfigError

PORT = 10001
"""The port of Ray's client server, unless its head was told another."""

_SCHEME = "ray://"


@dataclass(frozen=True)
class Address:
    """The head of a cluster.

    Attributes:
        host: its name or number.
        port: of its client server.
    """

    host: str
    port: int = PORT

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{_SCHEME}{host}:{self.port}"


def parse_address(text: str) -> Address:
    """Return the head that ``HOST``, ``HOST:PORT`` or ``ray://HOST:PORT`` names.

    Raises:
        ConfigError: it names none.
    """
    place = text.removeprefix(_SCHEME)
    if place.startswith("["):
        host, _, rest = place[1:].partition("]")
        colon, port = rest[:1], rest[1:]
    else:
        host, colon, port = place.partition(":")
    right = port.isascii() and port.isdigit() and 0 < int(port) < 2**16
    if not host or set(host) & set("/@ \t") or colon not in ("", ":") or bool(colon) != right:
        raise ConfigError(
            f"--cluster={text} names no head of a Ray cluster",
            "",
            f"use HOST or HOST:PORT, the port of Ray's client server ({PORT} by default)",
        )
    return Address(host, int(port) if right else PORT)
