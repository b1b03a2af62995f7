"""Optimise a module once, and prove that generating code from the outcome changes nothing.

The module is compiled in full under the default heuristic, which is its baseline.  Then its
optimised bitcode is, which must give the same object, and the same cut down to its functions with
a decision; each observation, decision and score must be the same, bit by bit.  A module for which
that does not hold is compiled as it was before.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from regalloc.compiler.command_lines import optimise_argv, reduce_argv
from regalloc.compiler.failures import Conditions, insist
from regalloc.compiler.processes import Processes
from regalloc.compiler.reduction import drop_functions
from regalloc.compiler.runner import compile_module, run_tool_limited
from regalloc.compiler.toolchain import Toolchain
from regalloc.formats.baselines import Found, describe
from regalloc.formats.compile_results import Compiled, Failed, Result
from regalloc.formats.corpus import Module
from regalloc.formats.replays import FULL, Proof, Replay, optimised_path, reduced_path
from regalloc.settings import Limits


@dataclass(frozen=True)
class Prover:
    """Prepares the replay of modules.

    Attributes:
        toolchain: the compiler.
        limits: what each step may use.
        folder: the corpus, where bitcode is written.
    """

    toolchain: Toolchain
    limits: Limits
    folder: Path

    def prove(self, module: Module, processes: Processes) -> tuple[Found, Proof]:
        """Return a module's baseline and how it is replayed.

        Raises:
            DiskError, ToolchainError: no compile can succeed.
            StoppedError: the processes were killed.
        """
        module = replace(module, replay=FULL)
        full = self._compile(module, processes, measure_code=True)
        if isinstance(full, Failed):
            return full, Proof("full", _explain(full))
        proof = self._replay(module, full, processes) if full.episodes else Proof("nothing")
        return describe(full), proof

    def _replay(self, module: Module, full: Compiled, processes: Processes) -> Proof:
        replay = Replay(optimised_path(self.folder, module.name))
        failed = self._optimise(module, replay, processes)
        whole = failed or self._compile(replace(module, replay=replay), processes, True)
        if isinstance(whole, Failed) or (reason := find_difference(full, whole)):
            _remove(replay.optimised)
            why = _explain(whole) if isinstance(whole, Failed) else reason
            return Proof("full", why, full.user_s)
        return self._reduce(module, whole, replay, processes)

    def _reduce(
        self, module: Module, whole: Compiled, replay: Replay, processes: Processes
    ) -> Proof:
        replay = replace(replay, reduced=reduced_path(self.folder, module.name))
        failed = self._cut(module, whole, replay, processes)
        cut = failed or self._compile(replace(module, replay=replay), processes)
        if isinstance(cut, Failed) or (reason := find_difference(whole, cut)):
            _remove(replay.reduced)
            why = _explain(cut) if isinstance(cut, Failed) else reason
            return Proof("optimised", why, whole.user_s)
        return Proof("reduced", "", cut.user_s)

    def _compile(self, module: Module, processes: Processes, measure_code: bool = False) -> Result:
        def compile_once(under: Conditions) -> Result:
            return compile_module(
                self.toolchain,
                module,
                None,
                under.limits,
                processes,
                measure_code=measure_code,
                alone=under.alone,
            )

        return insist(compile_once, self.limits)

    def _optimise(self, module: Module, replay: Replay, processes: Processes) -> Failed | None:
        assert replay.optimised is not None
        argv = optimise_argv(self.toolchain.clang, module, replay.optimised)
        return run_tool_limited(self.toolchain, module, argv, self.limits, processes)

    def _cut(
        self, module: Module, whole: Compiled, replay: Replay, processes: Processes
    ) -> Failed | None:
        assert replay.optimised is not None
        assert replay.reduced is not None
        keep = {episode.function for episode in whole.episodes}
        try:
            marked = drop_functions(replay.optimised.read_bytes(), keep)
        except ValueError as error:
            return Failed(module.name, "bad_module", str(error))
        with tempfile.NamedTemporaryFile(prefix="regalloc-", suffix=".bc") as file:
            file.write(marked)
            file.flush()
            argv = reduce_argv(self.toolchain.opt, Path(file.name), replay.reduced)
            return run_tool_limited(self.toolchain, module, argv, self.limits, processes)


def find_difference(full: Compiled, other: Compiled) -> str:
    """Return in words what another compile did differently, or an empty string."""
    if len(full.episodes) != len(other.episodes):
        return f"{len(other.episodes)} functions with a decision, not {len(full.episodes)}"
    for mine, its in zip(full.episodes, other.episodes, strict=True):
        if difference := mine.find_difference(its):
            return f"another {difference} in {mine.function}"
    measured = full.code is not None and other.code is not None
    return "another object" if measured and full.code != other.code else ""


def _explain(failed: Failed) -> str:
    return f"{failed.kind}: {failed.detail}"


def _remove(path: Path | None) -> None:
    if path is not None:
        path.unlink(missing_ok=True)
