from __future__ import annotations

import hashlib

from regalloc.cluster import identity
from regalloc.cluster.identity import Identity, identify


def test_an_identity_is_of_the_compiler_and_of_our_code(tmp_path, monkeypatch):
    clang = tmp_path / "clang"
    clang.write_bytes(b"clang")
    package = tmp_path / "package"
    (package / "compiler").mkdir(parents=True)
    monkeypatch.setattr(identity, "PACKAGE", package)
    seen = []
    for content in ("one", "two", "one"):
        (package / "compiler" / "code.py").write_text(content)
        (package / "other.py").write_text(str(len(seen)))
        identify.cache_clear()
        seen.append(identify(clang))
    identify.cache_clear()
    assert seen[0].clang == hashlib.sha256(b"clang").hexdigest()
    assert seen[0] == seen[2] != seen[1]


def test_a_missing_compiler_is_another(tmp_path):
    assert identify(tmp_path / "none").clang == ""


def test_differences_name_what_differs():
    ours, theirs = Identity("a" * 64, "b" * 64), Identity("", "b" * 64)
    assert ours.differences(theirs) == "clang: aaaaaaaaaaaa here, none there"
    assert ours.differences(ours) == ""
