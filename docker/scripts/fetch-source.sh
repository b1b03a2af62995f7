#!/usr/bin/env bash
# Fetch LLVM's source package, check it against the pinned sum and unpack what is needed of it.
# usage: fetch-source.sh DEST
# LLVM_SOURCE_{PACKAGE,VERSION,FILE,SHA256} and LLVM_ADVISOR_TESTS come from regalloc/releases.py;
# SOURCE_CACHE keeps the tarball between calls.
set -euo pipefail

: "${LLVM_VERSION:?}" "${LLVM_SOURCE_PACKAGE:?}" "${LLVM_SOURCE_VERSION:?}" "${LLVM_SOURCE_FILE:?}"
: "${LLVM_SOURCE_SHA256:?}" "${LLVM_ADVISOR_TESTS:?}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dest=$1
cache=${SOURCE_CACHE:-$(mktemp -d)}
tarball=$cache/$LLVM_SOURCE_FILE

checked() {
  echo "$LLVM_SOURCE_SHA256  $tarball" | sha256sum --check --status 2>/dev/null
}

if ! checked; then
  echo "fetching $LLVM_SOURCE_PACKAGE $LLVM_SOURCE_VERSION"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  if ! APT_CONFIG=$("$here/source-packages.sh" "$work"); then
    echo "error: the lists of source packages could not be fetched" >&2
    echo "what to do: check the network; the same command goes on where this one stopped" >&2
    exit 1
  fi
  export APT_CONFIG
  if ! (cd "$work" && apt-get source -qq --download-only "$LLVM_SOURCE_PACKAGE=$LLVM_SOURCE_VERSION"); then
    echo "error: the source package $LLVM_SOURCE_PACKAGE $LLVM_SOURCE_VERSION could not be fetched" >&2
    echo "what to do: check the network; the same command goes on where this one stopped" >&2
    exit 1
  fi
  if [[ ! -e $work/$LLVM_SOURCE_FILE ]]; then
    echo "error: $LLVM_SOURCE_PACKAGE $LLVM_SOURCE_VERSION has no file $LLVM_SOURCE_FILE" >&2
    exit 1
  fi
  mv "$work/$LLVM_SOURCE_FILE" "$tarball"
  if ! checked; then
    got=$(sha256sum "$tarball" | cut -d ' ' -f 1)
    rm -f "$tarball"
    echo "error: $LLVM_SOURCE_FILE has sha256 $got" >&2
    echo "the pinned one is $LLVM_SOURCE_SHA256" >&2
    echo "what to do: ask another mirror; if the release itself changed, correct regalloc/releases.py" >&2
    exit 1
  fi
fi

echo "unpacking LLVM $LLVM_VERSION"
mkdir -p "$dest"
top=$(tar -tJf "$tarball" 2>/dev/null | head -n 1 || true)
# LLVM's tests are most of the tarball and stay in it, but for those of the eviction advisor. LLD is not
# configured without its docs.
unwanted=(
  clang/docs clang/test clang/unittests clang/www lld/test lld/unittests
  llvm/docs llvm/unittests "llvm/test/[!C]*" "llvm/test/CodeGen/[!M]*" "llvm/test/CodeGen/M[!L]*"
)
tar -xJf "$tarball" -C "$dest" --strip-components=1 --no-same-owner --anchored --wildcards \
  "${unwanted[@]/#/--exclude=$top}" \
  "$top"cmake "$top"third-party "$top"libunwind/include "$top"lld "$top"llvm "$top"clang
if [[ ! -d $dest/llvm/test/CodeGen/$LLVM_ADVISOR_TESTS ]]; then
  echo "error: LLVM $LLVM_VERSION has no llvm/test/CodeGen/$LLVM_ADVISOR_TESTS" >&2
  exit 1
fi
