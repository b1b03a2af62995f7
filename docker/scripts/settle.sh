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
mapfile -t -d '' made < <(find "$root" "${skip[@]}" -newermt "@${SOURCE_DATE_EPOCH:?}" -print0)
((${#made[@]})) || exit 0

# A folder above is in the layer as well. An overlay may show the date below for it, and keep that of the step.
declare -A above=()
for path in "${made[@]}"; do
  path=${path%/*}
  while [[ -n $path && $path == "${root%/}"* && -z ${above[$path]:-} ]]; do
    above[$path]=1
    path=${path%/*}
  done
done
printf '%s\0' "${made[@]}" "${!above[@]}" \
  | xargs --null touch --no-dereference --date="@$SOURCE_DATE_EPOCH"
