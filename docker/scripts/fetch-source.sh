#!/usr/bin/env bash
# Fetch LLVM's source package, check it against the pinned sum and unpack what is needed of it.
# usage: fetch-source.sh DEST
# SOURCE_CACHE keeps the tarball between calls.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=docker/llvm/versions.env
source "$here/../llvm/versions.env"
dest=$1
cache=${SOURCE_CACHE:-$(mktemp -d)}
tarball=$cache/$LLVM_SOURCE_FILE

# The same mirrors and keys as the system's own binary packages, asked for sources.
configure_apt() {
  mkdir -p "$1/parts" "$1/lists/partial" "$1/cache/archives/partial"
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [[ -e $file ]] || continue
    sed -n 's/^deb \(.*debian.*\)/deb-src \1/p' "$file" >>"$1/parts/sources.list"
  done
  for file in /etc/apt/sources.list.d/*.sources; do
    if [[ -e $file ]] && grep -q debian-archive-keyring "$file"; then
      sed 's/^Types:.*/Types: deb-src/' "$file" >"$1/parts/$(basename "$file")"
    fi
  done
  cat >"$1/apt.conf" <<CONF
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$1/parts";
Dir::State::lists "$1/lists";
Dir::Cache "$1/cache";
APT::Sandbox::User "root";
CONF
}

checked() {
  echo "$LLVM_SOURCE_SHA256  $tarball" | sha256sum --check --status 2>/dev/null
}

if ! checked; then
  echo "fetching $LLVM_SOURCE_PACKAGE $LLVM_SOURCE_VERSION"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  configure_apt "$work"
  export APT_CONFIG=$work/apt.conf
  apt-get update -qq
  (cd "$work" && apt-get source -qq --download-only "$LLVM_SOURCE_PACKAGE=$LLVM_SOURCE_VERSION")
  mv "$work/$LLVM_SOURCE_FILE" "$tarball"
  if ! checked; then
    rm -f "$tarball"
    echo "error: $LLVM_SOURCE_FILE does not have the pinned sha256 $LLVM_SOURCE_SHA256" >&2
    exit 1
  fi
fi

echo "unpacking LLVM $LLVM_VERSION"
mkdir -p "$dest"
top=$(tar -tJf "$tarball" 2>/dev/null | head -n 1 || true)
read -ra trees <<<"$(tr '\n' ' ' <<<"$LLVM_SOURCE_TREES")"
tar -xJf "$tarball" -C "$dest" --strip-components=1 --no-same-owner "${trees[@]/#/$top}"
