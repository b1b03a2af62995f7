"""The ways to come by a module's decisions, each as upstream or we do it.

Upstream's runner starts ``clang -cc1`` with the recorded arguments on the embedded bitcode, so that
the whole pipeline runs, and hands it a SavedModel and a log; the object is written and thrown
away.  The first time it meets a module it compiles it under the default heuristic as well; that
compile is not counted here.

Source: ml-compiler-opt, ``compiler_opt/rl/regalloc/regalloc_runner.py``, for the shape.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from regalloc.bench.time_report import read_passes_s
from regalloc.compiler.command_lines import Advice, Products, compile_argv
from regalloc.compiler.failures import classify
from regalloc.compiler.processes import Place, Processes, compile_place, run_limited
from regalloc.compiler.runner import compile_rollouts
from regalloc.compiler.toolchain import Toolchain
from regalloc.errors import CompileError, TrainingLogError
from regalloc.formats.compile_results import Compiled, Failed, Result
from regalloc.formats.corpus import Module
from regalloc.formats.logs import read_log
from regalloc.formats.replays import FULL
from regalloc.settings import Limits


@dataclass(frozen=True)
class Ways:
    """Compiles modules each way.

    Attributes:
        toolchain: the compiler, the same for all.
        limits: what each compile may use.
        ours: folder of our policy.
        theirs: folder of the same policy as TF-Agents saves it.
        rollouts: folders of policies that are tried in one compile, ours first.
    """

    toolchain: Toolchain
    limits: Limits
    ours: Path
    theirs: Path
    rollouts: tuple[Path, ...]

    def compile_ours(self, module: Module, processes: Processes | None = None) -> list[Compiled]:
        """Compile as `train` does: several rollouts at once.

        Raises:
            CompileError: it failed.
        """
        return self._compile_native(module, self.rollouts, processes)

    def compile_alone(self, module: Module, processes: Processes | None = None) -> list[Compiled]:
        """Compile as `train` does where a round has one rollout of a module.

        Raises:
            CompileError: it failed.
        """
        return self._compile_native(module, (self.ours,), processes)

    def compile_upstream(
        self, module: Module, processes: Processes | None = None
    ) -> list[Compiled]:
        """Compile as upstream does.

        Raises:
            CompileError: it failed.
        """
        return self._compile_upstream(module, self.theirs, processes)

    def compile_tensorflow(
        self, module: Module, processes: Processes | None = None
    ) -> list[Compiled]:
        """Compile as upstream does, but under our policy.

        Raises:
            CompileError: it failed.
        """
        return self._compile_upstream(module, self.ours, processes)

    def _compile_native(
        self, module: Module, policies: Sequence[Path], processes: Processes | None
    ) -> list[Compiled]:
        results = compile_rollouts(self.toolchain, module, policies, self.limits, processes)
        return [_accept("ours", result) for result in results]

    def _compile_upstream(
        self, module: Module, policy: Path, processes: Processes | None
    ) -> list[Compiled]:
        with tempfile.TemporaryDirectory(prefix="regalloc-") as name:
            log = Path(name) / "log"
            argv = upstream_argv(self.toolchain, module, Advice(log, policy), Path(name) / "object")
            place = with_tensorflow(compile_place(Path(name)))
            end = run_limited(argv, place, self.limits, processes or Processes())
            if failed := classify(module.name, end, self.limits):
                raise _failure("upstream's way", failed)
            try:
                episodes = read_log(log, self.toolchain.release.log_format)
            except TrainingLogError as error:
                failed = Failed(module.name, "bad_log", error.details)
                raise _failure("upstream's way", failed) from error
        return [Compiled(module.name, episodes, end.wall_s, end.user_s)]

    def measure_passes_s(self, module: Module) -> dict[str, float]:
        """Return the processor seconds of each pass up to greedy, under the default heuristic.

        Raises:
            CompileError: the compile failed, or does not tell its times.
        """
        with tempfile.TemporaryDirectory(prefix="regalloc-") as name:
            argv = floor_argv(self.toolchain, module)
            end = run_limited(argv, compile_place(Path(name)), self.limits, Processes())
        if failed := classify(module.name, end, self.limits):
            raise _failure("the floor", failed)
        try:
            return read_passes_s(end.stderr)
        except ValueError as error:
            raise _failure("the floor", Failed(module.name, "exit", str(error))) from error


def upstream_argv(
    toolchain: Toolchain, module: Module, advice: Advice, target: Path
) -> tuple[str, ...]:
    """Return the command that compiles a module as upstream does."""
    return compile_argv(
        toolchain.clang, replace(module, replay=FULL), advice, Products(code=target)
    )


def floor_argv(toolchain: Toolchain, module: Module) -> tuple[str, ...]:
    """Return the command that compiles what ours does, unadvised, and tells each pass's time."""
    return (*compile_argv(toolchain.clang, module, None, Products()), "-ftime-report")


def with_tensorflow(place: Place) -> Place:
    """Return a place where the compiler asks TensorFlow even where a policy has a weights file."""
    return replace(place, environment={**place.environment, "REGALLOC_EVALUATOR": "tensorflow"})


def _accept(way: str, result: Result) -> Compiled:
    if isinstance(result, Failed):
        raise _failure(way, result)
    return result


def _failure(way: str, failed: Failed) -> CompileError:
    return CompileError(
        f"{failed.module} does not compile {way}: {failed.kind}",
        failed.detail,
        "see that extract and train work on this corpus; raise Limits.wall_s for a timeout",
    )
