from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from regalloc.engine.command import ImageRef
from regalloc.engine.local import LocalEngine
from regalloc.errors import DiskError, EngineError, ImageError
from regalloc.images.builders import local_images
from regalloc.images.builders.local_images import LocalBuilder, with_binds
from regalloc.images.builders.local_steps import (
    binds_of_tests,
    build_binds,
    build_steps,
    steps_of_tests,
)
from regalloc.images.tags import ImageTest, Target
from regalloc.images.tree import MATERIALS, TREE, Image

ARGS = {
    "llvm": (("LLVM_MAJOR", "19"), ("LLVM_FLAVOR", "relink")),
    "corpus": (("CORPUS_KIND", "llvm"), ("CORPUS_TARGETS", "a;b")),
}
LLVM_REF = ImageRef("llvm", "1-l")
SOURCE, STOCK, WHEELS = (
    Target(row, "1-m", (("LLVM_MAJOR", "19"),), ImageRef("base", "1-b")) for row in MATERIALS
)
TEST = ImageTest((("LLVM_ADVISOR_TESTS", "X"),), (SOURCE, STOCK), "d")


def target(row: Image) -> Target:
    """Return an image, built on the toolchain, with its materials and its tests."""
    made_of = {"source": SOURCE, "stock": STOCK, "wheels": WHEELS}
    materials = tuple(made_of[name] for name in row.materials)
    llvm = None if row.name in ("base", "llvm") else LLVM_REF
    args = ARGS.get(row.name, ())
    return Target(row, "1-t", args, LLVM_REF, llvm, materials, TEST if row.tests else None)


_, LLVM, TRAINER, CORPUS, KIT, PROGRAMS, CLUSTER, BENCH = map(target, TREE)
FROM_SOURCE = replace(LLVM, args=(("LLVM_MAJOR", "15"), ("LLVM_FLAVOR", "source")))
CACHE = Path("/cache")


def test_build_binds_of_the_corpus_are_source_toolchain_and_its_own_place():
    assert build_binds(CORPUS, Path("/new"), CACHE) == {
        Path("/llvm-project"): Path("/cache/local/source-1-m/llvm-project"),
        Path("/opt/llvm"): Path("/cache/local/llvm-1-l/opt/llvm"),
        Path("/llvm_corpus"): Path("/new/llvm_corpus"),
    }


def test_the_kit_is_built_from_the_source_with_the_trainers_python():
    kit = replace(KIT, parent=TRAINER.ref)
    assert build_binds(kit, Path("/new"), CACHE) == {
        Path("/llvm-project"): Path("/cache/local/source-1-m/llvm-project"),
        Path("/opt/llvm"): Path("/cache/local/llvm-1-l/opt/llvm"),
        Path("/opt/kit"): Path("/new/opt/kit"),
    }
    python = "/cache/local/trainer-1-t/venv/bin/python"
    assert build_steps(kit, Path("/new"), CACHE) == (
        ("bash", "docker/scripts/install-packages.sh", "docker/kit/packages.txt"),
        ("bash", "docker/scripts/build-kit.sh", "/llvm-project", "/opt/kit"),
        ("bash", "docker/scripts/build-runtime.sh", python, "/opt/llvm", "/opt/kit"),
    )
    assert steps_of_tests(kit, CACHE) == (
        ("env", f"PYTHON={python}", "bash", "docker/kit/test/test-kit.sh", "/llvm-project",
         "/opt/llvm"),
    )  # fmt: skip
    assert binds_of_tests(kit, CACHE) == {
        Path("/llvm-project"): Path("/cache/local/source-1-m/llvm-project"),
        Path("/opt/llvm"): Path("/cache/local/llvm-1-l/opt/llvm"),
        Path("/opt/kit"): Path("/cache/local/kit-1-t/opt/kit"),
    }


def test_materials_are_made_of_packages_source_and_wheels():
    assert [build_steps(row, Path("/new"), CACHE) for row in (SOURCE, STOCK, WHEELS)] == [
        (
            ("bash", "docker/scripts/install-packages.sh", "docker/source/packages.txt"),
            ("bash", "docker/scripts/fetch-source.sh", "/llvm-project"),
        ),
        (
            ("bash", "docker/scripts/install-packages.sh", "docker/stock/packages.txt",
             "docker/stock/packages-19.txt"),
        ),
        (
            ("bash", "docker/scripts/install-packages.sh", "docker/trainer/packages.txt",
             "docker/wheels/packages.txt"),
            ("bash", "docker/scripts/install-wheels.sh", "/usr/bin/python3.11",
             "docker/trainer/requirements.txt", "/new/venv"),
            ("bash", "docker/scripts/lay-out-tensorflow.sh", "/new/venv", "/new/tensorflow"),
        ),
    ]  # fmt: skip
    assert build_binds(SOURCE, Path("/new"), CACHE) == {
        Path("/llvm-project"): Path("/new/llvm-project")
    }


def test_a_package_is_fetched_and_built_in_a_place_of_its_own():
    package = replace(CORPUS, args=(("CORPUS_KIND", "deb"), ("CORPUS_PACKAGE", "zlib")))
    assert build_steps(package, Path("/new"), Path("/cache"))[1:] == (
        ("bash", "docker/scripts/fetch-package.sh", "zlib", "/package"),
        ("bash", "docker/scripts/build-package.sh", "/package", "/opt/llvm", "/llvm_corpus"),
    )
    binds = build_binds(package, Path("/new"), Path("/cache"))
    assert binds[Path("/package")] == Path("/new/package")


def test_the_cluster_has_the_trainers_wheels_and_rays():
    cluster = replace(CLUSTER, parent=TRAINER.ref)
    assert build_binds(cluster, Path("/new"), CACHE) == {}
    assert build_steps(cluster, Path("/new"), CACHE) == (
        ("bash", "docker/scripts/copy-venv.sh", "/cache/local/trainer-1-t/venv/", "/new/venv",
         "/cache/local/llvm-1-l/opt/llvm/lib/tensorflow"),
        ("bash", "docker/scripts/install-ray.sh", "/new/venv", "docker/cluster/requirements.txt"),
    )  # fmt: skip


def test_with_binds_runs_in_a_mount_namespace():
    step = ("bash", "x.sh")
    assert with_binds({Path("/opt/llvm"): Path("/c/opt/llvm")}, step) == (
        "unshare", "--mount", "bash", "scripts/with-binds", "/c/opt/llvm=/opt/llvm", "--",
        "bash", "x.sh",
    )  # fmt: skip
    assert with_binds({}, step) == step


def test_the_toolchain_is_relinked_and_then_tested_apart():
    assert build_steps(LLVM, Path("/new"), CACHE) == (
        ("bash", "docker/scripts/install-packages.sh", "docker/llvm/packages-run.txt"),
        ("bash", "docker/scripts/build-relink.sh", "/llvm-project", "/opt/tensorflow", "/opt/llvm"),
    )
    assert build_binds(LLVM, Path("/new"), CACHE) == {
        Path("/llvm-project"): Path("/cache/local/source-1-m/llvm-project"),
        Path("/opt/venv"): Path("/cache/local/wheels-1-m/venv"),
        Path("/opt/tensorflow"): Path("/cache/local/wheels-1-m/tensorflow"),
        Path("/opt/llvm"): Path("/new/opt/llvm"),
    }
    assert steps_of_tests(LLVM, CACHE) == (
        ("bash", "docker/llvm/test/test-toolchain.sh", "/llvm-project", "/opt/llvm"),
    )
    assert binds_of_tests(LLVM, CACHE) == {
        Path("/llvm-project"): Path("/cache/local/source-1-m/llvm-project"),
        Path("/opt/llvm"): Path("/cache/local/llvm-1-t/opt/llvm"),
    }


def test_a_build_from_source_has_the_wheels_beside_it():
    assert build_steps(FROM_SOURCE, Path("/new"), CACHE)[1:] == (
        ("bash", "docker/scripts/install-packages.sh", "docker/llvm/packages-compile.txt"),
        ("bash", "docker/scripts/build-source.sh", "/llvm-project", "/opt/tensorflow", "/opt/venv",
         "/opt/llvm"),
    )  # fmt: skip
    assert build_binds(FROM_SOURCE, Path("/new"), CACHE) == build_binds(LLVM, Path("/new"), CACHE)


def test_the_trainer_is_the_wheels():
    assert build_steps(TRAINER, Path("/cache/local/trainer-1-t"), CACHE) == (
        ("ln", "-sfn", "../wheels-1-m/venv", "/cache/local/trainer-1-t/venv"),
    )
    python = "PYTHON=/cache/local/trainer-1-t/venv/bin/python"
    assert steps_of_tests(TRAINER, CACHE) == (
        ("env", python, "bash", "docker/trainer/test/test-advisor.sh", "/llvm-project",
         "/opt/llvm"),
    )  # fmt: skip


def test_build_steps_of_the_programs_fetch_what_their_definitions_name():
    assert build_steps(PROGRAMS, Path("/new"), Path("/cache"))[1:] == (
        ("bash", "docker/scripts/fetch-programs.sh", "configs/programs",
         "/new/opt/programs/tarballs"),
        ("cp", "-r", "configs/programs", "/new/opt/programs/definitions"),
    )  # fmt: skip
    assert build_binds(PROGRAMS, Path("/new"), Path("/cache")) == {}


def test_what_measures_is_in_the_checkout_already():
    assert build_steps(BENCH, Path("/new"), Path("/cache")) == ()
    assert build_binds(BENCH, Path("/new"), Path("/cache")) == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="BINDING FOLDERS NEEDS ROOT")
def test_a_command_sees_its_binds_and_nobody_else_does(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    argv = with_binds({target: source}, ("touch", str(target / "made")))
    subprocess.run(argv, cwd=Path(__file__).parents[4], check=True)
    assert (os.listdir(source), os.listdir(target)) == (["made"], [])


def builder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> LocalBuilder:
    monkeypatch.setattr(local_images, "require_root", lambda: None)
    steps = (("sh", "-c", "echo one"), ("sh", "-c", script))
    monkeypatch.setattr(local_images, "build_binds", lambda *_: {})
    monkeypatch.setattr(local_images, "build_steps", lambda *_: steps)
    return LocalBuilder(tmp_path, tmp_path / "cache", dict(os.environ), 2)


def test_build_is_renamed_when_whole(tmp_path, monkeypatch):
    builder(tmp_path, monkeypatch, 'echo "$JOBS"').build(TRAINER)
    made = {path.name for path in (tmp_path / "cache/local").iterdir()}
    assert made == {"wheels-1-m", "trainer-1-t"}
    engine = LocalEngine(tmp_path, tmp_path / "cache")
    assert engine.image_id(TRAINER.ref) == "local:regalloc-trainer:1-t"
    assert (tmp_path / "cache/logs/local-trainer-1-t.log").read_text() == "one\n2\n"


@pytest.mark.parametrize(
    ("script", "kind"),
    [("echo bad; exit 3", ImageError), ("echo No space left on device; exit 1", DiskError)],
)
def test_a_failed_build_is_never_taken_for_whole(tmp_path, monkeypatch, script, kind):
    with pytest.raises(kind) as caught:
        builder(tmp_path, monkeypatch, script).build(TRAINER)
    assert "ended with: exit code" in caught.value.details
    assert LocalEngine(tmp_path, tmp_path / "cache").image_id(TRAINER.ref) is None


def test_no_docker_and_no_root_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(EngineError) as caught:
        LocalBuilder(tmp_path, tmp_path, {}, 1).build(LLVM)
    assert caught.value.render() == (
        "error: no docker and no root\n"
        "without docker the toolchain's packages are installed on this machine\n"
        "what to do: start docker, or run once as root"
    )


@pytest.mark.parametrize(("kind", "own"), [("llvm", "packages-llvm"), ("deb", "packages-deb")])
def test_a_corpus_with_a_profile_has_the_runtime_of_its_release(kind, own):
    args = (("CORPUS_KIND", kind), ("CORPUS_PACKAGE", "zlib"), ("LLVM_MAJOR", "15"))
    plain, profiled = (
        build_steps(replace(CORPUS, args=(*args, *pgo)), Path("/new"), Path("/cache"))
        for pgo in ((), (("CORPUS_PGO", "1"),))
    )
    assert plain[0][2:] == (f"docker/corpus/{own}.txt",)
    assert profiled[0][2:] == (
        f"docker/corpus/{own}.txt",
        "docker/corpus/packages-profile.txt",
        "docker/corpus/packages-profile-15.txt",
    )
    assert plain[1:] == profiled[1:]
