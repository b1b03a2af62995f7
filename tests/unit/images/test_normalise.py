from __future__ import annotations

import io
import json
import tarfile
from dataclasses import replace

import pytest

from regalloc.errors import DiskError, ImageError
from regalloc.images.normalise import normalise, raw_name
from tests.tiny_images import layer_of, sha256, tiny_image
from tests.unit.images.stores import TakingStore

EPOCH = 1_000_000
PARENT = tiny_image("base", [layer_of("base", b"b")])
TARGET = replace(tiny_image("child", []).target, parent=PARENT.target.reference)


def layer_at(time: float, content: bytes = b"x") -> bytes:
    """Return a layer with a folder, a program, links and an old file, as made at some time."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, kind, link in (
            ("opt", tarfile.DIRTYPE, ""),
            ("opt/run", tarfile.REGTYPE, ""),
            ("opt/hard", tarfile.LNKTYPE, "opt/run"),
            ("opt/soft", tarfile.SYMTYPE, "run"),
            ("opt/old", tarfile.REGTYPE, ""),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.linkname, member.mode = kind, link, 0o755
            member.mtime = 5 if name == "opt/old" else time
            member.pax_headers = {"atime": str(time), "SCHILY.xattr.user.kept": "yes"}
            member.size = len(content) if kind == tarfile.REGTYPE else 0
            tar.addfile(member, io.BytesIO(content))
    return output.getvalue()


def built(layer: bytes, created: str = "2026-01-01T00:00:00Z") -> TakingStore:
    """Return an engine with a build under its raw name."""
    image = tiny_image("child", [*PARENT.layers, layer], tag=f"{TARGET.tag}-raw")
    return TakingStore(PARENT, replace(image, created=created))


def normalised(tmp_path, layer, created: str = "2026-01-01T00:00:00Z") -> TakingStore:
    engine = built(layer, created)
    normalise(TARGET, engine, EPOCH, tmp_path)
    assert list(tmp_path.iterdir()) == []
    return engine


def topmost(engine: TakingStore) -> dict[str, tarfile.TarInfo]:
    """Return the files of the topmost layer."""
    (entry,) = json.loads(engine.files["manifest.json"])
    with tarfile.open(fileobj=io.BytesIO(engine.files[entry["Layers"][-1]])) as tar:
        return {member.name: member for member in tar}


def test_builds_of_other_times_become_the_same_image(tmp_path):
    early = normalised(tmp_path, layer_at(2_000_000.25), "2026-01-01T00:00:00.123Z")
    late = normalised(tmp_path, layer_at(3_000_000), "2026-02-02T00:00:00.456Z")
    assert early.look_up(TARGET.reference) == late.look_up(TARGET.reference)
    assert early.look_up(raw_name(TARGET)) is None
    other = normalised(tmp_path, layer_at(2_000_000, b"y"))
    assert early.look_up(TARGET.reference) != other.look_up(TARGET.reference)


def test_only_times_change_and_only_later_ones(tmp_path):
    members = topmost(normalised(tmp_path, layer_at(2_000_000)))
    assert {name: member.mtime for name, member in members.items()} == {
        "opt": EPOCH, "opt/run": EPOCH, "opt/hard": EPOCH, "opt/soft": EPOCH, "opt/old": 5,
    }  # fmt: skip
    assert (members["opt/hard"].linkname, members["opt/soft"].linkname) == ("opt/run", "run")
    assert members["opt/run"].mode == 0o755
    assert members["opt/run"].pax_headers == {"SCHILY.xattr.user.kept": "yes"}


def test_layers_of_the_parent_and_labels_stay(tmp_path):
    image = normalised(tmp_path, layer_at(2_000_000)).look_up(TARGET.reference)
    assert image.layers[:-1] == tuple(sha256(layer) for layer in PARENT.layers)
    assert image.labels["org.opencontainers.image.title"] == "regalloc-child"


def test_an_engine_that_takes_nothing_in_is_an_error(tmp_path):
    engine = built(layer_at(1))
    engine.load = lambda archive, watch: None
    with pytest.raises(ImageError, match="docker did not take regalloc-child:1-a in"):
        normalise(TARGET, engine, EPOCH, tmp_path)
    assert engine.look_up(raw_name(TARGET)) is not None


def test_a_scratch_folder_that_cannot_be_written_is_a_disk_error(tmp_path):
    with pytest.raises(DiskError, match="regalloc-child:1-a could not be written"):
        normalise(TARGET, built(layer_at(1)), EPOCH, tmp_path / "missing")
