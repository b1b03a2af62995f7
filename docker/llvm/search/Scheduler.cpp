// LLVM's machine scheduler, which asks a search what a draw changes in it.
//
// LLVM's unit is a part of this one. It asks the function's attributes and the target, and here the search as well.

#include "llvm/CodeGen/MachineScheduler.h"
#include "llvm/CodeGen/TargetSubtargetInfo.h"
#include "llvm/Pass.h"

#include "Search.h"

#define skipFunction(Function) skipFunction(Function) || regalloc::Search::variation(mf).leavesUnscheduled()
#define overrideSchedPolicy(Policy, Size)                                                                              \
  overrideSchedPolicy(Policy, Size), regalloc::Search::variation(MF).direct(Policy)
#include "MachineScheduler.cpp"
