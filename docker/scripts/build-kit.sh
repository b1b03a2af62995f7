#!/usr/bin/env bash
# Compile and link all of a release that does not depend on the policy.
# usage: build-kit.sh SOURCE KIT
# LLVM_{VERSION,MAJOR,AOT_MACRO,AOT_UNITS,AOT_OWN_UNITS} come from regalloc/releases.py.
set -euo pipefail

: "${LLVM_AOT_MACRO:?}" "${LLVM_AOT_UNITS:?}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ours=$(cd "$here/../kit" && pwd)
source=$1 kit=$2
build=${BUILD_DIR:-$(mktemp -d)}

# The header of ours stands where the units expect that of the policy.
LLVM_MACRO=$LLVM_AOT_MACRO LLVM_UNITS=$LLVM_AOT_UNITS LLVM_OWN_UNITS=${LLVM_AOT_OWN_UNITS:-} \
  "$here/prepare-relink.sh" "$source" "$ours" "$build"
echo "kit = $ours" >>"$build/vars.ninja"
ninja -C "$build" -f "$ours/kit.ninja" tools.o

mkdir -p "$kit/relink"
install -m 644 "$build/tools.o" "$ours/Model.cpp" "$ours/Policy.S" "$ours"/{runtime,release}.ninja "$kit/"
install -m 644 "$here/../llvm/relink"/{flags.ninja,tool.map} "$kit/relink/"
cp -r "$ours/include" "$ours/share" "$kit/"
