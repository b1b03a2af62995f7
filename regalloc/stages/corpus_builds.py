"""The builds that a corpus is cut out of, and which of their modules and programs are held out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from regalloc import layout, settings
from regalloc.errors import ConfigError, CorpusError
from regalloc.formats.compile_commands import BuiltObject, read_objects
from regalloc.formats.corpus import Split, choose_fold, choose_split, hold_out_programs
from regalloc.stages.context import StageContext


def find_builds(context: StageContext) -> tuple[Path, ...]:
    """Return the folders of the corpus's builds: one of objects, one of programs, or both."""
    programs = context.settings.get(settings.ProgramCorpus)
    own = (context.folder(layout.PROGRAM_OBJECTS),) if programs.names else ()
    return own if programs.alone else (context.objects, *own)


def read_builds(builds: Sequence[Path]) -> tuple[BuiltObject, ...]:
    """Return the objects of some builds, sorted by name.

    Raises:
        CorpusError: one of the builds has none or is damaged, or two have an object of one name.
    """
    objects = sorted((o for build in builds for o in read_objects(build)), key=lambda o: o.name)
    name, count = Counter(built.name for built in objects).most_common(1)[0]
    if count > 1:
        raise CorpusError(
            f"two builds have an object {name}",
            "\n".join(str(built.path) for built in objects if built.name == name),
            "leave one of them out of --corpus-from: modules are told apart by these names",
        )
    return tuple(objects)


def split_corpus(context: StageContext, names: Sequence[str]) -> Split:
    """Return which modules train, whole programs being held out where the settings say so.

    Raises:
        ConfigError: no program is left to train on, or none is held out by a fold.
    """
    config = context.settings.get(settings.Corpus)
    chosen, held = context.settings.get(settings.ProgramCorpus), find_held_out(context)
    split = choose_split(names, config.held_out_fraction)
    # The objects of a program lie in a folder of its name.
    own = {built.name for built in _read_own(context)}
    owners = {name: name.partition("/")[0] for name in names if name in own}
    split = hold_out_programs(split, owners, held)
    if held and not (split.train and split.held_out):
        raise ConfigError(
            "all modules are on one side of the split",
            f"of the programs {', '.join(chosen.names)} {', '.join(sorted(held))} are held out",
            "name more programs by --corpus-from, or change HoldOut",
        )
    return split


def find_held_out(context: StageContext) -> frozenset[str]:
    """Return the programs that are held out as a whole, by name and by fold.

    Raises:
        ConfigError: the fold has none of the programs.
    """
    config = context.settings.get(settings.HoldOut)
    names = context.settings.get(settings.ProgramCorpus).names
    if not config.folds:
        return frozenset(config.programs)
    fold = choose_fold(names, config.folds, config.fold)
    if not fold:
        raise ConfigError(
            f"fold {config.fold} of {config.folds} has none of the programs",
            f"the corpus is made of {', '.join(names) or 'no program'}",
            "take another HoldOut.fold, fewer HoldOut.folds, or name more programs",
        )
    return fold | frozenset(config.programs)


def _read_own(context: StageContext) -> tuple[BuiltObject, ...]:
    names = context.settings.get(settings.ProgramCorpus).names
    return read_objects(context.folder(layout.PROGRAM_OBJECTS)) if names else ()
