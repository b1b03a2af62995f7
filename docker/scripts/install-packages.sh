#!/usr/bin/env bash
# Install the Debian packages of a list, one name a line, '#' starts a comment.
# usage: install-packages.sh LIST...
# @LLVM_MAJOR@ in a name stands for the environment's LLVM_MAJOR.  What is installed then must have
# the versions that docker/images.lock names; LOCK=warn only says so, for machines of one's own.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lock=$here/../images.lock
installed() { dpkg-query -W -f='${db:Status-Status} ${Package} ${Version}\n' | sed -n 's/^installed //p'; }
before=$(installed)

mapfile -t packages < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' -e "s/@LLVM_MAJOR@/${LLVM_MAJOR:-}/" "$@")
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if ((${#missing[@]})); then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  if ! apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}"; then
    echo "error: Debian packages could not be installed: ${missing[*]}" >&2
    echo "what to do: check the network and run the same command again" >&2
    exit 1
  fi
fi

# A package that was there before and that the lock does not know is the machine's own business.
difference=$(awk -v before="$before" '
  BEGIN { split(before, lines, "\n"); for (i in lines) { split(lines[i], words, " "); had[words[1]] = 1 } }
  NR == FNR { if ($1 == "package") locked[$2] = $3; next }
  !($1 in locked) && !($1 in had) { print "  " $1 " " $2 ", the lock has none" }
  $1 in locked && locked[$1] != $2 { print "  " $1 " " $2 ", the lock has " locked[$1] }
' "$lock" <(installed))
if [[ -n $difference ]]; then
  echo "${LOCK:-error}: Debian packages differ from docker/images.lock:" >&2
  echo "$difference" >&2
  if [[ ${LOCK:-error} == error ]]; then
    echo "what to do: \`invoke lock\` takes today's versions and shows what changes with them" >&2
    exit 1
  fi
fi
