#!/usr/bin/env bash
# Use an exported release as people do; every warning is an error.
# usage: use_release.sh FOLDER
set -euo pipefail

bin=$1/bin
cd "$(mktemp -d)"
cat >'a program.c' <<'C'
#include <stdio.h>
int main(void) { printf("%s\n", TEXT); return 0; }
C
cat >sort.cpp <<'C'
#include <algorithm>
#include <iostream>
#include <vector>
int main() {
  std::vector<int> v{3, 1, 2};
  std::sort(v.begin(), v.end());
  for (int x : v)
    std::cout << x;
  std::cout << '\n';
}
C
cc() { "$bin/regalloc-clang" -Werror "$@"; }
cxx() { "$bin/regalloc-clang++" -Werror "$@"; }
prints() { [[ $("./$2") == "$1" ]]; }

# The C library is the only shared library.
[[ $(ldd "$bin/clang" | awk '{ print $1 }' | sort | tr '\n' ' ') == \
  "/lib64/ld-linux-x86-64.so.2 libc.so.6 libm.so.6 linux-vdso.so.1 " ]]

# Each kind of call, alone and together.
cc '-DTEXT="a b"' -O2 -fuse-ld=lld 'a program.c' -o 'a program'
prints 'a b' 'a program'
cc '-DTEXT="x"' -E 'a program.c' -o x.i
cc -O2 -S x.i -o x.s
cc -c x.s -o x.o
cc -fuse-ld=lld x.o -o x
prints x x
cc -fsyntax-only x.i
cc --version >/dev/null
"$bin/regalloc-clang" -cc1 -triple x86_64-pc-linux-gnu -O2 -emit-obj x.i -o cc1.o
cxx -O2 -fuse-ld=lld sort.cpp -o sort
prints 123 sort

# ThinLTO: the linker generates the code, so the linker has the policy.
cxx -O2 -flto=thin sort.cpp -o lto
prints 123 lto
cxx -O2 -flto=thin -c sort.cpp -o lto.o
cxx -flto=thin -fuse-ld=lld lto.o -o lto2
prints 123 lto2
cxx -flto=thin lto.o -o lto3 '-###' 2>&1 | grep -q '"-mllvm" "-regalloc-search=8"'

# A profile: one build counts, the next generates code by the counts, also when the linker does that.
profiles() {
  mkdir "$1"
  cd "$1"
  cc '-DTEXT="x"' -O2 "${@:2}" -regalloc-profile-generate '../a program.c' -o counting
  prints x counting
  "$bin/llvm-profdata" merge -o 'a, profile' default_*.profraw
  cc '-DTEXT="x"' -O2 "${@:2}" '-regalloc-profile-use=a, profile' '../a program.c' -o used
  prints x used
  cd ..
}
if [[ -e $bin/llvm-profdata ]]; then
  profiles compiled -fuse-ld=lld
  profiles linked -flto=thin
  # Nothing is counted without optimisation, and the link works.
  cc -regalloc-profile-generate -flto=thin '-DTEXT="x"' 'a program.c' -o unoptimised
  prints x unoptimised
fi

# An archive of objects that LTO made has an index only if the tool knows them.
if [[ -e $bin/llvm-ar ]]; then
  "$bin/llvm-ar" rc lto.a lto.o
  "$bin/llvm-ranlib" lto.a
  cxx -flto=thin lto.a -o lto4
  prints 123 lto4
fi

# What the wrapper adds can be taken back, and it can be called by another name.
cc -c x.i -mllvm -regalloc-enable-advisor=default -o default.o
"$bin/clang" -c x.i -o plain.o
cmp default.o plain.o
ln -s "$bin/regalloc-clang" cc
./cc -Werror -c x.i -o named.o

"$bin/clang" -O2 -emit-llvm -c x.i -o x.bc
"$bin/llc" -regalloc-enable-advisor=release -filetype=obj -relocation-model=pic x.bc -o llc.o
"$bin/ld.lld" --version >/dev/null
echo "all of it works"
