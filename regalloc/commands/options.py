"""What a user can say on the command line: each option once, with its default and help text."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TypeVar

from regalloc.commands.machine import CHECKOUT
from regalloc.images.corpus_source import DEB
from regalloc.profiles import load_profile
from regalloc.settings import Settings

T = TypeVar("T")


def option(default: T, text: str) -> T:
    """Return the field of an option.

    Args:
        default: its value when it is not given; a tuple collects what is given repeatedly.
        text: what helps says of it.
    """
    made: T = field(default=default, metadata={"help": text})
    return made


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options that tasks share; each task takes some of them."""

    profile: str = option(
        "quick", "name of a profile in configs/profiles, or the path of a .gin file"
    )
    run: str = option("", "folder of the run; runs/<profile> by default")
    llvm: int = option(0, "release of the compiler, 15 or 19; the profile's by default")
    flavor: str = option(
        "", "relink or source: how the compiler is built; the profile's by default"
    )
    corpus_from: str = option("", "deb:NAME[=VERSION] or a build's folder, instead of LLVM itself")
    pgo: bool = option(False, "build the corpus with a profile of its own workload")
    registry: str = option(
        "", "host[:port][/path] of prebuilt images; REGALLOC_REGISTRY by default"
    )
    jobs: int = option(0, "compiles at the same time; 0 takes the cores this process may use")
    seed: int = option(0, "source of every random choice")
    dry_run: bool = option(False, "print what would be done and why, and do nothing")
    engine: str = option("", "docker or local; the first that answers by default")
    program: tuple[str, ...] = option((), "folder of a program.toml to measure as well; repeatable")
    cluster: str = option(
        "", "head of a Ray cluster that compiles, HOST[:PORT]; this machine by default"
    )
    network: str = option("bridge", "docker network that reaches the cluster")
    bind: tuple[str, ...] = option(
        (), "a setting on top of the profile, Section.name=value; repeatable"
    )
    debug: bool = option(False, "show tracebacks")

    @property
    def folder(self) -> Path:
        """Return the run's folder as an absolute path, one for each compiler and corpus."""
        corpus = Path(self.corpus_from.removeprefix(DEB).partition("=")[0]).name
        asked = (
            f"llvm{self.llvm}" if self.llvm else "",
            self.flavor,
            corpus,
            "pgo" if self.pgo else "",
        )
        name = "-".join((Path(self.profile).stem, *filter(None, asked)))
        return Path(self.run or CHECKOUT / "runs" / name).resolve()

    @property
    def settings(self) -> Settings:
        """Return the profile with everything on top.

        Raises:
            ConfigError: the profile or a binding cannot be used.
        """
        llvm = (f"Llvm.major={self.llvm}",) if self.llvm else ()
        flavor = (f"Llvm.flavor={self.flavor!r}",) if self.flavor else ()
        return load_profile(self.profile, (*llvm, *flavor, *self.bind))


DEFAULTS = {one.name: one.default for one in fields(Options)}
"""Default of each option."""

HELP = {one.name: str(one.metadata["help"]) for one in fields(Options)}
"""Help text of each option."""
