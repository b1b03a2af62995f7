#!/usr/bin/env bash
# Build LLVM with embedded bitcode, by the toolchain that the policy will run in.
# usage: build-corpus.sh SOURCE PREFIX DEST
# CORPUS_TARGETS and CORPUS_PROJECTS are lists separated by semicolons, JOBS bounds the compiles.
# DEST receives compile_commands.json, cut to what was built, and the objects it names.  What an
# interrupted build finished is kept in DEST and not built again.
set -euo pipefail

source=$1 prefix=$2 dest=$3
: "${CORPUS_TARGETS:?lists the targets to build}"
embed="-Xclang -fembed-bitcode=all"

# Libraries of the system are left out: they add packages to the image and no code to the corpus.
cmake -G Ninja -S "$source/llvm" -B "$dest" -Wno-dev --log-level=WARNING \
  -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_C_COMPILER="$prefix/bin/clang" -DCMAKE_CXX_COMPILER="$prefix/bin/clang++" \
  -DCMAKE_C_FLAGS="$embed" -DCMAKE_CXX_FLAGS="$embed" \
  -DCMAKE_EXPORT_COMPILE_COMMANDS=ON \
  -DLLVM_ENABLE_PROJECTS="${CORPUS_PROJECTS:-}" -DLLVM_TARGETS_TO_BUILD="${CORPUS_ARCHS:-X86}" \
  -DLLVM_ENABLE_LTO=OFF -DLLVM_USE_LINKER=lld \
  -DLLVM_ENABLE_ZLIB=OFF -DLLVM_ENABLE_ZSTD=OFF -DLLVM_ENABLE_LIBXML2=OFF \
  -DLLVM_ENABLE_TERMINFO=OFF -DLLVM_ENABLE_LIBEDIT=OFF \
  -DLLVM_INCLUDE_TESTS=OFF -DLLVM_INCLUDE_BENCHMARKS=OFF -DLLVM_INCLUDE_EXAMPLES=OFF \
  -DLLVM_INCLUDE_DOCS=OFF -DLLVM_APPEND_VC_REV=OFF >/dev/null

IFS=';' read -ra targets <<<"$CORPUS_TARGETS"
ninja -C "$dest" -j "${JOBS:-$(nproc)}" "${targets[@]}"

# cmake lists every target's sources; what was not asked for was not built and is not missing.
ninja -C "$dest" -t inputs "${targets[@]}" >"$dest/built.txt"
python3 "$(dirname "${BASH_SOURCE[0]}")/corpus-objects.py" cut "$dest"
rm "$dest/built.txt"
