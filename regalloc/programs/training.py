"""Profile a program: build it so that it counts, execute what trains, merge what was counted."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from regalloc.compiler.processes import Place
from regalloc.programs import cachegrind
from regalloc.programs.build import Built, Recipe, build
from regalloc.programs.definition import Program
from regalloc.programs.lab import ENVIRONMENT, TRAINING_SLOT, Lab, TrialError
from regalloc.programs.merging import merge_command
from regalloc.programs.variants import ALLOCATION, ORDINARY
from regalloc.programs.workload import check, execute
from regalloc.report.programs_result import Compiler, Variant

RUNTIME_FILE = "LLVM_PROFILE_FILE"
"""Variable of the environment by which the profile's runtime names its file."""


@dataclass(frozen=True)
class ProfileKind:
    """A kind of profile.

    Attributes:
        compiler: which of the release's makes a program count.
        generate: flags that make it count.
        use: flags that use what was counted, with a place for the file.
    """

    compiler: Compiler
    generate: tuple[str, ...]
    use: tuple[str, ...]


# A program's code that no workload enters is normal, and a warning that says so fails builds that
# take warnings for errors.
KINDS: Mapping[str, ProfileKind] = {
    ALLOCATION: ProfileKind(
        compiler="regalloc-clang",
        generate=("-regalloc-profile-generate",),
        use=("-mllvm", "-regalloc-profile-use={file}", "-Wno-error=backend-plugin"),
    ),
    ORDINARY: ProfileKind(
        compiler="clang",
        generate=("-fprofile-instr-generate",),
        use=(
            "-fprofile-instr-use={file}",
            "-Wno-error=profile-instr-unprofiled",
            "-Wno-error=profile-instr-out-of-date",
            "-Wno-error=backend-plugin",
        ),
    ),
}

Chain = tuple[str, ...]
"""Kinds of profiles that are used together, each taken from a build with those before it."""


class Profiler:
    """The profiles of one program, each made when it is first asked for.

    Args:
        program: whose, laid out and with its inputs made.
        lab: where.
        expected: what each workload must print and write, by workload.
    """

    def __init__(
        self, program: Program, lab: Lab, expected: Mapping[str, Mapping[str, str]]
    ) -> None:
        self._program = program
        self._lab = lab
        self._expected = expected
        self._made: dict[Chain, Path | TrialError] = {}

    def recipe(self, variant: Variant) -> Recipe:
        """Return how a variant's compiler is called, with its profiles.

        Raises:
            TrialError: a profile could not be made.
        """
        return Recipe(variant.compiler, (*self._use(variant.profiles), *variant.flags))

    @property
    def profiles(self) -> list[Path]:
        """Return the files of the profiles that were made."""
        return [made for made in self._made.values() if isinstance(made, Path)]

    def _use(self, chain: Chain) -> tuple[str, ...]:
        return tuple(
            flag.format(file=self._find(chain[: place + 1]))
            for place, kind in enumerate(chain)
            for flag in KINDS[kind].use
        )

    def _find(self, chain: Chain) -> Path:
        if chain not in self._made:
            try:
                self._made[chain] = self._make(chain)
            except TrialError as trouble:
                details = f"{' and '.join(chain)} profile: {trouble.outcome}\n{trouble.details}"
                self._made[chain] = TrialError("no profile", details)
        made = self._made[chain]
        if isinstance(made, TrialError):
            raise made
        return made

    def _make(self, chain: Chain) -> Path:
        kind = KINDS[chain[-1]]
        # What the build itself executes, such as its own generators, counts for nobody.
        nowhere = {RUNTIME_FILE: "/dev/null"}
        recipe = Recipe(kind.compiler, (*self._use(chain[:-1]), *kind.generate), nowhere)
        built = build(self._program, self._lab, recipe, TRAINING_SLOT)
        folder = self._lab.folder(self._program.name) / "profiles"
        raw = folder / "raw"
        raw.mkdir(parents=True)
        try:
            self._run(built, raw)
            return self._merge(raw, folder / f"{'-'.join(chain)}.profdata")
        finally:
            shutil.rmtree(raw)
            shutil.rmtree(built.folder)

    def _run(self, built: Built, raw: Path) -> None:
        for workload in self._program.definition.training:
            # %m adds up the counts of all processes of one executable in one file.
            counted = {**ENVIRONMENT, RUNTIME_FILE: str(raw / f"{workload.name}-%m.profraw")}
            run = execute(
                self._program,
                workload,
                built,
                self._lab,
                TRAINING_SLOT,
                cachegrind.steady_prefix(),
                counted,
            )
            check(run, self._expected[workload.name])

    def _merge(self, raw: Path, target: Path) -> Path:
        """Add the counts up, one file after the other in the order of their names."""
        files = sorted(raw.glob("*.profraw"))
        if not files:
            why = (
                "no workload that trains wrote counts"
                if self._program.definition.training
                else 'there is no workload with use = "train"'
            )
            raise TrialError("no profile", why)
        argv = merge_command(self._lab.release, files, target)
        root = self._lab.folder(self._program.name)
        place = Place(root, ENVIRONMENT, root / "stderr", root / "stdout")
        self._lab.run(argv, place, "no profile")
        return target
