// For compiling LLVM's unit that calls the Z3 library without it: only the static analyser asks it, and
// only when it is told to.
#include "llvm/Config/llvm-config.h"
#undef LLVM_WITH_Z3
