#!/usr/bin/env bash
# Compile what a policy's code calls, out of TensorFlow's wheel, and complete a kit with it.
# usage: build-runtime.sh PYTHON PREFIX KIT
# PYTHON is an interpreter that has TensorFlow, PREFIX the toolchain.
set -euo pipefail

python=$1 prefix=$2 kit=$3
build=${BUILD_DIR:-$(mktemp -d)}
wheel=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/tensorflow

mkdir -p "$build"
cat >"$build/vars.ninja" <<NINJA
bin = $prefix/bin
ours = $kit
source = $wheel/xla_aot_runtime_src
tf = $wheel/include
macro = NDEBUG
llvm_inc = $kit/include
NINJA
ninja -C "$build" -f "$kit/runtime.ninja" runtime.o
install -m 644 "$build/runtime.o" "$kit/"
