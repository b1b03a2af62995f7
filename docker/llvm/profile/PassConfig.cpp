// LLVM's list of code generation's passes, with the profile before the first of them, and the search before the
// scheduler.
//
// LLVM's unit is a part of this one, because it has no place where others could add a pass for every target. It adds
// either of these passes in one place; there ours is added.
#include "Profile.h"

#include "../search/Search.h"

#include "llvm/CodeGen/Passes.h"

#define createPreISelIntrinsicLoweringPass()                                                                           \
  (regalloc::isProfileWanted() ? addPass(regalloc::createProfilePass(getOptLevel() != CodeGenOptLevel::None))          \
                               : void(),                                                                               \
   createPreISelIntrinsicLoweringPass())
#define MachineSchedulerID                                                                                             \
  (regalloc::isSearching() ? addPass(regalloc::createSearchPass()) : void(), MachineSchedulerID)
// Not in quotes, in which this file's own folder comes first.
#include <TargetPassConfig.cpp>
