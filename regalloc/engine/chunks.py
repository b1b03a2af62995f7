"""Reads a stream that comes in chunks, as the docker SDK hands out archives."""

from __future__ import annotations

from collections.abc import Iterator


class ChunkReader:
    """A readable file over chunks of bytes, without holding more than one of them.

    Args:
        chunks: bytes of any length, in order.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def read(self, size: int) -> bytes:
        """Return the next bytes, fewer than asked for only at the end."""
        parts: list[memoryview] = []
        missing = size
        while missing > 0:
            if not self._rest:
                chunk = next(self._chunks, None)
                if chunk is None:
                    break
                self._rest = memoryview(chunk)
            part, self._rest = self._rest[:missing], self._rest[missing:]
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)
