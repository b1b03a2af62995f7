// Stands where LLVM 19 expects the header of the policy.
#include "regalloc/Model.h"

namespace llvm {
using RegAllocEvictModel = regalloc::Model;
}
