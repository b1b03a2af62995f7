"""Find the objects that a policy breaks, and write what anyone needs to see it happen."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec

from regalloc.compiler.processes import Place
from regalloc.files import encode_struct
from regalloc.layout import MISCOMPILE
from regalloc.programs.bisect import find_culprits
from regalloc.programs.build import Built, Unit, build
from regalloc.programs.definition import Argv, fill
from regalloc.programs.lab import ENVIRONMENT, Lab, TrialError
from regalloc.programs.trial import DEFAULT_SLOT, POLICY_SLOT, Trial, run_policy
from regalloc.programs.workload import LINKS, execute, link_all

_MIXED = "2"


class Culprit(msgspec.Struct, frozen=True, kw_only=True):
    """An object that makes the output wrong.

    Attributes:
        name: its path in the built trees.
        default: the command that compiled it with the advisor off.
        policy: the same with it on.
        preprocessed: file with its preprocessed source; empty if that could not be made.
    """

    name: str
    default: Argv
    policy: Argv
    preprocessed: str


class Miscompile(msgspec.Struct, frozen=True, kw_only=True):
    """All there is to know of a miscompile.

    Attributes:
        program: the program's name.
        workload: the one that goes wrong.
        release: sha256 of the compiler.
        compiler: first line of clang's version.
        run: the command; in the folder ``default`` it does what it should, in ``policy`` not.
        stdin: file that it reads, empty for none.
        environment: all of the environment of both.
        details: what was seen.
        expected: sha256 of what it must print and write.
        culprits: the objects to blame; empty if the builds of the bisection were all right.
    """

    program: str
    workload: str
    release: str
    compiler: str
    run: Argv
    stdin: str
    environment: dict[str, str]
    details: str
    expected: dict[str, str]
    culprits: list[Culprit]


def find_blame(trial: Trial, lab: Lab) -> tuple[str, ...]:
    """Return the objects that make a miscompiled program wrong, by building it from both kinds."""
    workload = trial.failing
    assert workload is not None, "only a miscompile has a workload that fails"
    known: dict[tuple[str, ...], bool] = {}

    def is_wrong(names: tuple[str, ...]) -> bool:
        if names not in known:
            mixed = build(trial.program, lab, names, _MIXED)
            try:
                run_policy(trial, workload, mixed, lab)
                known[names] = False
            except TrialError:
                known[names] = True
        return known[names]

    try:
        return find_culprits(trial.differing, is_wrong)
    except TrialError:
        # Builds that were right on their own do not mix, as with LTO: nobody is to blame alone.
        return ()


def write_reproducer(
    trial: Trial, culprits: Sequence[str], lab: Lab, target: Path, *, release: str, compiler: str
) -> None:
    """Write the built trees, the input, both outputs and the commands of a miscompile."""
    workload, default, policy = trial.failing, trial.default, trial.policy
    assert workload is not None
    assert default is not None
    assert policy is not None
    target.mkdir(parents=True)
    _save_output(trial, default, lab, DEFAULT_SLOT, target / "expected")
    _save_output(trial, policy, lab, POLICY_SLOT, target / "actual")
    named = [_describe(trial, name, default, policy, lab, target) for name in culprits]
    shutil.copytree(lab.folder(trial.program.name) / "inputs", target / "inputs")
    shutil.copytree(trial.program.folder, target / "program", symlinks=True)
    for built, name in ((default, "default"), (policy, "policy")):
        shutil.copytree(built.folder, target / name / "build", symlinks=True)
        link_all(target / name, program=Path("../program"), inputs=Path("../inputs"))
    content = Miscompile(
        program=trial.program.name,
        workload=workload.name,
        release=release,
        compiler=compiler,
        run=fill(workload.run, LINKS),
        stdin="".join(fill((workload.stdin,), LINKS)),
        environment={**ENVIRONMENT, **workload.env},
        details=trial.details,
        expected=dict(trial.expected[workload.name]),
        culprits=named,
    )
    (target / MISCOMPILE).write_bytes(encode_struct(content))


def _save_output(trial: Trial, built: Built, lab: Lab, slot: str, target: Path) -> None:
    """Keep what a run leaves behind, whether it ends well or not."""
    assert trial.failing is not None
    target.mkdir()
    folder = lab.folder(trial.program.name) / f"{trial.failing.name}-{slot}"
    try:
        execute(trial.program, trial.failing, built, lab, slot)
    except TrialError as trouble:
        (target / "trouble.txt").write_text(f"{trouble.details}\n", encoding="utf-8")
    shutil.copytree(folder, target / "files", ignore=shutil.ignore_patterns(*LINKS.values()))
    for name in ("stdout", "stderr"):
        shutil.copyfile(folder.with_name(f"{folder.name}.{name}"), target / name)


def _describe(
    trial: Trial, name: str, default: Built, policy: Built, lab: Lab, target: Path
) -> Culprit:
    unit = default.units[name]
    preprocessed = target / "preprocessed" / f"{name}.{_suffix(unit)}"
    preprocessed.parent.mkdir(parents=True, exist_ok=True)
    made = _preprocess(trial, unit, default, lab, preprocessed)
    return Culprit(
        name=name,
        default=unit.argv,
        policy=policy.units[name].argv,
        preprocessed=str(preprocessed.relative_to(target)) if made else "",
    )


def _preprocess(trial: Trial, unit: Unit, default: Built, lab: Lab, path: Path) -> bool:
    """Run a unit's command for its preprocessed source, its tree back where it was built."""
    tree = lab.folder(trial.program.name) / "build"
    place = Place(Path(unit.folder), ENVIRONMENT, tree.with_name("stderr"), path)
    argv = (*_without_output(unit.argv), "-E", "-P")
    default.folder.rename(tree)
    try:
        lab.run(argv, place, "build failed")
    except TrialError:
        return False
    finally:
        tree.rename(default.folder)
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
