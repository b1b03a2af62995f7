from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regalloc.formats.graph_operations import RESTORE, SAVE, find_forbidden
from regalloc.formats.wire import field, tag, varint


def part(number: int, value: bytes) -> bytes:
    return field(tag(number), value)


def node(name: str, operation: str, *inputs: str, calls: str = "") -> bytes:
    content = part(1, name.encode()) + part(2, operation.encode())
    content += b"".join(part(3, one.encode()) for one in inputs)
    # An attribute: its name, and a value that names a function.
    called = part(1, b"f") + part(2, part(10, part(1, calls.encode())))
    return content + (part(5, called) if calls else b"")


def function(name: str, *nodes: bytes) -> bytes:
    return part(1, part(1, name.encode())) + b"".join(part(3, one) for one in nodes)


def model(nodes=(), functions=(), fetched="out", objects=b"") -> bytes:
    graph = b"".join(part(1, one) for one in nodes)
    graph += part(2, b"".join(part(1, one) for one in functions))
    output = part(1, b"decision") + part(2, part(1, f"{fetched}:0".encode()))
    signature = part(1, b"action") + part(2, part(2, output))
    meta = part(2, graph) + part(5, signature) + part(7, objects)
    # A number in front, as models have one.
    return b"\x08" + varint(1) + part(2, meta)


SAVING = function(f"{SAVE}_7", node("s", "SaveV2"), node("n", "ShardedFilename"))
RESTORING = function(f"{RESTORE}_8", node("r", "RestoreV2"), node("a", "AssignVariableOp"))
ACTION = function("__inference_action_1", node("m", "MatMul"), node("o", "ArgMax"))
HONEST = (
    node("out", "StatefulPartitionedCall", "x", calls="__inference_action_1"),
    node("x", "Placeholder"),
    node("saver", "StatefulPartitionedCall", "name", calls=f"{SAVE}_7"),
    node("restorer", "StatefulPartitionedCall", "name", calls=f"{RESTORE}_8"),
    node("name", "Placeholder"),
)
FUNCTIONS = (SAVING, RESTORING, ACTION)
FILES = ("a call of what saves or restores variables",)


def test_arithmetic_with_variables_that_are_saved_is_a_policy():
    assert find_forbidden(model(HONEST, FUNCTIONS)) == ()


@pytest.mark.parametrize("operation", ["ReadFile", "WriteFile", "PyFunc", "SaveV2", "NewOp"])
def test_what_is_no_arithmetic_is_found_wherever_it_is(operation):
    bad = node("bad", operation)
    assert find_forbidden(model((*HONEST, bad), FUNCTIONS)) == (operation,)
    assert find_forbidden(model(HONEST, (*FUNCTIONS, function("f", bad)))) == (operation,)


def test_saving_does_no_more_than_saving():
    worse = function(f"{SAVE}_9", node("w", "WriteFile"), node("r", "RestoreV2"))
    assert find_forbidden(model(HONEST, (*FUNCTIONS, worse))) == ("RestoreV2", "WriteFile")


@pytest.mark.parametrize(
    ("nodes", "functions", "objects"),
    [
        ((node("out", "StatefulPartitionedCall", calls=f"{SAVE}_7"),), FUNCTIONS, b""),
        ((node("out", "Identity", "y"), node("y", "Identity", "^saver"), *HONEST[2:]),
         FUNCTIONS, b""),
        (HONEST, (*FUNCTIONS[:2], function("__inference_action_1",
         node("c", "PartitionedCall", calls=f"{SAVE}_7"))), b""),
        (HONEST, FUNCTIONS, part(3, part(1, f"{RESTORE}_8".encode()))),
    ],
)  # fmt: skip
def test_nothing_that_is_asked_for_leads_to_files(nodes, functions, objects):
    assert find_forbidden(model(nodes, functions, objects=objects)) == FILES


@given(st.binary(max_size=200))
def test_any_bytes_are_a_model_or_are_none(data):
    for content in (data, model(HONEST, FUNCTIONS) + data, part(2, part(2, data))):
        with suppress(ValueError):
            find_forbidden(content)
