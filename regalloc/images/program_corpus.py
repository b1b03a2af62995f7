"""Programs of ``configs/programs`` as a corpus: which are asked for, and whether that can be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from regalloc.errors import ConfigError
from regalloc.layout import PROGRAM_DEFINITION
from regalloc.releases import find_release
from regalloc.settings import HoldOut, Llvm, ProgramCorpus, Settings

PROGRAM = "program:"
DEFINITIONS = Path("configs") / "programs"
"""Where they are described, in the checkout."""


def split_corpora(asked: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the programs that `--corpus-from` asks for, each once, and the rest."""
    texts = tuple(asked)
    names = (text.removeprefix(PROGRAM) for text in texts if text.startswith(PROGRAM))
    return tuple(dict.fromkeys(names)), tuple(t for t in texts if not t.startswith(PROGRAM))


def bind_programs(asked: Sequence[str]) -> tuple[str, ...]:
    """Return the bindings that say what `--corpus-from` does; none where it is not given."""
    if not asked:
        return ()
    names, others = split_corpora(asked)
    return (f"ProgramCorpus.names={names!r}", f"ProgramCorpus.alone={bool(names) and not others}")


def check_programs(settings: Settings, checkout: Path) -> None:
    """Check that the programs of a corpus exist, and that the compiler can profile them.

    Raises:
        ConfigError: a program has no description, none is named where they are all of the corpus,
            one that is held out is not in the corpus, a fold does not exist, or the compiler takes
            no profile of the code that it generates.
    """
    corpus, llvm = settings.get(ProgramCorpus), settings.get(Llvm)
    if corpus.alone and not corpus.names:
        raise ConfigError(
            "the corpus is empty",
            "ProgramCorpus.alone is set, and ProgramCorpus.names names no program",
            "name some, or set ProgramCorpus.alone=False",
        )
    known = sorted(
        path.parent.name for path in checkout.glob(f"{DEFINITIONS}/*/{PROGRAM_DEFINITION}")
    )
    for name in corpus.names:
        if name not in known:
            raise ConfigError(
                f"there is no program {name!r}",
                f"{DEFINITIONS} describes {', '.join(known)}",
                f"correct --corpus-from={PROGRAM}{name}, or ProgramCorpus.names of the profile",
            )
    check_hold_out(settings.get(HoldOut), corpus.names)
    if corpus.names and (llvm.flavor != "relink" or not find_release(llvm.major).counts_code):
        raise ConfigError(
            "this compiler takes no profile of the code that it generates",
            f"it is LLVM {llvm.major}, flavor {llvm.flavor}; programs of a corpus need one",
            "use LLVM 19, relinked: leave --llvm and --flavor out",
        )


def check_hold_out(hold_out: HoldOut, names: Sequence[str]) -> None:
    """Check that programs that are held out, or shared out to folds, can be.

    Raises:
        ConfigError: one is not in the corpus, or a fold does not exist.
    """
    if unknown := [name for name in hold_out.programs if name not in names]:
        raise ConfigError(
            f"the program {unknown[0]!r} cannot be held out",
            f"the corpus is made of {', '.join(names) or 'no program'}",
            "correct HoldOut.programs, or name it by --corpus-from, too",
        )
    if hold_out.folds == 0 and hold_out.fold == 0:
        return
    if hold_out.folds < 2 or not 0 <= hold_out.fold < hold_out.folds:
        raise ConfigError(
            f"there is no fold {hold_out.fold} of {hold_out.folds}",
            "HoldOut.fold counts from 0, and there are two folds or more",
            "set HoldOut.folds=3 and HoldOut.fold to 0, 1 or 2, for example",
        )
