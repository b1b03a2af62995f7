// Stands where LLVM 15 expects the header of the policy.
#include "regalloc/Model.h"

namespace llvm {
using RegallocEvictModel = regalloc::Model;
}
