"""Learning: what the policy sees, its network, its export and the algorithms that train it.

TensorFlow reads these variables when it is first imported, so they are set here, before any
module of this package can import it.  oneDNN's kernels choose their order of summation by the
machine they find, which would make two machines disagree: TensorFlow does without most of them, and
those left, which multiply matrices, are held to AVX2 (:mod:`regalloc.rl.network.matrix_products`).
"""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["DNNL_MAX_CPU_ISA"] = "AVX2"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
