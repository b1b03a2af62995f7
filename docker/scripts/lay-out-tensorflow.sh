#!/usr/bin/env bash
# Lay TensorFlow's C library and headers out of a virtual environment as LLVM's build wants them.
# usage: lay-out-tensorflow.sh VENV DEST
# DEST/lib and DEST/include are relative links into VENV, whose libraries lose the symbols that only a debugger
# reads: a quarter of their size.
set -euo pipefail

venv=$1 dest=$2
package=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/tensorflow
mkdir -p "$dest/lib"
ln -sfn --relative "$package/include" "$dest/include"
for name in libtensorflow_cc.so.2 libtensorflow_framework.so.2; do
  # In place, and written anew: a file of pip's cache may be the same one.
  strip --strip-unneeded -o "$dest/stripped" "$package/$name"
  touch --reference="$package/$name" "$dest/stripped"
  mv "$dest/stripped" "$package/$name"
  ln -sf --relative "$package/$name" "$dest/lib/$name"
done
