"""How a module is compiled again: one process, ``clang -cc1``, from bitcode.

``.llvmcmd`` holds the ``cc1`` arguments of the original compile, without ``-o``, ``-x`` and the
input, but with whatever else it read and wrote (plugins, profiles, dependency files).  A replay has
those of them that known_arguments.py lists.  The embedded bitcode was taken before optimisation, so
the optimisation pipeline runs again as it did.  From bitcode that was optimised once, code is
generated and nothing else done.

Source: ``embedBitcodeInModule`` in ``llvm/lib/Bitcode/Writer/BitcodeWriter.cpp``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from regalloc.compiler import known_arguments as known
from regalloc.compiler import reduction
from regalloc.formats.corpus import PROFILE_USE, Module
from regalloc.formats.remarks import PASS

_LONGEST_NAME = 60

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


@dataclass(frozen=True)
class Arguments:
    """The arguments of an original compile, sorted out.

    Attributes:
        kept: those that a replay has as well, in their order.
        unknown: names of those that are left out though they may change the code, in their order.
    """

    kept: tuple[str, ...]
    unknown: tuple[str, ...] = ()


def replay_flags(cmd: Sequence[str]) -> tuple[str, ...]:
    """Return the arguments that decide how code is generated; none of them names a file."""
    return sort_arguments(tuple(cmd)).kept


@lru_cache(maxsize=4096)
def sort_arguments(cmd: tuple[str, ...]) -> Arguments:
    """Tell the arguments that a replay has from those that it does without.

    Args:
        cmd: ``cc1`` arguments of the original compile, which may come from anywhere.
    """
    kept: list[str] = []
    unknown: list[str] = []
    args = iter(cmd)
    value_follows = False
    for arg in args:
        may_be_value, value_follows = value_follows, False
        if arg in known.SEPARATE:
            value = next(args, "")
            if known.SEPARATE[arg].fullmatch(value):
                kept += (arg, value)
            else:
                unknown.append(arg)
        elif arg == "-mllvm":
            option = next(args, "")
            if _is_known_option(option):
                kept += (arg, option)
            elif not option.lstrip("-").startswith(known.OWN_LLVM_OPTIONS):
                unknown.append(f"{arg} {_name_of(option)}" if option else arg)
        elif arg in known.FRONT_END_SEPARATE:
            next(args, None)
        elif arg in known.ALONE or _is_known_joined(arg):
            kept.append(arg)
        elif not _is_front_end(arg):
            # What has no dash is a file, or the value of an argument that was left out.
            value_follows = arg.startswith("-")
            if not may_be_value or value_follows:
                unknown.append(_name_of(arg))
    return Arguments(tuple(kept), tuple(unknown))


def _is_known_option(option: str) -> bool:
    """Tell whether an option for LLVM is kept: with a value of its kind, or as a switch alone."""
    name, equals, value = option.lstrip("-").partition("=")
    kind = known.LLVM_OPTIONS.get(name)
    if kind is None or not option.startswith("-"):
        return False
    return kind.fullmatch(value) is not None if equals else kind is known.SWITCH


def _is_known_joined(arg: str) -> bool:
    return any(
        kind.fullmatch(arg, len(name))
        for name, kind in known.JOINED.items()
        if arg.startswith(name)
    )


def _is_front_end(arg: str) -> bool:
    return (
        arg in known.FRONT_END_ALONE
        or arg.startswith(known.FRONT_END_JOINED)
        or known.FRONT_END.fullmatch(arg) is not None
    )


def _name_of(arg: str) -> str:
    """Return what an argument is called, fit for a table: no value, and nothing but ASCII."""
    if not arg.startswith("-"):
        return "a response file" if arg.startswith("@") else "a file"
    name = arg.partition("=")[0][:_LONGEST_NAME]
    return "".join(letter if "!" <= letter <= "~" else "?" for letter in name)
