// Passes of LLVM's new pass manager, run by themselves.
#ifndef REGALLOC_PROFILE_ANALYSES_H
#define REGALLOC_PROFILE_ANALYSES_H

#include "llvm/IR/PassManager.h"
#include "llvm/Passes/PassBuilder.h"

namespace regalloc {

// Runs a pass on a module, with analyses made for it.
template <typename PassT> void runPass(llvm::Module &M, PassT Pass) {
  llvm::LoopAnalysisManager Loops;
  llvm::FunctionAnalysisManager Functions;
  llvm::CGSCCAnalysisManager Calls;
  llvm::ModuleAnalysisManager Modules;
  llvm::PassBuilder Builder;
  Builder.registerModuleAnalyses(Modules);
  Builder.registerCGSCCAnalyses(Calls);
  Builder.registerFunctionAnalyses(Functions);
  Builder.registerLoopAnalyses(Loops);
  Builder.crossRegisterProxies(Loops, Functions, Calls, Modules);
  llvm::ModulePassManager Passes;
  Passes.addPass(std::move(Pass));
  Passes.run(M, Modules);
}

} // namespace regalloc

#endif
