#!/usr/bin/env bash
# Make Debian's LLVM TF-enabled: compile the units with the ML hooks and link the tools again.
# usage: build-relink.sh SOURCE TENSORFLOW PREFIX
# PREFIX receives bin, lib/LLVMgold.so, clang's resource headers and the TensorFlow runtime.
# LLVM_{VERSION,MAJOR,MACRO,UNITS,OWN_UNITS} come from regalloc/releases.py.
set -euo pipefail

: "${LLVM_MAJOR:?}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$1 tensorflow=$2 prefix=$3
debian=/usr/lib/llvm-$LLVM_MAJOR
build=${BUILD_DIR:-$(mktemp -d)}

"$here/prepare-relink.sh" "$source" "$tensorflow" "$build"
ninja -C "$build"

echo "installing into $prefix"
# LLVM 15 names the folder of its headers by its full version, later releases by the major one.
resources=$("$debian/bin/clang" -print-resource-dir)
headers=$prefix/lib/clang/$(basename "$resources")
mkdir -p "$prefix/bin" "$prefix/lib/tensorflow" "$headers"
install -m 755 "$build"/bin/* "$prefix/bin/"
install -m 644 "$build/lib/LLVMgold.so" "$prefix/lib/"
install -m 644 "$tensorflow"/lib/* "$prefix/lib/tensorflow/"
cp -rL "$resources/include" "$headers/"
for name in clang clang++ clang-cpp; do ln -sf "clang-$LLVM_MAJOR" "$prefix/bin/$name"; done
ln -sf lld "$prefix/bin/ld.lld"
ln -sf llvm-objcopy "$prefix/bin/llvm-strip"
if [[ -x $prefix/bin/llvm-ar ]]; then ln -sf llvm-ar "$prefix/bin/llvm-ranlib"; fi
"$here/install-profile-runtime.sh" "$resources" "$headers"
# bfd and gold find the plugin here without being told.
mkdir -p "$prefix/lib/bfd-plugins"
ln -sf ../LLVMgold.so "$prefix/lib/bfd-plugins/LLVMgold.so"

"$prefix/bin/clang" --version | head -n 1
