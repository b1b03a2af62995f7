#!/usr/bin/env bash
# Put modules and packages of ours where an image's Python finds them, readable for every user.
# usage: place-code.sh NAME...
# Names are relative to CODE, /mnt by default, which is the checkout's folder regalloc.
set -euo pipefail

dest=/opt/regalloc/regalloc
mkdir -p "$dest"
for name in "$@"; do cp -r "${CODE:-/mnt}/$name" "$dest/"; done
# A checkout may keep its files from others; what runs here is another.
chmod -R u=rwX,go=rX "${dest%/*}"
