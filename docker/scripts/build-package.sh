#!/usr/bin/env bash
# Build an unpacked Debian source package with embedded bitcode, as its own rules do.
# usage: build-package.sh FOLDER PREFIX DEST
# FOLDER holds source and source.json (fetch-package.sh), PREFIX the toolchain.  DEST receives the
# objects, compile_commands.json and source.json.  Run as root; the package's own code is not.
set -euo pipefail

folder=$1 prefix=$2 dest=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=docker/corpus/package.env
source "$here/../corpus/package.env"
package=$(sed -n 's/^ "package": "\(.*\)",$/\1/p' "$folder/source.json")
user=10001

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

# Rules that lack the target for what depends on the machine have the one for everything.
target=build-arch
code=0
make -C "$folder/source" -f debian/rules -qn "$target" >/dev/null 2>&1 || code=$?
if ((code == 2)); then target=build; fi

echo "building $package: $target"
cd "$folder/source"
env -i PATH="$compilers/bin:/usr/sbin:/usr/bin:/sbin:/bin" HOME="$folder/home" LC_ALL=C.UTF-8 \
  CC=cc CXX=c++ SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:?}" \
  DEB_BUILD_OPTIONS="$DEB_BUILD_OPTIONS parallel=${JOBS:-$(nproc)}" \
  DEB_BUILD_PROFILES="$DEB_BUILD_PROFILES" \
  setpriv --reuid="$user" --regid="$user" --clear-groups \
  dpkg-buildpackage --no-check-builddeps --target="$target" </dev/null || {
  code=$?
  printf 'error: the package %s could not be built: %s ended with code %d\n' "$package" "$target" "$code" >&2
  printf 'what to do: see above what failed, or name another version\n' >&2
  exit 1
}

mkdir -p "$dest"
cp "$folder/source.json" "$dest/"
python3 -I "$here/corpus-package.py" collect "$compilers/records" "$folder/source" "$dest"
