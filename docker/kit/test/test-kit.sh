#!/usr/bin/env bash
# Prove that a kit makes releases: the stock compiler with the policy off, LLVM's tests with it on.
# usage: test-kit.sh SOURCE PREFIX
# LLVM's tests have a policy of their own, which looks at one feature and which the stage would refuse:
# what the stage does after its checks is done here. PREFIX is the toolchain with development mode; PYTHON
# has TensorFlow and regalloc; LLVM_MAJOR and LLVM_ADVISOR_TESTS come from regalloc/releases.py.
set -euo pipefail

: "${LLVM_MAJOR:?}" "${LLVM_ADVISOR_TESTS:?}" "${PYTHON:?}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$1 prefix=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TF_CPP_MIN_LOG_LEVEL=3

"$PYTHON" -W ignore "$source/llvm/lib/Analysis/models/gen-regalloc-eviction-test-model.py" \
  "$work/mock" 2>/dev/null
release=$work/release
"$PYTHON" -W ignore - "$work/mock" "$prefix" "$release" <<'PY'
import sys
from pathlib import Path

from regalloc.compiler.toolchain import open_toolchain
from regalloc.errors import RegallocError
from regalloc.stages.release import write_release

policy, prefix, release = map(Path, sys.argv[1:])
try:
    write_release(policy, open_toolchain(prefix), Path("/opt/kit"), release)
except RegallocError as error:
    sys.exit(error.render())
PY

# test-toolchain.sh proved PREFIX to be Debian's compiler. The sources are those of TensorFlow's runtime,
# which are at hand, large and short of registers.
wheel=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/tensorflow
mapfile -t units < <(find "$wheel/xla_aot_runtime_src" -name '*single_threaded_matmul_f*.cc' -o -name '*function*.cc' | sort)
compare_objects() {
  local level=$1 unit=$2
  local object tools
  object=$work/$(basename "$unit")$level
  for tools in "$prefix" "$release"; do
    "$tools/bin/clang" "$level" -w -std=c++17 -I "$wheel/xla_aot_runtime_src" -I "$wheel/include" \
      -c "$unit" -o "$object-$(basename "$tools").o"
  done
  cmp "$object-$(basename "$prefix").o" "$object-release.o"
}
export prefix release wheel work
export -f compare_objects
for level in -O1 -O3; do printf -- "$level %s\\n" "${units[@]}"; done \
  | xargs -P "$(nproc)" -L 1 bash -euo pipefail -c 'compare_objects "$@"' _
echo "objects: ${#units[@]} units the same as the toolchain's with the policy off"
if [[ -x $release/bin/llvm-profdata ]]; then
  "$here/../../llvm/test/test-profile.sh" "$release" "$release/bin/regalloc-clang"
fi
"$here/../../trainer/test/test-advisor.sh" "$source" "$prefix" "$release"
