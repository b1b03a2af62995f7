#include "Analyses.h"
#include "Profile.h"

#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"
#include "llvm/ProfileData/InstrProf.h"
#include "llvm/Transforms/Instrumentation.h"
#include "llvm/Transforms/Instrumentation/InstrProfiling.h"
#include "llvm/Transforms/Instrumentation/PGOInstrumentation.h"
#include "llvm/Transforms/Utils/Local.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"

using namespace llvm;

namespace {

constexpr const char *Needed = "regalloc_profile_runtime";
// What LLVM's instrumentation tells the runtime, in each module.
constexpr const char *Version = "__llvm_profile_raw_version";
constexpr const char *FileName = "__llvm_profile_filename";

// Whether another instrumentation has put its counters into a module: ours would have the same names.
bool isInstrumented(const Module &M) {
  return M.getNamedValue(Version) || any_of(M.globals(), [](const GlobalVariable &Variable) {
           return Variable.getName().starts_with(getInstrProfCountersVarPrefix());
         });
}

// Functions that are not emitted are not counted, nor are those that are compiled without optimisation.
void leaveAlone(Module &M, bool Optimises) {
  for (Function &F : M)
    if (!Optimises || F.hasOptNone() || F.hasAvailableExternallyLinkage())
      F.addFnAttr(Attribute::SkipProfile);
}

// LLVM's instrumentation also records what is called and how much is copied, which the optimiser wants to know.
void removeValueProfiling(Function &F) {
  for (Instruction &I : make_early_inc_range(instructions(F)))
    if (auto *Call = dyn_cast<InstrProfValueProfileInst>(&I)) {
      Value *Recorded = Call->getTargetValue();
      Call->eraseFromParent();
      RecursivelyDeleteTriviallyDeadInstructions(Recorded);
    }
}

// Makes a link without the runtime fail, instead of the program write no profile.
void requireRuntime(Module &M) {
  Type *Int = Type::getInt32Ty(M.getContext());
  auto *Runtime = new GlobalVariable(M, Int, /*isConstant=*/false, GlobalValue::ExternalLinkage, nullptr,
                                     getInstrProfRuntimeHookVarName());
  Runtime->setVisibility(GlobalValue::HiddenVisibility);
  auto *User = new GlobalVariable(M, Runtime->getType(), /*isConstant=*/false, GlobalValue::LinkOnceODRLinkage, Runtime,
                                  Needed);
  User->setVisibility(GlobalValue::HiddenVisibility);
  User->setComdat(M.getOrInsertComdat(Needed));
  appendToUsed(M, {User});
}

// Tells the runtime, in each module, what kind of counts these are and where they go. The runtime's own word must not
// stand, nor may the modules' words be a group: a linker that generates the code itself has chosen between groups before
// there are these.
void describe(Module &M, StringRef Pattern) {
  if (!M.getNamedGlobal(FileName))
    createProfileFileNameVar(M, Pattern);
  for (StringRef Name : {Version, FileName}) {
    GlobalVariable *Variable = M.getNamedGlobal(Name);
    Variable->setComdat(nullptr);
    Variable->setLinkage(GlobalValue::WeakAnyLinkage);
  }
}

void count(Module &M) {
  for_each(M, removeValueProfiling);
  requireRuntime(M);
  InstrProfOptions Options;
  // Counters stay in memory: kept in registers through loops, they are lost where one is left by exit or longjmp.
  Options.DoCounterPromotion = false;
  regalloc::runPass(M, InstrProfilingLoweringPass(Options));
}

} // namespace

bool regalloc::takeProfile(Module &M, StringRef Pattern, bool Optimises) {
  if (all_of(M, [](const Function &F) { return F.isDeclaration(); }))
    return false;
  if (isInstrumented(M)) {
    report(M, M.getName(), "-regalloc-profile-generate does not go with another instrumentation "
                           "(-fprofile-generate, -fprofile-instr-generate): take one profile after the other");
    return false;
  }
  leaveAlone(M, Optimises);
  {
    PortableNames Names(M);
    runPass(M, PGOInstrumentationGen());
  }
  if (Optimises)
    count(M);
  describe(M, Pattern);
  return true;
}
