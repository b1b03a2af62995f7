"""Tasks of the project: `invoke --list`, or `make` for the same by another name."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from invoke.context import Context
from invoke.tasks import Task, task

from regalloc.errors import EngineError, RegallocError, StoppedError
from regalloc.pipeline import doctor as medic
from regalloc.pipeline import host
from regalloc.pipeline.clean import clean_up
from regalloc.pipeline.shell import enter_shell
from regalloc.pipeline.show import print_error
from regalloc.stages.table import find

HELP = {
    "profile": "name of a profile in configs/profiles, or the path of a .gin file",
    "run": "folder of the run; runs/<profile> by default",
    "jobs": "compiles at the same time; 0 takes the cores this process may use",
    "seed": "source of every random choice",
    "dry-run": "print what would be done and why, and do nothing",
    "engine": "docker or local; the first that answers by default",
    "bind": "a setting on top of the profile, Section.name=value; repeatable",
    "debug": "show tracebacks",
}


@contextmanager
def reported(debug: bool = False) -> Iterator[None]:
    """Print a failure and leave with its exit code."""
    try:
        yield
    except (RegallocError, KeyboardInterrupt) as error:
        if debug:
            traceback.print_exc()
        # Outside of a stage Ctrl-C is still Python's own exception.
        failure = error if isinstance(error, RegallocError) else StoppedError("stopped by SIGINT")
        print_error(failure)
        sys.exit(failure.exit_code)


def stage_task(name: str, *wanted: str) -> Task[Any]:
    """Return the task that makes the results of some stages and all they need."""

    def body(
        c: Context,
        profile: str = "quick",
        run: str = "",
        jobs: int = 0,
        seed: int = 0,
        dry_run: bool = False,
        engine: str = "",
        bind: list[str] | None = None,
        debug: bool = False,
    ) -> None:
        with reported(debug):
            options = host.Options(
                profile=profile,
                run=run,
                jobs=jobs,
                seed=seed,
                dry_run=dry_run,
                engine=engine,
                bindings=tuple(bind or ()),
                debug=debug,
            )
            host.run_stages(options, wanted)

    summary = f"{find(name).summary}{', then evaluate' if 'evaluate' in wanted[1:] else ''}"
    body.__doc__ = f"{summary[0].upper()}{summary[1:]}, and what comes before as needed."
    return cast("Task[Any]", task(name=name, help=HELP, iterable=["bind"])(body))


extract = stage_task("extract", "extract")
trace = stage_task("trace", "trace")
vocab = stage_task("vocab", "vocab")
warmstart = stage_task("warmstart", "warmstart")
train = stage_task("train", "train", "evaluate")
evaluate = stage_task("evaluate", "evaluate")


def pick(*names: str) -> dict[str, str]:
    """Return the help of some options."""
    return {name: HELP[name] for name in names}


@task(help=pick("dry-run", "engine", "jobs", "debug"))
def build_llvm(
    c: Context, dry_run: bool = False, engine: str = "", jobs: int = 0, debug: bool = False
) -> None:
    """Build the images of the compiler and of the trainer."""
    with reported(debug):
        options = host.Options(dry_run=dry_run, engine=engine, jobs=jobs, debug=debug)
        host.build_images(options, ("base", "llvm", "trainer"))


@task(help=pick("profile", "bind", "dry-run", "engine", "jobs", "debug"), iterable=["bind"])
def build_corpus(
    c: Context,
    profile: str = "quick",
    bind: list[str] | None = None,
    dry_run: bool = False,
    engine: str = "",
    jobs: int = 0,
    debug: bool = False,
) -> None:
    """Build the image of LLVM's own objects that a profile names."""
    with reported(debug):
        options = host.Options(
            profile=profile,
            bindings=tuple(bind or ()),
            dry_run=dry_run,
            engine=engine,
            jobs=jobs,
            debug=debug,
        )
        host.build_images(options, ("corpus",))


@task(
    help={
        **pick("profile", "run", "seed", "engine", "bind", "debug"),
        "verify": "hash every result again instead of comparing sizes",
    },
    iterable=["bind"],
)
def status(
    c: Context,
    profile: str = "quick",
    run: str = "",
    seed: int = 0,
    engine: str = "",
    bind: list[str] | None = None,
    verify: bool = False,
    debug: bool = False,
) -> None:
    """Show what is done, and what would run and why."""
    with reported(debug):
        options = host.Options(
            profile=profile, run=run, seed=seed, engine=engine, bindings=tuple(bind or ())
        )
        host.show_status(options, rehash=verify)


@task(help=pick("engine"))
def doctor(c: Context, engine: str = "") -> None:
    """Look at this machine and say what to fix before a run."""
    with reported():
        well = medic.print_findings(medic.examine(os.environ, engine))
    sys.exit(0 if well else EngineError.exit_code)


@task(help=pick("profile", "run", "engine"))
def shell(c: Context, profile: str = "quick", run: str = "", engine: str = "") -> None:
    """Open a shell in the trainer image with the run's folders."""
    with reported():
        options = host.Options(profile=profile, run=run, engine=engine)
        code = enter_shell(host.prepare(options))
    sys.exit(code)


@task(
    help={
        **pick("profile", "run", "engine"),
        "images": "remove the images as well",
        "cache": "remove logs, the bootstrapped base and local toolchains as well",
    }
)
def clean(
    c: Context,
    profile: str = "quick",
    run: str = "",
    engine: str = "",
    images: bool = False,
    cache: bool = False,
) -> None:
    """Remove a run's folders."""
    with reported():
        options = host.Options(profile=profile, run=run, engine=engine)
        clean_up(options, images=images, cache=cache)
