"""What the compiler does under a policy, whichever release it is."""

from __future__ import annotations

import subprocess

import pytest
import tensorflow as tf

from regalloc.compiler.embedded_bitcode import Embedded, dump_sections
from regalloc.compiler.probe import probe, probe_policy
from regalloc.errors import PolicyError
from regalloc.formats.features import FEATURES
from regalloc.formats.logs import read_log
from tests.rl.mask_policy import (
    TOOLCHAIN,
    compile_under,
    needs_compiler,
    needs_our_evaluator,
    save,
)

pytestmark = needs_compiler


def test_compiler_logs_without_a_policy():
    probe(TOOLCHAIN)


def test_embedded_bitcode_names_the_compiler(tmp_path):
    source = tmp_path / "a.c"
    source.write_text("int f(int x) { return x + 1; }\n")
    argv = (TOOLCHAIN.clang, "-O2", "-c", "-Xclang", "-fembed-bitcode=all", source)
    subprocess.run([*argv, "-o", tmp_path / "a.o"], check=True, capture_output=True, timeout=60)
    dumped = dump_sections(TOOLCHAIN, tmp_path / "a.o", tmp_path / "a")
    assert isinstance(dumped, Embedded)
    assert dumped.producer == TOOLCHAIN.version


@pytest.mark.parametrize("shape", [(1, 33), (33,), (None, 33), None])
def test_policy_with_one_of_the_inputs_decides(tmp_path, shape):
    run, log = compile_under(save(tmp_path / "policy", shape=shape), tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    (episode,) = read_log(log, TOOLCHAIN.release.log_format)
    masks = episode.observations["mask"].reshape(episode.decisions, -1)
    assert episode.decisions > 0
    assert episode.actions.tolist() == masks.argmax(axis=1).tolist()
    assert set(episode.observations) == {feature.name for feature in FEATURES}


def without(name):
    def damage(policy):
        for path in (policy / name).iterdir() if (policy / name).is_dir() else [policy / name]:
            path.unlink()

    return damage


def overwrite(name, content):
    return lambda policy: (policy / name).write_text(content)


def always(position):
    # The first positions are caller-saved registers, which nothing live across a call can have.
    return {"decide": lambda mask: tf.constant([position], tf.int64)}


@pytest.mark.parametrize(
    ("options", "damage"),
    [
        ({"dtype": tf.float32}, None),
        # LLVM's own evaluator feeds [1,33] whatever the graph says, and TensorFlow takes it.
        pytest.param({"shape": (1, 32)}, None, marks=needs_our_evaluator),
        ({"output": {"name": "nowhere"}}, None),
        ({"output": {"port": 7}}, None),
        (always(0), None),
        (always(33), None),
        (always(-1), None),
        ({}, without("saved_model.pb")),
        ({}, without("output_spec.json")),
        ({}, without("variables")),
        ({}, overwrite("saved_model.pb", "not a graph")),
        ({}, overwrite("output_spec.json", "")),
        ({}, overwrite("output_spec.json", "[]")),
        ({}, overwrite("output_spec.json", "{}")),
        ({}, overwrite("output_spec.json", '[{"logging_name": "x"}]')),
    ],
    ids=[
        "type", "shape", "output", "port", "illegal", "beyond", "negative", "no-model", "no-spec",
        "no-variables", "no-graph", "empty-spec", "no-outputs", "no-list", "no-tensor",
    ],
)  # fmt: skip
def test_policy_that_cannot_decide_is_one_clear_error(tmp_path, options, damage):
    policy = save(tmp_path / "policy", **options)
    if damage:
        damage(policy)
    with pytest.raises(PolicyError) as caught:
        probe_policy(TOOLCHAIN, policy)
    assert caught.value.brief == f"the compiler cannot use the policy in {policy}"
    assert caught.value.details


def test_policy_that_decides_passes_the_probe(tmp_path):
    probe_policy(TOOLCHAIN, save(tmp_path / "policy"))
