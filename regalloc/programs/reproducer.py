"""Find the objects that a build breaks, and write what anyone needs to see it happen."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec

from regalloc.compiler.processes import Place
from regalloc.files import encode_struct
from regalloc.layout import MISCOMPILE, REPRODUCER_SUFFIX
from regalloc.programs.bisect import find_culprits
from regalloc.programs.build import Built, Mixture, Unit, build
from regalloc.programs.definition import Argv, Workload, fill
from regalloc.programs.lab import ENVIRONMENT, MIXED_SLOT, Lab, TrialError
from regalloc.programs.trial import Attempt, Trial, execute_variant
from regalloc.programs.workload import LINKS, execute, link_all


class Culprit(msgspec.Struct, frozen=True, kw_only=True):
    """An object that makes the output wrong.

    Attributes:
        name: its path in the built trees.
        commands: what compiled it, by variant: the base and the one that is wrong.
        preprocessed: file with its preprocessed source; empty if that could not be made.
    """

    name: str
    commands: dict[str, Argv]
    preprocessed: str


class Miscompile(msgspec.Struct, frozen=True, kw_only=True):
    """All there is to know of a miscompile.

    Attributes:
        program: the program's name.
        base: the variant whose build is right.
        variant: the one whose build is wrong.
        workload: the one that goes wrong.
        release: sha256 of the compiler.
        compiler: first line of clang's version.
        run: the command; it does what it should in the base's folder, and not in the variant's.
        stdin: file that it reads, empty for none.
        environment: all of the environment of both.
        details: what was seen.
        expected: sha256 of what it must print and write.
        culprits: the objects to blame; empty if the builds of the bisection were all right.
    """

    program: str
    base: str
    variant: str
    workload: str
    release: str
    compiler: str
    run: Argv
    stdin: str
    environment: dict[str, str]
    details: str
    expected: dict[str, str]
    culprits: list[Culprit]


def find_blame(trial: Trial, attempt: Attempt, lab: Lab) -> tuple[str, ...]:
    """Return the objects that make a program wrong, by building it from both kinds.

    Args:
        trial: the program.
        attempt: its build that is wrong.
        lab: where.
    """
    base, workload = trial.attempts[attempt.variant.base], _failing(attempt)
    known: dict[tuple[str, ...], bool] = {}

    def is_wrong(names: tuple[str, ...]) -> bool:
        if names not in known:
            mixture = Mixture(base.recipe, attempt.recipe, names)
            mixed = build(trial.program, lab, mixture, MIXED_SLOT)
            try:
                execute_variant(trial, workload, mixed, lab, MIXED_SLOT)
                known[names] = False
            except TrialError:
                known[names] = True
        return known[names]

    try:
        return find_culprits(attempt.differing, is_wrong)
    except TrialError:
        # Builds that were right on their own do not mix, as with LTO: nobody is to blame alone.
        return ()


def reproducer_folder(folder: Path, program: str, variant: str) -> Path:
    """Return where the reproducer of a program's build goes."""
    return folder / f"{program}-{variant}{REPRODUCER_SUFFIX}"


def write_reproducer(
    trial: Trial,
    attempt: Attempt,
    culprits: Sequence[str],
    lab: Lab,
    target: Path,
    *,
    release: str,
    compiler: str,
) -> None:
    """Write the built trees, the input, both outputs, profiles and the commands of a miscompile."""
    base, workload = trial.attempts[attempt.variant.base], _failing(attempt)
    # A run that was killed here may have left half of it.
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for each, name in ((base, "expected"), (attempt, "actual")):
        _save_output(trial, workload, each, lab, target / name)
    named = [_describe(trial, name, (base, attempt), lab, target) for name in culprits]
    shutil.copytree(lab.folder(trial.program.name) / "inputs", target / "inputs")
    shutil.copytree(trial.program.folder, target / "program", symlinks=True)
    for each in (base, attempt):
        name = each.variant.name
        shutil.copytree(_built(each).folder, target / name / "build", symlinks=True)
        link_all(target / name, program=Path("../program"), inputs=Path("../inputs"))
    for profile in trial.profiles:
        (target / "profiles").mkdir(exist_ok=True)
        shutil.copyfile(profile, target / "profiles" / profile.name)
    content = Miscompile(
        program=trial.program.name,
        base=base.variant.name,
        variant=attempt.variant.name,
        workload=workload.name,
        release=release,
        compiler=compiler,
        run=fill(workload.run, LINKS),
        stdin="".join(fill((workload.stdin,), LINKS)),
        environment={**ENVIRONMENT, **workload.env},
        details=attempt.details,
        expected=dict(trial.expected[workload.name]),
        culprits=named,
    )
    (target / MISCOMPILE).write_bytes(encode_struct(content))


def _failing(attempt: Attempt) -> Workload:
    assert attempt.failing is not None, "only a miscompile has a workload that fails"
    return attempt.failing


def _built(attempt: Attempt) -> Built:
    assert attempt.built is not None, "a miscompile was built, and so was its base"
    return attempt.built


def _save_output(
    trial: Trial, workload: Workload, attempt: Attempt, lab: Lab, target: Path
) -> None:
    """Keep what a run leaves behind, whether it ends well or not."""
    target.mkdir()
    folder = lab.folder(trial.program.name) / f"{workload.name}-{attempt.slot}"
    try:
        execute(trial.program, workload, _built(attempt), lab, attempt.slot)
    except TrialError as trouble:
        (target / "trouble.txt").write_text(f"{trouble.details}\n", encoding="utf-8")
    shutil.copytree(folder, target / "files", ignore=shutil.ignore_patterns(*LINKS.values()))
    for name in ("stdout", "stderr"):
        shutil.copyfile(folder.with_name(f"{folder.name}.{name}"), target / name)


def _describe(
    trial: Trial, name: str, attempts: tuple[Attempt, Attempt], lab: Lab, target: Path
) -> Culprit:
    base = _built(attempts[0])
    unit = base.units[name]
    preprocessed = target / "preprocessed" / f"{name}.{_suffix(unit)}"
    preprocessed.parent.mkdir(parents=True, exist_ok=True)
    made = _preprocess(trial, unit, base, lab, preprocessed)
    return Culprit(
        name=name,
        commands={each.variant.name: _built(each).units[name].argv for each in attempts},
        preprocessed=str(preprocessed.relative_to(target)) if made else "",
    )


def _preprocess(trial: Trial, unit: Unit, built: Built, lab: Lab, path: Path) -> bool:
    """Run a unit's command for its preprocessed source, its tree back where it was built."""
    tree = lab.folder(trial.program.name) / "build"
    place = Place(Path(unit.folder), ENVIRONMENT, tree.with_name("stderr"), path)
    argv = (*_without_output(unit.argv), "-E", "-P")
    built.folder.rename(tree)
    try:
        lab.run(argv, place, "build failed")
    except TrialError:
        return False
    finally:
        tree.rename(built.folder)
    return True


def _without_output(argv: Argv) -> Argv:
    kept = []
    words = iter(argv)
    for word in words:
        if word == "-o":
            next(words, None)
        elif word not in ("-c", "-S", "-MD", "-MMD", "-MP"):
            kept.append(word)
    return tuple(kept)


def _suffix(unit: Unit) -> str:
    return "ii" if unit.argv[0].endswith("++") else "i"
