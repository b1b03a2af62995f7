#!/usr/bin/env bash
# Install what programs that take a profile write it with, where the compiler's release has it.
# usage: install-profile-runtime.sh RESOURCES PREFIX
# RESOURCES is the folder of Debian's clang, PREFIX that of ours.  LLVM_MAJOR is the release.
set -euo pipefail

: "${LLVM_MAJOR:?}"
runtime=lib/linux/libclang_rt.profile-x86_64.a
ours=lib/linux/libclang_rt.regalloc_profile-x86_64.a
if [[ ! -f $1/$runtime ]]; then exit 0; fi
install -D -m 644 "$1/$runtime" "$2/$runtime"
install -D -m 644 "$1/$runtime" "$2/$ours"
# What kind of profile it is and which file it goes to is said by the objects alone: a linker that
# generates their code would find the runtime's word on it first.
"/usr/lib/llvm-$LLVM_MAJOR/bin/llvm-ar" dD "$2/$ours" InstrProfilingVersionVar.c.o InstrProfilingNameVar.c.o
