"""Take embedded bitcode and its command out of an object file."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

from regalloc.compiler.toolchain import BUILD_IMAGES, Toolchain
from regalloc.errors import DiskError, ToolchainError
from regalloc.formats.bitcode import HEAD_BYTES, is_bitcode, read_producer
from regalloc.formats.corpus import parse_cmd

Reason = Literal[
    "missing object",
    "assembler source",
    "compiles to no object",
    "no file of the build",
    "response file is missing",
    "not an object",
    "bitcode for the linker (-flto)",
    "made for another target",
    "its sampled profile is not in its bitcode",
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

TARGET = "x86_64"
"""What the policies are for, and the toolchain compiles."""

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
        reason = _explain(run.stderr)
        with path.open("rb") as file:
            for_linker = reason == "not an object" and is_bitcode(file.read(HEAD_BYTES))
        return "bitcode for the linker (-flto)" if for_linker else reason
    with bitcode.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return _inspect(head, cmd.read_bytes()) or Embedded(bitcode, cmd, read_producer(head))


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
    if args[0] != "-cc1":
        return "not compiled by clang cc1"
    if not _value(args, "-triple", TARGET).startswith(f"{TARGET}-"):
        return "made for another target"
    # The optimiser reads it, after the bitcode was taken.
    if any(arg.startswith("-fprofile-sample-use=") for arg in args):
        return "its sampled profile is not in its bitcode"
    return None


def _value(args: Sequence[str], name: str, default: str) -> str:
    """Return what an argument is followed by, the last time that it is there."""
    values = [value for arg, value in pairwise(args) if arg == name]
    return values[-1] if values else f"{default}-"
