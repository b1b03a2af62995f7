#!/usr/bin/env bash
# Print what the llvm image holds beside Debian packages, for write-sbom.sh.
# usage: toolchain-components.sh REQUIREMENTS
# LLVM_VERSION and LLVM_SOURCE_SHA256 name the source; REQUIREMENTS is the lock of TensorFlow's wheel.
set -euo pipefail

: "${LLVM_VERSION:?}" "${LLVM_SOURCE_SHA256:?}"
printf 'LLVM\t%s\t%s\tApache-2.0 WITH LLVM-exception\tpkg:generic/llvm@%s\n' \
  "$LLVM_VERSION" "$LLVM_SOURCE_SHA256" "$LLVM_VERSION"
tensorflow=$(sed -n 's/^tensorflow-cpu==\([^ ;\\]*\).*/\1/p' "$1")
printf 'tensorflow-cpu\t%s\t-\tApache-2.0\tpkg:pypi/tensorflow-cpu@%s\n' "$tensorflow" "$tensorflow"
