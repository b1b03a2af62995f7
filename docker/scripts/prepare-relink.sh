#!/usr/bin/env bash
# Write what docker/llvm/relink/build.ninja needs to know into a folder to build in.
# usage: prepare-relink.sh SOURCE TENSORFLOW BUILD
# LLVM_{VERSION,MAJOR,MACRO,UNITS,OWN_UNITS} come from regalloc/releases.py.
set -euo pipefail

: "${LLVM_VERSION:?}" "${LLVM_MAJOR:?}" "${LLVM_MACRO:?}" "${LLVM_UNITS:?}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ours=$(cd "$here/../llvm" && pwd)
source=$1 tensorflow=$2 build=$3
debian=/usr/lib/llvm-$LLVM_MAJOR

if [[ ! -f $ours/relink/$LLVM_MAJOR.ninja ]]; then
  echo "error: docker/llvm/relink has no $LLVM_MAJOR.ninja, which says how the tools are linked" >&2
  exit 1
fi
got=$("$debian/bin/llvm-config" --version)
if [[ $got != "$LLVM_VERSION" ]]; then
  echo "error: the installed LLVM libraries are version $got, the source is $LLVM_VERSION" >&2
  exit 1
fi

# llvm-config's list without the two archives that are replaced.
libs=$("$debian/bin/llvm-config" --libs --link-static all \
  | sed -e 's/-lLLVMCodeGen\b//' -e 's/-lLLVMAnalysis\b//')
mkdir -p "$build"/{obj,gen,bin,lib}
cat >"$build/vars.ninja" <<NINJA
source = $source
ours = $ours
tf = $tensorflow
bin = $debian/bin
llvm_lib = $debian/lib
llvm_inc = $debian/include
binutils_inc = ${BINUTILS_INCDIR:-/usr/include}
major = $LLVM_MAJOR
macro = $LLVM_MACRO
libs = -L$debian/lib $libs
clang_libs = $(find "$debian/lib" -name 'libclang*.a' ! -name 'libclang_rt*' | sort | tr '\n' ' ')
syslibs = $("$debian/bin/llvm-config" --system-libs --link-static)
NINJA

# A statement for each unit, ours under the name of the member that it stands for; then the two
# archives that have them as members.
declare -A members=([CodeGen]="" [Analysis]="")
compile_member() {
  local library=${1%/*} object=obj/$1.cpp.o
  echo "build $object: cxx $2"
  echo "  extra = -I\$source/llvm/lib/$library -I\$tf/include"
  members[$library]+=" $object"
}
{
  for unit in $LLVM_UNITS; do
    compile_member "$unit" "\$source/llvm/lib/$unit.cpp"
  done
  for pair in ${LLVM_OWN_UNITS:-}; do
    compile_member "${pair%=*}" "\$ours/${pair#*=}.cpp"
  done
  for library in "${!members[@]}"; do
    echo "build obj/libLLVM$library.a: replace${members[$library]}"
    echo "  archive = \$llvm_lib/libLLVM$library.a"
  done
} >"$build/units.ninja"
cp "$ours/relink/build.ninja" "$build/build.ninja"
