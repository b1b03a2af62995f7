#!/usr/bin/env bash
# Build an unpacked Debian source package with embedded bitcode, as its own rules do.
# usage: build-package.sh FOLDER PREFIX DEST
# FOLDER holds source and source.json (fetch-package.sh), PREFIX the toolchain.  DEST receives the
# objects, compile_commands.json and source.json.  Run as root; the package's own code is not, and
# has no network (offline.py): what it needs was fetched before.
# With CORPUS_PGO it is built and tested first, and what its tests did decides how often each block
# is thought to run.
set -euo pipefail

folder=$1 prefix=$2 dest=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=docker/corpus/package.env
source "$here/../corpus/package.env"
# shellcheck source=docker/corpus/profile.env
source "$here/../corpus/profile.env"
package=$(sed -n 's/^ "package": "\(.*\)",$/\1/p' "$folder/source.json")
user=10001
counts=$folder/counts profile=$folder/corpus.profdata

fail() {
  printf 'error: %s\nwhat to do: %s\n' "$1" "$2" >&2
  exit 1
}

# One compiler under all names that this machine's compilers for itself have.
compilers=$folder/compilers
mkdir -p "$compilers/bin" "$compilers/records" "$folder/home"
install -m 755 "$here/corpus-compiler.py" "$compilers/"
ln -sfn "$prefix/bin" "$compilers/toolchain"
triplet=$(dpkg-architecture -qDEB_HOST_GNU_TYPE)
names='(cc|c\+\+|gcc|g\+\+|clang|clang\+\+)(-[0-9.]+)?'
{
  printf '%s\n' cc c++ gcc g++ clang clang++ "$triplet-gcc" "$triplet-g++"
  find /usr/bin -printf '%f\n' | grep -Ex "($triplet-)?$names" || true
} | while read -r name; do ln -sf ../corpus-compiler.py "$compilers/bin/$name"; done
chown -R "$user:$user" "$folder/source" "$folder/home" "$compilers/records"

# usage: unprivileged COMMAND...
unprivileged() {
  python3 -I "$here/offline.py" \
    setpriv --reuid="$user" --regid="$user" --clear-groups --no-new-privs -- "$@"
}

# Rules that lack the target for what depends on the machine have the one for everything. To read
# rules is to run them.
target=build-arch
code=0
unprivileged make -C "$folder/source" -f debian/rules -qn "$target" >/dev/null 2>&1 </dev/null || code=$?
if ((code == 2)); then target=build; fi

# usage: build OPTIONS PROFILES
build() (
  cd "$folder/source" || exit
  unprivileged \
    env -i PATH="$compilers/bin:/usr/sbin:/usr/bin:/sbin:/bin" HOME="$folder/home" LC_ALL=C.UTF-8 \
    CC=cc CXX=c++ SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:?}" \
    DEB_BUILD_OPTIONS="$1 parallel=${JOBS:-$(nproc)}" DEB_BUILD_PROFILES="$2" \
    dpkg-buildpackage --no-check-builddeps --target="$target" </dev/null
)

if [[ -n ${CORPUS_PGO:-} ]]; then
  echo "profiling $package: $target with its tests"
  install -d -o "$user" -g "$user" "$counts"
  printf 'compile %s\nlink %s\n' "$(instrument "$counts/%m.profraw")" "$(link_runtime)" >"$compilers/flags"
  # Paths are in the names of functions: the tree that is built with the profile lies where this one does.
  cp -a "$folder/source" "$folder/untouched"
  build "$DEB_BUILD_OPTIONS" "$DEB_BUILD_PROFILES" || fail \
    "the package $package could not be built and tested: $target ended with code $?" \
    "see above what failed; without --pgo it is not tested"
  python3 -I "$here/corpus-package.py" settle "$compilers/records" "$folder/source" "$counts"
  code=0
  "$here/merge-profile.sh" "$counts" "$profile" || code=$?
  if ((code == 3)); then
    fail "the tests of the package $package left no profile" \
      "name a package whose build runs tests of its own, or leave --pgo out"
  elif ((code)); then exit "$code"; fi
  rm -rf "$folder/source" "$compilers/records"
  mv "$folder/untouched" "$folder/source"
  install -d -o "$user" -g "$user" "$compilers/records"
  echo "compile -fprofile-instr-use=$profile -Wno-profile-instr-out-of-date" >"$compilers/flags"
  DEB_BUILD_OPTIONS="nocheck $DEB_BUILD_OPTIONS" DEB_BUILD_PROFILES="nocheck $DEB_BUILD_PROFILES"
fi

echo "building $package: $target"
build "$DEB_BUILD_OPTIONS" "$DEB_BUILD_PROFILES" || fail \
  "the package $package could not be built: $target ended with code $?" \
  "see above what failed, or name another version"

mkdir -p "$dest"
cp "$folder/source.json" "$dest/"
python3 -I "$here/corpus-package.py" collect "$compilers/records" "$folder/source" "$dest"
