"""The command that compiles a module of a run again, as one line for a shell."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from regalloc.compiler.command_lines import Advice, Products, compile_argv
from regalloc.formats.corpus import Module, find_profile, parse_cmd
from regalloc.layout import ARGUMENTS_SUFFIX, BITCODE_SUFFIX, CORPUS, GREEDY_POLICY, MODEL
from regalloc.pipeline.manifest import Manifest
from regalloc.report.rows import FunctionRow


@dataclass(frozen=True)
class CompilerPlace:
    """Where a command finds the compiler and a run's files.

    Attributes:
        prefix: what starts the compiler's surroundings; empty outside of containers.
        clang: path of the compiler there.
        corpus: folder of the modules there.
        policy: folder of the trained policy there.
    """

    prefix: tuple[str, ...]
    clang: Path
    corpus: Path
    policy: Path


def container_place(image: str, corpus: Path, model: Path, policy: str) -> CompilerPlace:
    """Return the place in a container of the trainer image.

    Args:
        image: the image's reference.
        corpus: folder on the host.
        model: folder on the host with the trained policy.
        policy: the policy's name in it.
    """
    prefix = (
        "docker",
        "run",
        "--rm",
        "--network=none",
        f"--volume={corpus}:/{CORPUS}:ro",
        f"--volume={model}:/{MODEL}:ro",
        "--entrypoint=/opt/llvm/bin/clang",
        image,
    )
    return CompilerPlace(
        prefix, Path("/opt/llvm/bin/clang"), Path("/", CORPUS), Path("/", MODEL, policy)
    )


def local_place(toolchain: Path, corpus: Path, policy: Path) -> CompilerPlace:
    """Return the place outside of containers.

    Args:
        toolchain: folder with ``bin/clang``.
        corpus: folder of the modules.
        policy: folder of the trained policy.
    """
    return CompilerPlace((), toolchain / "bin" / "clang", corpus, policy)


def find_place(folder: Path, toolchain: Path, evaluated: Manifest) -> CompilerPlace:
    """Return where an evaluation compiled.

    Args:
        folder: the run's.
        toolchain: folder with ``bin/clang`` on this machine, for runs of the local engine.
        evaluated: the evaluation's record.
    """
    corpus, model = folder / CORPUS, folder / MODEL
    if evaluated.engine.startswith("local"):
        return local_place(toolchain, corpus, model / GREEDY_POLICY)
    return container_place(evaluated.images["trainer"], corpus, model, GREEDY_POLICY)


def list_commands(
    place: CompilerPlace, corpus: Path, rows: Iterable[FunctionRow]
) -> dict[tuple[str, str], str]:
    """Return how to see what the trained policy left, by module and function.

    Args:
        place: where the commands are to run.
        corpus: folder with the modules' arguments, on this machine.
        rows: the functions; one whose module is no longer there is left out.
    """
    commands = {}
    for row in rows:
        command = show_spill_code(place, corpus, row.module, row.function)
        if command is not None:
            commands[row.module, row.function] = command
    return commands


def show_spill_code(place: CompilerPlace, corpus: Path, module: str, function: str) -> str | None:
    """Return the command that shows what the trained policy leaves in a function.

    It prints the allocator's remarks.  Without ``-regalloc-model`` the default heuristic decides.

    Args:
        place: where it is to run.
        corpus: folder with the module's arguments, on this machine.
        module: the module's name.
        function: the function's name, as the linker sees it.

    Returns:
        None where the module's arguments are no longer there.
    """
    try:
        cmd = parse_cmd((corpus / f"{module}{ARGUMENTS_SUFFIX}").read_bytes())
    except OSError:
        return None
    bitcode, profile = place.corpus / f"{module}{BITCODE_SUFFIX}", find_profile(cmd, place.corpus)
    found = Module(module, bitcode, cmd, held_out=False, profile=profile)
    advice = Advice(Path("/dev/null"), place.policy)
    argv = compile_argv(place.clang, found, advice, Products(Path("/dev/null"), Path("-")))
    # In a container the entry point is the compiler already.
    command = (*place.prefix, *argv[1:]) if place.prefix else argv
    remarks = ("sed", "-n", f"/^Function: *'\\?{_literal(function)}'\\?$/,/^\\.\\.\\./p")
    return f"{shlex.join(command)} | {shlex.join(remarks)}"


def _literal(text: str) -> str:
    """Return a pattern of sed that matches a text as YAML has it, where quotes may be doubled."""
    special = {"'": "''\\?", **{char: f"\\{char}" for char in r"\/.*[]^$"}}
    return "".join(special.get(char, char) for char in text)
