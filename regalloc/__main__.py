"""Run one stage: ``python -m regalloc <stage> --bind=Section.name=value ...``."""

from __future__ import annotations

import errno
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from absl import flags

from regalloc import layout
from regalloc.errors import ConfigError, DiskError, MemoryLimitError, RegallocError, StoppedError
from regalloc.profiles import parse_bindings
from regalloc.settings import Settings
from regalloc.stages import table
from regalloc.stages.context import StageContext
from regalloc.text import PrintableOutput

_DISK_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage on the command line and return the exit code."""
    args = list(sys.argv if argv is None else argv)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        _run(args)
    except (RegallocError, OSError, MemoryError, KeyboardInterrupt) as error:
        failure = explain(error)
        if failure is None:
            raise
        if "--debug" in args:
            traceback.print_exception(error)
        print(failure.render(), file=sys.stderr)
        return failure.exit_code
    return 0


def explain(error: BaseException) -> RegallocError | None:
    """Return the project's own error for what went wrong, or None for a defect in the code."""
    if isinstance(error, RegallocError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return StoppedError("interrupted", resolution="run the same command again to go on")
    if isinstance(error, MemoryError):
        return MemoryLimitError(
            "out of memory", str(error), "give the container more memory, or lower --jobs"
        )
    if isinstance(error, OSError) and error.errno in _DISK_ERRNOS:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        return DiskError(
            "the disk is full" if full else "a folder cannot be written",
            str(error),
            "free space" if full else "make the run's folder writable for this user",
        )
    return None


def usage() -> str:
    """Return the help text, with the stages of the table."""
    width = max(len(stage.name) for stage in table.STAGES)
    stages = "\n".join(f"  {stage.name:{width}}  {stage.summary}" for stage in table.STAGES)
    values = _define_flags()
    lines = "\n".join(
        f"  --{name:{width}}  {values[name].help} (default: {values[name].value})"
        for name in values
    )
    return f"usage: python -m regalloc <stage> [flags]\n\nstages:\n{stages}\n\nflags:\n{lines}"


def _run(args: list[str]) -> None:
    values = _define_flags()
    try:
        names = values(args)[1:]
    except flags.Error as error:
        raise _wrong(str(error)) from error
    if values["help"].value:
        print(usage())
        return
    if len(names) != 1:
        raise _wrong(f"one stage expected, not {' '.join(names) or 'none'}")
    try:
        stage = table.find(names[0])
    except KeyError as error:
        raise _wrong(f"there is no stage {names[0]!r}") from error
    table.function(stage)(_context(stage, values))


def _context(stage: table.Stage, values: flags.FlagValues) -> StageContext:
    def value(name: str) -> Any:
        return values[name].value

    return StageContext(
        root=Path(value("root")).absolute(),
        toolchain=Path(value("toolchain")).absolute(),
        objects=Path(value("objects")).absolute(),
        seed=value("seed"),
        jobs=value("jobs"),
        settings=_settings(stage, value("bind")),
        kit=Path(value("kit")).absolute(),
        policy=Path(value("policy")).absolute() if value("policy") else None,
        programs=Path(value("programs")).absolute(),
        cluster=value("cluster"),
        durations_s=dict(map(_parse_duration, value("took"))),
    )


def _parse_duration(text: str) -> tuple[str, float]:
    name, _, seconds = text.partition(":")
    try:
        return name, float(seconds)
    except ValueError as error:
        raise _wrong(f"--took={text} is no STAGE:SECONDS") from error


def _settings(stage: table.Stage, bindings: Sequence[str]) -> Settings:
    fixed = parse_bindings(stage.sections, bindings)
    return parse_bindings(table.sections_of(stage, fixed), bindings)


def _define_flags() -> flags.FlagValues:
    """Return flags of our own, so that other packages' global ones do not show up."""
    values = flags.FlagValues()  # type: ignore[no-untyped-call]
    flags.DEFINE_multi_string(
        "bind", [], "a setting, Section.name=value; repeatable", flag_values=values
    )
    flags.DEFINE_string(
        "cluster", "", "head of the Ray cluster that compiles, HOST:PORT", flag_values=values
    )
    flags.DEFINE_boolean("debug", False, "show a traceback", flag_values=values)
    flags.DEFINE_boolean("help", False, "show this text", short_name="h", flag_values=values)
    flags.DEFINE_integer("jobs", 1, "compiles at once", lower_bound=1, flag_values=values)
    flags.DEFINE_string("kit", "/opt/kit", "folder that a release is linked of", flag_values=values)
    flags.DEFINE_string(
        "objects", f"/{layout.OBJECTS}", "folder of the corpus build", flag_values=values
    )
    flags.DEFINE_string("policy", "", "folder of a policy to release", flag_values=values)
    flags.DEFINE_string(
        "programs", "/opt/programs", "folder of the programs to measure", flag_values=values
    )
    flags.DEFINE_string("root", "/", "folder of the run", flag_values=values)
    flags.DEFINE_integer("seed", 0, "source of randomness", lower_bound=0, flag_values=values)
    flags.DEFINE_multi_string(
        "took", [], "how long another stage took, STAGE:SECONDS; repeatable", flag_values=values
    )
    flags.DEFINE_string("toolchain", "/opt/llvm", "folder with bin/clang", flag_values=values)
    return values


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _wrong(details: str) -> ConfigError:
    names = ", ".join(stage.name for stage in table.STAGES)
    return ConfigError("the command line does not fit", details, f"use one of the stages {names}")


if __name__ == "__main__":
    sys.stdout = PrintableOutput(sys.stdout.buffer, encoding="utf-8", write_through=True)
    sys.exit(main())
