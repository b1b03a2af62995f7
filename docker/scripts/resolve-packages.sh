#!/usr/bin/env bash
# Print the version of every Debian package that the images are made of, "name version" a line.
# usage: resolve-packages.sh LISTS
# LISTS is a folder with a folder of package lists for each image, LLVM_MAJORS the releases that @LLVM_MAJOR@ stands for in them.
set -euo pipefail

: "${LLVM_MAJORS:?}"
apt-get update -qq >&2
{
  dpkg-query -W -f='${Package} ${Version}\n'
  for major in $LLVM_MAJORS; do
    mapfile -t packages < <(cat "$1"/*/packages*.txt |
      sed -e 's/#.*//' -e '/^[[:space:]]*$/d' -e "s/@LLVM_MAJOR@/$major/")
    # "Inst name (version origin ...)", or "Inst name [installed] (version ...)" for an upgrade.
    apt-get install -s -qq --no-install-recommends "${packages[@]}" |
      sed -n 's/^Inst \([^ ]*\) \(\[[^]]*\] \)\?(\([^ ]*\) .*/\1 \3/p'
  done
} | LC_ALL=C sort -u
