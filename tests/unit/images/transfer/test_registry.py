from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

import pytest

from regalloc.errors import ConfigError, ImageError, RegistryError
from regalloc.images.transfer.prebuilt import PullOrBuild, pull_set, push_set
from regalloc.images.transfer.registry import Registry
from regalloc.images.transfer.registry_address import (
    find_registry,
    parse_registry,
    require_registry,
)
from tests.tiny_images import layer_of, tiny_image
from tests.unit.images.stores import FakeStore, manifest_digest

BASE = tiny_image("base", [layer_of("base", b"1")])
LLVM = tiny_image("llvm", [*BASE.layers, layer_of("llvm", b"2")], "19-b")
KIT = tiny_image("kit", [*BASE.layers, layer_of("kit", b"4")], "19-k", on_demand=True)
CORPUS = tiny_image("corpus", [*LLVM.layers, layer_of("corpus", b"3")], "19-c")
SET = (BASE.target, LLVM.target)
AT = "ghcr.io/us"
OTHER_LLVM = tiny_image("llvm", [*BASE.layers, layer_of("llvm", b"x")], "19-b")


@contextmanager
def unseen(title):
    yield lambda event: None


def registry(store, lines=None):
    return Registry(AT, store, (lambda line: None) if lines is None else lines.append, unseen)


def refused(call, kind=RegistryError):
    with pytest.raises(kind) as caught:
        call()
    return caught.value


@pytest.mark.parametrize(
    "address",
    [
        "localhost", "localhost:5000", "127.0.0.1:5000", "ghcr.io/us/x", "docker.io/us",
        "a-b.example/a.b/c__d/e--f_g", "host:65535", "Host.Example/x",
    ],
)  # fmt: skip
def test_an_address_that_docker_takes_is_taken(address):
    assert parse_registry(address) == address


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("https://ghcr.io", "it has a scheme"),
        ("ghcr.io/Us", "a path is of lower-case letters"),
        ("ghcr.io/us/", "a path is of lower-case letters"),
        ("ghcr.io//us", "a path is of lower-case letters"),
        ("ghcr.io/us:latest", "a path is of lower-case letters"),
        ("ghcr.io/a..b", "a path is of lower-case letters"),
        ("user@ghcr.io", "a path is of lower-case letters"),
        (" ghcr.io", "a path is of lower-case letters"),
        ("ghcr.io\n", "a path is of lower-case letters"),
        ("-a.io", "a path is of lower-case letters"),
        ("host:0", "there is no port 0"),
        ("host:65536", "there is no port 65536"),
        ("us/images", "docker takes us for an account on Docker Hub"),
        ("a.io/" + "x" * 200, "it is longer than 200 characters"),
    ],
)
def test_a_malformed_address_is_refused_with_the_reason(address, reason):
    error = refused(lambda: parse_registry(address), ConfigError)
    assert error.brief == f"registry {address!r} cannot be used"
    assert error.details.startswith(reason)
    assert "ghcr.io/us/images" in error.resolution


def test_the_option_comes_before_the_variable():
    environ = {"REGALLOC_REGISTRY": "a.io"}
    assert find_registry("b.io", environ) == "b.io"
    assert find_registry("", environ) == "a.io"
    assert find_registry("", {"REGALLOC_REGISTRY": ""}) is None


def test_no_registry_at_all_says_how_to_name_one():
    error = refused(lambda: require_registry("", {}), ConfigError)
    assert error.render() == (
        "error: no registry is named\nwhat to do: use --registry=..., or set REGALLOC_REGISTRY"
    )


def test_push_sends_the_set_and_leaves_no_name_behind():
    store, lines = FakeStore(BASE, LLVM), []
    push_set(SET, registry(store, lines))
    assert store.remote == {
        "ghcr.io/us/regalloc-base:1-a": BASE.stored,
        "ghcr.io/us/regalloc-llvm:19-b": LLVM.stored,
    }
    assert set(store.names) == {"regalloc-base:1-a", "regalloc-llvm:19-b"}
    assert lines == [
        f"pushed ghcr.io/us/regalloc-base:1-a ({manifest_digest(BASE.stored)})",
        f"pushed ghcr.io/us/regalloc-llvm:19-b ({manifest_digest(LLVM.stored)})",
    ]


def test_push_skips_what_the_registry_has():
    store, lines = FakeStore(BASE, LLVM), []
    push_set(SET[:1], registry(store))
    store.log.clear()
    push_set(SET, registry(store, lines))
    assert store.log == ["pull ghcr.io/us/regalloc-base", "push ghcr.io/us/regalloc-llvm:19-b"]
    assert set(store.names) == {"regalloc-base:1-a", "regalloc-llvm:19-b"}
    assert lines[0] == "ghcr.io/us/regalloc-base:1-a is there already"


def test_push_overwrites_no_other_image_and_sends_nothing_then():
    store = FakeStore(BASE, LLVM)
    store.remote["ghcr.io/us/regalloc-llvm:19-b"] = OTHER_LLVM.stored
    error = refused(lambda: push_set(SET, registry(store)))
    assert error.brief == "regalloc-llvm:19-b is another image here than in ghcr.io/us"
    assert error.details.splitlines() == [
        f"here {LLVM.stored.image_id}",
        f"there {OTHER_LLVM.stored.image_id}",
        "1 of 2 layers differ",
    ]
    assert "docker image rm regalloc-llvm:19-b, then invoke pull" in error.resolution
    assert store.remote == {"ghcr.io/us/regalloc-llvm:19-b": OTHER_LLVM.stored}
    assert set(store.names) == {"regalloc-base:1-a", "regalloc-llvm:19-b"}


def test_an_image_on_demand_is_moved_where_it_is_and_missed_nowhere():
    store, lines = stocked(BASE), []
    pull_set((BASE.target, KIT.target), registry(store, lines))
    assert list(store.names) == ["regalloc-base:1-a"]
    assert lines[-1] == (
        "ghcr.io/us/regalloc-kit:19-k is not there, and is built when it is wanted"
    )
    store, lines = FakeStore(BASE), []
    push_set((BASE.target, KIT.target), registry(store, lines))
    assert list(store.remote) == ["ghcr.io/us/regalloc-base:1-a"]
    store = FakeStore(BASE, KIT)
    push_set((BASE.target, KIT.target), registry(store))
    assert list(store.remote) == ["ghcr.io/us/regalloc-base:1-a", "ghcr.io/us/regalloc-kit:19-k"]


def test_push_of_a_set_that_is_not_all_here_names_the_commands_and_sends_nothing():
    store = FakeStore(BASE)
    targets = (BASE.target, LLVM.target, CORPUS.target)
    error = refused(lambda: push_set(targets, registry(store)), ImageError)
    assert error.render().splitlines() == [
        "error: 2 of 3 images are not built",
        "regalloc-llvm:19-b: invoke build-llvm",
        "regalloc-corpus:19-c: invoke build-corpus",
        "what to do: build them, with the options given here: "
        "invoke build-llvm && invoke build-corpus",
    ]
    assert store.log == []


def test_push_of_an_image_that_is_not_what_its_name_says_is_refused():
    store = FakeStore(BASE)
    store.names["regalloc-llvm:19-b"] = BASE.stored
    error = refused(lambda: push_set(SET, registry(store)), ImageError)
    assert error.details == (
        "label org.opencontainers.image.title is regalloc-base, not regalloc-llvm"
    )
    assert store.log == []


def test_a_push_that_is_cut_leaves_no_name_and_goes_on_when_repeated():
    store = FakeStore(BASE, LLVM)
    store.cut = True
    refused(lambda: push_set(SET, registry(store)))
    assert set(store.names) == {"regalloc-base:1-a", "regalloc-llvm:19-b"}
    store.cut = False
    push_set(SET, registry(store))
    assert len(store.remote) == 2


def test_push_gives_a_name_it_borrowed_back():
    store = FakeStore(BASE, LLVM)
    store.names["ghcr.io/us/regalloc-base:1-a"] = LLVM.stored
    push_set(SET[:1], registry(store))
    assert store.names["ghcr.io/us/regalloc-base:1-a"] == LLVM.stored
    assert store.remote["ghcr.io/us/regalloc-base:1-a"] == BASE.stored


def test_a_push_that_somebody_overtook_is_noticed():
    class Overtaken(FakeStore):
        def push(self, reference, watch):
            digest = super().push(reference, watch)
            self.remote[reference] = LLVM.stored
            return digest

    store = Overtaken(BASE)
    error = refused(lambda: push_set(SET[:1], registry(store)))
    assert error.brief == "ghcr.io/us/regalloc-base:1-a is not what was pushed"
    assert manifest_digest(LLVM.stored) in error.details


def stocked(*images):
    """Return a store whose registry has some images and which has none itself."""
    store = FakeStore()
    store.remote = {f"{AT}/{image.target.reference}": image.stored for image in images}
    return store


def test_pull_names_the_images_and_nothing_else():
    store, lines = stocked(BASE, LLVM), []
    pull_set(SET, registry(store, lines))
    assert store.names == {"regalloc-base:1-a": BASE.stored, "regalloc-llvm:19-b": LLVM.stored}
    assert lines == [
        f"pulled ghcr.io/us/regalloc-base:1-a ({manifest_digest(BASE.stored)})",
        f"pulled ghcr.io/us/regalloc-llvm:19-b ({manifest_digest(LLVM.stored)})",
    ]


def test_pull_of_what_is_here_changes_nothing():
    store, lines = stocked(BASE), []
    store.names["regalloc-base:1-a"] = BASE.stored
    pull_set(SET[:1], registry(store, lines))
    assert store.names == {"regalloc-base:1-a": BASE.stored}
    assert lines == ["regalloc-base:1-a is here already"]


def test_pull_takes_what_there_is_and_names_what_is_missing():
    store = stocked(LLVM)
    targets = (BASE.target, LLVM.target, CORPUS.target)
    error = refused(lambda: pull_set(targets, registry(store)))
    assert error.brief == "ghcr.io/us lacks 2 of 3 images"
    assert error.details.splitlines() == [
        "ghcr.io/us/regalloc-base:1-a",
        "ghcr.io/us/regalloc-corpus:19-c",
    ]
    assert "invoke build-llvm && invoke build-corpus" in error.resolution
    assert store.names == {"regalloc-llvm:19-b": LLVM.stored}


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ({"regalloc_tag": "19-z"}, "label regalloc.tag is 19-z, not 19-b"),
        (
            {"org_opencontainers_image_title": "regalloc-base"},
            "label org.opencontainers.image.title is regalloc-base, not regalloc-llvm",
        ),
    ],
)
def test_a_pulled_image_that_is_not_what_its_name_says_is_removed(labels, reason):
    store = stocked(LLVM.relabelled(**labels))
    error = refused(lambda: registry(store).fetch(LLVM.target))
    assert error.brief == (
        "ghcr.io/us/regalloc-llvm:19-b is not what its name says; it was removed again"
    )
    assert error.details == reason
    assert store.names == {}


def test_an_image_without_our_labels_is_refused():
    store = stocked(replace(LLVM, labels=()))
    error = refused(lambda: registry(store).fetch(LLVM.target))
    assert error.details == ("label org.opencontainers.image.title is missing, not regalloc-llvm")
    assert store.names == {}


def test_pull_leaves_another_image_of_the_same_name_as_it_is():
    store = stocked(LLVM.relabelled(extra="1"))
    store.names["regalloc-llvm:19-b"] = LLVM.stored
    error = refused(lambda: registry(store).fetch(LLVM.target))
    assert error.details.splitlines()[2:] == [
        "the layers are the same",
        "label extra: here missing, there 1",
    ]
    assert store.names == {"regalloc-llvm:19-b": LLVM.stored}


def test_a_pull_that_is_cut_leaves_no_name_and_goes_on_when_repeated():
    store = stocked(BASE)
    store.cut = True
    refused(lambda: pull_set(SET[:1], registry(store)))
    assert store.names == {}
    store.cut = False
    pull_set(SET[:1], registry(store))
    assert store.names == {"regalloc-base:1-a": BASE.stored}


def test_an_engine_that_lost_what_it_pulled_is_an_error():
    class Forgetful(FakeStore):
        def pull(self, reference, watch):
            pass

    store = Forgetful()
    store.remote = stocked(BASE).remote
    error = refused(lambda: registry(store).fetch(BASE.target))
    assert error.brief == "ghcr.io/us/regalloc-base:1-a is not what was asked for"


class Builds:
    def __init__(self):
        self.built = []
        self.caches = []

    def build_all(self, targets):
        self.built += [target.name for target in targets]
        return {target.name: 1.0 for target in targets}

    def build(self, target):
        self.build_all((target,))

    def again(self, cache):
        self.caches.append(cache)
        return self


def test_what_the_registry_has_is_pulled_and_the_rest_is_built_and_said():
    store, lines, builder = stocked(BASE), [], Builds()
    both = PullOrBuild(registry(store, lines), builder)
    assert set(both.build_all(SET)) == {"base", "llvm"}
    assert builder.built == ["llvm"]
    assert set(store.names) == {"regalloc-base:1-a"}
    assert lines == [
        f"pulled ghcr.io/us/regalloc-base:1-a ({manifest_digest(BASE.stored)})",
        "ghcr.io/us does not have regalloc-llvm:19-b: building it",
        "built regalloc-llvm:19-b",
    ]


def test_what_is_built_again_is_not_pulled(tmp_path):
    store, builder = stocked(BASE), Builds()
    PullOrBuild(registry(store), builder).again(tmp_path).build(BASE.target)
    assert (builder.built, builder.caches, store.log) == (["base"], [tmp_path], [])


def test_a_registry_in_trouble_is_no_reason_to_build():
    store, builder = stocked(BASE), Builds()
    store.cut = True
    refused(lambda: PullOrBuild(registry(store), builder).build_all([BASE.target]))
    assert builder.built == []
