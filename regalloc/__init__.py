"""Train LLVM's register-allocation eviction policy, reproducibly and in containers."""

__version__ = "0.1.0"
