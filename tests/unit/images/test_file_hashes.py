from __future__ import annotations

import io
import tarfile

from regalloc.images.file_hashes import Difference, compare_files, hash_files


def archive(*members: tuple[str, bytes, dict[str, object]]) -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, content, changes in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for key, value in changes.items():
                setattr(info, key, value)
            tar.addfile(info, io.BytesIO(content))
    stream.seek(0)
    return stream


def test_times_are_no_difference_but_content_mode_owner_and_target_are():
    first = hash_files(archive(
        ("same", b"x", {"mtime": 1}), ("content", b"a", {}), ("mode", b"", {"mode": 0o755}),
        ("owner", b"", {"uid": 1}), ("link", b"", {"type": tarfile.SYMTYPE, "linkname": "a"}),
        ("gone", b"", {}),
    ))  # fmt: skip
    second = hash_files(archive(
        ("same", b"x", {"mtime": 2}), ("content", b"b", {}), ("mode", b"", {"mode": 0o644}),
        ("owner", b"", {"uid": 2}), ("link", b"", {"type": tarfile.SYMTYPE, "linkname": "b"}),
    ))  # fmt: skip
    found = list(compare_files(first, second))
    assert [difference.path for difference in found] == ["content", "gone", "link", "mode", "owner"]
    assert found[1].second == "missing"
    assert found[2] == Difference("link", "link to a 0644 0:0", "link to b 0644 0:0")


def test_what_the_engine_puts_into_every_container_is_left_out():
    files = hash_files(archive(
        (".dockerenv", b"", {}), ("dev/console", b"", {}), ("etc/hosts", b"1", {}),
        ("etc/resolv.conf", b"2", {}), ("etc/passwd", b"3", {}),
    ))  # fmt: skip
    assert list(files) == ["etc/passwd"]
