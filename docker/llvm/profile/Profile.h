// A profile for code generation: counts are taken of the code, and put on the code, that it is given.
#ifndef REGALLOC_PROFILE_H
#define REGALLOC_PROFILE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/Support/CommandLine.h"

#include <memory>
#include <string>
#include <vector>

namespace llvm {
class Function;
class IndexedInstrProfReader;
class Module;
class ModulePass;

// The option that says whether frequencies of machine code are inferred from a profile's counts.
cl::opt<bool> *howFrequenciesAreInferred();
} // namespace llvm

namespace regalloc {

// Whether the command line asks for a profile to be taken or used.
bool isProfileWanted();

// A pass that does it. Without optimisation, registers are allocated by another allocator, which asks for no
// frequencies: then nothing is counted.
llvm::ModulePass *createProfilePass(bool Optimises);

// Has a module's functions count how often their blocks are executed, into files named by a pattern of the profile
// runtime's. Whether the module was changed.
bool takeProfile(llvm::Module &M, llvm::StringRef Pattern, bool Optimises);

// Puts the counts of a profile on a module. Whether the module was changed.
bool useProfile(llvm::Module &M, llvm::StringRef Path);

// Opens a profile; says what is wrong with it and returns null when it cannot be used.
std::unique_ptr<llvm::IndexedInstrProfReader> openProfile(llvm::Module &M, llvm::StringRef Path);

// Says what is wrong about a file, which may be the module's, in one line.
void report(llvm::Module &M, llvm::StringRef File, const llvm::Twine &Message,
            llvm::DiagnosticSeverity Severity = llvm::DS_Error);

// Gives functions that are known in one module only, as long as this lives, what LLVM calls them in profiles by: names
// that are the same in every folder and every link.
class PortableNames {
public:
  explicit PortableNames(llvm::Module &M);
  ~PortableNames();
  PortableNames(const PortableNames &) = delete;

private:
  struct Promoted;
  void demote(llvm::Function &F);

  llvm::Module &M;
  std::string SourceFile;
  std::vector<Promoted> Functions;
};

} // namespace regalloc

#endif
