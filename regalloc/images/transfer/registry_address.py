"""Which registry the images are exchanged with."""

from __future__ import annotations

import re
from collections.abc import Mapping

from regalloc.errors import ConfigError

VARIABLE = "REGALLOC_REGISTRY"

# https://github.com/distribution/reference: docker's own grammar of names.
_HOST = r"[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*(?:\.[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*)*(?::[0-9]{1,5})?"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_ADDRESS = re.compile(rf"({_HOST})((?:/{_PART})*)")
_LONGEST = 200
_EXAMPLES = "write it as host[:port][/path], like localhost:5000 or ghcr.io/us/images"


def find_registry(option: str, environ: Mapping[str, str]) -> str | None:
    """Return the registry that --registry or REGALLOC_REGISTRY names, None when neither does.

    Raises:
        ConfigError: it is malformed.
    """
    address = option or environ.get(VARIABLE, "")
    return parse_registry(address) if address else None


def require_registry(option: str, environ: Mapping[str, str]) -> str:
    """Return the registry that --registry or REGALLOC_REGISTRY names.

    Raises:
        ConfigError: neither names one, or it is malformed.
    """
    address = find_registry(option, environ)
    if address is None:
        raise ConfigError("no registry is named", "", f"use --registry=..., or set {VARIABLE}")
    return address


def parse_registry(address: str) -> str:
    """Return a registry's address, `host[:port][/path]`, if docker can use it in a name.

    Raises:
        ConfigError: it cannot.
    """
    if reason := _malformed(address):
        raise ConfigError(f"registry {address!r} cannot be used", reason, _EXAMPLES)
    return address


def _malformed(address: str) -> str:
    if "://" in address:
        return "it has a scheme; docker chooses https or, on loopback, http by itself"
    if len(address) > _LONGEST:
        return f"it is longer than {_LONGEST} characters"
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return "a path is of lower-case letters, digits and single separators"
    host, _, port = found[1].partition(":")
    if port and not 0 < int(port) < 65536:
        return f"there is no port {port}"
    if not port and "." not in host and host != "localhost":
        return f"docker takes {host} for an account on Docker Hub, and not for a host"
    return ""
