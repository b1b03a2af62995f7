#!/usr/bin/env bash
# Take TensorFlow's C library and headers out of the wheel that the trainer is locked to.
# usage: fetch-tensorflow.sh DEST
# Writes DEST/lib and DEST/include.  PIP_CERT and pip's own configuration are honoured.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lock=$here/../trainer/requirements.txt
dest=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The one entry of the lock file, with its hashes, so that pip checks the wheel.
awk '
  /^tensorflow-cpu==/ { take = 1 }
  take { print }
  take && !/\\$/ { exit }
' "$lock" >"$work/wheel.txt"
if ! [[ -s $work/wheel.txt ]]; then
  echo "error: docker/trainer/requirements.txt does not lock tensorflow-cpu" >&2
  exit 1
fi

echo "fetching $(head -n 1 "$work/wheel.txt" | cut -d ' ' -f 1)"
"${PYTHON:-python3}" -m pip download --quiet --no-deps --only-binary :all: --require-hashes \
  --python-version 3.11 --implementation cp --dest "$work" --requirement "$work/wheel.txt"
# Our evaluator includes the C API's headers, and these some of the others.
unzip -q -d "$work/wheel" "$work"/*.whl \
  'tensorflow/libtensorflow_cc.so.2' 'tensorflow/libtensorflow_framework.so.2' 'tensorflow/include/*'
mkdir -p "$dest/lib" "$dest/include"
mv "$work"/wheel/tensorflow/lib*.so.2 "$dest/lib/"
mv "$work"/wheel/tensorflow/include/* "$dest/include/"
# A quarter of the libraries is symbols that only a debugger reads.
strip --strip-unneeded "$dest"/lib/*.so.2
