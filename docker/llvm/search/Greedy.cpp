// LLVM's greedy allocator, which asks a search whether the spill of a live range is put off.
//
// LLVM's unit is a part of this one. It asks the target at that place, and here the search as well.

#include "llvm/CodeGen/LiveInterval.h"
#include "llvm/CodeGen/TargetRegisterInfo.h"

#include "Search.h"

#define shouldUseDeferredSpillingForVirtReg(MF, LiveRange)                                                             \
  shouldUseDeferredSpillingForVirtReg(MF, LiveRange) ||                                                                \
      regalloc::Search::variation(MF).putsOff(LiveRange.reg().virtRegIndex())
#include "RegAllocGreedy.cpp"
