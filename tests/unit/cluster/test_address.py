from __future__ import annotations

import pytest

from regalloc.cluster.address import parse_address
from regalloc.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("head", "ray://head:10001"),
        ("head:7", "ray://head:7"),
        ("ray://10.0.0.1:10001", "ray://10.0.0.1:10001"),
        ("[fe80::1]:7", "ray://[fe80::1]:7"),
        ("[::1]", "ray://[::1]:10001"),
    ],
)
def test_an_address_is_a_host_and_perhaps_a_port(text, address):
    assert str(parse_address(text)) == address
    assert parse_address(address) == parse_address(text)


@pytest.mark.parametrize(
    "text", ["", "ray://", ":7", "head:", "head:0", "head:x", "a/b", "u@h:1", "head:70000"]
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(ConfigError) as caught:
        parse_address(text)
    assert caught.value.render() == (
        f"error: --cluster={text} names no head of a Ray cluster\n"
        "what to do: use HOST or HOST:PORT, the port of Ray's client server (10001 by default)"
    )
