from __future__ import annotations

from regalloc.engine.chunks import ChunkReader


def test_chunks_read_as_one_file():
    reader = ChunkReader(iter([b"abc", b"", b"d"]))
    assert (reader.read(2), reader.read(2), reader.read(2)) == (b"ab", b"cd", b"")
    reader = ChunkReader(iter([b"abc", b"defgh", b"i"]))
    assert [reader.read(4), reader.read(4), reader.read(4)] == [b"abcd", b"efgh", b"i"]
