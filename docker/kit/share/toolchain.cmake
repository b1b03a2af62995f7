# cmake -DCMAKE_TOOLCHAIN_FILE=<this file> compiles with the policy switched on.
get_filename_component(REGALLOC_BIN "${CMAKE_CURRENT_LIST_DIR}/../../bin" ABSOLUTE)
set(CMAKE_C_COMPILER "${REGALLOC_BIN}/regalloc-clang")
set(CMAKE_CXX_COMPILER "${REGALLOC_BIN}/regalloc-clang++")
# For libraries with link-time optimisation. By the compiler's name CMake would look for regalloc-llvm-ar.
if(EXISTS "${REGALLOC_BIN}/llvm-ar")
  foreach(language C CXX)
    set(CMAKE_${language}_COMPILER_AR "${REGALLOC_BIN}/llvm-ar" CACHE FILEPATH "")
    set(CMAKE_${language}_COMPILER_RANLIB "${REGALLOC_BIN}/llvm-ranlib" CACHE FILEPATH "")
  endforeach()
endif()
