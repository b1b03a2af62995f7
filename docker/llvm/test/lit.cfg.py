"""Configuration for LLVM's own tests of the eviction advisor, run against a toolchain.

Expects in the environment: ADVISOR_TESTS (the folder of the tests), TOOLCHAIN (its bin folder),
LLVM_TOOLS (FileCheck's folder), PYTHON (an interpreter with TensorFlow), WORK (a scratch folder),
FEATURES (what LLVM's tests ask for by name, beside what the machine is).
"""

import os

import lit.formats

config.name = "MLRegAlloc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".ll"]
config.excludes = ["Inputs"]
config.test_source_root = os.environ["ADVISOR_TESTS"]
config.test_exec_root = os.environ["WORK"]

config.available_features.update({"x86_64-linux", "default_triple"})
config.available_features.update(os.environ["FEATURES"].split())
config.target_triple = "x86_64-unknown-linux-gnu"
# The prior advisor's mock model and TFLite are not ours to test: the SavedModel is used as it is.
config.substitutions = [
    ("%python %S/../../../lib/Analysis/models/saved-model-to-tflite.py", "cp -rT"),
    ("%python", os.environ["PYTHON"]),
]
config.environment["PATH"] = os.pathsep.join(
    [os.environ["TOOLCHAIN"], os.environ["LLVM_TOOLS"], "/usr/bin", "/bin"]
)
config.environment["TF_CPP_MIN_LOG_LEVEL"] = "3"
