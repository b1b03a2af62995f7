#include "Profile.h"

#include "llvm/IR/Module.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using regalloc::PortableNames;

// A function that ThinLTO promoted, because another module calls it.
struct PortableNames::Promoted {
  Function *Promotee;
  std::string Name;
  GlobalValue::LinkageTypes Linkage;
  GlobalValue::VisibilityTypes Visibility;
  bool IsLocal;
};

namespace {

// What ThinLTO puts between the name and a hash of the whole module.
constexpr const char *PromotedMark = ".llvm.";

} // namespace

// LLVM names a function that its module alone knows after the source file, with the folders by which the compiler was
// called.
PortableNames::PortableNames(Module &M) : M(M), SourceFile(M.getSourceFileName()) {
  M.setSourceFileName(sys::path::filename(SourceFile));
  for (Function &F : M)
    if (!F.isDeclaration() && F.getName().contains(PromotedMark))
      demote(F);
}

PortableNames::~PortableNames() {
  M.setSourceFileName(SourceFile);
  for (const Promoted &Old : Functions) {
    Old.Promotee->setLinkage(Old.Linkage);
    Old.Promotee->setVisibility(Old.Visibility);
    Old.Promotee->setDSOLocal(Old.IsLocal);
    Old.Promotee->setName(Old.Name);
  }
}

void PortableNames::demote(Function &F) {
  Functions.push_back({&F, F.getName().str(), F.getLinkage(), F.getVisibility(), F.isDSOLocal()});
  StringRef Name = Functions.back().Name;
  F.setLinkage(GlobalValue::InternalLinkage);
  F.setName(Name.take_front(Name.rfind(PromotedMark)));
}
