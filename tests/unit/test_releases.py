from __future__ import annotations

import pytest

from regalloc.errors import ConfigError
from regalloc.releases import RELEASES, find_release


def test_each_release_has_its_own_row_and_names_follow_from_it():
    assert [release.major for release in RELEASES] == [15, 19]
    release = find_release(15)
    assert (release.version, release.source_package, release.source_file) == (
        "15.0.6", "llvm-toolchain-15", "llvm-toolchain-15_15.0.6.orig.tar.xz",
    )  # fmt: skip


def test_an_unknown_release_is_refused_with_those_there_are():
    with pytest.raises(ConfigError) as caught:
        find_release(17)
    assert caught.value.render() == (
        "error: LLVM 17 is not supported\nwhat to do: use --llvm=15 or --llvm=19"
    )
