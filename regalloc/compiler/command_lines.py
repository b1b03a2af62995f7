"""How a module is compiled again: one process, ``clang -cc1``, from bitcode.

``.llvmcmd`` holds the ``cc1`` arguments of the original compile, without ``-o``, ``-x`` and the
input, but with whatever else it wrote (dependency files, split DWARF, diagnostics).  The embedded
bitcode was taken before optimisation, so the optimisation pipeline runs again as it did.  From
bitcode that was optimised once, code is generated and nothing else done.

Source: ``embedBitcodeInModule`` in ``llvm/lib/Bitcode/Writer/BitcodeWriter.cpp``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from regalloc.compiler import reduction
from regalloc.formats.corpus import PROFILE_USE, Module
from regalloc.formats.remarks import PASS

ACTIONS = frozenset({"-E", "-S", "-emit-llvm", "-emit-llvm-bc", "-emit-obj", "-fsyntax-only"})

_ALONE = ACTIONS | {
    "-cc1",
    "-fansi-escape-codes",
    "-fcolor-diagnostics",
    "-fembed-bitcode",
    "-ftime-report",
    "-ftime-trace",
    "-H",
    "-MG",
    "-MP",
    "-MV",
    "-print-stats",
    "-sys-header-deps",
    "-v",
}
_WITH_VALUE = frozenset(
    {
        "-coverage-data-file",
        "-coverage-notes-file",
        "-dependency-dot",
        "-dependency-file",
        "-diagnostic-log-file",
        "-header-include-file",
        "-include",
        "-include-pch",
        "-module-dependency-dir",
        "-MQ",
        "-MT",
        "-o",
        "-opt-record-file",
        "-opt-record-format",
        "-opt-record-passes",
        "-serialize-diagnostic-file",
        "-split-dwarf-file",
        "-split-dwarf-output",
        "-x",
    }
)
OPTIMISER_PROFILE = "-fprofile-instrument-use-path="
"""Names the profile of the original compile; what it said is in the bitcode."""

_JOINED = (
    "-coverage-data-file=",
    "-coverage-notes-file=",
    "-fembed-bitcode=",
    "-fthinlto-index=",
    "-ftime-trace=",
    OPTIMISER_PROFILE,
    "-header-include-filtering=",
    "-header-include-format=",
    "-save-temps=",
    "-stack-usage-file=",
    "-stats-file=",
)
_OWN_LLVM_OPTIONS = (
    "-regalloc-enable-advisor",
    "-regalloc-model",
    "-regalloc-profile-generate",
    "-regalloc-profile-use",
    "-regalloc-rollout-",
    "-regalloc-training-log",
    "-tfutils-text-log",
)


# Functions are scored when their registers are assigned, and no function depends on what the passes
# behind that do with another.  Stack slots are coloured next; the scoring pass itself has no name
# that clang knows.
_DECIDE_ONLY = ("-emit-codegen-only", "-mllvm", "-stop-before=stack-slot-coloring")


@dataclass(frozen=True)
class Advice:
    """What the eviction advisor is told.

    Attributes:
        log: where the training log is written.
        policy: SavedModel folder that decides, or None for the default heuristic.
    """

    log: Path
    policy: Path | None = None

    def flags(self) -> tuple[str, ...]:
        """Return the arguments for ``clang -cc1``."""
        options = ["-regalloc-enable-advisor=development", f"-regalloc-training-log={self.log}"]
        if self.policy is not None:
            options.append(f"-regalloc-model={self.policy.absolute()}")
        return _as_llvm_options(options)

    def flags_beside(self) -> tuple[str, ...]:
        """Return the arguments that make a rollout of it in a compile under other advice.

        Raises:
            ValueError: there is no policy.
        """
        if self.policy is None:
            raise ValueError("a rollout needs a policy")
        return _as_llvm_options(
            [
                f"-regalloc-rollout-log={self.log}",
                f"-regalloc-rollout-model={self.policy.absolute()}",
            ]
        )


def _as_llvm_options(options: Sequence[str]) -> tuple[str, ...]:
    return tuple(flag for option in options for flag in ("-mllvm", option))


@dataclass(frozen=True)
class Products:
    """What a compile leaves behind beside the log.

    Attributes:
        code: where the object is written, or None for no object.
        remarks: where the allocator says what spill code it left, or None.
    """

    code: Path | None = None
    remarks: Path | None = None

    @property
    def measured(self) -> bool:
        """Tell whether anything looks at the code."""
        return self.remarks is not None

    def flags(self) -> tuple[str, ...]:
        """Return the arguments for ``clang -cc1``."""
        flags = list(_DECIDE_ONLY) if self.code is None else ["-emit-obj", "-o", str(self.code)]
        if self.remarks is not None:
            flags += ["-opt-record-file", str(self.remarks)]
            flags += ["-opt-record-passes", PASS, "-opt-record-format", "yaml"]
        return tuple(flags)


def compile_argv(
    clang: Path,
    module: Module,
    advice: Advice | None,
    products: Products = Products(),
    beside: Sequence[Advice] = (),
) -> tuple[str, ...]:
    """Return the command that compiles a module under the development advisor, or under none.

    Where no object is wanted, code is generated up to the end of register allocation.  Paths are
    made absolute, since the compile runs in a folder of its own.

    Args:
        clang: the compiler.
        module: what it compiles.
        advice: what its advisor is told.
        products: what it leaves behind.
        beside: what the advisor is told for further rollouts in the same compile.
    """
    source = module.source(whole=products.measured)
    optimised = () if source == module.bitcode else ("-disable-llvm-passes",)
    rollouts = tuple(flag for other in beside for flag in other.flags_beside())
    action = (*(advice.flags() if advice else ()), *rollouts, *optimised)
    return (*_cc1(clang, module, action, source), *products.flags())


def optimise_argv(clang: Path, module: Module, target: Path) -> tuple[str, ...]:
    """Return the command that stops before code generation and writes optimised bitcode.

    Code generation walks the uses of a value in their order in memory, so that is written as well.
    """
    action = ("-emit-llvm-bc", "-emit-llvm-uselists")
    return (*_cc1(clang, module, action, module.bitcode), "-o", str(target.absolute()))


def reduce_argv(opt: Path, marked: Path, target: Path) -> tuple[str, ...]:
    """Return the command that leaves declarations of the functions that are marked as dropped."""
    tool = (str(opt.absolute()), f"-passes={reduction.PASS}", "-preserve-bc-uselistorder")
    return (*tool, str(marked.absolute()), "-o", str(target.absolute()))


def _cc1(clang: Path, module: Module, action: Sequence[str], source: Path) -> tuple[str, ...]:
    flags = (*replay_flags(module.cmd), *profile_flags(module.profile), *action, "-x", "ir")
    return (str(clang.absolute()), "-cc1", *flags, str(source.absolute()))


def profile_flags(profile: Path | None) -> tuple[str, ...]:
    """Return the arguments that have code generated by a profile of it, if there is one."""
    return _as_llvm_options([f"{PROFILE_USE}{profile.absolute()}"]) if profile else ()


def replay_flags(cmd: Sequence[str]) -> tuple[str, ...]:
    """Return the arguments that decide how code is generated, without inputs and outputs."""
    return tuple(_kept(iter(cmd)))


def _kept(args: Iterator[str]) -> Iterator[str]:
    for arg in args:
        if arg in _WITH_VALUE:
            next(args, None)
        elif arg == "-mllvm":
            option = next(args, "")
            if not option.lstrip("-").startswith(tuple(o.lstrip("-") for o in _OWN_LLVM_OPTIONS)):
                yield from (arg, option)
        elif arg not in _ALONE and not arg.startswith(_JOINED):
            yield arg
