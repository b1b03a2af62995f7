#!/usr/bin/env bash
# Build somebody else's project with a release, as it is, searched, and by a profile, and run its own tests each time.
# usage: build_project.sh projects/NAME.sh
# Runs in the workshop (workshop/Dockerfile). The recipe says how the project is configured, compiled,
# trained with and checked. What is found out is printed, a name and a value a line.
set -euo pipefail

work=/project tree=/project/tree project=$(basename "$1" .sh)
# What a unit that asks for the date is told.
export SOURCE_DATE_EPOCH=1 LC_ALL=C
# shellcheck source=/dev/null
. "$1"

tell() { echo "$*" >&3; }
exec 3>&1 >&2

# Two builds are in the same folder, one after the other, so that objects can be compared.
unpack() {
  rm -rf "$tree"
  mkdir -p "$tree"
  tar -xf "$(echo /tarballs/"$project"_*)" --strip-components=1 -C "$tree"
}

# Every ELF file and its sum.
objects() {
  find . -type f | LC_ALL=C sort | while read -r file; do
    if [[ $(head -c 4 "$file" | tail -c 3) == ELF ]]; then sha256sum "$file"; fi
  done 2>/dev/null
}

# Unpack and compile; leaves KIND.objects and KIND.log.
build() {
  local kind=$1 jobs=$2 compiler=$3
  echo "=== $project: $kind"
  unpack
  cd "$tree"
  if ! (configure "$compiler" && compile "$jobs") >"$work/$kind.log" 2>&1; then
    tail -50 "$work/$kind.log"
    return 1
  fi
  objects >"$work/$kind.objects"
  cd "$work"
}

run_tests() {
  local kind=$1
  (cd "$tree" && check) >"$work/$kind.results" 2>"$work/$kind.check.log"
  tell "$kind-tests $(count <"$work/$kind.results")"
}

# How many lines of a build's log say something.
said() { grep -cE -- "$2" "$work/$1.log" || true; }

differ() { { diff "$work/$1.objects" "$work/$2.objects" || true; } | grep -c '^>' || true; }

unpack
tell "lines $(find "$tree" \( -name '*.c' -o -name '*.h' -o -name '*.cc' -o -name '*.cpp' \) -exec cat {} + | wc -l)"

build plain 1 clang
run_tests plain
build searched 1 regalloc-clang
run_tests searched
build again 2 regalloc-clang
tell "objects $(wc -l <"$work/searched.objects")"
tell "searched-differ $(differ plain searched)"
tell "again-differ $(differ searched again)"

build counting 1 "regalloc-clang -regalloc-profile-generate=$work/counts/%m.profraw"
(cd "$tree" && train) >"$work/train.log" 2>&1
llvm-profdata merge -o "$work/profile" "$work/counts"
build profiled 1 "regalloc-clang -regalloc-profile-use=$work/profile -Wno-error=backend-plugin"
run_tests profiled
tell "profiled-differ $(differ searched profiled)"

for kind in searched profiled; do
  diff "$work/plain.results" "$work/$kind.results" || tell "$kind-results-differ"
  tell "$kind-search-warnings $(said "$kind" 'regalloc search:')"
  tell "$kind-stale-warnings $(said "$kind" 'have other code than when it was taken')"
  tell "$kind-crashes $(said "$kind" 'PLEASE submit a bug report|Stack dump|fatal error: error in backend')"
done
