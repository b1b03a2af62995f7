#!/usr/bin/env bash
# Copy this root file system into a folder, for an image of one layer.
# usage: copy-root.sh FOLDER
# Adds what builds and containers mount over. Without a place to mount over, they make one, and its
# folder has the time of the build.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1
mkdir "$folder"
tar --one-file-system --exclude=".$folder" -C / -cf - . | tar -C "$folder" -xpf -
mkdir -p "$folder"/{dev,proc,sys,mnt,media} "$folder"/run/secrets "$folder"/etc/apt/sources.list.d
for file in etc/hosts etc/resolv.conf etc/apt/sources.list.d/debian.sources run/secrets/{ca,pipconf}; do
  [[ -e $folder/$file ]] || : >"$folder/$file"
done
"$here/settle.sh" "$folder"
