// LLVM's list of code generation's passes, with the profile before the first of them.
//
// LLVM's unit is a part of this one, because it has no place where others could add a pass for every target. It makes
// the first pass in one place; there ours is added.
#include "Profile.h"

#include "llvm/CodeGen/Passes.h"

#define createPreISelIntrinsicLoweringPass()                                                                           \
  (regalloc::isProfileWanted() ? addPass(regalloc::createProfilePass(getOptLevel() != CodeGenOptLevel::None))          \
                               : void(),                                                                               \
   createPreISelIntrinsicLoweringPass())
// Not in quotes, in which this file's own folder comes first.
#include <TargetPassConfig.cpp>
