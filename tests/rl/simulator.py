"""A compiler that compiles nothing: made-up decisions whose costs are known.

A module's name decides what is seen.  Evicting a position costs its ``weighed_reads_by_max``; the
default heuristic picks the lowest ``liverange_size`` instead, so that there is something to clone
and something to improve.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import numpy as np

from regalloc import layout
from regalloc.formats.compile_results import Compiled, Failed
from regalloc.formats.corpus import Module
from regalloc.formats.features import FEATURES, NUM_CANDIDATES
from regalloc.formats.logs import Episode
from regalloc.formats.trace_file import write_trace
from regalloc.formats.vocab_file import write_vocab
from regalloc.rl.deterministic_tf import tf
from regalloc.settings import Limits, Network, Ppo, Rebel, Settings, Train, Warmstart
from regalloc.stages.context import StageContext

NETWORK = Network(
    layers=(16, 8), stage_embedding=2, with_sqrt=True, with_z_score=True, logits_scale=0.1
)
WARMSTART = Warmstart(
    steps=30, batch_size=32, learning_rate=0.01, adam_epsilon=0.0003125, dropout=0.2
)
TRAIN = Train(
    algorithm="ppo",
    policy_iterations=3,
    modules_per_iteration=4,
    rollouts=1,
    log_reward=False,
    share_power=0.0,
    best_of=1,
    export_every=2,
)
PPO = Ppo(
    steps=4,
    batch_size=8,
    sequence_length=4,
    learning_rate=0.003,
    adam_epsilon=0.0003125,
    clip=0.2,
    entropy=0.005,
    l2=0.00001,
    kl_cutoff_factor=2.0,
    kl_cutoff_coef=1000.0,
    kl_beta=1.0,
    kl_target=0.01,
    kl_tolerance=0.3,
    baseline_decay=0.8,
)
REBEL = Rebel(
    step_size=20.0, epochs=2, batch_size=8, learning_rate=0.003, adam_epsilon=0.000001, l2=0.0
)
LIMITS = Limits(wall_s=1.0, memory_mb=1, attempts=2)

BROKEN = "broken.o"
QUIET = "quiet.o"


def make_observations(seed: int, decisions: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng([seed, 99])
    observations = {
        f.name: rng.uniform(0, 1, (decisions, *f.shape)).astype(np.float32)
        if f.dtype == "float32"
        else rng.integers(0, 2, (decisions, *f.shape))
        for f in FEATURES
    }
    mask = (rng.uniform(size=(decisions, 1, NUM_CANDIDATES)) < 0.3).astype(np.int64)
    mask[:, :, -1] = 1
    observations["mask"] = mask
    observations["use_def_density"][:, :, 0] = np.nan
    observations["use_def_density"][:, :, -1] = np.inf
    return observations


def choose_by_default(observations: dict[str, np.ndarray]) -> np.ndarray:
    size = np.where(observations["mask"] > 0, observations["liverange_size"], np.inf)
    return size[:, 0].argmin(1)


def compute_score(observations: dict[str, np.ndarray], actions: np.ndarray) -> float:
    reads = observations["weighed_reads_by_max"][:, 0]
    return float(np.float32(0.1 + reads[np.arange(len(actions)), actions].mean()))


def make_episode(name: str, actions: np.ndarray | None, seed: int, decisions: int) -> Episode:
    observations = make_observations(seed, decisions)
    if actions is None:
        actions = choose_by_default(observations)
    return Episode(name, observations, actions, {}, compute_score(observations, actions))


class Session:
    """A policy as the compiler runs it: TensorFlow 1's session, which is what the C API gives."""

    def __init__(self, folder: Path) -> None:
        tensor = json.loads((folder / "output_spec.json").read_text())[0]["tensor_spec"]
        graph = tf.Graph()
        self._session = tf.compat.v1.Session(graph=graph)
        tf.compat.v1.saved_model.loader.load(self._session, ["serve"], str(folder))
        feeds = [graph.get_tensor_by_name(f"action_{f.name}:0") for f in FEATURES]
        fetch = graph.get_tensor_by_name(f"{tensor['name']}:{tensor['port']}")
        self._call = self._session.make_callable(fetch, feeds)

    def choose(self, observations: dict[str, np.ndarray]) -> np.ndarray:
        decisions = len(observations["mask"])
        rows = [[observations[f.name][i] for f in FEATURES] for i in range(decisions)]
        return np.array([int(self._call(*row)[0]) for row in rows])


def compile_module(module: Module, policy: Path | None) -> Compiled | Failed:
    if module.name == BROKEN:
        return Failed(module.name, "timeout", "no end after 1 s", 2)
    if module.name == QUIET:
        return Compiled(module.name, (), 0.0, 0.0)
    session = Session(policy) if policy else None
    episodes = []
    for number in range(2):
        seed = int.from_bytes(sha256(f"{module.name}/{number}".encode()).digest()[:4], "big")
        observations = make_observations(seed, 6)
        actions = session.choose(observations) if session else None
        episodes.append(make_episode(f"f{number}", actions, seed, 6))
    return Compiled(module.name, tuple(episodes), 0.0, 0.0)


def compile_all(toolchain, requests, limits, jobs, advance=lambda: None, *, measure_code=False):
    results = [compile_module(*request) for request in reversed(requests)]
    for _ in results:
        advance()
    return results[::-1]


def make_vocab() -> dict[str, np.ndarray]:
    return {
        f.name: np.linspace(0, 1, 50, dtype=np.float32)
        if f.dtype == "float32"
        else np.array([0, 1], np.float32)
        for f in FEATURES
    }


def make_run(root: Path, names: list[str], traced: int) -> None:
    """Write what the stages before warmstart write."""
    corpus, trace, vocab = (root / f for f in (layout.CORPUS, layout.TRACE, layout.VOCAB))
    for folder in (corpus, trace, vocab):
        folder.mkdir(parents=True)
    for name in names:
        (corpus / f"{name}.bc").write_bytes(b"BC\xc0\xde")
        (corpus / f"{name}.cmd").write_bytes(b"-cc1")
    description = {"modules": sorted(names), "has_thinlto": False}
    (corpus / "corpus_description.json").write_text(json.dumps(description))
    split = {"salt": "", "fraction": 0, "train": sorted(names), "held_out": []}
    (corpus / "split.json").write_text(json.dumps(split))
    results = [compile_module(Module(n, Path(n), ("-cc1",), False), None) for n in names[:traced]]
    write_trace(trace / layout.TRACE_RECORDS, [e for r in results for e in r.episodes])
    scores = {
        r.module: [
            {"function": e.function, "score": e.score, "decisions": e.decisions} for e in r.episodes
        ]
        for r in results
    }
    (trace / layout.DEFAULT_SCORES).write_text(json.dumps({"modules": scores, "failures": []}))
    write_vocab(vocab, make_vocab())


def make_context(root: Path, seed: int = 3, jobs: int = 1, train: Train = TRAIN) -> StageContext:
    own = {"ppo": PPO, "rebel": REBEL}[train.algorithm]
    settings = Settings((NETWORK, WARMSTART, train, own, LIMITS))
    return StageContext(root, root / "llvm", root / "objects", seed, jobs, settings)
