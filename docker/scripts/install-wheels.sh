#!/usr/bin/env bash
# Install locked wheels into a new virtual environment.
# usage: install-wheels.sh PYTHON REQUIREMENTS VENV
# PIP_CERT, PIP_CONFIG_FILE and the secrets of a build of images are honoured.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$1 requirements=$2 venv=$3
# shellcheck source=docker/scripts/pip-secrets.sh
source "$here/pip-secrets.sh"
# A wheel that is built here lists its extras in the order of a set.
export PYTHONHASHSEED=0
"$python" -m venv "$venv"
install() {
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes "$@"
}
# Print the entries of the lock, hashes included, whose names match a regular expression or do not.
entries() {
  awk -v names="$1" -v wanted="$2" '
    /^[A-Za-z0-9]/ { take = ($0 ~ "^(" names ")==") == wanted }
    take
  ' "$requirements"
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
large='tensorflow-cpu' tools='packaging|setuptools|wheel'
entries "$tools" 1 >"$work/tools.txt"
entries "$large" 1 >"$work/large.txt"
entries "$large|$tools" 0 >"$work/rest.txt"
# One dependency of tf-agents (gym) is source only; it is built with locked tools, not with
# whatever the index has today.
install --no-deps -r "$work/tools.txt"
# The lock names all there is, so nothing has to be resolved; TensorFlow takes as long as the rest.
install --no-deps -r "$work/large.txt" &
install --no-deps --no-build-isolation --use-pep517 -r "$work/rest.txt"
wait $!
"$venv/bin/python" -m pip check --disable-pip-version-check

# Compiled modules are kept of what stages import, since their containers cannot write any. They name
# the dates of their sources, which are made the same for every build.
find "$venv" -name __pycache__ -prune -exec rm -rf {} +
find "$venv" -exec touch --no-dereference --date="@${SOURCE_DATE_EPOCH:?}" {} +
"$venv/bin/python" -W ignore - 2>/dev/null <<'PY'
import gin, msgspec, numpy
import tensorflow as tf
from tf_agents.agents.behavioral_cloning import behavioral_cloning_agent
from tf_agents.agents.ppo import ppo_agent

print("TensorFlow", tf.__version__)
PY
