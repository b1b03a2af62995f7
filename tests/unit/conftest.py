from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

import hypothesis
import pytest

from regalloc.commands.machine import CHECKOUT
from regalloc.engine.command import Command, ImageRef, Mount, Session
from regalloc.engine.store import ImageStore
from regalloc.images.tags import Target
from regalloc.images.tree import TREE
from regalloc.pipeline.run import Run
from regalloc.pipeline.wish import Wish
from regalloc.profiles import load_profile
from regalloc.settings import Settings
from regalloc.stages.table import find

# The same invented input each time, and no limit of time that a busy machine would break.
hypothesis.settings.register_profile(
    "ours", deadline=None, derandomize=True, database=None, print_blob=False
)
hypothesis.settings.load_profile("ours")


@dataclass
class FakeEngine:
    """Writes one file a stage, whose content follows from what the stage is told and reads.

    Attributes:
        images: the images it keeps, if it keeps some.
        built: references of the images that exist.
        ran: the stages that were run.
        sessions: the programs that were run on a terminal.
        swept: what a run's folder held each time that orphans were removed.
        fail: called in the middle of each stage.
        interrupt: whether a session ends by Ctrl-C.
    """

    nested = True
    listen_address = "0.0.0.0"
    images: ImageStore | None = None
    built: set[str] = field(default_factory=set)
    ran: list[Command] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    swept: list[list[str]] = field(default_factory=list)
    fail: Callable[[str, Path], None] | None = None
    interrupt: bool = False

    def describe(self) -> str:
        return "fake engine 1"

    def image_id(self, image: ImageRef) -> str | None:
        return f"sha256:{image}" if str(image) in self.built else None

    def place_of(self, mount: Mount) -> PurePath:
        return mount.target

    def interact(self, session: Session) -> int:
        self.sessions.append(session)
        if self.interrupt:
            raise KeyboardInterrupt
        return 0

    def remove_orphans(self, root: Path) -> None:
        self.swept.append(sorted(path.name for path in root.iterdir()) if root.is_dir() else [])

    def run(self, command: Command) -> None:
        self.ran.append(command)
        folder = command.root / find(command.stage).writes
        (folder / "events").mkdir(exist_ok=True)
        (folder / "events" / "time").write_text(str(len(self.ran)))
        if self.fail:
            self.fail(command.stage, folder)
        kept = (arg for arg in command.argv if not arg.startswith(("--jobs", "--took")))
        (folder / "result").write_text(" ".join(kept))


@dataclass
class FakeBuilder:
    engine: FakeEngine
    built: list[str] = field(default_factory=list)

    def build_all(self, targets: Sequence[Target]) -> dict[str, float]:
        self.built += [target.name for target in targets]
        self.engine.built |= {target.reference for target in targets}
        return {target.name: 1.0 for target in targets}

    def test(self, target: Target) -> None:
        raise AssertionError("nobody tests images here")


@pytest.fixture(scope="session")
def settings() -> Settings:
    return load_profile("quick")


@pytest.fixture
def targets() -> dict[str, Target]:
    return {row.name: Target(row, "1-aaa", (), None) for row in TREE}


@pytest.fixture
def wish(settings: Settings, targets: dict[str, Target]) -> Wish:
    return Wish(settings, 0, targets)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def run(tmp_path: Path, wish: Wish, said: list[str]) -> Run:
    engine = FakeEngine()
    return Run(
        folder=tmp_path / "run",
        checkout=CHECKOUT,
        cache=tmp_path / "cache",
        wish=wish,
        jobs=2,
        memory_mb=1000,
        tty=False,
        debug=False,
        engine=engine,
        builder=FakeBuilder(engine),
        say=said.append,
    )


@pytest.fixture
def with_image() -> Callable[[Wish, str, str], Wish]:
    """Return a function that gives an image another tag."""

    def change(wish: Wish, name: str, tag: str) -> Wish:
        target = replace(wish.targets[name], tag=tag)
        return replace(wish, targets={**wish.targets, name: target})

    return change
