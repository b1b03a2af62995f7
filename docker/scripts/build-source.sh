#!/usr/bin/env bash
# Build LLVM from source with TensorFlow in it, as the recipe does, and install what the image ships.
# usage: build-source.sh SOURCE TENSORFLOW VENV PREFIX
# VENV is a virtual environment with TensorFlow's wheel: headers, and the ahead-of-time compiler.
# LLVM_MAJOR is the source's major version, LLVM_TARGETS a list of targets separated by semicolons;
# CCACHE_DIR keeps objects between builds, BUILD_DIR the tree of this one.
set -euo pipefail

source=$1 tensorflow=$2 venv=$3 prefix=$4
build=${BUILD_DIR:-$(mktemp -d)}
host=${HOST_LLVM:-/usr/lib/llvm-19}
wheel=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/tensorflow

# The wheel's libraries under the names that LLVM looks for.
api=$build/tensorflow-c
mkdir -p "$api/lib" "$prefix/lib/tensorflow"
install -m 644 "$tensorflow"/lib/* "$prefix/lib/tensorflow/"
ln -sf "$prefix/lib/tensorflow/libtensorflow_cc.so.2" "$api/lib/libtensorflow.so"
ln -sf "$prefix/lib/tensorflow/libtensorflow_framework.so.2" "$api/lib/libtensorflow_framework.so"
ln -sfn "$wheel/include" "$api/include"

# The compiler that a cached object came from goes by its content: a layer's time stamps are its own.
export CCACHE_COMPILERCHECK=content CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=$build CCACHE_MAXSIZE=4G
# TensorFlow's library has an LLVM inside; --exclude-libs keeps ours from standing in for it.
# The wheel is built with the new C++ ABI, which LLVM's own definition gives away.
abi="-U_GLIBCXX_USE_CXX11_ABI -D_GLIBCXX_USE_CXX11_ABI=1"
maps="-ffile-prefix-map=$source=. -ffile-prefix-map=$build=."
cmake -G Ninja -S "$source/llvm" -B "$build/llvm" -Wno-dev --log-level=WARNING \
  -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_C_COMPILER="$host/bin/clang" -DCMAKE_CXX_COMPILER="$host/bin/clang++" \
  -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache \
  -DCMAKE_C_FLAGS="-w $maps" -DCMAKE_CXX_FLAGS="-w $maps $abi" -DCMAKE_CXX_STANDARD=17 \
  -DCMAKE_INSTALL_PREFIX="$prefix" \
  -DCMAKE_INSTALL_RPATH="\$ORIGIN/../lib/tensorflow" -DCMAKE_INSTALL_RPATH_USE_LINK_PATH=ON \
  -DPython3_EXECUTABLE="$venv/bin/python" \
  -DLLVM_BINUTILS_INCDIR=/usr/include \
  -DLLVM_ENABLE_LTO=OFF -DLLVM_USE_LINKER=lld -DLLVM_PARALLEL_LINK_JOBS=2 \
  -DCMAKE_EXE_LINKER_FLAGS=-Wl,--exclude-libs,ALL \
  -DTENSORFLOW_C_LIB_PATH="$api" -DTENSORFLOW_AOT_PATH="$wheel" -DTF_PROTO_HEADERS="$wheel/include" \
  -DLLVM_ENABLE_PROJECTS="clang;lld" -DLLVM_TARGETS_TO_BUILD="${LLVM_TARGETS:?names targets}" \
  -DLLVM_ENABLE_LIBXML2=OFF -DLLVM_ENABLE_LIBEDIT=OFF \
  -DLLVM_INCLUDE_TESTS=OFF -DLLVM_INCLUDE_BENCHMARKS=OFF -DLLVM_INCLUDE_EXAMPLES=OFF \
  -DLLVM_INCLUDE_DOCS=OFF -DLLVM_APPEND_VC_REV=OFF >/dev/null

shipped=(clang clang-resource-headers llc opt lld llvm-objcopy llvm-strip llvm-size LLVMgold)
targets=("${shipped[@]/#/install-}")
ninja -C "$build/llvm" -j "${JOBS:-$(nproc)}" "${targets[@]/%/-stripped}"
ccache --show-stats

if [[ ! -f $prefix/lib/LLVMgold.so ]]; then
  echo "error: LLVMgold.so was not built: LLVM_BINUTILS_INCDIR has no plugin-api.h" >&2
  exit 1
fi
# bfd and gold find the plugin here without being told.
mkdir -p "$prefix/lib/bfd-plugins"
ln -sf ../LLVMgold.so "$prefix/lib/bfd-plugins/LLVMgold.so"
