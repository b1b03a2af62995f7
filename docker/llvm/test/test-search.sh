#!/usr/bin/env bash
# Prove what a toolchain's search promises, without a policy.
# usage: test-search.sh SOURCE PREFIX
# LLVM_MAJOR comes from regalloc/releases.py.
set -euo pipefail

: "${LLVM_MAJOR:?}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$1 prefix=$2
debian=/usr/lib/llvm-$LLVM_MAJOR
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
  echo "error: search test failed: $1" >&2
  exit 1
}
if [[ $("$prefix/bin/llc" --help-hidden) != *--regalloc-search=* ]]; then
  echo "search: this toolchain has none"
  exit 0
fi

# A unit that runs short of registers, and the options after it.
unit=$source/llvm/lib/Support/APInt.cpp
compile() {
  local output=$1
  shift
  "$prefix/bin/clang" -O2 -fno-ident -w -DNDEBUG -I "$here/../relink/include" -I "$debian/include" \
    -c "$unit" -o "$output" "$@"
}
# Nearly every function, so that there is something to see.
options=(policy=none min-instructions=30 min-executed=0 min-spill=-1)
alone=() linked=()
for option in "${options[@]}"; do
  alone+=(-mllvm "-regalloc-search-$option")
  linked+=("-Wl,-mllvm,-regalloc-search-$option")
done
searched=(-mllvm -regalloc-search=4 "${alone[@]}")
same() { cmp -s "$1" "$2" || fail "$3"; }
differ() { ! cmp -s "$1" "$2" || fail "$3"; }
says() {
  [[ $(grep -c 'regalloc search' out) == 1 ]] || { cat out >&2; fail "expected one warning: $1"; }
  grep -q "$1" out || { cat out >&2; fail "expected: $1"; }
}

# usage: check_choices LOG DOUBTING TRUSTING
# What is chosen is no worse by what is doubted either, and what is chosen in trust costs least.
check_choices() {
  python3 - "$@" <<'PY'
import json, sys
def choose(name):
    return {line.split()[3]: line.split()[2] for line in open(name)}
def name(tried):
    return f"default+{tried['seed']}" if tried["varied"] else "default"
log, doubting, trusting = sys.argv[1], *map(choose, sys.argv[2:])
lines = list(map(json.loads, open(log)))
assert lines and doubting.keys() == trusting.keys()
for line in lines:
    tried = {name(one): one for one in line["tried"]}
    default, chosen = tried["default"], tried[doubting[line["function"]]]
    assert chosen["score"] <= default["score"] and chosen["doubted"] <= default["doubted"]
    assert tried[trusting[line["function"]]]["score"] == min(one["score"] for one in line["tried"])
assert any(one["doubted"] != one["score"] for line in lines for one in line["tried"]), "nothing is doubted"
PY
}

compile default.o
compile one.o "${searched[@]}" -mllvm -regalloc-search-log=log -mllvm -regalloc-choices-out=choices
differ default.o one.o "a search changed nothing"
compile two.o "${searched[@]}"
same one.o two.o "a search gave two objects"
compile seed.o "${searched[@]}" -mllvm -regalloc-search-seed=5
differ one.o seed.o "another seed drew the same"
python3 - <<'PY' || fail "the search's log"
import json
lines = [json.loads(line) for line in open("log")]
assert lines and all(len(line["tried"]) == 5 for line in lines), "default and four draws"
assert all(line["tried"][0]["by"] == "default" for line in lines)
# Without a policy there is nothing to sample.
assert all(tried["by"] == "default" and tried["varied"] for line in lines for tried in line["tried"][1:])
assert any(min(t["score"] for t in line["tried"]) < line["tried"][0]["score"] for line in lines)
PY

# Frequencies are guesses here: what is chosen is no worse by their roots either. Told to trust them, a
# search chooses what costs least by the guesses alone.
compile trusting.o "${searched[@]}" -mllvm -regalloc-search-doubt-guesses=0 \
  -mllvm -regalloc-choices-out=trusting
differ one.o trusting.o "to doubt the guesses changed nothing"
check_choices log choices trusting || fail "what was chosen"

# By a profile counts are doubted likewise. What is profiled hardly ever takes one of two ways through the loop.
cat >ways.c <<'C'
#include <stdio.h>
#include <stdlib.h>
#define EACH(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)
#define DECLARE(I) unsigned a##I = seed + I;
#define MIX(I) a##I = (a##I ^ x) * (33 + I) + (a0 >> I % 7);
#define OTHER(I) a##I = a##I / (x % 5 + 1 + I) - b##I; b##I += a##I ^ x;
#define MORE(I) unsigned b##I = seed * I;
#define SUM(I) + a##I + b##I
__attribute__((noinline)) unsigned ways(unsigned seed, unsigned rounds, unsigned often) {
  EACH(DECLARE) EACH(MORE)
  for (unsigned x = 1; x < rounds; x++) {
    EACH(MIX)
    if (x % often == 0) { EACH(OTHER) }
  }
  return 0 EACH(SUM);
}
int main(int count, char **words) { printf("%u\n", ways(7, atoi(words[1]), atoi(words[2]))); }
C
"$prefix/bin/clang" -O2 -mllvm -regalloc-profile-generate ways.c -o ways -Xlinker \
  "$(echo "$prefix"/lib/clang/*/lib/linux/libclang_rt.regalloc_profile-x86_64.a)"
LLVM_PROFILE_FILE=ways.profraw ./ways 20000 1000 >/dev/null
"$prefix/bin/llvm-profdata" merge ways.profraw -o ways.profdata
counted=(-O2 -c ways.c -mllvm -regalloc-profile-use=ways.profdata -mllvm -regalloc-search=32 -mllvm -regalloc-search-policy=none)
"$prefix/bin/clang" "${counted[@]}" -o doubted.o -mllvm -regalloc-search-log=ways-log -mllvm -regalloc-choices-out=ways-doubting
"$prefix/bin/clang" "${counted[@]}" -o believed.o -mllvm -regalloc-search-doubt-counts=0 -mllvm -regalloc-choices-out=ways-trusting
"$prefix/bin/clang" "${counted[@]}" -o doubted2.o
same doubted.o doubted2.o "a search by a profile gave two objects"
differ doubted.o believed.o "to doubt the counts changed nothing"
check_choices ways-log ways-doubting ways-trusting || fail "what was chosen by a profile"

# With debug information the same is tried, with the same scores. LLVM's own code differs in places.
compile debug.o -g "${searched[@]}" -mllvm -regalloc-search-log=debug-log
python3 - <<'PY' || fail "debug information changed what was tried"
import json
def read(name):
    return [[(t["seed"], t["score"], t["decisions"]) for t in json.loads(line)["tried"]] for line in open(name)]
assert read("log") == read("debug-log")
PY

# Its choices, given back, make the same object, without a search and on top of one.
compile chosen.o -mllvm -regalloc-choices=choices "${alone[@]}"
same one.o chosen.o "choices given back made another object"
sort -r choices >sorted
compile sorted.o -mllvm -regalloc-choices=sorted "${searched[@]}"
same one.o sorted.o "the order of choices made a difference"
compile stale.o -O3 -mllvm -regalloc-choices=choices "${alone[@]}" 2>out
says "functions have other code than when it was written"
# They name the source without its folders; those of earlier searches have them.
if grep -q / choices; then fail "a choice names a folder"; fi
sed 's,\([^ ]*\)$,folder/\1,' choices >earlier
compile earlier.o -mllvm -regalloc-choices=earlier "${alone[@]}"
same one.o earlier.o "choices of a build in another folder were not found"
# Two files of one name are told apart by the code.
{ sed 's/^................/0123456789abcdef/' choices; cat choices; sed 's/^................/fedcba9876543210/' choices; } >twins
compile twins.o -mllvm -regalloc-choices=twins "${alone[@]}"
same one.o twins.o "choices of another file of the same name got in the way"
echo nonsense >bad
compile bad.o -mllvm -regalloc-choices=bad "${alone[@]}" 2>out
says "line 1 is no choice"
same default.o bad.o "a bad file of choices changed the code"
compile absent.o -mllvm -regalloc-choices=absent "${alone[@]}" 2>out
says "absent: No such file"
compile unwritable.o "${searched[@]}" -mllvm -regalloc-choices-out=/absent/choices 2>out
says "cannot write /absent/choices"
same one.o unwritable.o "choices that could not be written changed the code"

# Draws take turns at the order of instructions: as usual, unscheduled, from the top.
schedule() {
  local output=$1
  shift
  compile order.o -mllvm -print-after=machine-scheduler "$@" 2>"$output"
}
schedule plain
schedule unscheduled -mllvm -enable-misched=0
schedule top -mllvm -misched-topdown
for turn in 0 1 2; do
  sed "s/ default[^ ]* / default+$turn /" choices >"turn$turn"
  schedule "order$turn" -mllvm "-regalloc-choices=turn$turn" "${alone[@]}"
done
python3 - choices order0 plain order1 unscheduled order2 top <<'PY' || fail "the order of instructions"
import re, sys
def read(name):
    parts = re.split(r"(?m)^# Machine code for function ([^:]+):", open(name).read())
    return dict(zip(parts[1::2], parts[2::2]))
chosen = {line.split()[3] for line in open(sys.argv[1])}
texts = [read(name) for name in sys.argv[2:]]
for ours, llvms in zip(texts[::2], texts[1::2]):
    assert all(ours[name] == llvms[name] for name in chosen), "not as LLVM orders it"
for one, other in ((0, 1), (0, 2), (1, 2)):
    assert any(texts[2 * one][name] != texts[2 * other][name] for name in chosen), "two orders are one"
PY

# What cannot be tried is left at the default, and said once.
compile plain.mir -S -mllvm -stop-after=greedy
compile stopped.mir -S -mllvm -stop-after=greedy "${searched[@]}" 2>out
says "an allocation failed"
same plain.mir stopped.mir "a trial without an end changed the code"
compile late.o "${searched[@]}" -mllvm -regalloc-search-time-limit=0 2>out
says "took too long"
same default.o late.o "allocations that took too long changed the code"
compile none.o -mllvm -regalloc-search=4 2>out
says "no policy inside"
same default.o none.o "a search without a policy changed the code"
compile off.o "${searched[@]}" -mllvm -regalloc-enable-advisor=default
same default.o off.o "the default advisor, named after the search, was not obeyed"
compile zero.o -O0 "${searched[@]}"
compile zero-default.o -O0
same zero.o zero-default.o "a search at -O0 changed the code"
if compile bad.o -mllvm -regalloc-search=-1 2>out; then fail "-1 draws were accepted"; fi
grep -q "invalid for uint" out || fail "-1 draws were refused without a reason"

# ThinLTO: the linker searches, in as many threads as it likes.
link() {
  local output=$1
  shift
  "$prefix/bin/clang" -O2 -flto=thin -fuse-ld=lld -shared one.bc two.bc -o "$output" \
    "${linked[@]}" "$@"
}
compile one.bc -flto=thin -fPIC
unit=$source/llvm/lib/Support/StringRef.cpp
compile two.bc -flto=thin -fPIC
link plain.so
link alone.so -Wl,-mllvm,-regalloc-search=4 -Wl,--thinlto-jobs=1
link both.so -Wl,-mllvm,-regalloc-search=4 -Wl,--thinlto-jobs=2
differ plain.so alone.so "a search in a link changed nothing"
same alone.so both.so "threads made a difference"
echo "search: never worse by its score, the same object twice, in threads, with -g and from its choices"
