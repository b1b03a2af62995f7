"""Profile a program: build it so that it counts, execute what trains, merge what was counted."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from regalloc.programs.build import Recipe, build
from regalloc.programs.definition import Program
from regalloc.programs.lab import TRAINING_SLOT, Lab, TrialError
from regalloc.programs.variants import ALLOCATION, ORDINARY
from regalloc.programs.work_counts import NOWHERE, take_profile
from regalloc.report.programs_result import Compiler, Variant


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
        generate=(f"-regalloc-profile-generate={NOWHERE}",),
        use=("-mllvm", "-regalloc-profile-use={file}", "-Wno-error=backend-plugin"),
    ),
    ORDINARY: ProfileKind(
        compiler="clang",
        generate=(f"-fprofile-instr-generate={NOWHERE}",),
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
        recipe = Recipe(kind.compiler, (*self._use(chain[:-1]), *kind.generate))
        built = build(self._program, self._lab, recipe, TRAINING_SLOT)
        profile = self._lab.folder(self._program.name) / "profiles" / f"{'-'.join(chain)}.profdata"
        try:
            take_profile(self._program, built, self._lab, profile, self._expected)
        finally:
            shutil.rmtree(built.folder)
        return profile
