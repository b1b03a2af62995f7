#!/usr/bin/env bash
# Fetch the tarballs of the programs to measure and check them against their pinned sums.
# usage: fetch-programs.sh DEFINITIONS DEST
# They are the upstream part of Debian's source packages: an update of Debian's patches leaves them
# as they are.  PYTHON reads the program.toml; SOURCE_CACHE keeps the tarballs between calls.
set -euo pipefail

definitions=$1 dest=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cache=${SOURCE_CACHE:-$work}
mkdir -p "$dest"

checked() {
  echo "$2  $1" | sha256sum --check --status 2>/dev/null
}

fail() {
  printf 'error: %s\nwhat to do: %s\n' "$1" "$2" >&2
  exit 1
}

# The newest version of a package first. Where a mirror lacks the tarball of an update, which is the one
# that it has with the version before, any other will do: the sum says whether it is right.
download() {
  local package=$1 choice
  local -a versions
  mapfile -t versions < <(apt-cache showsrc --only-source "$package" | sed -n 's/^Version: //p')
  for choice in "$package" "${versions[@]/#/$package=}"; do
    (cd "$work" && apt-get source -qq --only-source --download-only --tar-only "$choice") && return
  done
  return 1
}

network="check the network; the same command goes on where this one stopped"
listing=$("${PYTHON:-python3}" -I "$here/program-sources.py" list "$definitions")
while IFS=$'\t' read -r package file sha256; do
  if ! checked "$cache/$file" "$sha256"; then
    echo "fetching $file"
    if [[ -z ${APT_CONFIG:-} ]]; then
      APT_CONFIG=$("$here/source-packages.sh" "$work/apt") \
        || fail "the lists of source packages could not be fetched" "$network"
      export APT_CONFIG
    fi
    download "$package" \
      || fail "the source package $package could not be fetched" "$network"
    [[ -e $work/$file ]] \
      || fail "the source package $package has no $file" "correct its name in configs/programs"
    if ! checked "$work/$file" "$sha256"; then
      got=$(sha256sum "$work/$file" | cut -d ' ' -f 1)
      fail "$file has sha256 $got, the pinned one is $sha256" \
        "ask another mirror; if the tarball itself changed, correct it in configs/programs"
    fi
    [[ $cache == "$work" ]] || mv "$work/$file" "$cache/$file"
  fi
  cp "$cache/$file" "$dest/$file"
done <<<"$listing"
