"""Push and pull against Debian's docker-registry on loopback, and what can go wrong there."""

from __future__ import annotations

import base64
import http.server
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from regalloc.engine.docker import connect
from regalloc.engine.store import ImageStore
from regalloc.errors import RegistryError
from regalloc.images.transfer.prebuilt import pull_set, push_set
from regalloc.images.transfer.registry import Registry
from tests.engines import CHECKOUT
from tests.registries import PASSWORD, USER, BadLine, Served, served
from tests.tiny_images import TinyImage, docker_archive, layer_of, sha256, tiny_image

BIG = 3_000_000


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("registry") / "open") as running:
        yield running


@pytest.fixture
def line(server) -> Iterator[BadLine]:
    bad = BadLine(server.port)
    yield bad
    bad.close()


@pytest.fixture
def made(store) -> Iterator[Callable[..., tuple[TinyImage, TinyImage]]]:
    """Yield what makes two images, the second on top of the first, under names of their own."""
    names: list[str] = []

    def make(size: int = 10_000) -> tuple[TinyImage, TinyImage]:
        unique = uuid.uuid4().hex[:8]
        base = tiny_image(f"test-base-{unique}", [layer_of("base", os.urandom(size // 2))])
        more = layer_of("more", os.urandom(size))
        child = tiny_image(f"test-child-{unique}", [*base.layers, more])
        names.extend(image.target.reference for image in (base, child))
        put(store, base, child)
        return base, child

    yield make
    for name in names:
        store.drop_name(name)


def put(store: ImageStore, *images: TinyImage) -> None:
    """Bring images into the engine under their names."""
    store.load(io.BytesIO(docker_archive(images)), lambda event: None)


def remove(store: ImageStore, *images: TinyImage) -> None:
    """Take images away, as on a machine that never had them."""
    for image in images:
        store.drop_name(image.target.reference)
        assert store.look_up(image.stored.image_id) is None


def at(address: str, store: ImageStore) -> Registry:
    return Registry(f"{address}/us/images", store, print)


def targets(images: tuple[TinyImage, ...]) -> Any:
    return tuple(image.target for image in images)


def names_of(images: tuple[TinyImage, ...]) -> list[str]:
    """Return all names and digests of some images that docker knows."""
    import docker

    client = docker.from_env()
    found: list[str] = []
    for image in client.images.list(all=True):
        every = (*image.tags, *image.attrs["RepoDigests"])
        found += (x for x in every for mine in images if mine.target.image.name in x)
    client.close()
    return sorted(found)


def refusal(call: Callable[[], Any]) -> RegistryError:
    with pytest.raises(RegistryError) as caught:
        call()
    return caught.value


def test_images_that_were_pushed_and_removed_come_back_the_same(store, server, made):
    images = made()
    push_set(targets(images), at(server.address, store))
    assert names_of(images) == sorted(image.target.reference for image in images)
    remove(store, *reversed(images))
    pull_set(targets(images), at(server.address, store))
    assert [store.look_up(x.target.reference) for x in images] == [x.stored for x in images]
    assert names_of(images) == sorted(image.target.reference for image in images)


def test_pushing_and_pulling_again_moves_nothing(store, server, made, capsys):
    images = made()
    push_set(targets(images), at(server.address, store))
    capsys.readouterr()
    push_set(targets(images), at(server.address, store))
    pull_set(targets(images), at(server.address, store))
    assert capsys.readouterr().out.splitlines() == [
        *(f"{server.address}/us/images/{x.target.reference} is there already" for x in images),
        *(f"{x.target.reference} is here already" for x in images),
    ]


def test_a_tag_with_other_content_is_not_overwritten(store, server, made):
    base, child = made()
    push_set(targets((base, child)), at(server.address, store))
    other = child.relabelled(extra="1")
    remove(store, child)
    put(store, other)
    for move in (push_set, pull_set):
        error = refusal(lambda move=move: move(targets((base, child)), at(server.address, store)))
        assert "is another image here than in" in error.brief
        assert store.look_up(child.target.reference) == other.stored
    remove(store, other)
    pull_set(targets((child,)), at(server.address, store))
    assert store.look_up(child.target.reference) == child.stored


def test_a_tag_that_the_registry_does_not_have_is_no_error(store, server, made):
    base, child = made()
    push_set(targets((base,)), at(server.address, store))
    assert not at(server.address, store).fetch(child.target)
    remove(store, child, base)
    error = refusal(lambda: pull_set(targets((base, child)), at(server.address, store)))
    assert error.brief == f"{server.address}/us/images lacks 1 of 2 images"
    assert store.look_up(base.target.reference) == base.stored


def test_an_image_under_a_wrong_tag_is_refused_and_removed(store, server, made):
    base, child = made()
    wrong = f"{server.address}/us/images/{child.target.reference}"
    store.add_name(base.stored.image_id, wrong)
    store.push(wrong, lambda event: None)
    store.drop_name(wrong)
    remove(store, child, base)
    error = refusal(lambda: at(server.address, store).fetch(child.target))
    assert error.brief == f"{wrong} is not what its name says; it was removed again"
    assert names_of((base, child)) == []
    assert store.look_up(base.stored.image_id) is None


def pushed_blobs(server: Served, store: ImageStore, image: TinyImage) -> dict[str, Path]:
    """Return where the registry keeps the parts of an image, and its manifest."""
    digest = store.remote_digest(f"{server.address}/us/images/{image.target.reference}")
    assert digest is not None
    manifest = json.loads(server.blob(digest).read_bytes())
    layer = server.blob(manifest["layers"][-1]["digest"])
    return {"layer": layer, "config": server.blob(manifest["config"]["digest"])}


@pytest.mark.parametrize("part", ["layer", "config"])
def test_a_blob_that_was_tampered_with_is_refused(store, server, made, part):
    images = made()
    push_set(targets(images), at(server.address, store))
    path = pushed_blobs(server, store, images[1])[part]
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    remove(store, *reversed(images))
    error = refusal(lambda: at(server.address, store).fetch(images[1].target))
    assert error.brief == (
        f"registry {server.address} sent or received something else than its digest says; "
        "nothing of it was kept"
    )
    assert "verification failed for digest sha256:" in error.details
    assert names_of(images) == []
    path.write_bytes(whole)
    pull_set(targets(images), at(server.address, store))
    assert store.look_up(images[1].target.reference) == images[1].stored


def login(folder: Path, address: str, password: str) -> None:
    """Write a docker configuration as `docker login` does."""
    auth = base64.b64encode(f"{USER}:{password}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {address: {"auth": auth}}}))


def require_login(address: str, wanted: Any) -> None:
    """Check that neither a push nor a pull works without the right login."""
    known = connect().images
    for move in (push_set, pull_set):
        error = refusal(lambda move=move: move(wanted, at(address, known)))
        assert f"registry {address} wants a login" in error.brief
        assert error.resolution == f"docker login {address}"


def test_a_registry_with_a_login_takes_docker_s_own_credentials(store, made, tmp_path, monkeypatch):
    images = made()
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with served(tmp_path / "closed", login=True) as closed:
        require_login(closed.address, targets(images))
        login(tmp_path, closed.address, "wrong")
        require_login(closed.address, targets(images))
        login(tmp_path, closed.address, PASSWORD)
        known = connect().images
        push_set(targets(images), at(closed.address, known))
        remove(store, *reversed(images))
        pull_set(targets(images), at(closed.address, known))
    assert store.look_up(images[1].target.reference) == images[1].stored


def test_a_registry_that_is_not_there_cannot_be_reached(store, made, line):
    images = made()
    gone = line.address
    line.close()
    for move in (push_set, pull_set):
        error = refusal(lambda move=move: move(targets(images), at(gone, store)))
        assert error.brief == f"registry {gone} cannot be reached"
        assert "connection refused" in error.details
    assert names_of(images) == sorted(image.target.reference for image in images)


def test_a_host_without_an_address_is_not_found(store, made):
    error = refusal(lambda: pull_set(targets(made()), at("no-such-host.invalid", store)))
    assert error.brief.startswith("registry no-such-host.invalid ")
    assert error.resolution


def test_a_server_that_is_no_registry_is_named(store, made, tmp_path):
    class Silent(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            pass

        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(tmp_path))

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Silent) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        address = f"127.0.0.1:{web.server_address[1]}"
        error = refusal(lambda: pull_set(targets(made()), at(address, store)))
        web.shutdown()
    assert error.brief == f"registry {address} does not answer as a registry does"


def test_a_pull_over_a_line_that_breaks_once_comes_through(store, server, made, line, capsys):
    images = made(BIG)
    push_set(targets(images), at(server.address, store))
    remove(store, *reversed(images))
    line.cut_after, line.cuts = BIG // 2 + BIG // 4, 1
    pull_set(targets(images), at(line.address, store))
    assert line.cuts == 0
    assert store.look_up(images[1].target.reference) == images[1].stored
    assert "the connection failed; docker tries again" in capsys.readouterr().out


CHILD = """
import sys
from regalloc.engine.docker import connect
from regalloc.errors import RegallocError
from regalloc.images.transfer.prebuilt import pull_set, push_set
from regalloc.images.transfer.registry import Registry
from regalloc.images.tags import Target
from regalloc.images.tree import Image
move, address, *names = sys.argv[1:]
targets = tuple(Target(Image(name, None, (), (), ""), "1-a", (), None) for name in names)
try:
    (push_set if move == "push" else pull_set)(
        targets, Registry(f"{address}/us/images", connect().images, print)
    )
except RegallocError as error:
    print(error.brief)
    sys.exit(error.exit_code)
"""


def stopped(
    move: str, line: BadLine, images: tuple[TinyImage, ...], number: signal.Signals
) -> tuple[str, int]:
    """Move images over a line until the second is under way, then send the signal."""
    names = [image.target.image.name for image in images]
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, move, line.address, *names],
        stdout=subprocess.PIPE, text=True, cwd=CHECKOUT,
    )  # fmt: skip
    while line.passed < BIG and child.poll() is None:
        time.sleep(0.01)
    child.send_signal(number)
    out, _ = child.communicate(timeout=60)
    return out.splitlines()[-1] if out else "", child.returncode


def test_a_pull_that_is_stopped_names_whole_images_only_and_goes_on(store, server, made, line):
    images = made(BIG)
    push_set(targets(images), at(server.address, store))
    remove(store, *reversed(images))
    line.bytes_per_s = 2 * BIG
    assert stopped("pull", line, images, signal.SIGINT) == ("stopped by SIGINT", 130)
    assert names_of(images) == [images[0].target.reference]
    line.bytes_per_s = None
    pull_set(targets(images), at(line.address, store))
    assert [store.look_up(x.target.reference) for x in images] == [x.stored for x in images]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_push_that_is_stopped_leaves_no_tag_and_goes_on(store, server, made, line, number):
    images = made(BIG)
    line.bytes_per_s = 2 * BIG
    _, code = stopped("push", line, images, number)
    assert code == (130 if number == signal.SIGTERM else -signal.SIGKILL)
    second = f"{server.address}/us/images/{images[1].target.reference}"
    assert store.remote_digest(second) is None
    line.bytes_per_s, line.passed = None, 0
    push_set(targets(images), at(line.address, store))
    assert store.remote_digest(second) is not None
    # The first was through and is not sent again.
    assert line.passed < BIG + BIG // 4
    assert names_of(images) == sorted(image.target.reference for image in images)


def test_layers_that_images_share_are_pulled_once(store, server, made, line):
    images = made(BIG)
    push_set(targets(images), at(server.address, store))
    remove(store, *reversed(images))
    pull_set(targets(images), at(line.address, store))
    assert line.passed < BIG + BIG // 2 + BIG // 4
    assert sha256(images[0].layers[0]) == images[1].stored.layers[0]
