#!/usr/bin/env bash
# Copy the virtual environment of the wheels image, with TensorFlow's two large libraries as links to
# the toolchain's copies.
# usage: copy-venv.sh FROM VENV TENSORFLOW_LIBS
set -euo pipefail

from=$1 venv=$2 libs=$3
large=(libtensorflow_cc.so.2 libtensorflow_framework.so.2)
mkdir -p "$venv"
tar -C "$from" "${large[@]/#/--exclude=}" -cf - . | tar -C "$venv" -xpf -
package=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/tensorflow
for name in "${large[@]}"; do
  ln -s "$libs/$name" "$package/$name"
done
