#!/usr/bin/env bash
# Add Ray's locked wheels to a trainer's virtual environment, whose own packages stay as they are.
# usage: install-ray.sh VENV REQUIREMENTS
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
venv=$1 requirements=$2
# shellcheck source=docker/scripts/pip-secrets.sh
source "$here/pip-secrets.sh"
python=$venv/bin/python
export PYTHONHASHSEED=0
packages() { "$python" -m pip list --disable-pip-version-check --format=freeze | LC_ALL=C sort; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
packages >"$work/before"
"$python" -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r "$requirements"
packages >"$work/after"
if [[ -n $(LC_ALL=C comm -23 "$work/before" "$work/after") ]]; then
  echo "install-ray.sh: Ray's wheels changed packages of the trainer:" >&2
  LC_ALL=C comm -3 "$work/before" "$work/after" >&2
  exit 1
fi
# What is new only: the trainer's files must not be copied into another layer.
find "$venv" -newer "$work/before" -exec touch --no-dereference --date="@${SOURCE_DATE_EPOCH:?}" {} +
# Nodes start a process for each core and may write no compiled modules of their own.
site=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
for package in _common _private autoscaler cloudpickle core dashboard experimental runtime_env scripts util; do
  "$python" -m compileall -q "$site/ray/$package" >/dev/null
done
"$python" - <<'PY'
import ray
import ray.util.client.server.server

print("Ray", ray.__version__)
PY
