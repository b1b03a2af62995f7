#!/usr/bin/env bash
# Take TensorFlow's C library and headers out of the wheel that the trainer is locked to.
# usage: fetch-tensorflow.sh DEST
# Writes DEST/lib and DEST/include.  PIP_CERT and pip's own configuration are honoured.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=docker/llvm/versions.env
source "$here/../llvm/versions.env"
dest=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The one entry of the lock file, with its hashes, so that pip checks the wheel.
awk -v want="tensorflow-cpu==$TENSORFLOW_VERSION" '
  index($0, want) == 1 { take = 1 }
  take { print }
  take && !/\\$/ { exit }
' "$here/../trainer/requirements.txt" >"$work/wheel.txt"
if ! [[ -s $work/wheel.txt ]]; then
  echo "error: docker/trainer/requirements.txt does not lock tensorflow-cpu==$TENSORFLOW_VERSION" >&2
  exit 1
fi

echo "fetching TensorFlow $TENSORFLOW_VERSION"
"${PYTHON:-python3}" -m pip download --quiet --no-deps --only-binary :all: --require-hashes \
  --python-version 3.11 --implementation cp --dest "$work" --requirement "$work/wheel.txt"
unzip -q -d "$work/wheel" "$work"/*.whl \
  'tensorflow/libtensorflow_cc.so.2' 'tensorflow/libtensorflow_framework.so.2' \
  'tensorflow/include/tensorflow/c/*' 'tensorflow/include/tsl/*' 'tensorflow/include/tensorflow/core/platform/*'
mkdir -p "$dest/lib" "$dest/include"
mv "$work"/wheel/tensorflow/lib*.so.2 "$dest/lib/"
mv "$work"/wheel/tensorflow/include/* "$dest/include/"
# A quarter of the libraries is symbols that only a debugger reads.
strip --strip-unneeded "$dest"/lib/*.so.2
