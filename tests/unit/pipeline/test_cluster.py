from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from regalloc.engine.command import Mount
from regalloc.errors import ConfigError
from regalloc.pipeline.cluster import TOKEN, Cluster, find_cluster


def test_without_an_address_there_is_no_cluster(tmp_path):
    assert find_cluster("", "bridge", {TOKEN: str(tmp_path / "none")}) is None


def test_a_cluster_is_an_address_a_network_and_perhaps_a_token(tmp_path):
    token = tmp_path / "token"
    token.write_text("secret")
    assert find_cluster("head", "mine", {}) == Cluster("ray://head:10001", "mine")
    assert find_cluster("head:7", "mine", {TOKEN: str(token)}) == Cluster(
        "ray://head:7", "mine", token
    )


def test_a_token_is_a_file_that_ray_is_told_of():
    cluster = Cluster("ray://head:7", "mine", Path("/home/me/token"))
    assert cluster.mounts == (
        Mount(Path("/home/me/token"), PurePosixPath("/run/cluster-token"), variable=TOKEN),
    )
    assert cluster.environment == (("RAY_AUTH_MODE", "token"),)
    free = Cluster("ray://head:7", "mine")
    assert (free.mounts, free.environment) == ((), ())


def test_a_token_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigError) as caught:
        find_cluster("head", "mine", {TOKEN: str(tmp_path)})
    assert caught.value.brief == f"there is no token in {tmp_path}"
