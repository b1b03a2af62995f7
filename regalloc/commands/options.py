"""What a user can say on the command line: each option once, with its default and help text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from regalloc.commands.machine import CHECKOUT
from regalloc.errors import ConfigError
from regalloc.images.corpus_source import DEB
from regalloc.images.program_corpus import PROGRAM, bind_programs
from regalloc.pipeline.cluster import Cluster, find_cluster
from regalloc.pipeline.own_programs import NO_PROGRAMS, OwnPrograms, find_own_programs
from regalloc.profiles import load_profile
from regalloc.settings import Settings

T = TypeVar("T")

NAMED = 3
"""Corpora that the name of a run's folder has room for."""


def option(default: T, text: str, *, written: object = None) -> T:
    """Return the field of an option.

    Args:
        default: its value when it is not given.
        text: what help says of it.
        written: how the command line has that, where the value is made of what is written there; a
            tuple collects what is given repeatedly.
    """
    metadata = {"help": text, "written": default if written is None else written}
    made: T = field(default=default, metadata=metadata)
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
    corpus_from: tuple[str, ...] = option(
        (),
        "program:NAME, deb:NAME[=VERSION], a build's folder, or llvm for LLVM itself, the default; "
        "repeatable for programs",
    )
    pgo: bool = option(False, "build the corpus with a profile of its own workload")
    registry: str = option(
        "", "host[:port][/path] of prebuilt images; REGALLOC_REGISTRY by default"
    )
    jobs: int = option(0, "compiles at the same time; 0 takes the cores this process may use")
    seed: int = option(0, "source of every random choice")
    dry_run: bool = option(False, "print what would be done and why, and do nothing")
    engine: str = option("", "docker or local; the first that answers by default")
    program: OwnPrograms = option(
        NO_PROGRAMS, "folder of a program.toml to measure as well; repeatable", written=()
    )
    variants: str = option(
        "", "ways to build programs, or sets of these, with commas; all is the whole table"
    )
    cluster: Cluster | None = option(
        None,
        "head of a Ray cluster that compiles, HOST[:PORT]; this machine by default",
        written="",
    )
    network: str = option("bridge", "docker network that reaches the cluster")
    bind: tuple[str, ...] = option(
        (), "a setting on top of the profile, Section.name=value; repeatable"
    )
    debug: bool = option(False, "show tracebacks")

    @property
    def folder(self) -> Path:
        """Return the run's folder as an absolute path, one for each compiler and corpus."""
        asked = (
            f"llvm{self.llvm}" if self.llvm else "",
            self.flavor,
            name_corpora(self.corpus_from),
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
        names = tuple(name.strip() for name in self.variants.split(","))
        variants = (f"Programs.variants={names!r}",) if self.variants else ()
        return load_profile(
            self.profile,
            (*llvm, *flavor, *variants, *bind_programs(self.corpus_from), *self.bind),
        )


def name_corpora(asked: Sequence[str]) -> str:
    """Return what folders of runs on these corpora are called by, the same in any order."""
    names = sorted(
        {
            Path(text.removeprefix(PROGRAM).removeprefix(DEB).partition("=")[0]).name
            for text in asked
        }
    )
    if len(names) <= NAMED:
        return "-".join(names)
    digest = hashlib.sha256("\0".join(names).encode("utf-8", "surrogateescape")).hexdigest()
    return f"{len(names)}-corpora-{digest[:8]}"


def read_options(written: Mapping[str, Any], environ: Mapping[str, str]) -> Options:
    """Return a task's options from what is written on the command line.

    Args:
        written: texts, numbers and lists, by the name of each option that the task takes.
        environ: the process's environment.

    Raises:
        ConfigError: the seed, the jobs, or what names a cluster cannot be used.
        ProgramError: a folder that is named holds no program.
    """
    values: dict[str, Any] = {}
    for name, value in written.items():
        values[name] = tuple(value) if isinstance(value, list) else value
    if values.get("seed", 0) < 0 or values.get("jobs", 0) < 0:
        raise ConfigError("--seed and --jobs are not negative", "", "use 0 or more")
    if "program" in values:
        values["program"] = find_own_programs(values["program"])
    if "cluster" in values:
        values["cluster"] = find_cluster(values["cluster"], values["network"], environ)
    return Options(**values)


DEFAULTS = {one.name: one.metadata["written"] for one in fields(Options)}
"""Default of each option, as the command line has it."""

HELP = {one.name: str(one.metadata["help"]) for one in fields(Options)}
"""Help text of each option."""
