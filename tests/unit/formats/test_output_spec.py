from __future__ import annotations

import json

import pytest

from regalloc.formats.output_spec import find_flaw, write_output_spec

ENTRY = {"logging_name": "index_to_evict", "tensor_spec": {"name": "out"}}


def test_a_spec_names_the_decision(tmp_path):
    write_output_spec(tmp_path, "StatefulPartitionedCall", 2)
    assert (tmp_path / "output_spec.json").read_text() == (
        '[{"logging_name": "index_to_evict", "tensor_spec": {"name": "StatefulPartitionedCall", '
        '"port": 2, "type": "int64_t", "shape": [1]}}]\n'
    )
    assert find_flaw(tmp_path) == ""


@pytest.mark.parametrize(
    ("content", "flaw"),
    [
        ("[", "output_spec.json does not parse: JSONDecodeError("),
        ("[1]", "output_spec.json does not parse: TypeError("),
        ('[{"logging_name": "x"}]', "output_spec.json does not parse: KeyError('tensor_spec')"),
        ("[]", "the first output in output_spec.json must be index_to_evict"),
        (json.dumps([{**ENTRY, "logging_name": "x"}, ENTRY]), "the first output in"),
        (json.dumps([{**ENTRY, "tensor_spec": {"name": ""}}]), "the first output in"),
        (json.dumps([ENTRY, {**ENTRY, "logging_name": "x"}]), ""),
    ],
)
def test_what_the_compiler_cannot_use_is_a_flaw(tmp_path, content, flaw):
    (tmp_path / "output_spec.json").write_text(content)
    found = find_flaw(tmp_path)
    assert found.startswith(flaw)
    assert bool(found) == bool(flaw)
