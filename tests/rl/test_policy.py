from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from regalloc.errors import PolicyError
from regalloc.formats.features import FEATURE_NAMES, NUM_CANDIDATES
from regalloc.rl.deterministic_tf import tf
from regalloc.rl.export import policy_writer
from regalloc.rl.export.policy_folder import check_policy, find_weights, policy_hash
from regalloc.rl.learning.dataset import encode_decisions, take_observation
from regalloc.rl.network.policy_network import RegallocNetwork
from tests.rl import simulator
from tests.rl.simulator import Session, make_observations
from tests.rl.uniforms import draw_uniform_arrays


@pytest.fixture
def observations():
    return make_observations(11, 40)


def logits_of(encoder, weights, observations):
    network = RegallocNetwork(simulator.NETWORK, encoder.width, 0)
    network.set_values(weights)
    first_legal = observations["mask"].reshape(-1, NUM_CANDIDATES).argmax(1)
    table = encode_decisions(encoder, [observations], [first_legal])
    return network.logits(take_observation(table.rows, table.stages, table.slots)).numpy()


def test_greedy_policy_takes_the_networks_likeliest_action(
    tmp_path, encoder, weights, observations
):
    policy_writer.export_greedy(tmp_path / "p", encoder, weights)
    expected = logits_of(encoder, weights, observations).argmax(1)
    assert Session(tmp_path / "p").choose(observations).tolist() == expected.tolist()
    assert len(set(expected)) > 3


def test_saved_model_loads_as_tensorflow_2_does(tmp_path, encoder, weights, observations):
    policy_writer.export_greedy(tmp_path / "p", encoder, weights)
    action = tf.saved_model.load(str(tmp_path / "p")).signatures["action"]
    one = {name: tf.constant(values[0]) for name, values in observations.items()}
    result = action(**one)["index_to_evict"]
    assert (result.dtype, result.shape) == (tf.int64, (1,))
    assert result.numpy()[0] == Session(tmp_path / "p").choose(observations)[0]
    assert set(action.structured_input_signature[1]) == set(FEATURE_NAMES)


def test_export_again_has_the_new_weights_actions(tmp_path, encoder, weights, observations):
    policy_writer.export_greedy(tmp_path / "p", encoder, weights)
    before = Session(tmp_path / "p").choose(observations)
    flipped = weights | {"logits/kernel": -weights["logits/kernel"]}
    policy_writer.export_greedy(tmp_path / "p", encoder, flipped)
    after = Session(tmp_path / "p").choose(observations)
    assert after.tolist() == logits_of(encoder, flipped, observations).argmax(1).tolist()
    assert after.tolist() != before.tolist()


def test_sampling_policy_draws_by_seed_and_observation(tmp_path, encoder, weights, observations):
    chosen = {}
    for seed in (4, 4, 5):
        policy_writer.export_sampling(tmp_path / "p", encoder, weights, seed)
        drawn = Session(tmp_path / "p").choose(observations).tolist()
        assert chosen.setdefault(seed, drawn) == drawn
    assert chosen[4] != chosen[5]
    logits = logits_of(encoder, weights, observations)
    uniforms = np.stack(
        [draw_uniform_arrays({n: v[i] for n, v in observations.items()}, 4) for i in range(40)]
    )
    expected = (logits - np.log(-np.log(uniforms))).argmax(1)
    assert chosen[4] == expected.tolist()


def test_policies_never_choose_an_illegal_position(tmp_path, encoder, weights):
    observations = make_observations(12, 150)
    extreme = {name: value * 1e4 for name, value in weights.items()}
    policy_writer.export_greedy(tmp_path / "g", encoder, extreme)
    policy_writer.export_sampling(tmp_path / "s", encoder, extreme, 1)
    policy_writer.export_random(tmp_path / "r", 1)
    for name in "gsr":
        chosen = Session(tmp_path / name).choose(observations)
        assert (observations["mask"][np.arange(150), 0, chosen] == 1).all()


def test_random_policy_draws_evenly(tmp_path):
    observations = make_observations(13, 1)
    mask = observations["mask"].reshape(-1)
    repeated = {name: np.repeat(v, 2000, 0) for name, v in observations.items()}
    repeated["nr_urgent"] = np.random.default_rng(0).uniform(size=(2000, 1, 33)).astype(np.float32)
    policy_writer.export_random(tmp_path / "r", 1)
    counts = np.bincount(Session(tmp_path / "r").choose(repeated), minlength=NUM_CANDIDATES)
    expected = 2000 / mask.sum()
    assert (counts[mask == 0] == 0).all()
    assert ((counts[mask == 1] - expected) ** 2 / expected).sum() < 50


def test_output_spec_names_the_graphs_output(tmp_path, encoder, weights):
    policy_writer.export_greedy(tmp_path / "p", encoder, weights)
    tensor = {"name": "StatefulPartitionedCall", "port": 0, "type": "int64_t", "shape": [1]}
    spec = json.loads((tmp_path / "p" / "output_spec.json").read_text())
    assert spec == [{"logging_name": "index_to_evict", "tensor_spec": tensor}]


EXPORT = """
import sys
from pathlib import Path
import numpy as np
from regalloc.rl.export import policy_writer
from regalloc.rl.deterministic_tf import tf
from regalloc.rl.export.policy_folder import policy_hash
from regalloc.rl.network.policy_network import initial_weights
from regalloc.rl.network.preprocessing import create_encoder
from tests.rl import simulator
for _ in range(int(sys.argv[2])):
    tf.function(lambda: tf.constant(1))()
encoder = create_encoder(simulator.make_vocab(), simulator.NETWORK)
weights = initial_weights(simulator.NETWORK, encoder.width, 5)
policy_writer.export_sampling(Path(sys.argv[1]), encoder, weights, 9)
print(policy_hash(Path(sys.argv[1])))
"""


def test_export_is_the_same_in_every_process(tmp_path):
    hashes = set()
    for history in (0, 3):
        env = os.environ | {"PYTHONHASHSEED": str(history)}
        argv = [sys.executable, "-W", "ignore", "-c", EXPORT, str(tmp_path / "p"), str(history)]
        run = subprocess.run(
            argv, env=env, capture_output=True, text=True, check=True, cwd=Path.cwd()
        )
        hashes.add(run.stdout)
    assert len(hashes) == 1


@pytest.mark.parametrize("name", ["saved_model.pb", "output_spec.json"])
def test_check_policy_names_the_missing_file(tmp_path, name):
    folder = tmp_path / "p"
    policy_writer.export_random(folder, 1)
    check_policy(folder)
    (folder / name).unlink()
    with pytest.raises(PolicyError) as caught:
        check_policy(folder)
    assert caught.value.render() == (
        f"error: no usable policy in {folder}\n"
        f"{folder / name} is missing or empty\n"
        "what to do: give a folder with saved_model.pb and output_spec.json, as warmstart and "
        "train write it"
    )


def test_check_policy_wants_the_variables_of_a_graph_that_has_some(tmp_path):
    """Upstream's policies keep their weights in variables/, ours in the graph."""
    model = tf.Module()
    model.weight = tf.Variable(1.0)
    action = tf.function(lambda x: model.weight * x, [tf.TensorSpec(())]).get_concrete_function()
    tf.saved_model.save(model, str(tmp_path / "p"), signatures={"action": action})
    policy_writer.export_random(tmp_path / "r", 1)
    shutil.copy(tmp_path / "r" / "output_spec.json", tmp_path / "p")
    check_policy(tmp_path / "p")
    (tmp_path / "p" / "variables" / "variables.index").unlink()
    with pytest.raises(PolicyError) as caught:
        check_policy(tmp_path / "p")
    assert caught.value.details == (
        f"{tmp_path / 'p' / 'variables' / 'variables.index'} is missing or empty"
    )


@pytest.mark.parametrize("text", ["[", "[]", "{}", '[{"logging_name": "other"}]', "[1]"])
def test_check_policy_refuses_bad_output_spec(tmp_path, text):
    policy_writer.export_random(tmp_path / "p", 1)
    (tmp_path / "p" / "output_spec.json").write_text(text)
    with pytest.raises(PolicyError, match="no usable policy"):
        check_policy(tmp_path / "p")


def test_a_policy_without_a_weights_file_is_one_that_has_none(tmp_path):
    policy_writer.export_random(tmp_path / "p", 1)
    path = tmp_path / "p" / "weights.bin"
    assert find_weights(tmp_path / "p") == path
    path.unlink()
    assert find_weights(tmp_path / "p") is None
    check_policy(tmp_path / "p")


def test_check_policy_refuses_a_damaged_weights_file(tmp_path):
    policy_writer.export_random(tmp_path / "p", 1)
    path = tmp_path / "p" / "weights.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(PolicyError) as caught:
        check_policy(tmp_path / "p")
    assert caught.value.details == f"{path}: it is cut off or altered: its checksum is wrong"


def test_check_policy_refuses_another_policys_weights_file(tmp_path):
    for seed in (1, 2):
        policy_writer.export_random(tmp_path / str(seed), seed)
    (tmp_path / "1" / "weights.bin").replace(tmp_path / "2" / "weights.bin")
    with pytest.raises(PolicyError) as caught:
        check_policy(tmp_path / "2")
    assert caught.value.details == (
        f"{tmp_path / '2' / 'weights.bin'} belongs to another saved_model.pb"
    )


def test_policy_hash_depends_on_names_and_bytes(tmp_path):
    for name, content in (("a", b"1"), ("b", b"1"), ("c", b"2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / ("x" if name != "b" else "y")).write_bytes(content)
    hashes = {policy_hash(tmp_path / name) for name in "abc"}
    assert len(hashes) == 3
    with pytest.raises(PolicyError):
        policy_hash(tmp_path / "none")


class Hostile(tf.Module):
    """A policy that has to do with files while it decides."""

    def __init__(self, operation):
        super().__init__()
        self.weights = tf.Variable(tf.ones([33]))
        self.operation = operation

    @tf.function(input_signature=[tf.TensorSpec([1, 33], tf.int64, name="mask")])
    def action(self, mask):
        with tf.control_dependencies([self.operation()] if self.operation else []):
            return {"index_to_evict": tf.argmax(tf.cast(mask, tf.float32) * self.weights, axis=-1)}


@pytest.mark.parametrize(
    ("operation", "found"),
    [
        (None, None),
        (lambda: tf.io.write_file("/tmp/attacked", "x"), "WriteFile"),
        (lambda: tf.io.read_file("/etc/passwd"), "ReadFile"),
        (lambda: tf.raw_ops.Save(filename="/tmp/attacked", tensor_names=["a"], data=[1.0]), "Save"),
        (lambda: tf.py_function(print, ["x"], []), "EagerPyFunc"),
    ],
)
def test_a_policy_that_has_to_do_with_files_is_not_loaded(tmp_path, operation, found):
    policy = Hostile(operation)
    tf.saved_model.save(policy, str(tmp_path), signatures={"action": policy.action})
    (tmp_path / "output_spec.json").write_text(
        json.dumps(
            [{"logging_name": "index_to_evict", "tensor_spec": {
                "name": "StatefulPartitionedCall", "port": 0, "type": "int64_t", "shape": [1]}}]
        )
    )  # fmt: skip
    if found is None:
        check_policy(tmp_path)
        return
    with pytest.raises(PolicyError) as caught:
        check_policy(tmp_path)
    assert caught.value.brief == (
        f"the policy in {tmp_path} does what no policy needs, and is not loaded"
    )
    assert found in caught.value.details
