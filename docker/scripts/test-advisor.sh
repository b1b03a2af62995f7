#!/usr/bin/env bash
# Run LLVM's own tests of the eviction and priority advisors that apply to development mode.
# usage: test-advisor.sh SOURCE PREFIX
# PYTHON names an interpreter that has TensorFlow, for the tests' mock models.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=docker/llvm/versions.env
source "$here/../llvm/versions.env"
source=$1 prefix=$2
debian=/usr/lib/llvm-$LLVM_MAJOR
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

export ADVISOR_TESTS=$source/llvm/test/CodeGen/MLRegAlloc
export TOOLCHAIN=$prefix/bin LLVM_TOOLS=$debian/bin WORK=$work PYTHON
lit=$debian/build/utils/lit
# lit looks for its configuration among the tests; --config-prefix would need ours there.
cp "$here/../llvm/tests/lit.cfg.py" "$ADVISOR_TESTS/lit.cfg.py"
PYTHONPATH=$lit "$PYTHON" "$lit/lit.py" -v "$ADVISOR_TESTS" | tee "$work/lit.log"
# A test that quietly became unsupported would prove nothing.
passed=$(grep -c '^PASS: ' "$work/lit.log")
if ((passed < 5)); then
  echo "error: only $passed of LLVM's advisor tests ran; at least 5 apply" >&2
  exit 1
fi
