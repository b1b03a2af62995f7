from __future__ import annotations

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from docker.errors import APIError, DockerException, ImageNotFound, NotFound, StreamParseError
from urllib3.exceptions import ProtocolError

from regalloc.engine.docker import connect
from regalloc.engine.docker_store import DockerStore, image_config
from regalloc.engine.store import Event, StoredImage
from regalloc.errors import ConfigError, DiskError, EngineError, ImageError, RegistryError

ATTRS: dict[str, Any] = {
    "Id": "sha256:1",
    "Config": {"Labels": {"a": "b"}},
    "RootFS": {"Layers": ["sha256:2"]},
}
NAME = "reg.example/us/regalloc-x:1-a"


class Api:
    """The part of the SDK that a store uses; each call answers what it was told to."""

    base_url = "http+docker://localhost"
    api_version = "1.41"

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.calls: list[tuple[Any, ...]] = []
        self.timeout: int | None = 60

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **rest: Any) -> Any:
            self.calls.append((name, *args, rest, self.timeout))
            answer = self.answers[name]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def store(**answers: Any) -> tuple[DockerStore, Api]:
    api = Api(**answers)
    return DockerStore(SimpleNamespace(api=api, images=api)), api


def lines(*given: Any):
    for line in given:
        if isinstance(line, Exception):
            raise line
        yield line


def ignore(event):
    pass


def refused(status: int, text: str) -> APIError:
    response = requests.Response()
    response.status_code = status
    return APIError("refused", response, text)


def test_an_image_is_known_by_id_labels_and_layers():
    found, api = store(get=SimpleNamespace(attrs=ATTRS))
    assert found.look_up(NAME) == StoredImage("sha256:1", {"a": "b"}, ("sha256:2",))
    assert api.calls == [("get", NAME, {}, 60)]


def test_an_image_without_labels_has_none():
    bare = {"Id": "sha256:1", "Config": {"Labels": None}, "RootFS": {"Type": "layers"}}
    found, _ = store(get=SimpleNamespace(attrs=bare))
    assert found.look_up(NAME) == StoredImage("sha256:1", {}, ())


def test_what_is_not_there_is_none():
    missing, _ = store(
        get=ImageNotFound("no"), inspect_distribution=NotFound("no"), remove_image=NotFound("no")
    )
    assert missing.look_up(NAME) is None
    assert missing.remote_digest(NAME) is None
    missing.drop_name(NAME)


def test_a_name_is_split_where_docker_splits_it():
    named, api = store(tag=True)
    named.add_name("sha256:1", "localhost:5000/x:1-a")
    assert api.calls == [("tag", "sha256:1", "localhost:5000/x", "1-a", {}, 60)]


def test_a_registry_is_asked_for_the_digest_of_a_tag():
    asked, api = store(inspect_distribution={"Descriptor": {"digest": "sha256:3"}})
    assert asked.remote_digest(NAME) == "sha256:3"
    assert api.calls == [("inspect_distribution", NAME, {}, 60)]


def test_pull_asks_for_the_digest_and_tells_each_event():
    progress = {"current": 1, "total": 2}
    given = lines({"status": "Downloading", "id": "a", "progressDetail": progress}, {"status": "x"})
    pulling, api = store(pull=given)
    seen: list[Event] = []
    pulling.pull("reg.example/x@sha256:3", seen.append)
    assert api.calls == [
        ("pull", "reg.example/x", {"tag": "sha256:3", "stream": True, "decode": True}, 60)
    ]
    assert seen == [Event("a", "Downloading", 1, 2), Event("", "x")]


def test_push_waits_without_limit_and_returns_the_digest():
    pushing, api = store(push=lines({"status": "Pushed"}, {"aux": {"Digest": "sha256:3"}}))
    assert pushing.push(NAME, ignore) == "sha256:3"
    sent = {"tag": "1-a", "stream": True, "decode": True}
    assert api.calls == [("push", "reg.example/us/regalloc-x", sent, None)]
    assert api.timeout == 60


def test_save_asks_for_all_images_at_once():
    raw = io.BytesIO(b"tar")
    saving, api = store(get=SimpleNamespace(ok=True, raw=raw, close=lambda: raw.close()))
    with saving.save(("a:1", "b:2")) as stream:
        assert stream.read() == b"tar"
    url = "http+docker://localhost/v1.41/images/get"
    asked = {"params": {"names": ("a:1", "b:2")}, "stream": True, "timeout": None}
    assert api.calls == [("get", url, asked, 60)]
    assert raw.closed


@pytest.mark.parametrize(
    ("text", "kind"),
    [("no such image", EngineError), ("write /tmp: no space left on device", DiskError)],
)
def test_an_engine_that_cannot_save_says_why(text, kind):
    saving, _ = store(get=SimpleNamespace(ok=False, text=text, close=lambda: None))
    with pytest.raises(kind) as caught, saving.save(("a:1",)):
        pass
    assert caught.value.details == text


def test_load_tells_each_event():
    loading, api = store(load_image=lines({"status": "Loading layer", "id": "a"}, {"stream": "x"}))
    seen: list[Event] = []
    archive = io.BytesIO()
    loading.load(archive, seen.append)
    assert seen == [Event("a", "Loading layer"), Event("", "")]
    assert api.calls == [("load_image", archive, {}, None)]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (lines({"error": "invalid diffID for layer 0"}), ImageError),
        (lines({"error": "write: no space left on device"}), DiskError),
        (refused(500, "unexpected EOF"), ImageError),
        (lines(ProtocolError("Response ended prematurely")), EngineError),
    ],
)
def test_a_load_that_fails_is_one_of_our_errors(answer, kind):
    loading, _ = store(load_image=answer)
    with pytest.raises(kind):
        loading.load(io.BytesIO(), ignore)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (lines({"error": "no basic auth credentials"}), RegistryError, "wants a login"),
        (refused(500, "dial tcp: connect: connection refused"), RegistryError, "reached"),
        (requests.exceptions.ReadTimeout("Read timed out."), RegistryError, "in time"),
        (DockerException("Credentials store error: x"), RegistryError, "credential helper"),
        (lines({"error": "x: no space left on device"}), DiskError, "disk is full"),
        # What follows is no fault of the registry's: the engine is gone.
        (requests.exceptions.ConnectionError("connection refused"), EngineError, "went away"),
        (lines(ProtocolError("Response ended prematurely")), EngineError, "went away"),
        (lines(StreamParseError(json.JSONDecodeError("x", "y", 0))), EngineError, "went away"),
    ],
)
def test_a_pull_that_fails_is_one_of_our_errors(answer, kind, words):
    pulling, _ = store(pull=answer)
    with pytest.raises(kind) as caught:
        pulling.pull("reg.example/x@sha256:3", ignore)
    assert words in caught.value.brief


def test_a_watcher_that_stops_ends_the_pull():
    closed = []

    def endless():
        try:
            while True:
                yield {"status": "Downloading"}
        finally:
            closed.append(True)

    def stop(event):
        raise KeyboardInterrupt

    pulling, _ = store(pull=endless())
    with pytest.raises(KeyboardInterrupt):
        pulling.pull("reg.example/x@sha256:3", stop)
    assert closed == [True]


@pytest.mark.parametrize(("answer", "worked"), [("image", True), (DockerException("no"), False)])
def test_fetch_says_whether_it_worked(answer, worked):
    fetching, api = store(pull=answer)
    assert fetching.fetch("debian:bookworm-slim") is worked
    assert api.calls == [("pull", "debian:bookworm-slim", {}, 60)]


@pytest.mark.parametrize("auth", ['{"r.example": {"auth": "%%%"}}', '{"r.example": 3}'])
def test_a_broken_docker_config_is_named(tmp_path, monkeypatch, auth):
    (tmp_path / "config.json").write_text(f'{{"auths": {auth}}}')
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with pytest.raises(ConfigError, match=r"docker's config.json cannot be read"):
        connect()


WHOLE: dict[str, Any] = {
    "Architecture": "amd64",
    "Os": "linux",
    "Config": {"Labels": {"a": "b"}},
    "RootFS": {"Type": "layers", "Layers": ["sha256:1", "sha256:2"]},
}


def steps(*commands: str) -> list[dict[str, object]]:
    """Return the engine's history of some steps, which begins with the newest."""
    made = [{"CreatedBy": text, "Comment": "buildkit", "Created": 1} for text in commands]
    return list(reversed(made))


def test_image_config_tells_which_steps_made_a_layer():
    history = steps("COPY /rootfs / # buildkit", "ENV LANG=C.UTF-8", "RUN |1 A=b /bin/sh")
    assert image_config(WHOLE, history) == {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Labels": {"a": "b"}},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:1", "sha256:2"]},
        "history": [
            {"created_by": "COPY /rootfs / # buildkit", "comment": "buildkit"},
            {"created_by": "ENV LANG=C.UTF-8", "comment": "buildkit", "empty_layer": True},
            {"created_by": "RUN |1 A=b /bin/sh", "comment": "buildkit"},
        ],
    }


def test_image_config_has_no_history_that_does_not_fit_its_layers():
    assert image_config(WHOLE, steps("RUN one", "ENV A=b"))["history"] == []


def test_a_configuration_of_no_image_is_an_error():
    images, _ = store(get=ImageNotFound("no such image"))
    with pytest.raises(ImageError, match="there is no image regalloc-x:1"):
        images.read_config("regalloc-x:1")
