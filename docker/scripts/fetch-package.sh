#!/usr/bin/env bash
# Fetch a Debian source package, unpack it and install what building it needs.
# usage: fetch-package.sh NAME[=VERSION] FOLDER
# apt checks every file along the archive's signature.  FOLDER receives source, the unpacked tree,
# and source.json, which names the files and their sums.
set -euo pipefail

spec=$1 folder=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=docker/corpus/package.env
source "$here/../corpus/package.env"
name=${spec%%=*} version=
if [[ $spec == *=* ]]; then version=${spec#*=}; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  printf 'error: %s\nwhat to do: %s\n' "$1" "$2" >&2
  exit 1
}

network="see above what apt met; the same command goes on where this one stopped"
config=$("$here/source-packages.sh" "$work") \
  || fail "the lists of source packages could not be fetched" "$network"
# apt takes a mirror that does not answer for a passing trouble, and ends well.
compgen -G "$work/lists/*Sources*" >/dev/null \
  || fail "the lists of source packages could not be fetched" "$network"
sources() {
  APT_CONFIG=$config "$@"
}

# Without --only-source a binary package's name finds the source it is built from.
sources apt-cache showsrc --only-source "$name" >"$work/found" 2>/dev/null || true
mapfile -t versions < <(sed -n 's/^Version: //p' "$work/found" | sort -u)
if ((${#versions[@]} == 0)); then
  sources apt-cache showsrc "$name" >"$work/found" 2>/dev/null || true
  source=$(sed -n 's/^Package: //p' "$work/found" | sort -u | head -n 1)
  advice="look the name up: apt-cache showsrc"
  if [[ -n $source ]]; then advice="name the source of the binary package $name: $source"; fi
  fail "there is no source package $name" "$advice"
fi
if [[ -n $version && ! " ${versions[*]} " == *" $version "* ]]; then
  fail "the source package $name has no version $version" "choose one of: ${versions[*]}"
fi

echo "fetching $spec"
(cd "$work" && sources apt-get source -qq --only-source --download-only "$spec") \
  || fail "the source package $spec could not be fetched" "$network"
dsc=$(find "$work" -maxdepth 1 -name '*.dsc')
mkdir -p "$folder"
python3 -I "$here/corpus-package.py" describe "$dsc" "$folder/source.json"
(cd "$work" && dpkg-source --no-check --extract "$dsc" "$folder/source" >/dev/null) \
  || fail "the source package $spec could not be unpacked" "try another version"

echo "installing the build dependencies of $spec"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq -o APT::Update::Error-Mode=any \
  || fail "the package lists could not be fetched" "$network"
(cd "$folder" && apt-get build-dep -y -qq --arch-only --no-install-recommends -o Dpkg::Use-Pty=0 ./source) \
  || fail "the build dependencies of $spec cannot be installed" "see above which are missing"
