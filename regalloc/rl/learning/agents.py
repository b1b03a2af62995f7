"""TF-Agents' agents with the values of a profile.

Sources: https://arxiv.org/abs/1707.06347 (PPO, with clipping and adaptive KL penalty);
ml-compiler-opt, ``compiler_opt/rl/regalloc/gin_configs``, for what is fixed here.
"""

from __future__ import annotations

from typing import Any

from regalloc.rl.deterministic_tf import Tensor, behavioral_cloning_agent, ppo_agent, tf
from regalloc.rl.network.policy_network import RegallocNetwork, ZeroValueNetwork
from regalloc.rl.network.tensor_specs import action_spec, encoded_spec, time_step_spec
from regalloc.settings import Ppo, Warmstart


class _Agent(ppo_agent.PPOAgent):  # type: ignore[misc]
    """TF-Agents' PPO with a loss that is the same bits in every process."""

    def l2_regularization_loss(self, debug_summaries: bool = False) -> Tensor:
        """Return ``l2 * sum(kernel ** 2)`` over the actor's kernels, in the order of its weights.

        TF-Agents keeps the kernels in a set, whose order depends on where in memory they happen to
        be, and the last bit of a sum on its order.  The gradients are the same either way.
        """
        kernels = self._actor_net.kernels
        squares = [tf.nn.scale_regularization_loss(tf.square(kernel)) for kernel in kernels]
        return tf.add_n([square * self._policy_l2_reg for square in squares])


def create_ppo_agent(actor: RegallocNetwork, width: int, settings: Ppo) -> Any:
    """Return a ``PPOAgent`` for sequences of encoded decisions.

    Every decision of a function carries the function's reward: discount and lambda are 0 and no
    value is learned.  Returns and advantages are handed in by the trainer, because TF-Agents would
    drop each sequence's last decision to compute them.
    """
    agent = _Agent(
        time_step_spec(width),
        action_spec(),
        actor_net=actor,
        value_net=ZeroValueNetwork(encoded_spec(width)),
        compute_value_and_advantage_in_train=False,
        **ppo_values(settings),
    )
    agent.initialize()
    return agent


def ppo_values(settings: Ppo) -> dict[str, Any]:
    """Return what a ``PPOAgent`` is told beside its networks, its optimiser included."""
    return {
        "optimizer": create_adam(settings.learning_rate, settings.adam_epsilon),
        "importance_ratio_clipping": settings.clip,
        "lambda_value": 0.0,
        "discount_factor": 0.0,
        "entropy_regularization": settings.entropy,
        "policy_l2_reg": settings.l2,
        "value_pred_loss_coef": 0.0,
        "num_epochs": 1,
        "normalize_rewards": False,
        "normalize_observations": False,
        "kl_cutoff_factor": settings.kl_cutoff_factor,
        "kl_cutoff_coef": settings.kl_cutoff_coef,
        "initial_adaptive_kl_beta": settings.kl_beta,
        "adaptive_kl_target": settings.kl_target,
        "adaptive_kl_tolerance": settings.kl_tolerance,
        "train_step_counter": tf.Variable(0, dtype=tf.int64, trainable=False),
    }


def create_cloning_agent(cloner: RegallocNetwork, width: int, settings: Warmstart) -> Any:
    """Return a ``BehavioralCloningAgent`` for batches of encoded decisions."""
    agent = behavioral_cloning_agent.BehavioralCloningAgent(
        time_step_spec(width),
        action_spec(),
        cloning_network=cloner,
        optimizer=create_adam(settings.learning_rate, settings.adam_epsilon),
        num_outer_dims=1,
        train_step_counter=tf.Variable(0, dtype=tf.int64, trainable=False),
    )
    agent.initialize()
    return agent


def create_adam(learning_rate: float, epsilon: float) -> Any:
    """Return Adam without XLA, whose compilation would cost more than it saves here."""
    return tf.keras.optimizers.Adam(learning_rate, epsilon=epsilon, jit_compile=False)
