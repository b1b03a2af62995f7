from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from regalloc.engine.command import ImageRef
from regalloc.errors import DiskError, ImageError
from regalloc.images.builders.buildkit import (
    DockerBuilder,
    build_argv,
    build_step,
    image_labels,
    lend_secrets,
)
from regalloc.images.builders.docker_client import Client
from regalloc.images.builders.root_filesystem import Base
from regalloc.images.tags import Target
from regalloc.images.tree import MATERIALS, TREE
from tests.tiny_images import layer_of, tiny_image
from tests.unit.images.stores import TakingStore

CLIENT = Client(Path("/usr/bin/docker"), 20)
BASE, LLVM, _, CORPUS, *_ = TREE
CORPUS_TARGET = Target(CORPUS, "1-c", (("CORPUS_TARGETS", "a;b"),), ImageRef("llvm", "1-l"))


def test_build_argv_of_a_child():
    argv = build_argv(
        CLIENT, Path("/src"), CORPUS_TARGET, None, {"title": "t"}, ("--secret", "id=ca,src=/ca")
    )
    assert argv == (
        "/usr/bin/docker",
        "build",
        "--progress=plain",
        "--file=/src/docker/corpus/Dockerfile",
        "--tag=regalloc-corpus:1-c-raw",
        "--build-arg=BASE=regalloc-llvm:1-l",
        "--build-arg=SOURCE_DATE_EPOCH=1735689600",
        "--build-arg=CORPUS_TARGETS=a;b",
        "--label=title=t",
        "--secret",
        "id=ca,src=/ca",
        "/src",
    )


def test_build_argv_of_a_bootstrapped_base():
    target = Target(BASE, "1-b", (("BASE_IDENTITY", "debian-12"),), None)
    base = Base("bootstrapped", "bootstrapped sha256:0", Path("/cache/base/x"))
    assert build_argv(CLIENT, Path("/src"), target, base, {}, ()) == (
        "/usr/bin/docker",
        "build",
        "--progress=plain",
        "--file=/src/docker/base/Dockerfile",
        "--tag=regalloc-base:1-b-raw",
        "--build-arg=BASE=bootstrapped",
        "--build-arg=SOURCE_DATE_EPOCH=1735689600",
        "/cache/base/x",
    )


def test_image_labels_say_what_how_and_from_where():
    assert image_labels(Target(BASE, "1-b", (), None), Base("x", "pulled x", None)) == {
        "org.opencontainers.image.title": "regalloc-base",
        "org.opencontainers.image.description": "a minimal Debian 12",
        "org.opencontainers.image.version": "0.1.0",
        "org.opencontainers.image.revision": "1-b",
        "regalloc.tag": "1-b",
        "regalloc.base": "pulled x",
    }


@pytest.mark.parametrize(
    ("line", "step"),
    [
        (b"#12 [build 7/12] RUN make\n", "[build 7/12] RUN make"),
        (b"#9 [a 1/2] RUN --mount=type=cache,target=/c   make\n", "[a 1/2] RUN make"),
        (b"#12 0.123 [1/2] not a step\n", None),
        (b"#12 DONE 0.1s\n", None),
        (b"\xff\n", None),
    ],
)
def test_build_step_finds_the_announcements(line, step):
    assert build_step(line) == step


def builder(tmp_path: Path, script: str) -> DockerBuilder:
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(
        '#!/bin/sh\nif [ "$1" = --version ]; then echo "Docker version 20.10.24"; exit; fi\n'
        + script
    )
    docker.chmod(0o755)
    environ = {"PATH": f"{docker.parent}:/usr/bin:/bin"}
    store = TakingStore(tiny_image("corpus", [layer_of("a", b"a")], tag="1-c-raw"))
    return DockerBuilder(tmp_path, tmp_path / "cache", environ, store)


def test_a_build_without_cache_says_so(tmp_path):
    afresh = builder(tmp_path, 'echo "$@" >"$0.argv"').again(tmp_path / "other")
    afresh.build(CORPUS_TARGET)
    assert "--no-cache" in (tmp_path / "bin/docker.argv").read_text().split()
    assert (tmp_path / "other/logs/corpus-1-c.log").is_file()
    assert not (tmp_path / "cache").exists()


def test_another_base_than_the_locked_one_is_not_built(tmp_path, monkeypatch):
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker/images.lock").write_text("base bootstrap sha256:aa\n")
    made = Base("bootstrapped", "bootstrapped", tmp_path / "root")
    made.context.mkdir()
    (made.context / "rootfs.sha256").write_text("bb\n")
    monkeypatch.setattr("regalloc.images.builders.buildkit.prepare_base", lambda *_: made)
    with pytest.raises(ImageError, match=r"differs from docker/images\.lock"):
        builder(tmp_path, 'echo built >"$0.argv"').build(Target(BASE, "1-b", (), None))
    assert not (tmp_path / "bin/docker.argv").exists()


def test_build_shows_its_steps_and_keeps_a_log(tmp_path, capsys):
    script = 'echo "#1 [1/2] FROM x"; echo "#1 [1/2] FROM x"; echo "kit $DOCKER_BUILDKIT"'
    builder(tmp_path, script).build(CORPUS_TARGET)
    assert capsys.readouterr().out.splitlines() == [
        "regalloc-corpus:1-c 00:00 [1/2] FROM x",
    ]
    log = tmp_path / "cache/logs/corpus-1-c.log"
    assert log.read_text() == "#1 [1/2] FROM x\n#1 [1/2] FROM x\nkit 1\n"


def test_a_failed_build_shows_command_code_log_and_last_lines(tmp_path):
    with pytest.raises(ImageError) as caught:
        builder(tmp_path, "echo first; echo broken >&2; exit 4").build(CORPUS_TARGET)
    error = caught.value
    log = tmp_path / "cache/logs/corpus-1-c.log"
    assert (error.brief, error.resolution) == (
        "regalloc-corpus:1-c could not be built",
        f"read {log}",
    )
    command, *rest = error.details.splitlines()
    assert command.startswith(f"command: {tmp_path}/bin/docker build --progress=plain")
    assert rest == ["ended with: exit code 4", f"log: {log}", "first", "broken"]


def test_a_build_on_a_full_disk_is_a_disk_error(tmp_path):
    script = "echo 'write /x: no space left on device'; exit 1"
    with pytest.raises(DiskError, match=r"the disk is full: regalloc-corpus:1-c"):
        builder(tmp_path, script).build(CORPUS_TARGET)


def test_a_daemon_without_buildkit_is_named(tmp_path):
    script = "echo 'Error: buildkit not supported by daemon' >&2; exit 1"
    with pytest.raises(ImageError, match=r"daemon is too old for BuildKit") as caught:
        builder(tmp_path, script).build(CORPUS_TARGET)
    assert caught.value.resolution == "update docker to 18.09 or newer"


def test_a_material_of_two_images_of_a_wave_is_made_once(tmp_path):
    asked = tmp_path / "asked"
    made = builder(
        tmp_path, f'for word; do case $word in --tag=*) echo "$word" >>{asked};; esac; done'
    )
    source = Target(MATERIALS[0], "1-s", (), ImageRef("base", "1-b"))
    kit = Target(TREE[4], "1-k", (), ImageRef("trainer", "1-t"), materials=(source,))
    images = [replace(CORPUS_TARGET, materials=(source,)), kit]
    tiny = [
        tiny_image(name, [layer_of("a", b"a")], tag=f"{tag}-raw")
        for name, tag in (("source", "1-s"), ("kit", "1-k"))
    ]
    for image in tiny:
        made.store.names[image.target.reference] = image.stored
    made.store.content += tiny
    assert set(made.build_all(images)) == {"corpus", "kit"}
    tags = asked.read_text().split()
    assert tags[0] == "--tag=regalloc-source:1-s-raw"
    assert sorted(tags[1:]) == ["--tag=regalloc-corpus:1-c-raw", "--tag=regalloc-kit:1-k-raw"]


def test_sources_that_are_lent_are_not_written_again(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "regalloc.images.builders.buildkit.debian_sources", lambda _: "Types: deb\n"
    )
    lend_secrets({}, tmp_path)
    sources = tmp_path / "debian.sources"
    before = sources.stat()
    lend_secrets({}, tmp_path)
    assert (sources.stat().st_ino, sources.stat().st_mtime_ns) == (
        before.st_ino,
        before.st_mtime_ns,
    )
    monkeypatch.setattr(
        "regalloc.images.builders.buildkit.debian_sources", lambda _: "Types: new\n"
    )
    lend_secrets({}, tmp_path)
    # A build that reads the old file goes on reading it.
    assert (sources.read_text(), sources.stat().st_ino != before.st_ino) == ("Types: new\n", True)
