from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from regalloc.errors import ConfigError, DiskError, ImageError
from regalloc.images.transfer.archive import load_set, save_set
from tests.tiny_images import docker_archive, layer_of, sha256, tiny_image
from tests.unit.images.stores import FakeStore

BASE = tiny_image("base", [layer_of("base", b"1" * 5000)])
LLVM = tiny_image("llvm", [*BASE.layers, layer_of("llvm", b"2" * 3000)], "19-b")
IMAGES = (BASE, LLVM)
SET = (BASE.target, LLVM.target)


def quiet(line):
    pass


@contextmanager
def unseen(title):
    yield lambda event: None


def load(path, store):
    return load_set(path, store, quiet, unseen)


def empty_store(*images):
    """Return a store without images, into which an archive brings some."""
    store = FakeStore()
    store.loads = {image.target.reference: image.stored for image in images or IMAGES}
    return store


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "set.tar"
    save_set(SET, path, FakeStore(*IMAGES), quiet)
    return path


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


def write(path, files):
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def test_an_archive_is_an_oci_layout_that_docker_reads_too(archive):
    files = members(archive)
    assert list(files)[:3] == ["oci-layout", "index.json", "manifest.json"]
    assert json.loads(files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
    index = json.loads(files["index.json"])
    assert [entry["annotations"] for entry in index["manifests"]] == [
        {
            "org.opencontainers.image.ref.name": reference,
            "io.containerd.image.name": f"docker.io/library/{reference}",
        }
        for reference in ("regalloc-base:1-a", "regalloc-llvm:19-b")
    ]
    path = index["manifests"][1]["digest"].replace(":", "/")
    manifest = json.loads(files[f"blobs/{path}"])
    layers = [sha256(layer) for layer in LLVM.layers]
    assert manifest["mediaType"] == "application/vnd.oci.image.manifest.v1+json"
    assert manifest["config"] == {
        "mediaType": "application/vnd.oci.image.config.v1+json",
        "digest": sha256(LLVM.config),
        "size": len(LLVM.config),
    }
    assert [layer["digest"] for layer in manifest["layers"]] == layers
    assert json.loads(files["manifest.json"])[1] == {
        "Config": f"blobs/{sha256(LLVM.config).replace(':', '/')}",
        "RepoTags": ["regalloc-llvm:19-b"],
        "Layers": [f"blobs/{layer.replace(':', '/')}" for layer in layers],
    }


def test_every_blob_is_in_the_archive_once_under_its_hash(archive):
    blobs = [(name, x) for name, x in members(archive).items() if name.startswith("blobs/")]
    assert all(name == f"blobs/{sha256(x).replace(':', '/')}" for name, x in blobs)
    # Two manifests, two configurations, and two layers of which one is shared.
    assert len(blobs) == 6
    with tarfile.open(archive) as tar:
        names = tar.getnames()
        assert len(set(names)) == len(names)


def test_the_same_images_give_the_same_bytes(archive, tmp_path):
    again = tmp_path / "other name.tar"
    save_set(SET, again, FakeStore(*reversed(IMAGES)), quiet)
    assert again.read_bytes() == archive.read_bytes()


def test_layers_that_the_engine_keeps_compressed_give_the_same_bytes(archive, tmp_path):
    class Compressed(FakeStore):
        @contextmanager
        def save(self, references):
            packed = [(name, x) for name, x in _untar(docker_archive(IMAGES))]
            files = {n: gzip.compress(x) if n.endswith("layer.tar") else x for n, x in packed}
            write(tmp_path / "stream", files)
            with (tmp_path / "stream").open("rb") as stream:
                yield stream

    again = tmp_path / "again.tar"
    save_set(SET, again, Compressed(*IMAGES), quiet)
    assert again.read_bytes() == archive.read_bytes()


def _untar(content):
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        for member in tar:
            yield member.name, tar.extractfile(member).read()


def test_saving_leaves_the_archive_alone_and_says_its_size(tmp_path, capsys):
    path = tmp_path / "set.tar"
    (tmp_path / ".set.tar.partial").mkdir()
    (tmp_path / ".set.tar.partial" / "left by a kill").touch()
    save_set(SET, path, FakeStore(*IMAGES), print)
    assert os.listdir(tmp_path) == ["set.tar"]
    assert capsys.readouterr().out.splitlines() == [
        "saving 2 images: docker collects them first",
        f"saved 2 images in {path} ({path.stat().st_size / 1e6:.1f} MB)",
    ]


def test_a_set_that_is_not_built_is_not_saved(tmp_path):
    with pytest.raises(ImageError, match="1 of 2 images are not built"):
        save_set(SET, tmp_path / "set.tar", FakeStore(BASE), quiet)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("place", ["missing/set.tar", "file/set.tar", "folder"])
def test_a_place_that_cannot_be_written_is_a_disk_error(tmp_path, place):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(DiskError) as caught:
        save_set(SET, tmp_path / place, FakeStore(*IMAGES), quiet)
    assert str(tmp_path / place) in caught.value.brief
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="NO /dev/full HERE")
def test_a_full_disk_leaves_the_old_archive_and_nothing_else(archive, monkeypatch):
    before = archive.read_bytes()
    opened = Path.open

    def full(self, mode="r", **rest):
        # A file on a full disk can be made, but not written.
        return opened(Path("/dev/full") if self.name == "archive" else self, mode, **rest)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(DiskError) as caught:
        save_set(SET, archive, FakeStore(*IMAGES), quiet)
    monkeypatch.undo()
    assert caught.value.render() == (
        f"error: {archive} cannot be written\nNo space left on device\n"
        "what to do: free space there, or name another place"
    )
    assert (os.listdir(archive.parent), archive.read_bytes()) == (["set.tar"], before)


class Streams(FakeStore):
    """Saves a given stream."""

    def __init__(self, stream):
        super().__init__(*IMAGES)
        self.stream = stream

    @contextmanager
    def save(self, references):
        yield io.BytesIO(self.stream)


@pytest.mark.parametrize(
    ("stream", "brief"),
    [
        (docker_archive(IMAGES)[:9000], "docker's stream of the images ended early"),
        (b"", "docker's stream of the images ended early"),
        (docker_archive([BASE]), "docker saved something else than the images"),
        (docker_archive([]), "docker saved something else than the images"),
        (
            docker_archive(IMAGES).replace(b"2" * 3000, b"3" + b"2" * 2999),
            "docker does not give regalloc-llvm:19-b back as it was",
        ),
    ],
)
def test_a_stream_that_is_not_the_images_becomes_no_archive(tmp_path, stream, brief):
    with pytest.raises(ImageError) as caught:
        save_set(SET, tmp_path / "set.tar", Streams(stream), quiet)
    assert caught.value.brief == brief
    assert os.listdir(tmp_path) == []


def test_load_gives_the_engine_the_archive_and_says_what_was_in_it(archive, capsys):
    store = empty_store()
    assert load_set(archive, store, print, unseen) == ("regalloc-base:1-a", "regalloc-llvm:19-b")
    assert capsys.readouterr().out.splitlines() == [
        f"loaded regalloc-base:1-a ({BASE.stored.image_id})",
        f"loaded regalloc-llvm:19-b ({LLVM.stored.image_id})",
    ]
    assert store.log == ["load"]


def test_load_of_what_is_here_does_nothing(archive, capsys):
    store = FakeStore(*IMAGES)
    load_set(archive, store, print, unseen)
    assert store.log == []
    assert capsys.readouterr().out.splitlines()[0].startswith("here already: regalloc-base:1-a")


def test_load_is_refused_whole_when_a_name_is_taken(archive):
    other = LLVM.relabelled(extra="1").stored
    store = empty_store()
    store.names["regalloc-llvm:19-b"] = other
    with pytest.raises(ImageError) as caught:
        load(archive, store)
    assert caught.value.render().splitlines() == [
        "error: regalloc-llvm:19-b is another image here than in the archive",
        f"here {other.image_id}",
        f"in the archive {LLVM.stored.image_id}",
        "what to do: nothing was loaded. To use the archive's: docker image rm regalloc-llvm:19-b",
    ]
    assert store.log == []


def test_an_engine_that_loads_something_else_is_an_error(archive):
    with pytest.raises(ImageError, match="docker did not load regalloc-llvm:19-b"):
        load(archive, empty_store(BASE))


def test_an_archive_that_is_not_there_says_how_to_make_it(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "no.tar", empty_store())
    assert caught.value.resolution == "make it: invoke save"


def flaw(path):
    """Return why an archive is refused; nothing of it may have been loaded."""
    store = empty_store()
    with pytest.raises(ImageError) as caught:
        load(path, store)
    assert store.log == []
    assert caught.value.brief == f"{path} is no whole archive of images; nothing was loaded"
    return caught.value.details


def test_wherever_an_archive_is_cut_it_is_refused(archive):
    whole = archive.read_bytes()
    with tarfile.open(archive) as tar:
        end = max(member.offset_data + member.size for member in tar)
    for size in range(0, end, 97):
        archive.write_bytes(whole[:size])
        assert flaw(archive)
    last = f"blobs/{max(map(sha256, [*LLVM.layers, BASE.config, LLVM.config]))}".replace(":", "/")
    archive.write_bytes(whole[: end - 1])
    assert flaw(archive) == f"it ends in the middle of {last}"


def test_wherever_a_byte_of_a_file_is_changed_the_archive_is_refused(archive):
    whole = archive.read_bytes()
    with tarfile.open(archive) as tar:
        for member in tar:
            for offset in (0, member.size // 2, member.size - 1):
                place = member.offset_data + offset
                changed = bytes([whole[place] ^ 0x11])
                archive.write_bytes(whole[:place] + changed + whole[place + 1 :])
                details = flaw(archive)
                assert member.name in details or not member.name.startswith("blobs/")


def test_a_damaged_blob_is_named(archive):
    files = members(archive)
    name = f"blobs/{sha256(LLVM.layers[1]).replace(':', '/')}"
    files[name] = files[name].replace(b"2222", b"2322", 1)
    write(archive, files)
    found = sha256(files[name]).removeprefix("sha256:")
    assert flaw(archive) == f"{name} is damaged: its content has sha256 {found}"


def test_a_missing_blob_is_named(archive):
    files = members(archive)
    digest = sha256(LLVM.layers[1])
    del files[f"blobs/{digest.replace(':', '/')}"]
    write(archive, files)
    assert flaw(archive) == f"blob {digest} of regalloc-llvm:19-b is missing"


@pytest.mark.parametrize("name", ["oci-layout", "index.json", "manifest.json"])
def test_a_missing_description_is_named(archive, name):
    files = members(archive)
    del files[name]
    write(archive, files)
    assert flaw(archive) == f"{name} is missing"


@pytest.mark.parametrize("name", ["../escape", "/etc/passwd", "repositories", "blobs/sha256/x"])
def test_a_file_that_does_not_belong_is_refused(archive, name):
    write(archive, {**members(archive), name: b"x"})
    assert flaw(archive) == f"{name!r} does not belong into it"


def test_a_link_in_place_of_a_blob_is_refused(archive):
    with tarfile.open(archive, "a") as tar:
        member = tarfile.TarInfo(f"blobs/sha256/{'0' * 64}")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/shadow"
        tar.addfile(member)
    assert flaw(archive) == f"'blobs/sha256/{'0' * 64}' does not belong into it"


def test_a_file_that_is_there_twice_is_refused(archive):
    with tarfile.open(archive, "a") as tar:
        member = tarfile.TarInfo("manifest.json")
        member.size = 2
        tar.addfile(member, io.BytesIO(b"[]"))
    assert flaw(archive) == "manifest.json is in it twice"


def test_what_docker_goes_by_must_be_what_was_checked(archive):
    files = members(archive)
    entries = json.loads(files["manifest.json"])
    entries[0]["RepoTags"] = ["debian:bookworm-slim"]
    write(archive, {**files, "manifest.json": json.dumps(entries).encode()})
    assert flaw(archive) == "manifest.json and index.json disagree"


def test_an_archive_of_docker_save_is_refused(tmp_path):
    path = tmp_path / "x.tar"
    path.write_bytes(docker_archive(IMAGES))
    assert flaw(path).endswith("does not belong into it")


def test_a_file_that_is_no_tar_is_refused(tmp_path):
    path = tmp_path / "x.tar"
    path.write_bytes(b"not a tar" * 1000)
    assert flaw(path).startswith("it is no tar, or ends early")


def test_an_archive_without_an_image_is_refused(tmp_path):
    path = tmp_path / "x.tar"
    save_set((), path, FakeStore(), quiet)
    assert flaw(path) == "there is no image in it"


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"schemaVersion": "\xff"}', b"\x00"])
def test_a_description_that_does_not_parse_is_named(archive, content):
    for name in ("index.json", "manifest.json"):
        damaged = archive.with_name(name)
        write(damaged, {**members(archive), name: content})
        assert flaw(damaged).startswith(f"{name} cannot be read: ")


def test_a_huge_description_is_not_read(archive):
    write(archive, {**members(archive), "index.json": b" " * (1 << 22) + b"{}"})
    assert flaw(archive) == "index.json has 4194306 bytes, more than 4194304"


@pytest.mark.parametrize("image", [LLVM.relabelled(regalloc_tag="19-z")])
def test_an_image_that_is_not_what_its_name_says_is_refused(tmp_path, monkeypatch, image):
    path = tmp_path / "x.tar"
    # Our own save refuses such an image.
    monkeypatch.setattr(
        "regalloc.images.transfer.archive.require_images", lambda targets, store: {}
    )
    save_set((image.target,), path, FakeStore(image), quiet)
    assert flaw(path) == (
        "regalloc-llvm:19-b is not what its name says: label regalloc.tag is 19-z, not 19-b"
    )


def test_images_of_others_are_refused(archive):
    files = members(archive)
    for name in ("index.json", "manifest.json"):
        files[name] = files[name].replace(b"regalloc-base:1-a", b"debian:bookworm-a")
    write(archive, files)
    assert flaw(archive) == "index.json names an image that is none of ours: 'debian:bookworm-a'"


@pytest.mark.parametrize(("magic", "tool"), [(b"\x1f\x8b", "gunzip"), (b"(\xb5/\xfd", "unzstd")])
def test_a_compressed_archive_says_what_takes_the_compression_off(tmp_path, magic, tool):
    path = tmp_path / "set.tar.x"
    path.write_bytes(magic + b"rest of it")
    with pytest.raises(ImageError) as caught:
        load(path, empty_store())
    assert caught.value.render() == (
        f"error: {path} is compressed\nwhat to do: take the compression off first: {tool}"
    )
