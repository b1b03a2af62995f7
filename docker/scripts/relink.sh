#!/usr/bin/env bash
# Make Debian's LLVM TF-enabled: compile the units with the ML hooks and link the tools again.
# usage: relink.sh SOURCE TENSORFLOW PREFIX
# PREFIX receives bin, lib/LLVMgold.so, clang's resource headers and the TensorFlow runtime.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ours=$(cd "$here/../llvm" && pwd)
# shellcheck source=docker/llvm/versions.env
source "$ours/versions.env"
source=$1 tensorflow=$2 prefix=$3
debian=/usr/lib/llvm-$LLVM_MAJOR
build=${BUILD_DIR:-$(mktemp -d)}

got=$("$debian/bin/llvm-config" --version)
if [[ $got != "$LLVM_VERSION" ]]; then
  echo "error: the installed LLVM libraries are version $got, the source is $LLVM_VERSION" >&2
  exit 1
fi

# llvm-config's list without the two archives that are replaced.
libs=$("$debian/bin/llvm-config" --libs --link-static all \
  | sed -e 's/-lLLVMCodeGen\b//' -e 's/-lLLVMAnalysis\b//')
mkdir -p "$build"
cat >"$build/vars.ninja" <<EOF
source = $source
ours = $ours
tf = $tensorflow
bin = $debian/bin
llvm_lib = $debian/lib
llvm_inc = $debian/include
binutils_inc = ${BINUTILS_INCDIR:-/usr/include}
libs = -L$debian/lib $libs
clang_libs = $(find "$debian/lib" -name 'libclang*.a' ! -name 'libclang_rt*' | sort | tr '\n' ' ')
syslibs = $("$debian/bin/llvm-config" --system-libs --link-static)
EOF
cp "$ours/relink/build.ninja" "$build/build.ninja"
mkdir -p "$build/obj" "$build/gen" "$build/bin" "$build/lib"
ninja -C "$build"

echo "installing into $prefix"
mkdir -p "$prefix/bin" "$prefix/lib/tensorflow" "$prefix/lib/clang/$LLVM_MAJOR"
install -m 755 "$build"/bin/* "$prefix/bin/"
install -m 644 "$build/lib/LLVMgold.so" "$prefix/lib/"
install -m 644 "$tensorflow"/lib/* "$prefix/lib/tensorflow/"
cp -rL "$debian/lib/clang/$LLVM_MAJOR/include" "$prefix/lib/clang/$LLVM_MAJOR/"
for name in clang clang++ clang-cpp; do ln -sf "clang-$LLVM_MAJOR" "$prefix/bin/$name"; done
ln -sf lld "$prefix/bin/ld.lld"
ln -sf llvm-objcopy "$prefix/bin/llvm-strip"
# bfd and gold find the plugin here without being told.
mkdir -p "$prefix/lib/bfd-plugins"
ln -sf ../LLVMgold.so "$prefix/lib/bfd-plugins/LLVMgold.so"

"$prefix/bin/clang" --version | head -n 1
