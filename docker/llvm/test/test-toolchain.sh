#!/usr/bin/env bash
# Prove that a toolchain is Debian's compiler plus working ML hooks.
# usage: test-toolchain.sh SOURCE PREFIX
# LLVM_VERSION, LLVM_MAJOR and LLVM_ADVISOR_TESTS come from regalloc/releases.py.
set -euo pipefail

: "${LLVM_VERSION:?}" "${LLVM_MAJOR:?}" "${LLVM_ADVISOR_TESTS:?}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$1 prefix=$2
debian=/usr/lib/llvm-$LLVM_MAJOR
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# LLVM 15 built from source loads TensorFlow when a tool starts, and it has things to say.
export TF_CPP_MIN_LOG_LEVEL=3

fail() {
  echo "error: toolchain test failed: $1" >&2
  exit 1
}

# One object for each way to compile a unit of LLVM's own code. Objects do not name their compiler,
# because one that was built from source does not have Debian's name.
compare_objects() {
  local unit=$1 level=$2 mode
  local file=$source/llvm/lib/Support/$unit folder=$unit$level
  local flags=("$level" -fno-ident -w -DNDEBUG -I "$here/../relink/include" -I "$debian/include"
    -I "${file%/*}" -c "$file")
  mkdir "$folder"
  cd "$folder"
  "$debian/bin/clang" "${flags[@]}" -o stock.o
  "$prefix/bin/clang" "${flags[@]}" -o off.o
  cmp -s stock.o off.o || fail "$unit at $level differs from Debian's clang with the advisor off"
  "$prefix/bin/clang" "${flags[@]}" -o logging.o \
    -mllvm -regalloc-enable-advisor=development -mllvm -regalloc-training-log=log
  cmp -s stock.o logging.o || fail "$unit at $level changes when the default heuristic is logged"
  "$debian/bin/clang" "${flags[@]}" -emit-llvm -o unit.bc
  for mode in static pic; do
    "$debian/bin/llc" "$level" -relocation-model="$mode" -filetype=obj unit.bc -o stock.o
    "$prefix/bin/llc" "$level" -relocation-model="$mode" -filetype=obj unit.bc -o off.o
    cmp -s stock.o off.o || fail "llc on $unit at $level ($mode) differs from Debian's"
  done
}
export source prefix debian here
export -f compare_objects fail
# -O0 has no greedy allocator and with it no advisor to log.
printf '%s\n' {regcomp.c,StringRef.cpp}' '{-O1,-O2,-O3} 'APInt.cpp -O3' \
  | xargs -P "$(nproc)" -L 1 bash -euo pipefail -c 'compare_objects "$@"' _
echo "objects: identical to Debian's clang $LLVM_VERSION with the advisor off, and with it logging"

python3 "$here/check-log.py" APInt.cpp-O3/log || fail "the training log does not parse"

refuses() {
  local message=$1
  shift
  # In braces, so that what the shell says about a crash goes there too.
  if {
    "$@" -mtriple=x86_64-linux-unknown -regalloc=greedy -regalloc-enable-advisor=development \
      -o /dev/null "$source/llvm/test/CodeGen/$LLVM_ADVISOR_TESTS/Inputs/input.ll"
  } >out 2>&1; then
    fail "a bad policy was accepted: $message"
  fi
  if ! grep -q "$message" out; then
    cat out >&2
    fail "expected a message with: $message"
  fi
}
refuses_in_one_line() {
  refuses "$@"
  [[ $(wc -l <out) == 1 ]] || fail "expected one line with: $1"
}
mkdir empty spec
cat >spec/output_spec.json <<'JSON'
[{"logging_name": "index_to_evict",
  "tensor_spec": {"name": "StatefulPartitionedCall", "port": 0, "type": "int64_t", "shape": [1]}}]
JSON
llc=$prefix/bin/llc
if [[ -x $prefix/bin/regalloc-decide ]]; then
  refuses_in_one_line "cannot read absent/output_spec.json" "$llc" -regalloc-model=absent
  refuses_in_one_line "cannot read empty/output_spec.json" "$llc" -regalloc-model=empty
  refuses_in_one_line "saved_model.pb is missing" "$llc" -regalloc-model=spec
  refuses_in_one_line "cannot load TensorFlow" \
    env REGALLOC_TF_LIBRARY=/absent.so "$llc" -regalloc-model=spec
  refuses_in_one_line "is not a TensorFlow library" \
    env REGALLOC_TF_LIBRARY=libz.so.1 "$llc" -regalloc-model=spec
  mkdir weights
  cp spec/output_spec.json weights/
  echo "no weights" >weights/weights.bin
  refuses_in_one_line "does not begin as a weights file" "$llc" -regalloc-model=weights
  echo "bad policies: each refused with one line"
else # LLVM 15's own code: it says what is wrong, and crashes.
  refuses "output specs file: absent/output_spec.json" "$llc" -regalloc-model=absent
  refuses "output specs file: empty/output_spec.json" "$llc" -regalloc-model=empty
  refuses "Could not find SavedModel" "$llc" -regalloc-model=spec
  echo "bad policies: each refused"
fi

echo 'int main(void) { return 0; }' >program.c
for linker in lld bfd; do
  "$prefix/bin/clang" -O2 -flto=thin -fuse-ld="$linker" program.c -o program
  ./program
done
"$prefix/bin/clang" -O2 -flto=thin -c program.c -o program.o
nm --plugin "$prefix/lib/LLVMgold.so" program.o | grep -q ' T main$' || fail "nm with LLVMgold.so"
"$prefix/bin/llvm-size" program >/dev/null
"$prefix/bin/opt" -passes=verify APInt.cpp-O3/unit.bc -o /dev/null
"$prefix/bin/llvm-objcopy" --only-section=.text APInt.cpp-O3/stock.o text.o
echo "ThinLTO: links with lld, and with bfd through LLVMgold.so"

if [[ -x $prefix/bin/llvm-profdata ]]; then "$here/test-profile.sh" "$prefix"; fi
