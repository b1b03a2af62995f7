"""What the engine's words about a registry mean, and what to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from regalloc.errors import DiskError, RegallocError, RegistryError


@dataclass(frozen=True)
class Refusal:
    """One cause.

    Attributes:
        words: regular expression that finds the cause in the engine's message.
        brief: what is wrong, after the registry's name.
        resolution: what to do; `{host}` stands for the registry's host.
    """

    words: str
    brief: str
    resolution: str


AGAIN = "run the same command again: images that are through are not moved twice"

# The first that fits is meant: a web server's page may hold any word, and a TLS handshake that
# times out is no matter of certificates.
REFUSALS = (
    Refusal(
        r"unexpected HTTP status|error parsing HTTP",
        "does not answer as a registry does",
        "check the address, and the registry's own log",
    ),
    Refusal(
        r"verification failed|did not match|does not match|invalid digest|digest invalid",
        "sent or received something else than its digest says; nothing of it was kept",
        "delete the tag in the registry, and push it again from where it was built",
    ),
    Refusal(
        r"no basic auth|unauthorized|authentication required|denied|forbidden|incorrect username",
        "wants a login, or one that may do this (or has no such repository)",
        "docker login {host}",
    ),
    Refusal(
        r"toomanyrequests|rate limit",
        "answers no more for a while: too many requests",
        "wait, or docker login {host}",
    ),
    Refusal(
        r"server gave HTTP response to HTTPS client",
        "speaks http without TLS, which docker allows on loopback only",
        'give it a certificate, or list "{host}" under "insecure-registries" in '
        "/etc/docker/daemon.json",
    ),
    Refusal(
        r"time(d )?out|deadline exceeded|Client\.Timeout",
        "did not answer in time",
        f"check that this machine reaches {{host}}, then {AGAIN}",
    ),
    Refusal(
        r"x509|certificate|tls:",
        "has a certificate that the docker daemon does not trust",
        "put its authority's certificate into /etc/docker/certs.d/{host}/ca.crt",
    ),
    Refusal(
        r"no such host|name resolution|server misbehaving",
        "cannot be found: its name does not resolve",
        "check the spelling of {host}, and this machine's DNS",
    ),
    Refusal(
        r"connection refused|no route to host|network is unreachable",
        "cannot be reached",
        "check that {host} is up and that this machine reaches it",
    ),
    Refusal(
        r"manifest unknown|blob unknown|name unknown|not found",
        "does not have all of the image",
        "push it again from where it was built",
    ),
    Refusal(
        r"\bEOF\b|connection reset|broken pipe|closed network connection",
        "cut the connection",
        AGAIN,
    ),
    Refusal(
        r"credentials store error|docker-credential",
        "cannot be logged into: docker's credential helper failed",
        "check credsStore and credHelpers in docker's config.json",
    ),
)


def registry_failure(host: str, text: str) -> RegallocError:
    """Return the error that the engine's message about a registry stands for.

    Args:
        host: the registry, as `docker login` takes it.
        text: the engine's message.
    """
    if says_full(text):
        return engine_full(text)
    for refusal in REFUSALS:
        if re.search(refusal.words, text, re.IGNORECASE):
            resolution = refusal.resolution.format(host=host)
            return RegistryError(f"registry {host} {refusal.brief}", text, resolution)
    return RegistryError(f"registry {host} refused", text, "see the docker daemon's log")


def says_full(text: str) -> bool:
    """Return whether a program's output says that a disk is full."""
    return "no space left on device" in text.lower()


def engine_full(text: str) -> DiskError:
    """Return the error of an engine without space."""
    return DiskError("the docker engine's disk is full", text, "free space: docker system prune")
