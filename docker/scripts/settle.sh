#!/usr/bin/env bash
# Give the one date to whatever a build step made or changed, so that its layer is the same each time.
# usage: settle.sh [FOLDER]
# SOURCE_DATE_EPOCH is that date. Of the whole root, what is mounted over it is left out.
set -euo pipefail

root=${1:-/}
skip=()
while read -r _ _ _ _ mounted _; do
  [[ $mounted == / ]] || skip+=(-path "$mounted" -prune -o)
done </proc/self/mountinfo
find "$root" "${skip[@]}" -newermt "@${SOURCE_DATE_EPOCH:?}" \
  -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
