"""Tasks of the project: `invoke --list`, or `make` for the same by another name."""

from __future__ import annotations

import errno
import inspect
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from invoke.tasks import Task, task

from regalloc.commands import doctor as medic
from regalloc.commands import image_exchange, make
from regalloc.commands import verify as prove
from regalloc.commands.clean import clean_up
from regalloc.commands.logs import show_logs
from regalloc.commands.options import DEFAULTS, HELP, Options, read_options
from regalloc.commands.preparation import prepare
from regalloc.commands.relock import relock
from regalloc.commands.run_results import show_bench, show_evaluation, show_programs
from regalloc.commands.sbom import write_sboms
from regalloc.commands.seeds import rebuild_pages, train_seeds
from regalloc.commands.shell import enter_shell
from regalloc.commands.tensorboard import serve_curves
from regalloc.errors import ConfigError, DiskError, EngineError, RegallocError, StoppedError
from regalloc.images.tree import TREE, Image, build_tasks
from regalloc.stages.table import find
from regalloc.terminal.findings import print_findings
from regalloc.terminal.messages import print_error, say

IMAGES = ("profile", "llvm", "flavor", "corpus_from", "pgo", "engine", "bind")
RUN = (*IMAGES, "run")
STAGE = (*RUN, "registry", "jobs", "seed", "dry_run")
SPREAD = (*STAGE, "cluster", "network")
BUILD = (*IMAGES, "registry", "jobs", "dry_run")
MOVE = (*IMAGES, "registry")


# Where a stream was closed before we began, Python has none.
sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115
sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115


@contextmanager
def reported(debug: bool = False) -> Iterator[None]:
    """Print a failure and leave with its exit code."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read what we print has gone, as `head` does: as other programs we end, and say
        # nothing. What is still to be flushed goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)
    except OSError as error:
        # Of a file it would have a name.
        if error.filename is not None or error.errno not in (errno.ENOSPC, errno.EIO, errno.EBADF):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        full = DiskError(
            "what is printed cannot be written", str(error), "send it to where there is space"
        )
        print_error(full)
        sys.exit(full.exit_code)
    except (RegallocError, KeyboardInterrupt) as error:
        if debug:
            traceback.print_exc()
        # Outside of a stage Ctrl-C is still Python's own exception.
        failure = error if isinstance(error, RegallocError) else StoppedError("stopped by SIGINT")
        print_error(failure)
        sys.exit(failure.exit_code)


def command(
    takes: tuple[str, ...], name: str = "", doc: str = "", **own: str
) -> Callable[[Callable[..., None]], Task[Any]]:
    """Make a task of a function of :class:`Options` and options of its own.

    Args:
        takes: names of the shared options.
        name: the task's name; the function's by default.
        doc: the task's description; the function's by default.
        own: help texts of the function's own options.
    """

    def decorate(function: Callable[..., None]) -> Task[Any]:
        signature, numbers = _signature(takes, function)

        def body(c: Any, **given: Any) -> None:
            with reported(given["debug"]):
                given.update({name: _read_number(name, given[name]) for name in numbers})
                _heed_dry(c, given)
                shared = {name: given.pop(name) for name in (*takes, "debug")}
                function(read_options(shared, os.environ), **given)

        body.__name__, body.__doc__ = function.__name__, doc or function.__doc__
        # Invoke reads a task's options off its signature.
        body.__signature__ = signature  # type: ignore[attr-defined]
        texts = {**{name: HELP[name] for name in (*takes, "debug")}, **own}
        helps = {option.replace("_", "-"): text for option, text in texts.items()}
        repeatable = [
            name for name, one in signature.parameters.items() if isinstance(one.default, list)
        ]
        made = task(name=name or None, help=helps, iterable=repeatable)(body)
        return cast("Task[Any]", made)

    return decorate


def _read_number(name: str, text: str) -> int:
    """Return the number that an option was given.

    Raises:
        ConfigError: it is none.
    """
    try:
        return int(text)
    except ValueError:
        flag = name.replace("_", "-")
        raise ConfigError(
            f"--{flag} takes a whole number, not {text!r}", "", f"write one, as in --{flag}=2"
        ) from None


def _heed_dry(c: Any, given: dict[str, Any]) -> None:
    """Have Invoke's own --dry mean --dry-run: whoever writes it wants nothing done.

    Raises:
        ConfigError: the task cannot do nothing.
    """
    if not c.config.run.dry:
        return
    if "dry_run" not in given:
        raise ConfigError("this task has no --dry-run", "", "leave --dry or -R out")
    given["dry_run"] = True


def _signature(
    takes: tuple[str, ...], function: Callable[..., None]
) -> tuple[inspect.Signature, tuple[str, ...]]:
    """Return what Invoke reads a task's options off, and the names of those that are numbers."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    # The first is the shared options, all together.
    own = list(inspect.signature(function).parameters.values())[1:]
    needed = [parameter for parameter in own if parameter.default is parameter.empty]
    given = [parameter for parameter in own if parameter.default is not parameter.empty]
    *shared, debug = (
        inspect.Parameter(name, kind, default=DEFAULTS[name]) for name in (*takes, "debug")
    )
    # Invoke makes what is given into the type of the default: of a tuple it makes letters, and of
    # what is no number a traceback.
    made = {tuple: list, int: str}
    asked = (*shared, *given, debug)
    optional = [
        p.replace(default=made.get(type(p.default), type(p.default))(p.default)) for p in asked
    ]
    numbers = tuple(p.name for p in asked if type(p.default) is int)
    return inspect.Signature([inspect.Parameter("c", kind), *needed, *optional]), numbers


def archive_path(file: str) -> Path:
    """Return the path of an archive.

    Raises:
        ConfigError: what is there looks like an option.
    """
    if file.startswith("-"):
        raise ConfigError(
            f"{file} stands where a file is expected",
            "",
            "write the file first, as in `invoke save images.tar`; `invoke --help save` helps",
        )
    return Path(file).resolve()


def stage_task(name: str) -> Task[Any]:
    """Return the task that makes the results of a stage and of all it needs."""
    summary = find(name).summary
    doc = f"{summary[0].upper()}{summary[1:]}, and what comes before as needed."

    def body(options: Options) -> None:
        make.run_stages(options, (name,))

    return command(STAGE, name, doc)(body)


instrument = stage_task("instrument")
extract = stage_task("extract")
trace = stage_task("trace")
vocab = stage_task("vocab")
warmstart = stage_task("warmstart")


@command(
    SPREAD,
    policy="folder of a saved policy to evaluate instead of the run's own, on the whole corpus",
)
def evaluate(options: Options, policy: str = "") -> None:
    """Compare policies with the default heuristic, and what comes before as needed."""
    if made := make.run_stages(options, ("evaluate",), policy):
        show_evaluation(made)


@command(SPREAD, seeds="how many seeds to train, one after the other, from --seed on")
def train(options: Options, seeds: int = 1) -> None:
    """Improve the policy over compiles, then evaluate it, and what comes before as needed."""
    train_seeds(options, ("train", "evaluate"), seeds)


@command(
    (*STAGE, "program", "variants"),
    policy="folder of a saved policy to release and measure instead of the run's own",
)
def programs(options: Options, policy: str = "") -> None:
    """Measure real programs compiled by the release, and what comes before as needed."""
    if made := make.run_stages(options, ("programs",), policy):
        show_programs(made)


@command(STAGE)
def bench(options: Options) -> None:
    """Measure upstream's way of training and ours, in turns, and what comes before as needed."""
    if made := make.run_stages(options, ("bench",)):
        show_bench(made)


@command(
    STAGE,
    policy="folder of a saved policy to release instead of the run's own",
    export="folder to copy the release to",
)
def release(options: Options, policy: str = "", export: str = "") -> None:
    """Link clang, lld and llc with a policy inside: an image, and a folder to take away."""
    make.release(options, policy, export)


@command(BUILD, image="build this image, and what it is built from; repeatable")
def build(options: Options, image: Sequence[str] = ()) -> None:
    """Build images side by side: those that training needs, or those that are named."""
    make.build_images(options, image or [each.name for each in TREE if not each.on_demand])


def build_task(name: str, images: Sequence[Image]) -> Task[Any]:
    """Return the task that builds some images of the tree."""
    names = tuple(image.name for image in images)
    summary = next(image.summary for image in images if image.built_with is None)

    def body(options: Options) -> None:
        make.build_images(options, names)

    what = f"images {', '.join(names)}" if len(names) > 1 else f"image {names[0]}"
    return command(BUILD, name, f"Build the {what}: {summary}.")(body)


# Invoke finds tasks among the module's names.
globals().update({name: build_task(name, images) for name, images in build_tasks().items()})


@command(MOVE)
def push(options: Options) -> None:
    """Send the images to a registry."""
    image_exchange.push(prepare(options), options.registry)


@command(MOVE)
def pull(options: Options) -> None:
    """Fetch the images from a registry instead of building them."""
    image_exchange.pull(prepare(options), options.registry)


@command(IMAGES)
def save(options: Options, file: str) -> None:
    """Write the images into one OCI archive, for machines without a registry."""
    image_exchange.save(prepare(options), archive_path(file))


@command(IMAGES)
def load(options: Options, file: str) -> None:
    """Take the images out of an archive that `save` wrote."""
    image_exchange.load(prepare(options), archive_path(file))


@command(())
def lock(options: Options) -> None:
    """Lock what the images are made of to what Debian has today, and show what changes."""
    relock()


@command(IMAGES, output="folder for the files; runs/sbom by default")
def sbom(options: Options, output: str = "runs/sbom") -> None:
    """Write the bills of materials (SPDX) of the images that exist."""
    for path in write_sboms(prepare(options), Path(output).resolve()):
        say(str(path))


@command(
    ("llvm", "flavor", "engine", "bind", "jobs"),
    image="build this image twice, and what it is built from; repeatable, all by default",
    images="build images twice and compare every file",
    tests="run the images' own tests, unless they passed before",
    stages="run the stages twice and compare what they write",
    once="build each image once and compare it with the one that is here",
)
def verify(
    options: Options,
    image: Sequence[str] = (),
    images: bool = True,
    tests: bool = True,
    stages: bool = True,
    once: bool = False,
) -> None:
    """Build everything twice and train twice, and compare every file."""
    scope = prove.Scope(images=tuple(image), build=images, tests=tests, stages=stages, once=once)
    prove.verify(prepare(replace(options, profile="tiny")), scope)


@command((*RUN, "seed"), verify="hash every result again, whatever the file system says")
def status(options: Options, verify: bool = False) -> None:
    """Show what is done, and what would run and why."""
    make.show_status(options, rehash=verify)


@command(
    ("profile", "llvm", "flavor", "corpus_from", "pgo", "run"),
    stage="whose log; the stage that spoke last by default",
    whole="print all of it",
)
def logs(options: Options, stage: str = "", whole: bool = False) -> None:
    """Show the end of a stage's log, and how the stage ended."""
    show_logs(options.folder, stage, whole)


@command(("engine",))
def doctor(options: Options) -> None:
    """Look at this machine and say what to fix before a run."""
    well = print_findings(medic.examine(os.environ, options.engine))
    sys.exit(0 if well else EngineError.exit_code)


@command(RUN)
def report(options: Options) -> None:
    """Write a run's report.html again from what the run left behind."""
    rebuild_pages(options)


@command(
    IMAGES,
    run="folder of a run, and of the seeds below it; repeatable; runs/<profile> by default",
    port="where it listens, on this machine alone",
)
def tensorboard(options: Options, run: Sequence[str] = (), port: int = 6006) -> None:
    """Serve the curves of one or several runs with TensorBoard."""
    folders = [Path(folder).resolve() for folder in run] or [options.folder]
    sys.exit(serve_curves(prepare(options), folders, port))


@command(RUN)
def shell(options: Options) -> None:
    """Open a shell in the trainer image with the run's folders."""
    sys.exit(enter_shell(prepare(options)))


@command(
    RUN,
    images="remove the images as well",
    cache="remove logs, the bootstrapped base and local toolchains as well",
)
def clean(options: Options, images: bool = False, cache: bool = False) -> None:
    """Remove a run's folders."""
    clean_up(options, images=images, cache=cache)
