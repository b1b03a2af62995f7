"""Looks at the machine and says what would go wrong before it does."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from regalloc.engine.select import select_engine
from regalloc.errors import RegallocError
from regalloc.images.client import SECRET_CA, find_client
from regalloc.pipeline.machine import CHECKOUT, cache_folder, memory_mb, usable_cores

DISK_GIB = 20
MEMORY_MB = 4096
_PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's.

    Attributes:
        subject: what was looked at.
        seen: what was found.
        fix: what to do about it, empty when it is well.
    """

    subject: str
    seen: str
    fix: str = ""


def examine(environ: Mapping[str, str], engine: str = "") -> tuple[Finding, ...]:
    """Return every finding, the well and the ill."""
    cache = cache_folder(environ)
    return (
        _python(),
        *_engine(engine, cache, environ),
        _disk(cache),
        _memory(),
        Finding("cores", str(usable_cores())),
        _processor(Path("/proc/cpuinfo")),
        _certificates(environ),
        Finding("proxy", "set" if any(environ.get(name) for name in _PROXIES) else "none"),
    )


def print_findings(findings: tuple[Finding, ...]) -> bool:
    """Print the findings and return whether all is well."""
    console = Console(highlight=False, soft_wrap=True)
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        mark, style = ("fix", "bold red") if finding.fix else ("ok ", "green")
        console.print(mark, style=style, end=" ")
        console.print(f"{finding.subject:{width}}  {finding.seen}", markup=False)
        if finding.fix:
            console.print(f"    {'':{width}}  {finding.fix}", markup=False)
    return not any(finding.fix for finding in findings)


def _engine(name: str, cache: Path, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return what is wrong with the engine, and with what it builds its images by."""
    try:
        engine = select_engine(name, CHECKOUT, cache)
    except RegallocError as error:
        return (Finding("engine", error.brief, error.resolution),)
    found = Finding("engine", engine.describe())
    if engine.name == "local":
        return (found, _root())
    return (found, _client(environ), _mmdebstrap(environ))


def _client(environ: Mapping[str, str]) -> Finding:
    try:
        return Finding("BuildKit", str(find_client(environ.get("PATH", "")).path))
    except RegallocError as error:
        return Finding("BuildKit", error.brief, error.resolution)


def _root() -> Finding:
    if os.geteuid() == 0:
        return Finding("root", "yes, packages can be installed")
    return Finding("root", "no", "run `make build-llvm build-corpus` once as root")


def _python() -> Finding:
    found = ".".join(str(part) for part in sys.version_info[:3])
    fix = "" if sys.version_info >= (3, 11) else "install Python 3.11 or newer"
    return Finding("Python", found, fix)


def _disk(cache: Path) -> Finding:
    existing = next(path for path in (cache, *cache.parents) if path.exists())
    free = shutil.disk_usage(existing).free // 1024**3
    fix = "" if free >= DISK_GIB else f"free {DISK_GIB} GiB, or set REGALLOC_CACHE"
    return Finding("disk", f"{free} GiB free for {cache}", fix)


def _memory() -> Finding:
    total = memory_mb()
    return Finding("memory", f"{total} MiB", "" if total >= MEMORY_MB else "use --jobs=1")


def _processor(cpuinfo: Path) -> Finding:
    """Return whether what is learned here is what is learned elsewhere."""
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    flags = next((line.split() for line in lines if line.startswith("flags")), [])
    missing = [name for name in ("avx2", "fma") if name not in flags]
    if not missing:
        return Finding("processor", "has AVX2 and FMA, as reproducible learning needs")
    fix = "a policy learned here has other bits than one learned where they are"
    return Finding("processor", f"lacks {' and '.join(missing)}", fix)


def _mmdebstrap(environ: Mapping[str, str]) -> Finding:
    if given := environ.get("BASE_IMAGE"):
        return Finding("base", f"BASE_IMAGE {given}")
    if found := shutil.which("mmdebstrap"):
        return Finding("base", f"bootstrap with {found}")
    if os.geteuid() == 0 and shutil.which("apt-get"):
        return Finding("base", "mmdebstrap will be installed")
    fix = "needed only when debian:bookworm-slim cannot be pulled; or set BASE_IMAGE"
    return Finding("base", "mmdebstrap is not installed", fix)


def _certificates(environ: Mapping[str, str]) -> Finding:
    named = [(name, environ[name]) for name in SECRET_CA if environ.get(name)]
    missing = [f"{name}={path}" for name, path in named if not Path(path).is_file()]
    if missing:
        return Finding("certificates", missing[0], "point it at a file, or unset it")
    return Finding("certificates", named[0][1] if named else "the system's")
