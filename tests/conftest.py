"""Which tests can be collected here."""

from importlib.util import find_spec

# Before any test imports numpy: it says which of numpy's kernels are used.
import regalloc  # noqa: F401

# Those need TensorFlow. Where it is not installed they run inside the trainer, as one test:
# tests/images/test_trainer.py.
collect_ignore = [] if find_spec("tensorflow") else ["rl"]
