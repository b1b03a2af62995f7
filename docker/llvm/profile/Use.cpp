#include "Analyses.h"
#include "Profile.h"

#include "llvm/IR/DiagnosticHandler.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/ProfileSummary.h"
#include "llvm/ProfileData/InstrProfReader.h"
#include "llvm/Support/VirtualFileSystem.h"
#include "llvm/Transforms/Instrumentation/PGOInstrumentation.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace llvm;

namespace {

// LLVM leaves the upper four bits of a hash to other things.
constexpr uint64_t NoHash = (uint64_t(1) << 60) - 1;
// An optimiser's second profile, which LLVM prefers to any other.
constexpr const char *OtherSummary = "CSProfileSummary";

// Keeps back what LLVM says about each function: it is counted, and said in one line.
class Silence {
public:
  explicit Silence(LLVMContext &Context) : Context(Context), Old(Context.getDiagnosticHandler()) {
    Context.setDiagnosticHandler(std::make_unique<Deaf>());
  }
  ~Silence() { Context.setDiagnosticHandler(std::move(Old), /*RespectFilters=*/true); }

private:
  struct Deaf : DiagnosticHandler {
    bool handleDiagnostics(const DiagnosticInfo &) override { return true; }
  };

  LLVMContext &Context;
  std::unique_ptr<DiagnosticHandler> Old;
};

// A module, and a copy of it that LLVM puts the counts on. To do so it splits blocks; the module stays as it is, so
// that nothing but the counts tells it from one that is compiled without a profile.
class Annotation {
public:
  Annotation(Module &M, StringRef Path, IndexedInstrProfReader &Profile)
      : M(M), Path(Path), Profile(Profile), Copy(CloneModule(M, Copies)) {}

  void run();

private:
  bool isSeen(const Function &F) const { return !F.isDeclaration() && !F.hasOptNone(); }
  Function &copyOf(const Function &F) { return *cast<Function>(Copies.lookup(&F)); }
  bool isInProfile(const Function &Copied) const;
  void countCopy();
  void takeCounts(Function &F);
  void takeSummary();
  void warn() const;

  Module &M;
  const StringRef Path;
  IndexedInstrProfReader &Profile;
  ValueToValueMapTy Copies;
  std::unique_ptr<Module> Copy;
  size_t Seen = 0, Counted = 0, Changed = 0;
};

void Annotation::run() {
  regalloc::PortableNames Names(*Copy);
  countCopy();
  for (Function &F : M) {
    if (!isSeen(F))
      continue;
    ++Seen;
    if (copyOf(F).getEntryCount()) {
      ++Counted;
      takeCounts(F);
    } else if (isInProfile(copyOf(F))) {
      ++Changed;
    }
  }
  takeSummary();
  warn();
}

void Annotation::countCopy() {
  // Those of an earlier profile, for the optimiser.
  for (Function &F : *Copy)
    F.setMetadata(LLVMContext::MD_prof, nullptr);
  Silence Quiet(Copy->getContext());
  regalloc::runPass(*Copy, PGOInstrumentationUse(Path.str()));
}

bool Annotation::isInProfile(const Function &Copied) const {
  auto Record = Profile.getInstrProfRecord(getIRPGOFuncName(Copied), NoHash, getPGOFuncName(Copied));
  return InstrProfError::take(Record.takeError()).first != instrprof_error::unknown_function;
}

void Annotation::takeCounts(Function &F) {
  const Function &From = copyOf(F);
  F.setEntryCount(*From.getEntryCount());
  if (From.hasFnAttribute(Attribute::Cold))
    F.addFnAttr(Attribute::Cold);
  for (Instruction &I : instructions(F)) {
    const auto *Same = cast<Instruction>(Copies.lookup(&I));
    for (unsigned Kind : {LLVMContext::MD_prof, LLVMContext::MD_irr_loop})
      I.setMetadata(Kind, Same->getMetadata(Kind));
  }
}

// What is a hot count and what a cold one.
void Annotation::takeSummary() {
  if (M.getModuleFlag(OtherSummary)) {
    NamedMDNode &Flags = *M.getModuleFlagsMetadata();
    SmallVector<MDNode *> Kept;
    for (MDNode *Flag : Flags.operands())
      if (cast<MDString>(Flag->getOperand(1))->getString() != OtherSummary)
        Kept.push_back(Flag);
    Flags.clearOperands();
    for (MDNode *Flag : Kept)
      Flags.addOperand(Flag);
  }
  M.setProfileSummary(Copy->getProfileSummary(/*IsCS=*/false), ProfileSummary::PSK_Instr);
}

void Annotation::warn() const {
  std::string Message;
  raw_string_ostream Text(Message);
  Text << "profile " << Path << ": ";
  if (Changed)
    Text << Changed << " of " << Seen << " functions have other code than when it was taken";
  else if (Seen && !Counted)
    Text << "none of " << Seen << " functions is in it";
  else
    return;
  Text << "; their frequencies are guessed";
  regalloc::report(M, M.getName(), Message, DS_Warning);
}

// LLVM splits blocks that computed jumps lead to before it counts; code generation does the same.
void splitComputedJumps(Function &F) {
  if (any_of(F, [](const BasicBlock &Block) { return isa<IndirectBrInst>(Block.getTerminator()); }))
    SplitIndirectBrCriticalEdges(F, /*IgnoreBlocksWithoutPHI=*/false);
}

} // namespace

bool regalloc::useProfile(Module &M, StringRef Path) {
  std::unique_ptr<IndexedInstrProfReader> Profile = openProfile(M, Path);
  if (!Profile)
    return false;
  for (Function &F : M)
    if (!F.isDeclaration() && !F.hasOptNone())
      splitComputedJumps(F);
  Annotation(M, Path, *Profile).run();
  return true;
}
