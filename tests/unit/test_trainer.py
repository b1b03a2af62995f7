"""How tests/rl is run in a container: which image, and what of it the tests can reach."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from regalloc.errors import ImageError
from regalloc.images.tags import Target
from regalloc.images.tree import TREE
from tests import trainer
from tests.engines import CHECKOUT
from tests.tiny_images import tiny_image
from tests.trainer import (
    THE_CHECKOUTS,
    THE_IMAGES,
    Trainer,
    choose_trainer,
    container_argv,
    describe_choice,
    find_trainers,
)
from tests.unit.images.stores import FakeStore

WANTED = "regalloc-trainer:19-aaa"
START = ["docker", "run", "--rm", "--init", "--network=none", "--workdir=/src"]
TESTS = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/rl"]


@pytest.fixture
def emulator(monkeypatch):
    """Say where the emulator is; nowhere at first."""
    found: dict[str, str] = {}
    monkeypatch.setattr(trainer.shutil, "which", found.get)
    return found


def test_the_images_code_is_tested_by_the_checkouts_tests(emulator):
    assert container_argv(WANTED, THE_IMAGES) == [
        *START,
        "--env=HOME=/tmp",
        f"--volume={CHECKOUT}/tests:/src/tests:ro",
        f"--volume={CHECKOUT}/pyproject.toml:/src/pyproject.toml:ro",
        f"--volume={CHECKOUT}/regalloc/bench:/opt/regalloc/regalloc/bench:ro",
        "--entrypoint=/opt/venv/bin/python", WANTED, *TESTS,
    ]  # fmt: skip


def test_the_checkouts_code_comes_before_the_images(emulator):
    emulator[trainer.EMULATOR] = "/bin/qemu"
    assert container_argv(WANTED, THE_CHECKOUTS, ["-k", "x or y"], terminal=True) == [
        *START,
        "--interactive", "--tty",
        "--env=HOME=/tmp", "--env=PYTHONPATH=/src",
        f"--volume={CHECKOUT}/tests:/src/tests:ro",
        f"--volume={CHECKOUT}/pyproject.toml:/src/pyproject.toml:ro",
        f"--volume={CHECKOUT}/regalloc:/src/regalloc:ro",
        f"--volume={CHECKOUT}/configs:/src/configs:ro",
        "--volume=/bin/qemu:/usr/local/bin/qemu-x86_64-static:ro",
        "--entrypoint=/opt/venv/bin/python", WANTED, *TESTS, "-k", "x or y",
    ]  # fmt: skip


@pytest.mark.parametrize("code", [THE_IMAGES, THE_CHECKOUTS])
def test_what_is_mounted_exists(code):
    assert all((CHECKOUT / path).exists() for path in code.mounts)


def image(name: str, tag: str, *layers: bytes):
    return tiny_image(name, layers, tag)


def target(name: str, tag: str) -> Target:
    row = next(row for row in TREE if row.name == name)
    return Target(row, tag, (), None)


def test_images_of_the_same_release_are_found(tmp_path):
    store = FakeStore(
        image("llvm", "19-l", b"base", b"llvm"),
        image("trainer", "19-old", b"base", b"before", b"wheels"),
        image("trainer", "19-new", b"base", b"llvm", b"wheels"),
        image("trainer", "19-new-raw", b"base", b"llvm", b"wheels"),
        image("trainer", "15-new", b"base", b"llvm", b"wheels"),
    )
    (tmp_path / "logs").mkdir()
    log = tmp_path / "logs/trainer-19-old.log"
    log.touch()
    os.utime(log, (7, 7))
    wanted = {"llvm": target("llvm", "19-l"), "trainer": target("trainer", "19-aaa")}
    assert list(find_trainers(store.names, wanted, store, tmp_path)) == [
        Trainer("regalloc-trainer:19-old", fits=False, built=7.0),
        Trainer("regalloc-trainer:19-new", fits=True, built=0.0),
    ]


def test_no_image_fits_where_the_compiler_is_not_built(tmp_path):
    store = FakeStore(image("trainer", "19-new", b"base", b"llvm", b"wheels"))
    wanted = {"llvm": target("llvm", "19-l"), "trainer": target("trainer", "19-aaa")}
    assert [one.fits for one in find_trainers(store.names, wanted, store, tmp_path)] == [False]


OLD = Trainer("regalloc-trainer:19-old", fits=False, built=9.0)
BUILT = Trainer("regalloc-trainer:19-built", fits=True, built=3.0)
LATER = Trainer("regalloc-trainer:19-a", fits=True, built=4.0)


def test_the_checkouts_own_image_is_chosen_before_all_others():
    own = replace(OLD, reference=WANTED)
    assert choose_trainer([LATER, own, BUILT], WANTED) == WANTED


def test_the_newest_image_with_the_same_compiler_is_chosen():
    assert choose_trainer([OLD, BUILT, LATER], WANTED) == LATER.reference


def test_any_image_is_better_than_none():
    assert choose_trainer([OLD], WANTED) == OLD.reference


def test_without_an_image_the_error_says_how_to_build_one():
    with pytest.raises(ImageError) as caught:
        choose_trainer([], WANTED)
    assert caught.value.render() == (
        "error: there is no trainer image to test in\n"
        "regalloc-trainer:19-aaa\n"
        "what to do: invoke build-llvm"
    )


def test_another_image_than_the_checkouts_is_told_aloud():
    assert describe_choice(WANTED, WANTED) == f"tests/rl of the checkout in {WANTED}"
    assert describe_choice(OLD.reference, WANTED) == (
        f"tests/rl of the checkout in {OLD.reference}, because {WANTED} does not exist: its "
        "compiler and packages may be older than the checkout's (invoke build-llvm)"
    )


def test_without_an_engine_nothing_is_tested(monkeypatch, capsys):
    monkeypatch.setattr(trainer, "connect", lambda: None)
    assert trainer.main([]) == 11
    assert capsys.readouterr().err.startswith("error: no docker engine answers\n")
