#include "Profile.h"

#include "llvm/Analysis/BlockFrequencyInfoImpl.h"
#include "llvm/Analysis/ProfileSummaryInfo.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Pass.h"
#include "llvm/Support/CommandLine.h"

using namespace llvm;

namespace {

constexpr const char *DefaultPattern = "default_%m.profraw";

cl::opt<std::string> Taken("regalloc-profile-generate", cl::ValueOptional, cl::value_desc("pattern"),
                           cl::desc("Count how often the code that is generated is executed, into files named by a "
                                    "pattern, default_%m.profraw unless it is given"));
cl::opt<std::string> Used("regalloc-profile-use", cl::value_desc("file"),
                          cl::desc("Generate code by the counts in a file that llvm-profdata merged"));
cl::opt<bool> Inferred("regalloc-profile-infer", cl::init(true), cl::Hidden,
                       cl::desc("With a profile, infer frequencies in loops with many entries from it"));

class ProfilePass : public ModulePass {
public:
  static char ID;

  explicit ProfilePass(bool Optimises = true) : ModulePass(ID), Optimises(Optimises) {}

  StringRef getPassName() const override { return "Profile for code generation"; }

  void getAnalysisUsage(AnalysisUsage &Needed) const override { Needed.addRequired<ProfileSummaryInfoWrapperPass>(); }

  bool runOnModule(Module &M) override {
    bool Takes = Taken.getNumOccurrences(), Uses = Used.getNumOccurrences();
    if (Takes && Uses) {
      report(M, "-regalloc-profile-generate and -regalloc-profile-use exclude each other: "
                "one build takes the profile, the next uses it");
      return false;
    }
    if (Takes)
      return regalloc::takeProfile(M, Taken.empty() ? DefaultPattern : StringRef(Taken), Optimises);
    if (!Optimises)
      return false;
    if (Used.empty()) {
      report(M, "-regalloc-profile-use names no file");
      return false;
    }
    if (!regalloc::useProfile(M, Used))
      return false;
    // It was asked when there was no profile yet.
    getAnalysis<ProfileSummaryInfoWrapperPass>().doInitialization(M);
    return true;
  }

private:
  const bool Optimises;

  static void report(Module &M, const Twine &Message) { regalloc::report(M, M.getName(), Message); }
};

char ProfilePass::ID;
// Named, so that -print-after and -stop-after find it.
RegisterPass<ProfilePass> Registered("regalloc-profile", "Profile for code generation");

} // namespace

bool regalloc::isProfileWanted() { return Taken.getNumOccurrences() || Used.getNumOccurrences(); }

cl::opt<bool> *llvm::howFrequenciesAreInferred() {
  return Used.getNumOccurrences() ? &Inferred : &UseIterativeBFIInference;
}

ModulePass *regalloc::createProfilePass(bool Optimises) { return new ProfilePass(Optimises); }

void regalloc::report(Module &M, StringRef File, const Twine &Message, DiagnosticSeverity Severity) {
  std::string Name = File.str();
  M.getContext().diagnose(DiagnosticInfoPGOProfile(Name.c_str(), Message, Severity));
}
