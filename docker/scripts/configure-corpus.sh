#!/usr/bin/env bash
# Configure LLVM for a build by the toolchain: of the corpus, or of what measures it for its profile.
# usage: configure-corpus.sh SOURCE PREFIX BUILD COMPILER_FLAGS [LINKER_FLAGS]
# CORPUS_PROJECTS is a list separated by semicolons.  The code is the same whatever the flags are, or a
# profile of one build would not fit the other.
set -euo pipefail

source=$1 prefix=$2 build=$3 flags=$4 linker_flags=${5:-}

# Libraries of the system are left out: they add packages to the image and no code to the corpus.
cmake -G Ninja -S "$source/llvm" -B "$build" -Wno-dev --log-level=WARNING \
  -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_C_COMPILER="$prefix/bin/clang" -DCMAKE_CXX_COMPILER="$prefix/bin/clang++" \
  -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache \
  -DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags" -DCMAKE_EXE_LINKER_FLAGS="$linker_flags" \
  -DCMAKE_EXPORT_COMPILE_COMMANDS=ON \
  -DLLVM_ENABLE_PROJECTS="${CORPUS_PROJECTS:-}" -DLLVM_TARGETS_TO_BUILD="${CORPUS_ARCHS:-X86}" \
  -DLLVM_ENABLE_LTO=OFF -DLLVM_USE_LINKER=lld \
  -DLLVM_ENABLE_ZLIB=OFF -DLLVM_ENABLE_ZSTD=OFF -DLLVM_ENABLE_LIBXML2=OFF \
  -DLLVM_ENABLE_TERMINFO=OFF -DLLVM_ENABLE_LIBEDIT=OFF \
  -DLLVM_INCLUDE_TESTS=OFF -DLLVM_INCLUDE_BENCHMARKS=OFF -DLLVM_INCLUDE_EXAMPLES=OFF \
  -DLLVM_INCLUDE_DOCS=OFF -DLLVM_APPEND_VC_REV=OFF >/dev/null
