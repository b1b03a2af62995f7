from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from regalloc.engine.protocol import Command
from regalloc.images.tree import TREE, Target
from regalloc.pipeline.execute import Run
from regalloc.pipeline.machine import CHECKOUT
from regalloc.pipeline.plan import Wish
from regalloc.settings import Settings, load_profile
from regalloc.stages.table import find


@dataclass
class FakeEngine:
    """Writes one file a stage, whose content follows from what the stage is told and reads."""

    name: str = "docker"
    images: set[str] = field(default_factory=set)
    ran: list[Command] = field(default_factory=list)
    fail: Callable[[str, Path], None] | None = None

    def describe(self) -> str:
        return "fake engine 1"

    def image_id(self, reference: str) -> str | None:
        return f"sha256:{reference}" if reference in self.images else None

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

    def build(self, target: Target) -> None:
        self.built.append(target.name)
        self.engine.images.add(target.reference)


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
