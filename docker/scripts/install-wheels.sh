#!/usr/bin/env bash
# Install locked wheels into a new virtual environment.
# usage: install-wheels.sh PYTHON REQUIREMENTS VENV [TENSORFLOW_LIBS]
# With TENSORFLOW_LIBS, the wheel's two large libraries become links to the toolchain's copies.
set -euo pipefail

python=$1 requirements=$2 venv=$3 libs=${4:-}
"$python" -m venv "$venv"
install() {
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes "$@"
}
# One dependency of tf-agents (gym) is source only; it is built with locked tools, not with
# whatever the index has today.
mapfile -t tools < <(awk '/^(packaging|setuptools|wheel)==/ { take = 1 } take { print } take && !/\\$/ { take = 0 }' "$requirements")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '%s\n' "${tools[@]}" >"$work/tools.txt"
install --no-deps -r "$work/tools.txt"
install --no-build-isolation --use-pep517 -r "$requirements"

if [[ -n $libs ]]; then
  package=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/tensorflow
  for name in libtensorflow_cc.so.2 libtensorflow_framework.so.2; do
    ln -sf "$libs/$name" "$package/$name"
  done
fi
"$venv/bin/python" -c 'import gin, msgspec, numpy, tensorflow as tf; print("TensorFlow", tf.__version__)' 2>/dev/null
