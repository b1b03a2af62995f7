#!/usr/bin/env bash
# Prove that a profile of generated code is exact, repeatable, the same in every folder, and that one that does not fit
# is told of in one line.
# usage: test-profile.sh PREFIX [WRAPPER]
# PREFIX is the toolchain; with WRAPPER, a release's regalloc-clang, its options are used in place of LLVM's.
set -euo pipefail

bin=$1/bin wrapper=${2-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
  echo "error: profile test failed: $1" >&2
  exit 1
}
# Compiling and linking so that the program counts; generating code by a profile.
if [[ $wrapper ]]; then
  counting() { "$wrapper" -regalloc-profile-generate -Werror "$@"; }
  linking() { "$wrapper" -regalloc-profile-generate -Werror -fuse-ld=lld "$@"; }
  using() { "$wrapper" "-regalloc-profile-use=$1" "${@:2}"; }
else
  counting() { "$bin/clang" -Werror -mllvm -regalloc-profile-generate "$@"; }
  runtime=$("$bin/clang" -print-resource-dir)/lib/linux/libclang_rt.regalloc_profile-x86_64.a
  linking() {
    "$bin/clang" -Werror -Wl,-mllvm,-regalloc-profile-generate -fuse-ld=lld "$@" -Wl,-u,__llvm_profile_runtime "$runtime"
  }
  using() { "$bin/clang" -mllvm "-regalloc-profile-use=$1" -Wl,-mllvm,"-regalloc-profile-use=$1" -Wno-unused-command-line-argument "${@:2}"; }
fi
merge() { "$bin/llvm-profdata" merge -o "$1" "${@:2}"; }
# An object's machine code and nothing else.
code_of() { objdump -d -r "$1" | sed 1,3d; }
same_code() { cmp -s <(code_of "$1") <(code_of "$2") || fail "$3"; }
says_once() {
  local kind=$1 message=$2
  if [[ $(grep -c "$kind:" err) != 1 ]] || ! grep -qF -- "$message" err; then
    cat err >&2
    fail "expected one $kind with: $message"
  fi
}
warns() {
  local message=$1
  shift
  if ! "$@" 2>err; then
    cat err >&2
    fail "a compile failed that should only warn: $message"
  fi
  says_once warning "$message"
}
refuses() {
  local message=$1
  shift
  if "$@" 2>all; then fail "a compile succeeded that should fail with: $message"; fi
  grep -v '^clang.*: error: linker command failed' all >err
  says_once error "$message"
}

cat >count.c <<'C'
volatile int sink;
static __attribute__((noinline)) int inner(int n) {
#pragma clang loop unroll(disable)
  for (int i = 0; i < n; ++i)
    sink = i;
  return n;
}
__attribute__((noinline)) int work(int n) {
  if (n % 10 == 0)
    return inner(n % 7);
  sink = n;
  return 1;
}
__attribute__((noinline)) int never(int n) { return n ? sink : 0; }
__attribute__((noinline, optnone)) int plain(int n) { return n ? sink : 0; }
int main(int argc, char **argv) {
  int sum = plain(argc);
  for (int i = 0; i < 1000; ++i)
    sum += work(i);
  return argc > 1 ? never(sum) : 0;
}
C

# --- counts ---------------------------------------------------------------------------------------
counting -O2 -c count.c -o counting.o
linking counting.o -o counting
./counting
merge count.profdata default_*_0.profraw
LLVM_PROFILE_FILE=named.profraw ./counting
merge named.profdata named.profraw
cmp count.profdata named.profdata
# What the names stand for that functions and branches are given: entries, and weights.
counts() {
  "$bin/clang" -O2 -emit-llvm -c "$1" -o unit.bc
  "$bin/llc" -O2 "-regalloc-profile-use=$2" -stop-after=regalloc-profile unit.bc -o unit.mir
  awk '
    /^  define/ { match($0, /@[^(]*/); name = substr($0, RSTART + 1, RLENGTH - 1) }
    / !prof / { at = $0; sub(/.* !prof /, "", at); sub(/[, ].*/, "", at); owner[++n] = name; node[n] = at }
    /^  ![0-9]+ = !\{!"(function_entry_count|branch_weights)"/ {
      text = $0; sub(/^[^"]*"/, "", text); gsub(/["}]|i32 |i64 |function_|branch_/, "", text); meaning[$1] = text }
    END { for (i = 1; i <= n; ++i) print owner[i] ": " meaning[node[i]] }' unit.mir | LC_ALL=C sort
}
counts count.c count.profdata >found
diff - found <<'TEXT' || fail "the counts are not what was executed"
inner: entry_count, 100
inner: weights, 85, 15
inner: weights, 85, 212
main: entry_count, 1
main: weights, 0, 1
main: weights, 1, 999
never: entry_count, 0
work: entry_count, 1000
work: weights, 100, 900
TEXT

# --- the same again, and elsewhere ----------------------------------------------------------------
# Two folders that are called by their full names, as cmake does it.
for folder in one two; do
  mkdir "$folder"
  cp count.c "$folder/"
done
counting -O2 -c "$work/one/count.c" -o one/counting.o
linking one/counting.o -o one/counting
LLVM_PROFILE_FILE=one.profraw one/counting
merge one.profdata one.profraw
cmp count.profdata one.profdata || fail "the profile depends on the folder"
for folder in one two; do
  using one.profdata -Werror -O2 -c "$work/$folder/count.c" -o "$folder/used.o"
  using one.profdata -Werror -O2 -g -c "$work/$folder/count.c" -o "$folder/debug.o"
  same_code "$folder/used.o" "$folder/debug.o" "-g changes the code"
done
cmp one/used.o two/used.o || fail "the object depends on the folder"
"$bin/clang" -O2 -c count.c -o plain.o
! cmp -s <(code_of plain.o) <(code_of one/used.o) || fail "the profile changes nothing"
# Without optimisation there is nothing to do.
"$bin/clang" -O0 -c count.c -o none.o
"$bin/clang" -O0 -mllvm -regalloc-profile-use=absent -c count.c -o none2.o
cmp none.o none2.o
counting -O0 -c count.c -o none.counting.o
same_code none.o none.counting.o "something is counted at -O0"
echo "profile: counts are exact, and the same in every folder"

# --- C++: exceptions, and a function that two units have -------------------------------------------
cat >shared.h <<'C'
#include <stdexcept>
struct Sum {
  long total = 0;
  __attribute__((noinline)) void add(int n) {
    if (n % 4 == 3)
      throw std::runtime_error("no");
    total += n;
  }
};
void others(Sum &sum);
C
cat >main.cpp <<'C'
#include "shared.h"
int main() {
  Sum sum;
  for (int i = 0; i < 100; ++i)
    try {
      sum.add(i);
    } catch (std::runtime_error &) {
      sum.total -= 1;
    }
  others(sum);
  return sum.total == 0;
}
C
cat >others.cpp <<'C'
#include "shared.h"
void others(Sum &sum) {
  for (int i = 0; i < 50; i += 2)
    sum.add(i * 4);
}
C
libraries=(-lstdc++ -lgcc_s)
for unit in main others; do counting -x c++ -O2 -c "$unit.cpp" -o "$unit.o"; done
linking main.o others.o "${libraries[@]}" -o exceptions
LLVM_PROFILE_FILE=exceptions.profraw ./exceptions
merge exceptions.profdata exceptions.profraw
for unit in main others; do
  using exceptions.profdata -Werror -O2 -x c++ -c "$unit.cpp" -o "$unit.used.o"
  counts "$unit.cpp" exceptions.profdata | grep '^_ZN3Sum3addEi: ' >"$unit.counts"
  diff - "$unit.counts" <<'TEXT' || fail "an inline function's counts are not what was executed"
_ZN3Sum3addEi: entry_count, 125
_ZN3Sum3addEi: weights, 25, 0
_ZN3Sum3addEi: weights, 25, 100
TEXT
done
"$bin/clang" -fuse-ld=lld main.used.o others.used.o "${libraries[@]}" -o exceptions.used
./exceptions.used
echo "profile: exceptions and inline functions"

# --- link-time optimisation -----------------------------------------------------------------------
# In two folders: what ThinLTO calls a function of one module that another one needs depends on all of the module.
for folder in three four; do
  mkdir "$folder"
  sed -e 's/^int main/int entry/' -e 's/.*int work/static &/' count.c >"$folder/entry.c"
  echo 'int entry(int argc, char **argv); int main(int argc, char **argv) { return entry(argc, argv); }' >"$folder/start.c"
done
for lto in thin full; do
  for unit in entry start; do counting -O2 "-flto=$lto" -c "$work/three/$unit.c" -o "three/$unit.o"; done
  linking -O2 "-flto=$lto" three/entry.o three/start.o -o "$lto"
  LLVM_PROFILE_FILE=$lto.profraw "./$lto"
  merge "$lto.profdata" "$lto.profraw"
  "$bin/llvm-profdata" show --counts --all-functions "$lto.profdata" >shown
  if ! grep -A 3 -E '^  .*;work:' shown | grep -q 'Block counts: \[900, 100\]'; then
    cat shown >&2
    fail "the counts with -flto=$lto are not what was executed"
  fi
  for unit in entry start; do "$bin/clang" -O2 "-flto=$lto" -c "$work/four/$unit.c" -o "four/$unit.o"; done
  using "$lto.profdata" -O2 "-flto=$lto" -fuse-ld=lld four/entry.o four/start.o -Wl,--lto-emit-asm -o "four/$lto" 2>err
  if [[ -s err ]]; then
    cat err >&2
    fail "a profile with -flto=$lto does not fit the same code in another folder"
  fi
  if ! grep -qs '[.]section.*[.]text[.]hot[.]work' "four/$lto"*; then
    fail "a static function has no counts with -flto=$lto in another folder"
  fi
done
echo "profile: -flto=thin and -flto"

# --- what does not fit ----------------------------------------------------------------------------
mkdir changed
sed 's/  sink = n;/  while (sink > n) sink = n;/' count.c >changed/count.c
warns "changed/count.c: profile count.profdata: 1 of 4 functions have other code than when it was taken; their frequencies are guessed" \
  using count.profdata -O2 -c changed/count.c -o changed.o
echo 'int unknown(int n) { return n ? n * 3 : 1; }' >foreign.c
warns "foreign.c: profile count.profdata: none of 1 functions is in it; their frequencies are guessed" \
  using count.profdata -O2 -c foreign.c -o foreign.o
"$bin/clang" -O2 -c foreign.c -o plain.o
cmp plain.o foreign.o
: >empty
echo "some text" >text
head -c "$(($(stat -c %s count.profdata) / 2))" count.profdata >half
for kind in absent:'cannot be read: No such file' empty:'is empty' named.profraw:'is raw; merge' text:'is no merged profile' half:'is damaged or incomplete'; do
  refuses "count.c: profile ${kind%%:*}: it ${kind#*:}" using "${kind%%:*}" -O2 -c count.c -o refused.o
done
"$bin/clang" -O2 -fprofile-instr-generate count.c -fuse-ld=lld -o front
LLVM_PROFILE_FILE=front.profraw ./front
merge front.profdata front.profraw
refuses "another instrumentation took it" using front.profdata -O2 -c count.c -o refused.o
for other in -fprofile-instr-generate -fprofile-generate; do
  refuses "-regalloc-profile-generate does not go with another instrumentation" \
    "$bin/clang" -O2 "$other" -mllvm -regalloc-profile-generate -c count.c -o refused.o
done
refuses "exclude each other" "$bin/clang" -O2 -mllvm -regalloc-profile-generate -mllvm -regalloc-profile-use=count.profdata \
  -c count.c -o refused.o
refuses "names no file" "$bin/clang" -O2 -mllvm -regalloc-profile-use= -c count.c -o refused.o
refuses "__llvm_profile_runtime" "$bin/clang" -fuse-ld=lld counting.o -o refused
echo "profile: what does not fit is told of in one line"

# --- beside the optimiser's profiles --------------------------------------------------------------
for kind in instr-generate:instr-use generate:use; do
  mkdir "${kind#*:}"
  "$bin/clang" -O2 "-fprofile-${kind%:*}" count.c -fuse-ld=lld -o front
  LLVM_PROFILE_FILE=${kind#*:}.profraw ./front
  merge "${kind#*:}.profdata" "${kind#*:}.profraw"
  first=("-fprofile-${kind#*:}=${kind#*:}.profdata")
  counting -O2 "${first[@]}" -c count.c -o both.o
  linking both.o -o both
  LLVM_PROFILE_FILE=both.profraw ./both
  merge both.profdata both.profraw
  using both.profdata -Werror -O2 "${first[@]}" -c count.c -o both.used.o
  "$bin/clang" -O2 "${first[@]}" -emit-llvm -c count.c -o both.bc
  "$bin/llc" -O2 -regalloc-profile-use=both.profdata -stop-after=regalloc-profile both.bc -o both.mir
  [[ $(grep -c '"ProfileSummary"' both.mir) == 1 ]]
done
echo "profile: beside -fprofile-use and -fprofile-instr-use"
