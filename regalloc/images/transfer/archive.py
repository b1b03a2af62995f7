"""The image set as one OCI archive: a tar of an OCI image layout, without compression.

Uncompressed, a layer's digest is the one that the image's configuration names, every engine
reads it, and the same images are the same bytes whatever version of a compressor made them.
Whoever wants it small compresses the file as a whole.
"""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO

from regalloc.engine.signals import interruptible, shielded
from regalloc.engine.store import ImageStore, StoredImage, Watch
from regalloc.errors import ConfigError, DiskError, ImageError
from regalloc.images.tags import Target
from regalloc.images.transfer.archive_check import Archived, check_archive
from regalloc.images.transfer.image_identity import choose_images, require_images
from regalloc.images.transfer.oci_layout import (
    DOCKER_MANIFEST,
    INDEX,
    LAYOUT,
    LAYOUT_CONTENT,
    Blob,
    Packed,
    blob_of,
    docker_content,
    index_content,
)
from regalloc.images.transfer.spool import find_images, spool
from regalloc.images.transfer.transfer_progress import show_transfer

Say = Callable[[str], None]
Show = Callable[[str], AbstractContextManager[Watch]]


def save_set(targets: tuple[Target, ...], path: Path, store: ImageStore, say: Say) -> None:
    """Write the images of a set as one archive; the same images give the same bytes.

    While it is made, the archive takes its own size and that of its largest layer beside its
    place, and as much on the engine's disk.

    Raises:
        ImageError: an image is not built, or the engine does not give it back whole.
        DiskError: the archive cannot be written; nothing of it is left.
        StoppedError: it was asked to stop; nothing is left.
    """
    with interruptible():
        targets = choose_images(targets, store)
        require_images(targets, store)
        references = tuple(target.reference for target in targets)
        with _writable(path), _beside(path) as folder:
            say(f"saving {len(references)} images: docker collects them first")
            with store.save(references) as stream:
                images = find_images(spool(stream, folder), folder, references)
            partial = folder / "archive"
            with partial.open("wb") as file:
                write_archive(images, folder, file)
            partial.replace(path)
    size = path.stat().st_size / 1e6
    say(f"saved {len(images)} images in {path} ({size:.1f} MB)")


def load_set(
    path: Path, store: ImageStore, say: Say, show: Show = show_transfer
) -> tuple[str, ...]:
    """Take in an archive's images, and return their references.

    All of the archive is checked before the engine is given any of it.

    Raises:
        ConfigError: there is no such file.
        ImageError: it is no archive of ours or is damaged, or there is another image here under
            one of the names.
        DiskError: the engine's disk is full, or the file cannot be read.
        StoppedError: it was asked to stop.
    """
    with interruptible(), _opened(path) as file:
        images = check_archive(file, path)
        missing = [image for image in images if not _is_here(image, store)]
        if missing:
            file.seek(0)
            with show(f"load {path.name}") as watch:
                store.load(file, watch)
            for image in missing:
                _require_loaded(image, store)
    for image in images:
        word = "loaded" if image in missing else "here already:"
        say(f"{word} {image.reference} ({image.image_id})")
    return tuple(image.reference for image in images)


def write_archive(images: tuple[Packed, ...], folder: Path, file: IO[bytes]) -> None:
    """Write an archive of spooled images; each of the spooled blobs is removed once written.

    Raises:
        OSError: there is no space left, for one.
    """
    spooled = {blob for image in images for blob in (image.config, *image.layers)}
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _describe(tar, images)
        for blob in sorted(spooled, key=lambda blob: blob.digest):
            _add_spooled(tar, blob, folder)


def write_description(
    images: tuple[Packed, ...], configs: tuple[bytes, ...], file: IO[bytes]
) -> None:
    """Write an archive of images without their layers, for an engine that has these already."""
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _describe(tar, images)
        for content in configs:
            _add(tar, blob_of(content).path, content)


def _describe(tar: tarfile.TarFile, images: tuple[Packed, ...]) -> None:
    # What describes the rest comes first: whoever reads it knows what to expect.
    _add(tar, LAYOUT, LAYOUT_CONTENT)
    _add(tar, INDEX, index_content(images))
    _add(tar, DOCKER_MANIFEST, docker_content(images))
    manifests = {blob_of(image.manifest): image.manifest for image in images}
    for blob, content in sorted(manifests.items(), key=lambda item: item[0].digest):
        _add(tar, blob.path, content)


def _member(name: str, size: int) -> tarfile.TarInfo:
    # Owner, time and mode are the same for all: they say nothing about an image.
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o644
    return member


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    tar.addfile(_member(name, len(content)), io.BytesIO(content))


def _add_spooled(tar: tarfile.TarFile, blob: Blob, folder: Path) -> None:
    path = folder / blob.digest.removeprefix("sha256:")
    with path.open("rb") as content:
        tar.addfile(_member(blob.path, blob.size), content)
    # Gone at once, so that the disk need not hold everything twice.
    path.unlink()


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Yield a folder on the archive's own disk, gone afterwards whatever happens."""
    # The name is fixed: what a killed run has left is found, and removed, by the next.
    folder = path.with_name(f".{path.name}.partial")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        with shielded():
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _writable(path: Path) -> Iterator[None]:
    if path.is_dir():
        raise DiskError(f"{path} is a folder", "", "name the file to write")
    try:
        yield
    except OSError as error:
        raise DiskError(
            f"{path} cannot be written",
            os.strerror(error.errno) if error.errno else str(error),
            "free space there, or name another place",
        ) from error


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise ConfigError(f"there is no {path}", "", "make it: invoke save") from error
    except OSError as error:
        raise DiskError(f"{path} cannot be read", str(error), "check the file") from error
    with file:
        yield file


def _is_here(image: Archived, store: ImageStore) -> bool:
    here = store.look_up(image.reference)
    if here is not None and not _is_same(image, here):
        raise ImageError(
            f"{image.reference} is another image here than in the archive",
            f"here {here.image_id}\nin the archive {image.image_id}",
            f"nothing was loaded. To use the archive's: docker image rm {image.reference}",
        )
    return here is not None


def _is_same(image: Archived, here: StoredImage) -> bool:
    # An engine on containerd's store calls an image by its manifest, not by its configuration.
    return here.image_id in (image.image_id, image.manifest_digest)


def _require_loaded(image: Archived, store: ImageStore) -> None:
    here = store.look_up(image.reference)
    if here is None or not _is_same(image, here):
        raise ImageError(
            f"docker did not load {image.reference}",
            f"here {here.image_id if here else 'nothing'}\nin the archive {image.image_id}",
            "see the docker daemon's log",
        )
