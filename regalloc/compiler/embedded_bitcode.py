"""Take embedded bitcode and its command out of an object file."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from regalloc.compiler.toolchain import BUILD_IMAGES, Toolchain
from regalloc.errors import DiskError, ToolchainError
from regalloc.formats.bitcode import HEAD_BYTES, is_bitcode, read_producer
from regalloc.formats.corpus import parse_cmd

Reason = Literal[
    "missing object",
    "assembler source",
    "not an object",
    "no bitcode section",
    "no command section",
    "not compiled by clang cc1",
    "several modules in one object",
    "built by another clang",
    "profile is not in its bitcode",
    "its profile is missing",
    "never executed",
    "filtered by cmd_filter",
    "objcopy failed",
]

_TIMEOUT_S = 120.0
_NOT_AN_OBJECT = ("not recognized as a valid object", "file format not recognized")


@dataclass(frozen=True)
class Embedded:
    """What clang's ``-fembed-bitcode=all`` left in an object, dumped to files.

    Attributes:
        bitcode: file with the bitcode.
        cmd: file with the arguments.
        producer: version of the LLVM that wrote the bitcode.
    """

    bitcode: Path
    cmd: Path
    producer: str


def dump_sections(toolchain: Toolchain, path: Path, target: Path) -> Embedded | Reason:
    """Write the sections ``.llvmbc`` and ``.llvmcmd`` to files, or say why that cannot be done.

    Args:
        toolchain: where llvm-objcopy lies.
        path: the object.
        target: the files' common path, without suffix.

    Raises:
        ToolchainError: llvm-objcopy cannot be started.
        DiskError: there is no room for the files.
    """
    if not path.is_file():
        return "missing object"
    bitcode, cmd = Path(f"{target}.bc"), Path(f"{target}.cmd")
    run = _objcopy(toolchain, path, bitcode, cmd)
    if run.returncode != 0:
        return _explain(run.stderr)
    with bitcode.open("rb") as file:
        head = file.read(HEAD_BYTES)
    reason = _inspect(head, cmd.read_bytes())
    return reason or Embedded(bitcode, cmd, read_producer(head))


def _objcopy(
    toolchain: Toolchain, path: Path, bitcode: Path, cmd: Path
) -> subprocess.CompletedProcess[str]:
    argv = (
        str(toolchain.objcopy),
        f"--dump-section=.llvmbc={bitcode}",
        f"--dump-section=.llvmcmd={cmd}",
        str(path),
        "/dev/null",
    )
    try:
        return subprocess.run(
            argv, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolchainError("llvm-objcopy does not run", str(error), BUILD_IMAGES) from error


def _explain(stderr: str) -> Reason:
    if "No space left on device" in stderr:
        raise DiskError("the disk is full", stderr.strip(), "free space in the run's folder")
    if "'.llvmbc' not found" in stderr:
        return "no bitcode section"
    if "'.llvmcmd' not found" in stderr:
        return "no command section"
    if any(text in stderr for text in _NOT_AN_OBJECT):
        return "not an object"
    return "objcopy failed"


def _inspect(head: bytes, cmd: bytes) -> Reason | None:
    if not is_bitcode(head):
        return "no bitcode section"
    args = parse_cmd(cmd)
    if not args:
        return "no command section"
    if args.count("-cc1") > 1:
        return "several modules in one object"
    return None if args[0] == "-cc1" else "not compiled by clang cc1"
