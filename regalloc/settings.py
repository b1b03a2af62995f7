"""What a run can be told: frozen settings, one class per concern.

No setting has a default in Python: the number and the reason for it stand side by side in
``configs/*.gin``, which :mod:`regalloc.profiles` reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar, assert_never, get_args

from regalloc.releases import Flavor

Algorithm = Literal["ppo", "rebel"]


@dataclass(frozen=True)
class Range:
    """The numbers that a setting takes.

    Attributes:
        low: the least.
        high: the greatest, or None for no end.
        open_low: whether the least itself is left out.
    """

    low: float
    high: float | None = None
    open_low: bool = False

    def holds(self, value: float) -> bool:
        """Tell whether a number is one of them; what is no number is none."""
        above = value > self.low if self.open_low else value >= self.low
        return above and value < float("inf") and (self.high is None or value <= self.high)

    def describe(self) -> str:
        """Return them in words."""
        if self.high is not None:
            begin = f"above {self.low:g} and up to" if self.open_low else f"from {self.low:g} to"
            return f"{begin} {self.high:g}"
        return f"above {self.low:g}" if self.open_low else f"from {self.low:g} on"


Count = Annotated[int, Range(1)]
CountOrNone = Annotated[int, Range(0)]
Fraction = Annotated[float, Range(0, 1)]
Part = Annotated[float, Range(0, 1, open_low=True)]
Positive = Annotated[float, Range(0, open_low=True)]
Weight = Annotated[float, Range(0)]


@dataclass(frozen=True, kw_only=True)
class Llvm:
    """Which compiler is built, and how.

    Attributes:
        major: major version of a row of ``regalloc/releases.py``.
        flavor: ``relink`` replaces the units with the hooks in Debian's LLVM, ``source`` builds
            all of LLVM.
        targets: LLVM_TARGETS_TO_BUILD of the source flavour; the relinked one has all of Debian's.
    """

    major: int
    flavor: Flavor
    targets: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """What is built with embedded bitcode and how it is split.

    Attributes:
        targets: LLVM's build targets, by their cmake names.
        projects: LLVM_ENABLE_PROJECTS for the corpus build.
        cmd_filter: regular expression; a module is taken when one of its flags matches it.
        min_extracted: fraction of the objects that must become modules.
        held_out_fraction: expected fraction of modules kept away from training.
    """

    targets: tuple[str, ...]
    projects: tuple[str, ...]
    cmd_filter: str
    min_extracted: Fraction
    held_out_fraction: Fraction


@dataclass(frozen=True, kw_only=True)
class ProgramCorpus:
    """Programs of ``configs/programs`` that a corpus is made of, with a profile of their own work.

    Attributes:
        names: which; none for a corpus without programs.
        alone: whether nothing else is in the corpus.
        wall_s: wall-clock seconds of one command, a build's or a run's.
        memory_mb: address space of one process in MiB.
    """

    names: tuple[str, ...]
    alone: bool
    wall_s: Positive
    memory_mb: Count


@dataclass(frozen=True, kw_only=True)
class HoldOut:
    """Programs of a corpus that are kept away from training as a whole.

    Where this names some, ``Corpus.held_out_fraction`` goes for modules of no program alone.

    Attributes:
        programs: by name.
        folds: parts that programs are shared out to by a hash of their names; 0 for no such parts.
        fold: the part that is held out, from 0 on.
    """

    programs: tuple[str, ...]
    folds: CountOrNone
    fold: CountOrNone


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one compile may use.

    Attributes:
        wall_s: wall-clock seconds.
        memory_mb: address space in MiB.
        attempts: failures after which a module is quarantined.
    """

    wall_s: Positive
    memory_mb: Count
    attempts: Count


@dataclass(frozen=True, kw_only=True)
class Trace:
    """How much of the default heuristic's behaviour is recorded.

    Attributes:
        sampling_rate: fraction of the training modules that are traced.
    """

    sampling_rate: Part


@dataclass(frozen=True, kw_only=True)
class Vocab:
    """How features are cut into buckets.

    Attributes:
        quantiles: boundaries per feature.
        sampling_fraction: fraction of the trace's values that the quantiles are taken over.
    """

    quantiles: Annotated[int, Range(2)]
    sampling_fraction: Part


@dataclass(frozen=True, kw_only=True)
class Network:
    """Shape of the policy network.

    Attributes:
        layers: units of the per-register hidden layers.
        stage_embedding: dimensions a live range's stage is embedded in.
        with_sqrt: whether a normalised feature comes with its square root.
        with_z_score: whether a normalised feature comes with its z-score.
        logits_scale: variance scale of the last layer's initial weights.
    """

    layers: tuple[int, ...]
    stage_embedding: Count
    with_sqrt: bool
    with_z_score: bool
    logits_scale: Positive


@dataclass(frozen=True, kw_only=True)
class Warmstart:
    """Behavioural cloning of the default heuristic.

    Attributes:
        steps: gradient steps.
        batch_size: decisions per step.
        learning_rate: Adam's step size.
        adam_epsilon: Adam's epsilon.
        dropout: rate after each hidden layer while cloning.
    """

    steps: CountOrNone
    batch_size: Count
    learning_rate: Positive
    adam_epsilon: Positive
    dropout: Annotated[float, Range(0, 0.99)]


@dataclass(frozen=True, kw_only=True)
class Train:
    """Rounds of compiling and learning, whatever the algorithm.

    Attributes:
        algorithm: what learns, with the values of :class:`Ppo` or of :class:`Rebel`.
        policy_iterations: rounds of collecting and learning.
        modules_per_iteration: modules compiled in one round.
        rollouts: compiles of each of them in a round, each with draws of its own.  One is compared
            with the moving average of the function's scores, several with their own mean.
        log_reward: whether a reward is the logarithm of a score ratio instead of a difference.
        share_power: power of a function's share of what its program executes, by which its reward
            is weighed; 0 weighs all alike.  Any other needs a corpus with a profile.
        best_of: number of draws of a function of which the best shall become better, as a search
            keeps it; 1 is each draw by itself, and others are less than ``rollouts``.
        export_every: iterations between deployable policies.
    """

    algorithm: Algorithm
    policy_iterations: CountOrNone
    modules_per_iteration: Count
    rollouts: Count
    log_reward: bool
    share_power: Weight
    best_of: Count
    export_every: Count


@dataclass(frozen=True, kw_only=True)
class Ppo:
    """Proximal policy optimisation; see :mod:`regalloc.rl.learning.ppo`.

    Attributes:
        steps: gradient steps in one round.
        batch_size: sequences per step.
        sequence_length: decisions per sequence.
        learning_rate: Adam's step size.
        adam_epsilon: Adam's epsilon.
        clip: importance ratio clipping, PPO's epsilon.
        entropy: weight of the entropy bonus.
        l2: weight of the policy's L2 penalty.
        kl_cutoff_factor: adaptive KL's cutoff in multiples of the target.
        kl_cutoff_coef: weight of the cutoff penalty.
        kl_beta: initial weight of the adaptive KL penalty.
        kl_target: KL the penalty steers towards.
        kl_tolerance: relative band around the target.
        baseline_decay: decay of the moving average that a single rollout is compared with; 0 uses
            the default's score alone.
    """

    steps: CountOrNone
    batch_size: Count
    sequence_length: Count
    learning_rate: Positive
    adam_epsilon: Positive
    clip: Positive
    entropy: Weight
    l2: Weight
    kl_cutoff_factor: Weight
    kl_cutoff_coef: Weight
    kl_beta: Weight
    kl_target: Positive
    kl_tolerance: Weight
    baseline_decay: Annotated[float, Range(0, 0.999999)]


@dataclass(frozen=True, kw_only=True)
class Rebel:
    """Regression of rewards to the policy's change; see :mod:`regalloc.rl.learning.rebel`.

    Attributes:
        step_size: nats that a compile's decisions shall move by for a reward of 1.
        epochs: passes over what a round collected.
        batch_size: compiles of functions per gradient step.
        learning_rate: Adam's first step size of a round; it falls to 0.
        adam_epsilon: Adam's epsilon.
        l2: weight of half the sum of the kernels' squares.
    """

    step_size: Positive
    epochs: CountOrNone
    batch_size: Count
    learning_rate: Positive
    adam_epsilon: Positive
    l2: Weight


@dataclass(frozen=True, kw_only=True)
class Evaluate:
    """How policies are compared with the default heuristic.

    Attributes:
        train_fraction: fraction of the training modules that are measured as well.
        min_compiled: fraction of the modules that must compile for a result.
    """

    train_fraction: Fraction
    min_compiled: Fraction


@dataclass(frozen=True, kw_only=True)
class Programs:
    """How real programs are measured.

    Attributes:
        names: the programs that are measured, a user's own among them; empty for all.
        variants: the ways to build them, or names of sets of these (docs/programs.md); what they
            are compared with is built as well.
        timed: variants whose elapsed time is taken, of those that are measured.
        rounds: executions of each of their builds, and of the default's, that are timed.
        wall_s: wall-clock seconds of one command, a build's or a run's.
        memory_mb: address space of one process in MiB.
    """

    names: tuple[str, ...]
    variants: tuple[str, ...]
    timed: tuple[str, ...]
    rounds: CountOrNone
    wall_s: Positive
    memory_mb: Count


@dataclass(frozen=True, kw_only=True)
class Bench:
    """How upstream's way of training and ours are measured.

    Attributes:
        modules: modules that are compiled each way, of those that hold a decision.
        rounds: how often each of them is.
        workers: compiles at the same time, of each point of the curve over workers.
        sizes: modules of each point of the curve over the size of the corpus.
        upstream_modules: compiles that upstream's policy iteration and curve over workers are
            measured with.
        iteration_modules: compiles of a policy iteration.
        iteration_steps: gradient steps of a policy iteration.
        upstream_steps: gradient steps of upstream's that are timed.
        batch_size: sequences per step.
        sequence_length: decisions per sequence.
    """

    modules: Count
    rounds: Count
    workers: tuple[int, ...]
    sizes: tuple[int, ...]
    upstream_modules: Count
    iteration_modules: Count
    iteration_steps: Count
    upstream_steps: Count
    batch_size: Count
    sequence_length: Count


Section = (
    Llvm
    | Corpus
    | ProgramCorpus
    | HoldOut
    | Limits
    | Trace
    | Vocab
    | Network
    | Warmstart
    | Train
    | Ppo
    | Rebel
    | Evaluate
    | Programs
    | Bench
)
SECTIONS: tuple[type[Section], ...] = get_args(Section)
S = TypeVar("S", bound=Section)


def section_of(algorithm: Algorithm) -> type[Ppo] | type[Rebel]:
    """Return the section that holds an algorithm's own values."""
    match algorithm:
        case "ppo":
            return Ppo
        case "rebel":
            return Rebel
        case _:
            assert_never(algorithm)


@dataclass(frozen=True)
class Settings:
    """A whole profile, one value per section."""

    sections: tuple[Section, ...]

    def get(self, kind: type[S]) -> S:
        """Return the section of the given class.

        Raises:
            KeyError: there is none.
        """
        for section in self.sections:
            if isinstance(section, kind):
                return section
        raise KeyError(kind.__name__)
