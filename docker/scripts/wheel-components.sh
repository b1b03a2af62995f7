#!/usr/bin/env bash
# Print the wheels of a virtual environment, for write-sbom.sh.
# usage: wheel-components.sh PYTHON
set -euo pipefail

"$1" - <<'PY'
from importlib.metadata import distributions

wheels = sorted((wheel.metadata["Name"].lower(), wheel.version) for wheel in distributions())
for name, version in wheels:
    print(name, version, "-", "NOASSERTION", f"pkg:pypi/{name}@{version}", sep="\t")
PY
