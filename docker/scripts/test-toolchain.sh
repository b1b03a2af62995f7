#!/usr/bin/env bash
# Prove that a relinked toolchain is Debian's compiler plus working ML hooks.
# usage: test-toolchain.sh SOURCE PREFIX
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=docker/llvm/versions.env
source "$here/../llvm/versions.env"
source=$1 prefix=$2
debian=/usr/lib/llvm-$LLVM_MAJOR
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
  echo "error: toolchain test failed: $1" >&2
  exit 1
}

# One object for each optimisation level and way to compile, from LLVM's own code.
lib=$source/llvm/lib/Support
include=(-I "$here/../llvm/relink/include" -I "$debian/include" -I "$lib" -w -DNDEBUG)
objects_are_identical() {
  local unit=$1 level=$2 mode
  "$debian/bin/clang" "$level" "${include[@]}" -c "$lib/$unit" -o stock.o
  "$prefix/bin/clang" "$level" "${include[@]}" -c "$lib/$unit" -o off.o
  cmp -s stock.o off.o || fail "$unit at $level differs from Debian's clang with the advisor off"
  "$prefix/bin/clang" "$level" "${include[@]}" -c "$lib/$unit" -o logging.o \
    -mllvm -regalloc-enable-advisor=development -mllvm -regalloc-training-log=log
  cmp -s stock.o logging.o || fail "$unit at $level changes when the default heuristic is logged"
  "$debian/bin/clang" "$level" "${include[@]}" -c -emit-llvm "$lib/$unit" -o unit.bc
  for mode in static pic; do
    "$debian/bin/llc" "$level" -relocation-model="$mode" -filetype=obj unit.bc -o stock.o
    "$prefix/bin/llc" "$level" -relocation-model="$mode" -filetype=obj unit.bc -o off.o
    cmp -s stock.o off.o || fail "llc on $unit at $level ($mode) differs from Debian's"
  done
}
# -O0 has no greedy allocator and with it no advisor to log.
for unit in regcomp.c StringRef.cpp; do
  for level in -O1 -O2 -O3; do objects_are_identical "$unit" "$level"; done
done
objects_are_identical APInt.cpp -O3
echo "objects: identical to Debian's clang $LLVM_VERSION with the advisor off, and with it logging"

# The log starts with a header that names 21 features and the decision, and has decisions.
python3 - log <<'PY' || fail "the training log does not parse"
import json, sys
data = open(sys.argv[1], "rb").read()
header = json.loads(data[: data.index(b"\n")])
names = [f["name"] for f in header["features"]]
assert len(names) == 22 and names[0] == "mask" and names[-1] == "index_to_evict", names
assert b'{"observation":0}' in data, "no decision was logged"
PY
echo "log: a header with 21 features and the decision, and decisions"

tests=$source/llvm/test/CodeGen/MLRegAlloc
refuses() {
  local message=$1
  shift
  if "$@" -mtriple=x86_64-linux-unknown -regalloc=greedy -regalloc-enable-advisor=development \
    -o /dev/null "$tests/Inputs/input.ll" >out 2>&1; then
    fail "a bad policy was accepted: $message"
  fi
  if [[ $(wc -l <out) != 1 ]] || ! grep -q "$message" out; then
    cat out >&2
    fail "expected one line with: $message"
  fi
}
mkdir empty spec
cat >spec/output_spec.json <<'JSON'
[{"logging_name": "index_to_evict",
  "tensor_spec": {"name": "StatefulPartitionedCall", "port": 0, "type": "int64_t", "shape": [1]}}]
JSON
refuses "cannot read absent/output_spec.json" "$prefix/bin/llc" -regalloc-model=absent
refuses "cannot read empty/output_spec.json" "$prefix/bin/llc" -regalloc-model=empty
refuses "saved_model.pb is missing" "$prefix/bin/llc" -regalloc-model=spec
refuses "cannot load TensorFlow" env REGALLOC_TF_LIBRARY=/absent.so "$prefix/bin/llc" -regalloc-model=spec
refuses "is not a TensorFlow library" env REGALLOC_TF_LIBRARY=libz.so.1 "$prefix/bin/llc" -regalloc-model=spec
echo "bad policies: each refused with one line"

echo 'int main(void) { return 0; }' >program.c
for linker in lld bfd; do
  "$prefix/bin/clang" -O2 -flto=thin -fuse-ld="$linker" program.c -o program
  ./program
done
"$prefix/bin/llvm-size" program >/dev/null
"$prefix/bin/opt" -passes=verify unit.bc -o /dev/null
"$prefix/bin/llvm-objcopy" --only-section=.text stock.o text.o
echo "ThinLTO: links with lld, and with bfd through LLVMgold.so"
