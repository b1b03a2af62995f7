"""From the options to everything that a run needs, with nothing done yet."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from regalloc.commands.backend import select_backend
from regalloc.commands.machine import (
    CHECKOUT,
    cache_folder,
    memory_mb,
    stage_memory_mb,
    usable_cores,
)
from regalloc.commands.options import Options
from regalloc.engine.local import local_folder
from regalloc.images.corpus_source import CorpusSource, FolderCorpus, find_source
from regalloc.images.program_corpus import check_programs, split_corpora
from regalloc.images.tags import Target, resolve_targets
from regalloc.images.transfer.registry_address import find_registry
from regalloc.pipeline.own_policy import own_policy
from regalloc.pipeline.run import Run
from regalloc.pipeline.wish import Wish
from regalloc.settings import ProgramCorpus, Settings
from regalloc.terminal.messages import say


def prepare(options: Options, policy: str = "") -> Run:
    """Return everything a run needs, with nothing done yet.

    Args:
        options: the shared ones.
        policy: folder of a policy to use instead of the run's own; empty for that.

    Raises:
        ConfigError: the profile, a binding, the compiler, the registry, the engine's name or the
            corpus cannot be used.
        CorpusError: a folder that was named holds no build.
        PolicyError: a folder that was named holds no policy.
        EngineError: there is nothing to run stages with.
    """
    settings = options.settings
    cache = cache_folder(os.environ)
    jobs = options.jobs or usable_cores()
    registry = find_registry(options.registry, os.environ)
    backend = select_backend(options.engine, cache, os.environ, jobs=jobs, registry=registry)
    source = _find_source(options, settings)
    return Run(
        folder=options.folder,
        checkout=CHECKOUT,
        cache=cache,
        wish=Wish(
            settings,
            options.seed,
            resolve_targets(CHECKOUT, settings, os.environ, source),
            folder=source if isinstance(source, FolderCorpus) else None,
            policy=own_policy(policy),
            programs=options.program,
            cluster=options.cluster,
        ),
        jobs=jobs,
        memory_mb=stage_memory_mb(memory_mb()),
        tty=sys.stdout.isatty(),
        debug=options.debug,
        engine=backend.engine,
        builder=backend.builder,
        say=say,
    )


def find_toolchain(options: Options) -> Path:
    """Return the folder of the compiler that runs of the local engine use."""
    settings = options.settings
    targets = resolve_targets(CHECKOUT, settings, os.environ, _find_source(options, settings))
    return local_toolchain(cache_folder(os.environ), targets["llvm"])


def _find_source(options: Options, settings: Settings) -> CorpusSource | None:
    """Return what the corpus is made of beside programs; those are in the settings."""
    check_programs(settings, CHECKOUT)
    _, others = split_corpora(options.corpus_from)
    return find_source(others, settings.get(ProgramCorpus).alone, options.pgo)


def local_toolchain(cache: Path, llvm: Target) -> Path:
    """Return the folder of the compiler that runs of the local engine use."""
    return local_folder(cache, llvm.ref) / "opt" / "llvm"
