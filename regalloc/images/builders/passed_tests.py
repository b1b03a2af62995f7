"""Which images passed their own tests on this machine, by the tag that their content gives them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from regalloc.files import write_whole
from regalloc.images.tags import Target
from regalloc.images.transfer.prebuilt import Builder

FOLDER = "tested"
"""Folder of the records in the cache."""


class PassedTests(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The record of an image that passed its own tests.

    Attributes:
        image: its reference.
        image_id: the ID it had.
        tests: hash of all that decides what is tested, beside the image.
        passed: when, UTC.
    """

    image: str
    image_id: str
    tests: str
    passed: str


@dataclass(frozen=True)
class Examiner:
    """Runs the own tests of images once, and keeps a record of those that pass.

    Attributes:
        builder: what runs an image's own tests.
        cache: the cache folder.
        say: takes a line for the user.
    """

    builder: Builder
    cache: Path
    say: Callable[[str], None]

    def test(self, target: Target, image_id: str) -> None:
        """Run an image's own tests, unless the same ones passed before on the same image.

        Raises:
            RegallocError: of the builder; there is no record then.
        """
        if target.test is None:
            return
        if before := self.find(target, image_id):
            self.say(f"{target.reference}: passed its own tests at {before.passed}")
            return
        self.builder.test(target)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        record = PassedTests(
            image=target.reference, image_id=image_id, tests=target.test.digest, passed=now
        )
        path = self._path(target)
        path.parent.mkdir(parents=True, exist_ok=True)
        with write_whole(path) as file:
            file.write(msgspec.json.format(msgspec.json.encode(record), indent=1))
        self.say(f"{target.reference}: passed its own tests")

    def find(self, target: Target, image_id: str) -> PassedTests | None:
        """Return the record of an image and of the tests it has now; None without one."""
        assert target.test is not None, "who has no tests has no record"
        try:
            found = msgspec.json.decode(self._path(target).read_bytes(), type=PassedTests)
        except (FileNotFoundError, msgspec.MsgspecError, UnicodeDecodeError):
            # A record that cannot be read says nothing; the tests say it again.
            return None
        same = (found.image_id, found.tests) == (image_id, target.test.digest)
        return found if same else None

    def _path(self, target: Target) -> Path:
        return self.cache / FOLDER / f"{target.name}-{target.tag}.json"
