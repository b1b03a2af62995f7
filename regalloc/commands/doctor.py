"""Looks at the machine and says what would go wrong before it does."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from regalloc.commands.backend import select_backend
from regalloc.commands.machine import cache_folder, memory_mb, usable_cores
from regalloc.errors import RegallocError
from regalloc.images.builders.docker_client import SECRET_CA
from regalloc.images.finding import Finding

DISK_GIB = 20
MEMORY_MB = 4096
_PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")


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


def _engine(name: str, cache: Path, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return what is wrong with the engine, and with what its images are built by."""
    try:
        backend = select_backend(name, cache, environ)
    except RegallocError as error:
        return (Finding("engine", error.brief, error.resolution),)
    return (Finding("engine", backend.engine.describe()), *backend.builder.examine())


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


def _certificates(environ: Mapping[str, str]) -> Finding:
    named = [(name, environ[name]) for name in SECRET_CA if environ.get(name)]
    missing = [f"{name}={path}" for name, path in named if not Path(path).is_file()]
    if missing:
        return Finding("certificates", missing[0], "point it at a file, or unset it")
    return Finding("certificates", named[0][1] if named else "the system's")
