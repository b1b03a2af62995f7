"""The evaluator without TensorFlow: it decides as TensorFlow does, and refuses what is damaged."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest

from regalloc.compiler.probe import pressure_source
from regalloc.formats.features import FEATURES
from regalloc.formats.logs import read_log
from regalloc.formats.weights_file import PRELUDE, WeightsFile, pack, unpack
from regalloc.rl.export import policy_writer
from regalloc.rl.network.policy_network import initial_weights
from regalloc.rl.network.preprocessing import create_encoder
from regalloc.settings import Network
from tests.rl import mask_policy
from tests.rl.decider import TOOL, VARIABLE, decide
from tests.rl.mask_policy import TOOLCHAIN, compile_under, needs_our_evaluator
from tests.rl.simulator import make_observations
from tests.rl.varied import vary

pytestmark = needs_our_evaluator

UPSTREAM = Network(
    layers=(80, 40), stage_embedding=4, with_sqrt=True, with_z_score=True, logits_scale=0.1
)
PLAIN = Network(
    layers=(8,), stage_embedding=1, with_sqrt=False, with_z_score=False, logits_scale=1.0
)
DEEP = Network(
    layers=(12, 9, 5), stage_embedding=3, with_sqrt=False, with_z_score=True, logits_scale=1.0
)


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """What the compiler shows a policy in some functions that run out of registers."""
    folder = tmp_path_factory.mktemp("real")
    policy_writer.export_random(folder / "policy", 1)
    episodes = []
    for values in (20, 48, 120):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(mask_policy, "pressure_source", lambda _, n=values: pressure_source(n))
            run, log = compile_under(folder / "policy", folder)
        assert run.returncode == 0, run.stderr
        episodes += read_log(log, TOOLCHAIN.release.log_format)
    seen = {f.name: np.concatenate([e.observations[f.name] for e in episodes]) for f in FEATURES}
    made = make_observations(21, 100)
    return {f.name: np.concatenate([seen[f.name], made[f.name]]) for f in FEATURES}


def quantiles(observations):
    """Return a vocabulary whose boundaries are values that are seen."""
    finite = {f.name: v[np.isfinite(v)] for f in FEATURES for v in [observations[f.name]]}
    steps = np.linspace(0, 1, 1000)
    return {
        name: np.quantile(values, steps, method="nearest").astype(np.float32)
        for name, values in finite.items()
    }


@pytest.mark.parametrize("kind", ["greedy", "sampling", "random"])
@pytest.mark.parametrize("network", [UPSTREAM, PLAIN, DEEP], ids=["upstream", "plain", "deep"])
def test_native_decides_as_tensorflow_whatever_it_sees(tmp_path, real, kind, network):
    encoder = create_encoder(quantiles(real), network)
    drawn = initial_weights(network, encoder.width, 3)
    weights = {name: value * np.float32(2) for name, value in drawn.items()}
    match kind:
        case "greedy":
            policy_writer.export_greedy(tmp_path, encoder, weights)
        case "sampling":
            policy_writer.export_sampling(tmp_path, encoder, weights, -(2**63) + 9)
        case "random":
            policy_writer.export_random(tmp_path, 2**64 - 5)
    for name, observations in vary(real):
        native = decide(tmp_path, observations, "native")
        assert native.tolist() == decide(tmp_path, observations, "tensorflow").tolist(), name
        assert len(set(native)) > 5


def test_ties_go_to_the_first_legal_position(tmp_path, encoder, weights):
    observations = make_observations(4, 50)
    for feature in FEATURES:
        if feature.name != "mask":
            observations[feature.name][:] = 1
    policy_writer.export_greedy(tmp_path, encoder, weights)
    first = observations["mask"][:, 0].argmax(1)
    assert decide(tmp_path, observations, "native").tolist() == first.tolist()


def test_nothing_legal_is_what_tensorflow_makes_of_it(tmp_path, encoder, weights):
    observations = make_observations(4, 3)
    observations["mask"][:] = 0
    policy_writer.export_sampling(tmp_path, encoder, weights, 3)
    chosen = [decide(tmp_path, observations, name).tolist() for name in ("native", "tensorflow")]
    assert chosen == [[0, 0, 0]] * 2


@pytest.fixture
def folder(tmp_path, encoder, weights):
    policy_writer.export_sampling(tmp_path / "policy", encoder, weights, 8)
    return tmp_path / "policy"


def test_compiles_log_the_same_under_both_evaluators(folder, tmp_path, monkeypatch):
    logs = []
    for name in ("native", "tensorflow"):
        monkeypatch.setenv(VARIABLE, name)
        run, log = compile_under(folder, tmp_path)
        assert (run.returncode, run.stderr) == (0, "")
        logs.append(log.read_bytes())
    assert logs[0]
    assert logs[0] == logs[1]


def test_tensorflow_is_loaded_only_when_it_is_asked(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("REGALLOC_TF_LIBRARY", "/absent.so")
    monkeypatch.delenv(VARIABLE, raising=False)
    run, _ = compile_under(folder, tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    assert "cannot load TensorFlow" in refusal(folder, tmp_path, monkeypatch, "tensorflow")
    (folder / "weights.bin").unlink()
    assert "cannot load TensorFlow" in refusal(folder, tmp_path, monkeypatch, "")


def refusal(folder, tmp_path, monkeypatch, evaluator):
    """Return the one line with which a policy is refused."""
    monkeypatch.setenv(VARIABLE, evaluator)
    run, _ = compile_under(folder, tmp_path)
    assert run.returncode == 1
    (line,) = run.stderr.splitlines()
    assert line.startswith("error: regalloc policy: ")
    return line.removeprefix("error: regalloc policy: ").replace(str(folder), "POLICY")


def test_unknown_evaluator_is_refused(folder, tmp_path, monkeypatch):
    assert refusal(folder, tmp_path, monkeypatch, "tflite") == (
        "REGALLOC_EVALUATOR is tflite, and can be native or tensorflow"
    )


def test_native_wants_a_weights_file(folder, tmp_path, monkeypatch):
    (folder / "weights.bin").unlink()
    assert refusal(folder, tmp_path, monkeypatch, "native") == (
        "cannot read POLICY/weights.bin: No such file or directory"
    )


def test_output_that_is_no_decision_is_refused(folder, tmp_path, monkeypatch):
    spec = folder / "output_spec.json"
    spec.write_text(spec.read_text().replace("[1]", "[2]"))
    assert refusal(folder, tmp_path, monkeypatch, "") == (
        "POLICY/weights.bin: it decides with one int64_t, and output_spec.json wants something else"
    )


def test_another_saved_model_is_refused(folder, tmp_path, monkeypatch):
    policy_writer.export_random(tmp_path / "other", 1)
    (tmp_path / "other" / "saved_model.pb").rename(folder / "saved_model.pb")
    assert refusal(folder, tmp_path, monkeypatch, "") == (
        "POLICY/weights.bin: it belongs to another saved_model.pb; export the policy again"
    )


def flip(at):
    return lambda content: content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


BROKEN = "it is cut off or altered: its checksum is wrong"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda content: b"", "it does not begin as a weights file does"),
        (lambda content: content[: PRELUDE.size - 1], "it does not begin as a weights file does"),
        (flip(0), "it does not begin as a weights file does"),
        (flip(8), "it is of version 0, and this compiler reads version 1"),
        (flip(12), BROKEN),
        (flip(23), BROKEN),
        (flip(60), BROKEN),
        (flip(-1 % 4096), BROKEN),
        (lambda content: content[:-1], BROKEN),
        (lambda content: content[: PRELUDE.size], BROKEN),
    ],
    ids=["empty", "short", "magic", "version", "sum", "size", "header", "data", "cut", "no-body"],
)
def test_damaged_weights_file_is_refused(folder, tmp_path, monkeypatch, damage, message):
    path = folder / "weights.bin"
    path.write_bytes(damage(path.read_bytes()))
    assert refusal(folder, tmp_path, monkeypatch, "") == f"POLICY/weights.bin: {message}"


def renamed(feature):
    return lambda fields: fields["features"][0].update(name=feature)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.pop("kind"), "its header has no text kind"),
        (lambda f: f.update(kind="best"), "it is a policy of an unknown kind, best"),
        (lambda f: f.update(seed="1"), "its header has no number seed"),
        (lambda f: f.update(layers=9), "it has no array kernel_3"),
        (lambda f: f.update(layers=0), "its network has no layers"),
        (lambda f: f.update(mask="nr_urgent"),
         "feature nr_urgent is not of the type and shape that the policy needs"),
        (lambda f: f.update(flags=["colour"]), "it uses a feature that it does not list, colour"),
        (lambda f: f.update(flags=[1]), "flags in its header is not a list of texts"),
        (lambda f: f.update(stages=["max_stage"]), "it has 1 stages, and should have 2"),
        (lambda f: f.update(density="progress2"),
         "its density is not among the features it normalises"),
        (lambda f: f["features"][0].update(type="float"),
         "the compiler has no feature mask of its type and shape"),
        (lambda f: f["features"][0].update(shape=[1, 32]),
         "the compiler has no feature mask of its type and shape"),
        (lambda f: f["features"][0].update(shape=[0]),
         "feature mask in its header has no elements"),
        (lambda f: f["features"][0].pop("name"),
         "a feature in its header lacks its name, type or shape"),
        (renamed("colour"), "the compiler has no feature colour of its type and shape"),
        (lambda f: f.pop("saved_model"),
         "its header does not say which saved_model.pb it belongs to"),
    ],
)  # fmt: skip
def test_header_that_does_not_fit_is_refused(folder, tmp_path, monkeypatch, change, message):
    file = unpack((folder / "weights.bin").read_bytes())
    fields = dict(file.fields)
    change(fields)
    (folder / "weights.bin").write_bytes(pack(WeightsFile(fields, file.arrays)))
    assert refusal(folder, tmp_path, monkeypatch, "") == f"POLICY/weights.bin: {message}"


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("kernel_1", lambda a: a[:-1],
         "its array kernel_1 is not of the type and shape that the policy needs"),
        ("logs", lambda a: a.astype(np.float32),
         "its array logs is not of the type and shape that the policy needs"),
        ("counts", lambda a: a * 0, "a feature has 0 boundaries"),
        ("counts", lambda a: a + 1000, "a feature has 1050 boundaries"),
        ("boundaries", lambda a: a.reshape(-1), "its array boundaries has no dimension 1"),
        ("min_stage", lambda a: None, "it has no array min_stage"),
    ],
)  # fmt: skip
def test_array_that_does_not_fit_is_refused(folder, tmp_path, monkeypatch, name, change, message):
    file = unpack((folder / "weights.bin").read_bytes())
    changed = {**file.arrays, name: change(file.arrays[name])}
    arrays = {key: value for key, value in changed.items() if value is not None}
    (folder / "weights.bin").write_bytes(pack(WeightsFile(file.fields, arrays)))
    assert refusal(folder, tmp_path, monkeypatch, "") == f"POLICY/weights.bin: {message}"


def test_observation_that_is_cut_off_is_refused(folder):
    run = subprocess.run([TOOL, folder], input=b"\0" * 99, capture_output=True, check=False)
    assert run.returncode == 1
    assert run.stderr == b"error: regalloc policy: the last observation is cut off\n"
