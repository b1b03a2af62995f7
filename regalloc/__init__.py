"""Train LLVM's register-allocation eviction policy, reproducibly and in containers."""

import os

__version__ = "0.1.0"

# numpy reads this when it is first imported. Its logarithms for AVX-512 round in another way than
# libm's, which serve every other processor.
os.environ.setdefault(
    "NPY_DISABLE_CPU_FEATURES",
    "AVX512F AVX512CD AVX512_KNL AVX512_KNM AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL",
)
