"""An engine's images and a registry's, in memory."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from regalloc.engine.store import Event, StoredImage, Watch
from regalloc.errors import ImageError, RegistryError
from tests.tiny_images import TinyImage, docker_archive, sha256


class FakeStore:
    """Keeps images by name, knows one registry, and notes what was done to either.

    Attributes:
        names: image of each reference.
        remote: image of each reference in the registry.
        log: what was pulled, pushed and loaded, in order.
        cut: whether a pull or push fails in the middle.
        loads: what loading an archive leaves under each name.
        content: images that can be saved.
    """

    def __init__(self, *here: TinyImage) -> None:
        self.names = {image.target.reference: image.stored for image in here}
        self.content = list(here)
        self.remote: dict[str, StoredImage] = {}
        self.log: list[str] = []
        self.cut = False
        self.loads: dict[str, StoredImage] = {}

    def look_up(self, reference: str) -> StoredImage | None:
        return self.names.get(reference)

    def read_config(self, reference: str) -> dict[str, Any]:
        image = next(x for x in self.content if x.target.reference == reference)
        return json.loads(image.config)

    def add_name(self, image_id: str, name: str) -> None:
        self.names[name] = next(x for x in self.names.values() if x.image_id == image_id)

    def drop_name(self, reference: str) -> None:
        self.names.pop(reference, None)

    def fetch(self, reference: str) -> bool:
        return False

    def remote_digest(self, reference: str) -> str | None:
        image = self.remote.get(reference)
        return manifest_digest(image) if image else None

    def pull(self, reference: str, watch: Watch) -> None:
        repository, _, digest = reference.partition("@")
        self.log.append(f"pull {repository}")
        watch(Event("0a", "Downloading", 1, 2))
        self._fail_if_cut()
        mine = [image for name, image in self.remote.items() if name.startswith(f"{repository}:")]
        self.names[reference] = next(x for x in mine if manifest_digest(x) == digest)

    def push(self, reference: str, watch: Watch) -> str:
        self.log.append(f"push {reference}")
        self._fail_if_cut()
        self.remote[reference] = self.names[reference]
        return manifest_digest(self.names[reference])

    def _fail_if_cut(self) -> None:
        if self.cut:
            raise RegistryError("registry cut the connection")

    @contextmanager
    def save(self, references: tuple[str, ...]) -> Iterator[IO[bytes]]:
        kept = [image for image in self.content if image.target.reference in references]
        yield io.BytesIO(docker_archive(kept))

    def load(self, archive: IO[bytes], watch: Watch) -> None:
        assert archive.tell() == 0
        self.log.append("load")
        self.names |= self.loads


class TakingStore(FakeStore):
    """Takes in what is loaded, as an engine does.

    Attributes:
        files: the files of the last archive by path.
        knows_layers: whether layers that are here need not be in an archive.
    """

    def __init__(self, *here: TinyImage, knows_layers: bool = True) -> None:
        super().__init__(*here)
        self.files: dict[str, bytes] = {}
        self.knows_layers = knows_layers

    def load(self, archive: IO[bytes], watch: Watch) -> None:
        with tarfile.open(fileobj=archive) as tar:
            self.files = {m.name: tar.extractfile(m).read() for m in tar if m.isreg()}
        here = {digest for image in self.content for digest in image.stored.layers}
        for entry in json.loads(self.files["manifest.json"]):
            content = self.files[entry["Config"]]
            config = json.loads(content)
            layers = config["rootfs"]["diff_ids"]
            for path, digest in zip(entry["Layers"], layers, strict=True):
                if path in self.files:
                    assert sha256(self.files[path]) == digest
                elif digest not in here or not self.knows_layers:
                    raise ImageError("docker refuses the archive", f"open {path}: no such file")
            image = StoredImage(sha256(content), config["config"]["Labels"], tuple(layers))
            self.names |= dict.fromkeys(entry["RepoTags"], image)


def manifest_digest(image: StoredImage) -> str:
    """Return the digest under which the registry has an image."""
    return sha256(f"manifest of {image.image_id}".encode())
