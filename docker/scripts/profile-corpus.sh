#!/usr/bin/env bash
# Build LLVM's tools instrumented, put them to work on LLVM's own files, and merge what they counted.
# usage: profile-corpus.sh SOURCE PREFIX FOLDER
# FOLDER receives corpus.profdata.  LLVM_MAJOR is the release, JOBS bounds the compiles.
set -euo pipefail

source=$1 prefix=$2 folder=$3
: "${LLVM_MAJOR:?}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$folder/build bin=$folder/build/bin counts=$folder/counts
mkdir -p "$counts"
# shellcheck source=docker/corpus/profile.env
source "$here/../corpus/profile.env"

# Linked where it runs, and all memory at the same addresses in every run: LLVM hashes pointers,
# and how often a hash collides would else be a matter of chance.
"$prefix/bin/clang" -O2 -fno-builtin -fPIC -shared -o "$folder/steady-malloc.so" "$here/../corpus/steady-malloc.c"
"$here/configure-corpus.sh" "$source" "$prefix" "$build" \
  "$(instrument "$counts/%m.profraw")" "-no-pie $(link_runtime)"
ninja -C "$build" -j "${JOBS:-$(nproc)}" llvm-tblgen llvm-cxxfilt yaml-bench
# Tools that the build itself ran have counted as well.
rm -f "$counts"/*

work() {
  local tool=$1
  shift
  LD_PRELOAD=$folder/steady-malloc.so "$bin/$tool" "$@" >/dev/null
}

echo "profiling: TableGen"
llvm=$source/llvm
# Of the targets that all releases have, one that takes seconds and not minutes.
target=$llvm/lib/Target/Sparc
for backend in instr-info register-info dag-isel asm-matcher asm-writer disassembler subtarget; do
  work llvm-tblgen -I "$llvm/include" -I "$target" "$target/Sparc.td" "-gen-$backend"
done
work llvm-tblgen -I "$llvm/include" "$llvm/include/llvm/IR/Attributes.td" -dump-json
work llvm-tblgen -I "$llvm/include" "$llvm/include/llvm/IR/Attributes.td" -print-records

echo "profiling: Demangle"
nm "$bin/llvm-tblgen" | sed -n 's/.* \(_Z\)/\1/p' | LC_ALL=C sort -u >"$folder/names"
work llvm-cxxfilt <"$folder/names"

echo "profiling: YAML"
while read -r file; do
  for way in tokens canonical; do
    work yaml-bench "-$way" "$file"
  done
done < <(find "$llvm" "$source/clang" -name '*.yaml' -o -name .clang-tidy | LC_ALL=C sort)

"$here/merge-profile.sh" "$counts" "$folder/corpus.profdata"
