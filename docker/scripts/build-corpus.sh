#!/usr/bin/env bash
# Build LLVM with embedded bitcode, by the toolchain that the policy will run in.
# usage: build-corpus.sh SOURCE PREFIX DEST
# With CORPUS_PGO, what LLVM's tools did at work decides how often each block is thought to run.
# CORPUS_TARGETS and CORPUS_PROJECTS are lists separated by semicolons, JOBS bounds the compiles.
# LLVM_VERSION and LLVM_SOURCE_{PACKAGE,VERSION,FILE,SHA256} say what SOURCE is.
# DEST receives source.json, compile_commands.json, cut to what was built, and the objects it names.
# Objects that a build finished stay in CCACHE_DIR and are not compiled again, whatever ended it.
set -euo pipefail

source=$1 prefix=$2 dest=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${CORPUS_TARGETS:?lists the targets to build}" "${LLVM_VERSION:?}"
: "${LLVM_SOURCE_PACKAGE:?}" "${LLVM_SOURCE_VERSION:?}" "${LLVM_SOURCE_FILE:?}" "${LLVM_SOURCE_SHA256:?}"
embed="-Xclang -fembed-bitcode=all"

# A cached object is found by the content of the compiler that made it: dates of a layer's files
# are no sign.  It is hashed here, once, and not for each object.  In depend mode no file is preprocessed
# only to be hashed.  All of clang and LLVM takes 2 GB.
compiler=$(sha256sum "$(readlink -f "$prefix/bin/clang")" | cut -d ' ' -f 1)
export CCACHE_COMPILERCHECK=string:$compiler CCACHE_DEPEND=1 CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-10G}

if [[ -n ${CORPUS_PGO:-} ]]; then
  "$here/profile-corpus.sh" "$source" "$prefix" "$dest/profile"
  profile=$dest/profile/corpus.profdata
  # Functions that no tool has are as likely as not, and no reason to say so of each.
  embed+=" -fprofile-instr-use=$profile -Wno-profile-instr-out-of-date"
  export CCACHE_EXTRAFILES=$profile
fi
"$here/configure-corpus.sh" "$source" "$prefix" "$dest" "$embed"

# Libraries come and go between releases; a profile names those of all.
IFS=';' read -ra wanted <<<"$CORPUS_TARGETS"
targets=()
for name in "${wanted[@]}"; do
  if ninja -C "$dest" -t query "$name" >/dev/null 2>&1; then
    targets+=("$name")
  else
    echo "note: LLVM $LLVM_VERSION has no target $name"
  fi
done
if ((${#targets[@]} == 0)); then
  echo "error: LLVM $LLVM_VERSION has none of the targets $CORPUS_TARGETS" >&2
  echo "what to do: correct Corpus.targets; they are cmake's names, such as LLVMSupport" >&2
  exit 1
fi
# The objects alone: linking hundreds of tools takes long and gives no code.  cmake lists every
# target's sources; what was not asked for is not built and is not missing.
ninja -C "$dest" -t inputs "${targets[@]}" >"$dest/built.txt"
mapfile -t objects < <(grep '\.o$' "$dest/built.txt")
ninja -C "$dest" -j "${JOBS:-$(nproc)}" "${objects[@]}"
ccache --show-stats
python3 "$here/corpus-objects.py" cut "$dest"
rm "$dest/built.txt"
cat >"$dest/source.json" <<JSON
{
 "package": "$LLVM_SOURCE_PACKAGE",
 "version": "$LLVM_SOURCE_VERSION",
 "files": [
  {
   "name": "$LLVM_SOURCE_FILE",
   "sha256": "$LLVM_SOURCE_SHA256"
  }
 ]
}
JSON
