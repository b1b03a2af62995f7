# cmake -DCMAKE_TOOLCHAIN_FILE=<this file> compiles with the policy switched on.
get_filename_component(REGALLOC_BIN "${CMAKE_CURRENT_LIST_DIR}/../../bin" ABSOLUTE)
set(CMAKE_C_COMPILER "${REGALLOC_BIN}/regalloc-clang")
set(CMAKE_CXX_COMPILER "${REGALLOC_BIN}/regalloc-clang++")
