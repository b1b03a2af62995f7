#!/usr/bin/env bash
# Run LLVM's own tests of the eviction and priority advisors that apply to development mode.
# usage: test-advisor.sh SOURCE PREFIX
# PYTHON names an interpreter that has TensorFlow, for the tests' mock models; LLVM_MAJOR and
# LLVM_ADVISOR_TESTS come from regalloc/releases.py.
set -euo pipefail

: "${LLVM_MAJOR:?}" "${LLVM_ADVISOR_TESTS:?}" "${PYTHON:?}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$1 prefix=$2
debian=/usr/lib/llvm-$LLVM_MAJOR
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# How many apply: not those of release mode, nor those of a compiler without the hooks.
case $LLVM_MAJOR in
  15) applicable=2 ;;
  *) applicable=6 ;;
esac

export ADVISOR_TESTS=$source/llvm/test/CodeGen/$LLVM_ADVISOR_TESTS
export TOOLCHAIN=$prefix/bin LLVM_TOOLS=$debian/bin WORK=$work PYTHON
lit=$debian/build/utils/lit
# lit looks for its configuration among the tests; --config-prefix would need ours there.
cp "$here/../llvm/tests/lit.cfg.py" "$ADVISOR_TESTS/lit.cfg.py"
PYTHONPATH=$lit "$PYTHON" "$lit/lit.py" -v "$ADVISOR_TESTS" | tee "$work/lit.log"
# A test that quietly became unsupported would prove nothing.
passed=$(grep -c '^PASS: ' "$work/lit.log" || true)
if ((passed < applicable)); then
  echo "error: only $passed of LLVM's advisor tests ran; at least $applicable apply" >&2
  exit 1
fi
