from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from regalloc.engine.command import ImageRef
from regalloc.engine.local import LocalEngine
from regalloc.errors import DiskError, EngineError, ImageError
from regalloc.images import local
from regalloc.images.local import LocalBuilder, build_binds, build_steps, with_binds
from regalloc.images.tree import TREE, Target

ARGS = {
    "llvm": (("LLVM_MAJOR", "19"), ("LLVM_FLAVOR", "relink")),
    "corpus": (("CORPUS_KIND", "llvm"), ("CORPUS_TARGETS", "a;b")),
}
_, LLVM, TRAINER, CORPUS, KIT, PROGRAMS, CLUSTER, BENCH = (
    Target(row, "1-t", ARGS.get(row.name, ()), ImageRef("llvm", "1-l")) for row in TREE
)
SOURCE = replace(LLVM, args=(("LLVM_MAJOR", "15"), ("LLVM_FLAVOR", "source")))


def test_build_binds_of_the_corpus_are_the_toolchain_and_its_own_place():
    llvm = Path("/cache/local/llvm-1-l")
    assert build_binds(CORPUS, Path("/new"), Path("/cache")) == {
        Path("/llvm-project"): llvm / "llvm-project",
        Path("/opt/tensorflow"): llvm / "opt/tensorflow",
        Path("/opt/llvm"): llvm / "opt/llvm",
        Path("/llvm_corpus"): Path("/new/llvm_corpus"),
    }


def test_the_kit_is_built_from_the_toolchains_source_with_the_trainers_python():
    kit = replace(KIT, args=LLVM.args, parent=TRAINER.ref, toolchain=ImageRef("llvm", "1-l"))
    assert build_binds(kit, Path("/new"), Path("/cache")) == {
        Path("/llvm-project"): Path("/cache/local/llvm-1-l/llvm-project"),
        Path("/opt/tensorflow"): Path("/cache/local/llvm-1-l/opt/tensorflow"),
        Path("/opt/llvm"): Path("/cache/local/llvm-1-l/opt/llvm"),
        Path("/opt/kit"): Path("/new/opt/kit"),
    }
    python = "/cache/local/trainer-1-t/venv/bin/python"
    assert build_steps(kit, Path("/new"), Path("/cache")) == (
        ("bash", "docker/scripts/install-packages.sh", "docker/llvm/packages-build.txt",
         "docker/llvm/packages-build-19.txt", "docker/llvm/packages-test.txt",
         "docker/kit/packages.txt"),
        ("bash", "docker/scripts/build-kit.sh", "/llvm-project", "/opt/kit"),
        ("bash", "docker/scripts/build-runtime.sh", python, "/opt/llvm", "/opt/kit"),
        ("env", f"PYTHON={python}", "bash", "docker/scripts/test-kit.sh", "/llvm-project",
         "/opt/llvm"),
    )  # fmt: skip


def test_a_package_is_fetched_and_built_in_a_place_of_its_own():
    package = replace(CORPUS, args=(("CORPUS_KIND", "deb"), ("CORPUS_PACKAGE", "zlib")))
    assert build_steps(package, Path("/new"), Path("/cache"))[1:] == (
        ("bash", "docker/scripts/fetch-package.sh", "zlib", "/package"),
        ("bash", "docker/scripts/build-package.sh", "/package", "/opt/llvm", "/llvm_corpus"),
    )
    binds = build_binds(package, Path("/new"), Path("/cache"))
    assert binds[Path("/package")] == Path("/new/package")


def test_the_cluster_has_the_trainers_wheels_and_rays():
    cluster = replace(CLUSTER, parent=TRAINER.ref, toolchain=ImageRef("llvm", "1-l"))
    assert build_binds(cluster, Path("/new"), Path("/cache")) == {}
    assert build_steps(cluster, Path("/new"), Path("/cache")) == (
        ("bash", "docker/scripts/install-wheels.sh", "/usr/bin/python3.11",
         "docker/trainer/requirements.txt", "/new/venv",
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


def test_build_steps_of_the_toolchain_end_with_its_test():
    steps = build_steps(LLVM, Path("/new"), Path("/cache"))
    assert steps[-2:] == (
        ("bash", "docker/scripts/build-relink.sh", "/llvm-project", "/opt/tensorflow", "/opt/llvm"),
        ("bash", "docker/scripts/test-toolchain.sh", "/llvm-project", "/opt/llvm"),
    )


def test_a_build_from_source_has_the_wheels_beside_it():
    steps = build_steps(SOURCE, Path("/new"), Path("/cache"))
    assert "docker/llvm/packages-build-15.txt" in steps[0]
    assert steps[-3:-1] == (
        ("bash", "docker/scripts/install-wheels.sh", "/usr/bin/python3.11",
         "docker/trainer/requirements.txt", "/opt/venv"),
        ("bash", "docker/scripts/build-source.sh", "/llvm-project", "/opt/tensorflow", "/opt/venv",
         "/opt/llvm"),
    )  # fmt: skip
    binds = build_binds(SOURCE, Path("/new"), Path("/cache"))
    assert binds[Path("/opt/venv")] == Path("/new/opt/venv")
    assert Path("/opt/venv") not in build_binds(LLVM, Path("/new"), Path("/cache"))


def test_build_steps_of_the_trainer_link_the_toolchains_libraries():
    llvm = "/cache/local/llvm-1-l/opt/llvm/lib/tensorflow"
    assert build_steps(TRAINER, Path("/new"), Path("/cache")) == (
        ("bash", "docker/scripts/install-packages.sh", "docker/trainer/packages.txt",
         "docker/llvm/packages-source.txt", "docker/llvm/packages-test.txt"),
        ("bash", "docker/scripts/install-wheels.sh", "/usr/bin/python3.11",
         "docker/trainer/requirements.txt", "/new/venv", llvm),
        ("env", "PYTHON=/new/venv/bin/python", "bash", "docker/scripts/test-advisor.sh",
         "/llvm-project", "/opt/llvm"),
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
    subprocess.run(argv, cwd=Path(__file__).parents[3], check=True)
    assert (os.listdir(source), os.listdir(target)) == (["made"], [])


def builder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> LocalBuilder:
    monkeypatch.setattr(local, "require_root", lambda: None)
    steps = (("sh", "-c", "echo one"), ("sh", "-c", script))
    monkeypatch.setattr(local, "build_binds", lambda *_: {})
    monkeypatch.setattr(local, "build_steps", lambda *_: steps)
    return LocalBuilder(tmp_path, tmp_path / "cache", dict(os.environ), 2)


def test_build_is_renamed_when_whole(tmp_path, monkeypatch):
    builder(tmp_path, monkeypatch, 'echo "$JOBS"').build(TRAINER)
    assert [p.name for p in (tmp_path / "cache/local").iterdir()] == ["trainer-1-t"]
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
