"""Link the tools of a release: what an image prepared, and a policy that was compiled."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from regalloc.compiler.toolchain import Toolchain
from regalloc.errors import ToolchainError

TOOLS, SEARCHING_TOOLS = "tools", "searching-tools"
_LAST = 20
_REBUILD = "build it: invoke build-kit"


@dataclass(frozen=True)
class Model:
    """A policy that TensorFlow's compiler made machine code of.

    Attributes:
        header: declares the class.
        code: the object.
        name: the class, without its namespace ``llvm``.
    """

    header: Path
    code: Path
    name: str


def check_kit(kit: Path) -> None:
    """Make sure that there is something to link a release of.

    Raises:
        ToolchainError: there is not.
    """
    if missing := [name for name in ("tools.o", "runtime.o") if not (kit / name).is_file()]:
        raise ToolchainError(
            "there is nothing to link a release of",
            f"{kit} has no {' and no '.join(missing)}",
            _REBUILD,
        )


def link_tools(
    kit: Path,
    toolchain: Toolchain,
    model: Model,
    *,
    weights: Path | None,
    headers: Path,
    folder: Path,
) -> Path:
    """Link clang, lld and llc with a policy, and return the one program that is all of them.

    Args:
        kit: the folder of the kit, which :func:`check_kit` found whole.
        toolchain: what compiles and links.
        model: the policy.
        weights: its weights file, by which the tools search; None if it has none.
        headers: TensorFlow's.
        folder: where to work, an empty one.

    Raises:
        ToolchainError: it does not compile or link.
    """
    names = {
        "bin": toolchain.clang.parent,
        "ours": kit,
        "tf": headers,
        "header": model.header,
        "object": model.code,
        "class": f"llvm::{model.name}",
        "weights": weights or "/dev/null",
    }
    text = "".join(f"{name} = {_escape(str(value))}\n" for name, value in names.items())
    (folder / "vars.ninja").write_text(text, encoding="utf-8")
    tools = SEARCHING_TOOLS if weights else TOOLS
    argv = ("ninja", "-C", str(folder), "-f", str(kit / "release.ninja"), tools)
    try:
        run = subprocess.run(argv, capture_output=True, text=True, errors="replace", check=False)
    except OSError as error:
        raise ToolchainError("ninja cannot be started", str(error), _REBUILD) from error
    if run.returncode != 0:
        tail = "\n".join((run.stdout + run.stderr).splitlines()[-_LAST:])
        raise ToolchainError("the policy cannot be linked into the tools", tail, _REBUILD)
    return folder / tools


def _escape(value: str) -> str:
    return value.replace("$", "$$")
